"""References of the methods that prune inside the language model, as decision functions.

Each takes what the decoder has between two layers (`golden_inputs.DecoderInputs`) and how many visual
rows are to stay, and says which. Rows are numbered within the visual span.

Readings taken where the specification leaves a choice:

* FastV: the mean over all tokens (the paper's text) is one over all rows of the prompt, with zeros
  where a row comes before the column.
* SparseVLM: no rater above the mean makes all text tokens raters. v1: of equally dense tokens the
  lower one counts as denser, in place of the released code's noise (two tokens nearest to each other
  are always equally dense among two neighbours); the densest token has the largest of all distances
  as delta; the clusters stand in ascending order of their centres. v2: the attention is divided first, then summed for the choice
  of heads; round(14 H / 32) heads, at least one.
* DART: image pivots ascending, then text pivots ascending; what is to be kept beside the pivots is
  spread over them, the remainder on the first ones. Fewer text tokens make fewer text pivots.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dcp_reference import cosines, round_half_up, softmax
from golden_inputs import DecoderInputs
from method_reference import Decisions

Array = np.ndarray

BIAS_FLOOR = 1e-6


@dataclass(frozen=True)
class DecoderOutcome:
    """Rows that stay, ascending; clusters of removed rows as (centre, members); the closest call."""

    keep: Array
    recycled: list[tuple[int, list[int]]] = field(default_factory=list)
    gap: float = math.inf


def visual_columns(inputs: DecoderInputs, attention: Array) -> Array:
    """The columns of the visual rows."""
    return attention[..., inputs.first : inputs.first + inputs.visual]


def keep_top(scores: Array, keep: int) -> DecoderOutcome:
    """The rows with the largest scores."""
    decisions = Decisions()
    return DecoderOutcome(decisions.top(scores, keep), gap=decisions.gap)


def fastv(inputs: DecoderInputs, keep: int, query: str = "last") -> DecoderOutcome:
    """FastV (section 3.1)."""
    attention = visual_columns(inputs, inputs.attention)
    scores = attention[:, -1].mean(axis=0) if query == "last" else attention.mean(axis=(0, 1))
    return keep_top(scores, keep)


def pyramiddrop(inputs: DecoderInputs, keep: int) -> DecoderOutcome:
    """PyramidDrop (section 3.3)."""
    return keep_top(visual_columns(inputs, inputs.next_attention)[:, -1].mean(axis=0), keep)


def raters(inputs: DecoderInputs, decisions: Decisions) -> Array:
    """Text tokens that judge the visual ones."""
    shares = softmax(inputs.visual_embeddings @ inputs.text_embeddings.T).mean(axis=0)
    decisions.compare(shares, shares.mean())
    chosen = np.flatnonzero(shares > shares.mean())
    return chosen if chosen.size else np.arange(len(shares))


def rater_attention(inputs: DecoderInputs, chosen: Array) -> Array:
    """Attention of the raters to the visual rows, [H, raters, n]."""
    rows = inputs.first + inputs.visual + chosen
    return visual_columns(inputs, inputs.attention)[:, rows]


def cluster(rows: Array, count: int, decisions: Decisions) -> list[tuple[int, list[int]]]:
    """DPC-kNN of `rows` into `count` clusters: centres and members by place, centres ascending."""
    difference = rows[:, None] - rows[None]
    distance = np.sqrt((difference**2).sum(axis=2)) / math.sqrt(rows.shape[1])
    nearest = np.sort(distance, axis=1)[:, :count]
    density = np.exp(-(nearest**2).mean(axis=1))
    apart = np.diff(np.sort(density)) / density.max()
    decisions.note(apart[apart > 0])
    places = np.arange(len(rows))
    spread = np.empty(len(rows))
    for place in range(len(rows)):
        denser = (density > density[place]) | ((density == density[place]) & (places < place))
        spread[place] = distance[place, denser].min() if denser.any() else distance.max()
    centres = np.sort(decisions.ranked(density * spread, count))
    members: list[list[int]] = [[] for _ in centres]
    for place in range(len(rows)):
        if place in centres:
            members[int(np.flatnonzero(centres == place)[0])].append(place)
        else:
            members[decisions.largest(-distance[place, centres])].append(place)
    return [(int(centre), group) for centre, group in zip(centres, members)]


def recycled_counts(deleted: int) -> tuple[int, int]:
    """How many of the deleted rows are recycled, and into how many clusters."""
    chosen = int(0.3 * deleted) + 1
    return chosen, chosen // 10 + 1


def sparsevlm_v1(inputs: DecoderInputs, keep: int) -> DecoderOutcome:
    """SparseVLM v1 (section 3.2): the best rows, and clusters of some others."""
    decisions = Decisions()
    scores = rater_attention(inputs, raters(inputs, decisions)).mean(axis=(0, 1))
    kept = decisions.top(scores, keep)
    deleted = np.setdiff1d(np.arange(inputs.visual), kept)
    chosen, clusters = recycled_counts(len(deleted))
    again = deleted[decisions.top(scores[deleted], chosen)]
    hidden = inputs.hidden[inputs.first : inputs.first + inputs.visual][again]
    groups = cluster(hidden, clusters, decisions)
    recycled = [
        (int(again[centre]), [int(again[member]) for member in members])
        for centre, members in groups
    ]
    return DecoderOutcome(kept, recycled, decisions.gap)


def position_bias(inputs: DecoderInputs, chosen: Array) -> Array:
    """RoPE(1) RoPE(1)^T / sqrt(dh) between raters and visual rows."""
    rows = inputs.first + inputs.visual + chosen
    visual = inputs.positions[inputs.first : inputs.first + inputs.visual]
    apart = inputs.positions[rows][:, None] - visual[None]
    angles = apart[..., None] * inputs.frequencies
    width = 2 * len(inputs.frequencies)
    return 2 * np.cos(angles).sum(axis=-1) / math.sqrt(width)


def sparsevlm_v2(inputs: DecoderInputs, keep: int) -> DecoderOutcome:
    """SparseVLM v2 (section 3.2)."""
    decisions = Decisions()
    chosen = raters(inputs, decisions)
    bias = position_bias(inputs, chosen)
    if np.abs(bias).min() < BIAS_FLOOR:
        raise ValueError("a position bias that vanishes")
    attention = rater_attention(inputs, chosen) / bias
    heads = max(1, round_half_up(14 * len(attention) / 32))
    used = decisions.top(attention.sum(axis=(1, 2)), heads)
    scores = attention[used].mean(axis=(0, 1))
    return DecoderOutcome(decisions.top(scores, keep), gap=decisions.gap)


def dart(
    inputs: DecoderInputs, keep: int, image_pivots: int = 4, text_pivots: int = 4
) -> DecoderOutcome:
    """DART (section 3.7)."""
    decisions = Decisions()
    strength = np.abs(inputs.keys).sum(axis=(0, 2))
    first, last = inputs.first, inputs.first + inputs.visual
    image = decisions.top(strength[first:last], image_pivots)
    texts = strength[last:]
    text = decisions.top(texts, min(text_pivots, len(texts)))
    pivots = [*(first + image), *(last + text)]
    similarity = cosines(inputs.normed[pivots], inputs.normed[first:last])
    taken = set(int(row) for row in image)
    each, remainder = divmod(keep - image_pivots, len(pivots))
    for place, row in enumerate(similarity):
        free = np.array([index for index in range(inputs.visual) if index not in taken])
        picks = free[decisions.top(-row[free], each + (place < remainder))]
        taken |= set(int(index) for index in picks)
    return DecoderOutcome(np.array(sorted(taken), dtype=np.int64), gap=decisions.gap)
