"""Questions to tensors, the decoder's forward pass in training, and what it is taught besides the answer.

Several questions share one picture, each sees the picture and itself only.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import LlavaForConditionalGeneration
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

from model import GRID, Readings, look_layers, mean_where, open_reader
from questions import Mention, Question, whole
from scenes import COLOUR_NAMES, MAX_COUNT
from tokenizer import EOS_ID

IGNORED = -100
ANYWHERE = (0.0, 0.0, 1.0, 1.0)


@dataclass
class Looks:
    """Which text tokens should look where: row and column of the token; class, place in the word (0: any) and box (left, top,
    right, bottom over the side) of the patches; whether the token is part of an answer; and what the picture says of the class
    (count -1: not asked, colour -1: unknown, box NaN: not one thing)."""

    at: Tensor      # [M, 2]
    what: Tensor    # [M, 3] class, place in the word, in an answer
    box: Tensor     # [M, 4]
    facts: Tensor   # [M, 2] count, colour
    thing: Tensor   # [M, 4] centre x, centre y, width, height

    def to(self, device: torch.device) -> "Looks":
        """The same on a device."""
        return Looks(*(part.to(device, non_blocking=True) for part in (self.at, self.what, self.box, self.facts, self.thing)))


@dataclass
class Packed:
    """Token ids after the picture, which question each belongs to, its place in the sequence, what to predict, where to look."""

    ids: Tensor
    group: Tensor
    position: Tensor
    wanted: Tensor
    looks: Looks

    def to(self, device: torch.device) -> "Packed":
        """The same on a device."""
        tensors = (part.to(device, non_blocking=True) for part in (self.ids, self.group, self.position, self.wanted))
        return Packed(*tensors, self.looks.to(device))


@dataclass
class LookList:
    """Collects the rows of `Looks`."""

    rows: list[tuple[int, int, int, int, int, int, int]] = field(default_factory=list)
    boxes: list[tuple[float, ...]] = field(default_factory=list)
    things: list[tuple[float, ...]] = field(default_factory=list)

    def add(self, at: tuple[int, int], what: tuple[int, int, bool], box: tuple[float, ...] = ANYWHERE, told: Mention | None = None) -> None:
        """One token; with `told`, what the picture says of the class is asked for as well."""
        self.rows.append((*at, what[0], what[1], int(what[2]), min(told.count, MAX_COUNT) if told else -1, told.colour if told else -1))
        self.boxes.append(box)
        self.things.append(told.box if told and told.box else (float("nan"),) * 4)

    def tensors(self) -> Looks:
        """As tensors, also where there is none."""
        rows = torch.tensor(self.rows, dtype=torch.long).view(-1, 7)
        boxes, things = (torch.tensor(part, dtype=torch.float32).view(-1, 4) for part in (self.boxes, self.things))
        return Looks(rows[:, :2], rows[:, 2:5], boxes, rows[:, 5:], things)


def prefix_ids(tokenizer: Tokenizer) -> list[int]:
    """What stands before the picture in the chat template."""
    return tokenizer.encode("USER: ").ids


def question_text(text: str) -> str:
    """What stands after the picture, up to the answer."""
    return f"\n{text} ASSISTANT:"


def question_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """The same as token ids."""
    return tokenizer.encode(question_text(text), add_special_tokens=False).ids


def answer_ids(tokenizer: Tokenizer, answer: str) -> list[int]:
    """The answer and the end of text."""
    return tokenizer.encode(answer, add_special_tokens=False).ids + [EOS_ID]


def tokens_of(offsets: list[tuple[int, int]], start: int, end: int) -> list[int]:
    """The tokens that hold some of a stretch of characters."""
    return [i for i, (a, b) in enumerate(offsets) if b > start and a < end]


def look(looks: LookList, tokenizer: Tokenizer, question: Question, row: int, first: int, classes: int) -> None:
    """Where the tokens of one question and its answer should look. The last token of a name in the question looks at the
    things named; in the answer every token that predicts a part of a name or a letter looks at what it is about to name."""
    text = question_text(question.text)
    asked, answered = (tokenizer.encode(t, add_special_tokens=False).offsets for t in (text, question.answer))
    for mention in question.asked:
        start = whole(mention.words, text)
        inside = tokens_of(asked, start, start + len(mention.words)) if start >= 0 else []
        if inside:
            looks.add((row, first + inside[-1]), (mention.label, 0, False), told=mention)
    before = first + len(asked) - 1  # the token that predicts the answer's first
    if question.sign:
        spelt = [i for i, (a, b) in enumerate(answered) if b > a][-len(question.answer):]
        for place, token in enumerate(spelt, 1):
            looks.add((row, before + token), (classes, place, True), question.sign)
    for mention in question.answered:
        start = whole(mention.words, question.answer)
        for token in tokens_of(answered, start, start + len(mention.words)):
            looks.add((row, before + token), (mention.label, 0, True))


def pack(tokenizer: Tokenizer, batch: list[list[Question]], classes: int = 0) -> Packed:
    """Pads the questions of several pictures to one length, a multiple of 16. With the number of classes, says where to look."""
    rows = []
    looks = LookList()
    for row, questions in enumerate(batch):
        ids: list[int] = []
        group: list[int] = []
        position: list[int] = []
        wanted: list[int] = []
        for number, question in enumerate(questions, 1):
            asked, answer = question_ids(tokenizer, question.text), answer_ids(tokenizer, question.answer)
            if classes:
                look(looks, tokenizer, question, row, len(ids), classes)
            ids += asked + answer
            group += [number] * (len(asked) + len(answer))
            position += range(len(asked) + len(answer))
            wanted += [IGNORED] * (len(asked) - 1) + answer + [IGNORED]
        rows.append((ids, group, position, wanted))
    length = -(-max(1, max(len(row[0]) for row in rows)) // 16) * 16
    filled = [[row[i] + [fill] * (length - len(row[0])) for row in rows] for i, fill in enumerate((0, -1, 0, IGNORED))]
    return Packed(*(torch.tensor(part, dtype=torch.long) for part in filled), looks.tensors())


def kept_tokens(batch: int, keep: int, generator: torch.Generator) -> Tensor:
    """A random subset of the visual tokens in raster order, [batch, keep]; all of them where `keep` is as many. A quarter is one
    patch of every block of 2 x 2: no thing is missed, so an answer can always be given."""
    if keep >= GRID * GRID:
        return torch.arange(GRID * GRID).expand(batch, -1)
    if keep * 4 == GRID * GRID:
        half = GRID // 2
        block = torch.arange(half * half)
        chosen = torch.randint(4, (batch, half * half), generator=generator)
        return ((2 * (block // half) + chosen // 2) * GRID + 2 * (block % half) + chosen % 2).sort(-1).values
    return torch.rand(batch, GRID * GRID, generator=generator).topk(keep).indices.sort().values


def uneven_tokens(thing: Tensor, keep: int, generator: torch.Generator) -> Tensor:
    """A subset as pruning leaves it: dense here and thin there, by chance, and denser where something is; how much differs from
    picture to picture. `thing` [batch, all tokens]: whether a patch shows something. Result [batch, keep], in raster order."""
    batch = thing.shape[0]
    field = F.interpolate(torch.randn(batch, 1, 6, 6, generator=generator), (GRID, GRID), mode="bicubic").flatten(1)
    contrast, pull = 1.2 * torch.rand(batch, 1, generator=generator), 2.5 * torch.rand(batch, 1, generator=generator)
    gumbel = -torch.empty(batch, GRID * GRID).exponential_(generator=generator).log()
    return (gumbel + contrast * field + pull * thing.cpu()).topk(keep).indices.sort().values


def features_at(features: Tensor, place: Tensor) -> Tensor:
    """The features [B, all, width] of some visual tokens, `place` [B, kept]."""
    return features.gather(1, place[..., None].expand(-1, -1, features.shape[2]))


@dataclass
class Pass:
    """What a forward pass gives: logits at the places to predict, the right tokens there, the picture before and after the
    projector; the log probabilities with which the two looking heads attend, [2, M, all tokens]; and the states that facts are read from, [M, width]."""

    logits: Tensor
    wanted: Tensor
    features: Tensor
    seen: Tensor
    attention: Tensor
    told: Tensor
    before: int         # tokens before the picture


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor) -> Tensor:
    """Masked attention. Written out on a CPU, where PyTorch's fused kernel takes three times as long in bf16, forward and back."""
    if q.device.type != "cpu":
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
    return ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + mask).softmax(-1).to(v.dtype) @ v


def run(model: LlavaForConditionalGeneration, tokenizer: Tokenizer, features: Tensor, packed: Packed) -> Pass:
    """The decoder's own modules; the last layer for the text only."""
    text = model.model.language_model
    embed = text.get_input_embeddings()
    seen = model.model.multi_modal_projector(features)
    device = seen.device
    before = embed(torch.tensor(prefix_ids(tokenizer)).to(device, non_blocking=True))[None].expand(seen.shape[0], -1, -1)
    places = (packed.wanted != IGNORED).flatten().nonzero()[:, 0].to(device, non_blocking=True)
    packed = packed.to(device)
    x = torch.cat([before, seen.to(before.dtype), embed(packed.ids)], 1)
    shared = before.shape[1] + seen.shape[1]
    batch, length = packed.ids.shape
    group = torch.cat([torch.zeros(batch, shared, dtype=torch.long, device=device), packed.group], 1)
    position = torch.cat([torch.arange(shared, device=device)[None].expand(batch, -1), packed.position + shared], 1)
    order = torch.arange(shared + length, device=device)
    visible = (order[None, :] <= order[:, None])[None] & ((group[:, None, :] == 0) | (group[:, None, :] == group[:, :, None]))
    visible = visible | torch.eye(shared + length, dtype=torch.bool, device=device)[None]
    work = seen.dtype
    mask = torch.zeros(visible.shape, dtype=work, device=device).masked_fill(~visible, torch.finfo(work).min)[:, None]
    cosine, sine = text.rotary_emb(x, position)
    heads = text.config.num_attention_heads
    rows, columns = packed.looks.at[:, 0], packed.looks.at[:, 1] + shared
    name_layer, answer_layer = look_layers(len(text.layers))
    attention: dict[int, Tensor] = {}
    told = x[rows, columns]
    for number, layer in enumerate(text.layers):
        first = shared if number == len(text.layers) - 1 else 0
        normal = layer.input_layernorm(x)
        module = layer.self_attn

        def split(projected: Tensor) -> Tensor:
            return projected.view(batch, projected.shape[1], heads, -1).transpose(1, 2)

        q, k = apply_rotary_pos_emb(split(module.q_proj(normal)), split(module.k_proj(normal)), cosine, sine)
        q, k, v = q.to(work), k.to(work), split(module.v_proj(normal)).to(work)
        for which, looking in enumerate((name_layer, answer_layer)):
            if number == looking and rows.numel():
                head = min(which, heads - 1) if name_layer == answer_layer else 0
                scores = torch.einsum("md,mtd->mt", q[rows, head, columns].float(), k[rows, head].float()) * q.shape[-1] ** -0.5
                attention[which] = scores.masked_fill(~visible[rows, columns], -1e9).log_softmax(-1)
        mixed = attend(q[:, :, first:], k, v, mask[:, :, first:])
        x = x[:, first:] + module.o_proj(mixed.transpose(1, 2).flatten(2))
        x = x + layer.mlp(layer.post_attention_layernorm(x))
        if number == name_layer:
            told = x[rows, columns]
    scores = model.lm_head(text.norm(x).flatten(0, 1)[places]).float()
    looked = torch.stack([attention[0], attention[1]]) if attention else torch.zeros(2, 0, shared + length, device=device)
    return Pass(scores, packed.wanted.flatten()[places], features, seen, looked, told, before.shape[1])


class Guide(nn.Module):
    """Teaches the decoder to look things up, which it finds by itself only after very many steps: one head of an early layer
    looks from a name in the question at the patches of that thing, one of a late layer from what is about to name or spell
    something at its patches; and after the first, the name's own state tells count, colour and box. The projected patches must
    give back the features, standardised, or the projector forgets what few answers ask for. Not part of the model."""

    mean: Tensor
    scale: Tensor

    def __init__(self, width: int, vision_width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.facts = nn.Linear(width, MAX_COUNT + 1 + len(COLOUR_NAMES) + 4)
        self.back = nn.Linear(width, vision_width)
        self.register_buffer("mean", torch.zeros(vision_width))
        self.register_buffer("scale", torch.ones(vision_width))

    @torch.no_grad()
    def open(self, model: LlavaForConditionalGeneration, sample: Readings, name_tokens: Tensor) -> None:
        """Begins with a projector that loses nothing, and its inverse."""
        mean, scale = open_reader(model, sample, name_tokens)
        self.mean.copy_(mean)
        self.scale.copy_(scale)
        projected = model.model.multi_modal_projector(sample.features)
        wanted = (sample.features - mean) / scale
        self.back.weight.copy_(torch.linalg.lstsq(projected, wanted).solution.T)
        self.back.bias.zero_()

    def losses(self, done: Pass, looks: Looks, label: Tensor, position: Tensor, place: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """`label`, `position` and `place` (number in the grid): of the visual tokens that were kept, [B, kept]."""
        row = looks.at[:, 0]
        x, y = (place % GRID + 0.5) / GRID, (place // GRID + 0.5) / GRID
        left, top, right, bottom = (looks.box[:, i, None] for i in range(4))
        x, y = x[row], y[row]
        wanted = (label[row] == looks.what[:, :1]) & ((looks.what[:, 1:2] == 0) | (position[row] == looks.what[:, 1:2]))
        wanted &= (x >= left) & (x <= right) & (y >= top) & (y <= bottom)
        answering = looks.what[:, 2] == 1
        attention = torch.where(answering[:, None], done.attention[1], done.attention[0])
        on_picture = attention[:, done.before:done.before + label.shape[1]]
        mass = on_picture.masked_fill(~wanted, -1e9).logsumexp(-1)
        there = wanted.any(-1)
        look = mean_where(-mass.clamp(min=-20), there & ~answering) + mean_where(-mass.clamp(min=-20), there & answering)
        count, colour, box = self.facts(self.norm(done.told)).float().split([MAX_COUNT + 1, len(COLOUR_NAMES), 4], -1)
        asked, tinted, single = looks.facts[:, 0] >= 0, looks.facts[:, 1] >= 0, ~looks.thing[:, 0].isnan()
        told = mean_where(F.cross_entropy(count, looks.facts[:, 0].clamp(min=0), reduction="none"), asked)
        told = told + 0.5 * mean_where(F.cross_entropy(colour, looks.facts[:, 1].clamp(min=0), reduction="none"), tinted)
        told = told + 10 * mean_where(F.smooth_l1_loss(box, looks.thing.nan_to_num(), beta=0.05, reduction="none").mean(-1), single)
        lost = (self.back(done.seen).float() - (done.features.float() - self.mean) / self.scale).square().mean()
        with torch.no_grad():
            numbers = {"names": mean_where(mass.exp(), there & ~answering), "answers": mean_where(mass.exp(), there & answering),
                       "told": mean_where((count.argmax(-1) == looks.facts[:, 0]).float(), asked),
                       "where": mean_where((box - looks.thing.nan_to_num())[:, :2].abs().amax(-1), single), "lost": lost.detach()}
        return look + told + lost, numbers


def exactly_right(scores: Tensor, packed: Packed) -> list[list[bool]]:
    """Per picture and question: whether every answer token, the end included, is the most likely one.

    That is the case exactly when greedy decoding gives the reference answer.
    """
    chosen = packed.wanted != IGNORED
    correct = torch.zeros(packed.ids.shape, dtype=torch.bool)
    correct[chosen] = scores.argmax(-1).cpu() == packed.wanted[chosen]
    result = []
    for row in range(packed.ids.shape[0]):
        groups = int(packed.group[row].max())
        result.append([bool(correct[row][chosen[row] & (packed.group[row] == g)].all()) for g in range(1, groups + 1)])
    return result
