"""Questions to tensors: several questions share one picture, each sees the picture and itself only."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor
from transformers import LlavaForConditionalGeneration

from questions import Question
from tokenizer import EOS_ID

IGNORED = -100


@dataclass
class Packed:
    """Token ids after the picture, which question each belongs to, its place in the sequence, and what to predict."""

    ids: Tensor
    group: Tensor
    position: Tensor
    wanted: Tensor

    def to(self, device: torch.device) -> "Packed":
        """The same on a device."""
        return Packed(*(part.to(device, non_blocking=True) for part in (self.ids, self.group, self.position, self.wanted)))


def prefix_ids(tokenizer: Tokenizer) -> list[int]:
    """What stands before the picture in the chat template."""
    return tokenizer.encode("USER: ").ids


def question_ids(tokenizer: Tokenizer, text: str) -> list[int]:
    """What stands after the picture, up to the answer."""
    return tokenizer.encode(f"\n{text} ASSISTANT:", add_special_tokens=False).ids


def answer_ids(tokenizer: Tokenizer, answer: str) -> list[int]:
    """The answer and the end of text."""
    return tokenizer.encode(answer, add_special_tokens=False).ids + [EOS_ID]


def pack(tokenizer: Tokenizer, batch: list[list[Question]]) -> Packed:
    """Pads the questions of several pictures to one length, a multiple of 16."""
    rows = []
    for questions in batch:
        ids: list[int] = []
        group: list[int] = []
        position: list[int] = []
        wanted: list[int] = []
        for number, question in enumerate(questions, 1):
            asked, answer = question_ids(tokenizer, question.text), answer_ids(tokenizer, question.answer)
            ids += asked + answer
            group += [number] * (len(asked) + len(answer))
            position += range(len(asked) + len(answer))
            wanted += [IGNORED] * (len(asked) - 1) + answer + [IGNORED]
        rows.append((ids, group, position, wanted))
    length = -(-max(1, max(len(row[0]) for row in rows)) // 16) * 16
    filled = [[row[i] + [fill] * (length - len(row[0])) for row in rows] for i, fill in enumerate((0, -1, 0, IGNORED))]
    return Packed(*(torch.tensor(part, dtype=torch.long) for part in filled))


def drop_tokens(features: Tensor, keep: int, generator: torch.Generator) -> Tensor:
    """A random subset of the visual tokens, in raster order."""
    batch, count, width = features.shape
    if keep >= count:
        return features
    order = torch.rand(batch, count, generator=generator).topk(keep).indices.sort().values.to(features.device)
    return features.gather(1, order[..., None].expand(-1, -1, width))


def logits(model: LlavaForConditionalGeneration, tokenizer: Tokenizer, features: Tensor, packed: Packed) -> tuple[Tensor, Tensor, Tensor]:
    """Logits at the places to predict, the right tokens there, and the projected picture."""
    text = model.model.language_model
    embed = text.get_input_embeddings()
    seen = model.model.multi_modal_projector(features)
    device = seen.device
    before = embed(torch.tensor(prefix_ids(tokenizer)).to(device, non_blocking=True))[None].expand(seen.shape[0], -1, -1)
    places = (packed.wanted != IGNORED).flatten().nonzero()[:, 0].to(device, non_blocking=True)
    packed = packed.to(device)
    after = embed(packed.ids)
    inputs = torch.cat([before.to(seen.dtype), seen, after.to(seen.dtype)], 1)
    shared = before.shape[1] + seen.shape[1]
    batch, length = packed.ids.shape
    group = torch.cat([torch.zeros(batch, shared, dtype=torch.long, device=device), packed.group], 1)
    position = torch.cat([torch.arange(shared, device=device)[None].expand(batch, -1), packed.position + shared], 1)
    order = torch.arange(shared + length, device=device)
    visible = (order[None, :] <= order[:, None])[None] & ((group[:, None, :] == 0) | (group[:, None, :] == group[:, :, None]))
    visible = visible | torch.eye(shared + length, dtype=torch.bool, device=device)[None]
    mask = torch.zeros(visible.shape, dtype=inputs.dtype, device=device).masked_fill(~visible, torch.finfo(inputs.dtype).min)[:, None]
    hidden = text(inputs_embeds=inputs, attention_mask=mask, position_ids=position, use_cache=False).last_hidden_state[:, shared:]
    return model.lm_head(hidden.flatten(0, 1)[places]).float(), packed.wanted.flatten()[places], seen


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
