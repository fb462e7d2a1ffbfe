"""The network: a LLaVA of under twelve million parameters, its initialisation, and a fast forward pass for the tower."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration

from scenes import CHARACTERS, COLOUR_NAMES, MAX_COUNT, MAX_WORD, PATCH, Scene

GRID = 24
SIDE = GRID * PATCH
MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)
FEATURE_LAYER = -2
SEEN_NORM = 9.0     # of an embedding, of a word or a patch: small ones drown in what the first layers write


@dataclass(frozen=True)
class Shape:
    """Sizes of the three parts."""

    vision_width: int = 192
    vision_layers: int = 12
    vision_heads: int = 3
    text_width: int = 320
    text_layers: int = 5
    text_heads: int = 5
    text_inner: int = 704
    vocabulary: int = 1024


def build(shape: Shape, image_token: int, pad_token: int) -> LlavaForConditionalGeneration:
    """A freshly initialised model."""
    vision = CLIPVisionConfig(hidden_size=shape.vision_width, intermediate_size=4 * shape.vision_width,
                              num_hidden_layers=shape.vision_layers, num_attention_heads=shape.vision_heads,
                              image_size=SIDE, patch_size=PATCH, projection_dim=shape.vision_width)
    text = LlamaConfig(hidden_size=shape.text_width, intermediate_size=shape.text_inner, num_hidden_layers=shape.text_layers,
                       num_attention_heads=shape.text_heads, num_key_value_heads=shape.text_heads, vocab_size=shape.vocabulary,
                       rms_norm_eps=1e-5, max_position_embeddings=2048, tie_word_embeddings=False, bos_token_id=1, eos_token_id=2,
                       rope_parameters={"rope_type": "default", "rope_theta": 1000000.0})
    config = LlavaConfig(vision_config=vision, text_config=text, image_token_index=image_token, image_seq_length=GRID * GRID,
                         vision_feature_layer=FEATURE_LAYER, vision_feature_select_strategy="default", pad_token_id=pad_token)
    model = LlavaForConditionalGeneration(config)
    model.set_attn_implementation("sdpa")
    initialise_reader(model)
    return model


@torch.no_grad()
def initialise_reader(model: LlavaForConditionalGeneration) -> None:
    """Balanced norms, and keys equal to queries: attention starts by matching like with like, so looking things up is soon found."""
    text = model.model.language_model
    nn.init.normal_(text.embed_tokens.weight, std=SEEN_NORM * text.config.hidden_size ** -0.5)
    nn.init.normal_(model.lm_head.weight, std=0.02)
    for layer in text.layers:
        attention = layer.self_attn
        nn.init.normal_(attention.q_proj.weight, std=0.9 * attention.q_proj.weight.shape[1] ** -0.5)
        attention.k_proj.weight.copy_(attention.q_proj.weight)
        nn.init.orthogonal_(attention.v_proj.weight)
        attention.v_proj.weight.mul_(0.2)
        attention.o_proj.weight.copy_(attention.v_proj.weight.T)
        nn.init.normal_(layer.mlp.gate_proj.weight, std=0.04)
        nn.init.normal_(layer.mlp.up_proj.weight, std=0.04)
        nn.init.normal_(layer.mlp.down_proj.weight, std=0.006)


@dataclass
class Readings:
    """What the teacher reads of a sample of patches: the features [n, width] themselves, each class's evidence [n, classes], what is
    told of a thing (box, count, colour, place in the word) and the character [n, k]."""

    features: Tensor
    labels: Tensor
    told: Tensor
    character: Tensor


@torch.no_grad()
def open_reader(model: LlavaForConditionalGeneration, sample: Readings, name_tokens: Tensor) -> tuple[Tensor, Tensor]:
    """Sets the projector so that nothing of the features is lost, a patch resembles the embeddings of its name, turned, and what the
    teacher reads of it stands out; and the two looking heads so that they find a name's patches and carry just that.

    `name_tokens` [classes, forms]: the last token of each form of a name.

    A random projector that is only drawn to the names soon keeps what a patch is and forgets where it is. Here each hidden
    unit works where GELU is nearly straight, and the output is a sum of three linear parts. Returns mean and standard
    deviation of the features.
    """
    projector, text = model.model.multi_modal_projector, model.model.language_model
    mean, scale = sample.features.mean(0), sample.features.std(0).clamp(min=1e-3)
    (hidden, width), (out, _) = projector.linear_1.weight.shape, projector.linear_2.weight.shape
    device = mean.device

    def reading(values: Tensor) -> Tensor:
        """The linear map from standardised features that comes nearest to these values, standardised: [k, width]."""
        return torch.linalg.lstsq((sample.features - mean) / scale, (values - values.mean(0)) / values.std(0).clamp(min=1e-3)).solution.T

    told = torch.cat([sample.told, sample.character], -1)
    onto = nn.init.orthogonal_(torch.empty(out, width + told.shape[1])).to(device)  # orthonormal columns where there is room
    directions = onto[:, width:]
    turn = nn.init.orthogonal_(torch.empty(out, out)).to(device)  # else a name would look at itself first
    names = turn @ F.normalize(text.embed_tokens.weight[name_tokens].sum(1), dim=-1).T
    wanted = SEEN_NORM * sum(share * part / part.norm() for share, part in (
        (0.5, onto[:, :width]), (0.5, directions @ reading(told)), (0.7, names @ reading(sample.labels - sample.labels.mean(1, keepdim=True)))))
    straight, gain, height, slope = 1.0, 0.4, 0.8413, 1.0833  # of GELU at 1
    into = nn.init.orthogonal_(torch.empty(hidden, width)).to(device)
    projector.linear_1.weight.copy_(gain * into / scale)
    projector.linear_1.bias.copy_(straight - gain * into @ (mean / scale))
    projector.linear_2.weight.copy_(wanted @ into.T / (slope * gain))
    projector.linear_2.bias.copy_(-height * projector.linear_2.weight.sum(1))
    for layer, chosen in zip(look_layers(len(text.layers)), directions.split([sample.told.shape[1], sample.character.shape[1]], 1)):
        attention = text.layers[layer].self_attn
        size = min(chosen.shape[1], attention.head_dim)
        attention.v_proj.weight[:size] = chosen[:, :size].T
        attention.o_proj.weight[:, :size] = 0.15 * nn.init.orthogonal_(torch.empty(out, size)).to(device)
        attention.q_proj.weight[:attention.head_dim] *= 2
        attention.k_proj.weight[:attention.head_dim] = attention.q_proj.weight[:attention.head_dim] @ turn.T
    return mean, scale


def look_layers(count: int) -> tuple[int, int]:
    """The layers whose first head is taught where to look: from names in the question early, so that the answer can use what
    they find; from what is about to name or spell something late."""
    return max(0, count // 2 - 1), max(0, count - 2)


class Tower:
    """Runs the CLIP tower's own modules, with the patch embedding as one product and the last layer for CLS only.

    A smaller picture is a window of the full grid: it uses the position embeddings from `offset` on. Objects have the same
    size in pixels at every resolution, so nothing has to be interpolated later.
    """

    def __init__(self, model: LlavaForConditionalGeneration) -> None:
        tower = model.model.vision_tower
        tower = getattr(tower, "vision_model", tower)
        self.embeddings, self.before, self.layers, self.after = (tower.embeddings, tower.pre_layrnorm, tower.encoder.layers,
                                                                 tower.post_layernorm)
        self.heads = tower.config.num_attention_heads if hasattr(tower, "config") else model.config.vision_config.num_attention_heads
        self.mean = torch.tensor(MEAN).view(1, 1, 3) * 255
        self.std = torch.tensor(STD).view(1, 1, 3) * 255

    def patches(self, pictures: Tensor) -> Tensor:
        """uint8 [B, S, S, 3] to normalised patches [B, N, 588] in the order of the convolution's weight."""
        batch, side = pictures.shape[:2]
        grid = side // PATCH
        cut = pictures.view(batch, grid, PATCH, grid, PATCH, 3).permute(0, 1, 3, 2, 4, 5)
        mean, std = self.mean.to(pictures.device), self.std.to(pictures.device)
        scaled = (cut.reshape(batch, grid * grid, PATCH * PATCH, 3).float() - mean) / std
        return scaled.permute(0, 1, 3, 2).reshape(batch, grid * grid, 3 * PATCH * PATCH)

    def attend(self, layer: nn.Module, queries: Tensor, everything: Tensor) -> Tensor:
        """Self-attention of one layer, for some of the queries."""
        module = layer.self_attn
        batch, count, width = queries.shape
        shape = (batch, -1, self.heads, width // self.heads)
        q, k, v = (p(x).view(shape).transpose(1, 2) for p, x in
                   ((module.q_proj, queries), (module.k_proj, everything), (module.v_proj, everything)))
        return module.out_proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, count, width))

    def forward(self, pictures: Tensor, offset: tuple[int, int] = (0, 0), last: bool = True) -> tuple[Tensor, Tensor | None]:
        """The hidden states that LLaVA reads (CLS first), and the pooled CLS of the last layer."""
        patches = self.patches(pictures)
        grid = pictures.shape[1] // PATCH
        weight = self.embeddings.patch_embedding.weight
        x = F.linear(patches, weight.reshape(weight.shape[0], -1))
        table = self.embeddings.position_embedding.weight
        window = table[1:].view(GRID, GRID, -1)[offset[0]:offset[0] + grid, offset[1]:offset[1] + grid].reshape(grid * grid, -1)
        cls = (self.embeddings.class_embedding + table[0]).expand(x.shape[0], 1, -1)
        x = self.before(torch.cat([cls.to(x.dtype), x + window.to(x.dtype)], 1))
        for layer in self.layers[:FEATURE_LAYER + 1]:
            normal = layer.layer_norm1(x)
            x = x + self.attend(layer, normal, normal)
            x = x + layer.mlp(layer.layer_norm2(x))
        if not last:
            return x, None
        layer = self.layers[-1]
        normal = layer.layer_norm1(x)
        first = x[:, :1] + self.attend(layer, normal[:, :1], normal)
        first = first + layer.mlp(layer.layer_norm2(first))
        return x, self.after(first[:, 0])


class Teacher(nn.Module):
    """What the tower is trained to know of each patch, and CLS of the picture. Not part of the exported model."""

    def __init__(self, width: int, classes: int) -> None:
        super().__init__()
        self.parts = {"label": classes + 2, "colour": len(COLOUR_NAMES), "box": 4, "count": MAX_COUNT + 1,
                      "character": len(CHARACTERS) + 1, "position": MAX_WORD + 1}
        self.norm = nn.LayerNorm(width)
        self.patch = nn.Linear(width, sum(self.parts.values()))
        self.cls_norm = nn.LayerNorm(width)
        self.cls = nn.Linear(width, classes)
        self.pooled = nn.Linear(width, classes)
        self.classes = classes

    def read(self, features: Tensor) -> Readings:
        """What it reads of patches [n, width]."""
        parts = dict(zip(self.parts, self.patch(self.norm(features)).float().split(list(self.parts.values()), -1)))
        told = torch.cat([parts[name] for name in ("box", "count", "colour", "position")], -1)
        return Readings(features, parts["label"][:, :self.classes], told, parts["character"])

    def losses(self, hidden: Tensor, pooled: Tensor, targets: dict[str, Tensor], offset: tuple[int, int]) -> tuple[Tensor, dict[str, Tensor]]:
        """Sum of the losses, and numbers worth printing."""
        outputs = dict(zip(self.parts, self.patch(self.norm(hidden[:, 1:])).float().flatten(0, 1).split(list(self.parts.values()), -1)))
        flat = {name: value.flatten(0, 1) for name, value in targets.items() if name != "present"}
        label = flat["label"]
        weight = torch.ones(self.classes + 2, device=label.device)
        weight[-1] = 0.12
        thing, sign = label <= self.classes, label == self.classes

        def classified(name: str, where: Tensor) -> Tensor:
            return mean_where(F.cross_entropy(outputs[name], flat[name].clamp(min=0), reduction="none"), where)

        losses = {"label": F.cross_entropy(outputs["label"], label, weight), "colour": 0.3 * classified("colour", flat["colour"] >= 0)}
        grid = int(targets["label"].shape[1] ** 0.5)
        shift = torch.tensor([offset[1] / GRID, offset[0] / GRID, 0, 0], device=label.device)
        wanted = torch.where(thing[:, None], flat["box"] * (grid / GRID) + shift, 0.0)
        losses["box"] = 2.0 * mean_where(F.smooth_l1_loss(outputs["box"], wanted, beta=0.05, reduction="none").mean(-1), thing)
        losses["count"] = 0.3 * classified("count", thing)
        losses["character"] = 0.5 * classified("character", sign)
        losses["position"] = 0.25 * classified("position", sign)
        # A positive is one class of more than a hundred: weigh it up, or CLS learns to say nothing for long.
        positive = torch.full((self.classes,), 8.0, device=label.device)
        losses["cls"] = 2.0 * (F.binary_cross_entropy_with_logits(self.cls(self.cls_norm(hidden[:, 0])).float(), targets["present"], pos_weight=positive)
                               + F.binary_cross_entropy_with_logits(self.pooled(pooled).float(), targets["present"], pos_weight=positive))
        total = torch.stack(list(losses.values())).sum()
        with torch.no_grad():
            objects, letters = label < self.classes, flat["character"] > 0

            def right(name: str, where: Tensor) -> Tensor:
                return mean_where((outputs[name].argmax(-1) == flat[name]).float(), where)

            numbers = {"loss": total, "label": right("label", objects), "count": right("count", objects),
                       "letter": right("character", letters), "cls": losses["cls"], "box": losses["box"]}
        return total, {name: value.detach() for name, value in numbers.items()}


def mean_where(values: Tensor, where: Tensor) -> Tensor:
    """Mean over the chosen rows, 0 where there are none. Nothing waits for the device."""
    return (values * where).sum() / where.sum().clamp(min=1)


def batch_targets(scenes: list[Scene]) -> dict[str, Tensor]:
    """Targets of several scenes as tensors."""
    return {name: torch.from_numpy(np.stack([getattr(s, name) for s in scenes]))
            for name in ("label", "colour", "box", "count", "character", "position", "present")}
