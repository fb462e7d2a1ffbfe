"""References of whole vision-side runs: FlowCut and ToMe inside the encoder, PruMerge with the keys of
the layer behind, and the tower's outputs as inputs of the methods that select after the encoder.

Readings taken where the specification leaves a choice:

* FlowCut: sums that normalise attention are those of a softmax and never vanish here; with S = 0 the
  tokens are cut after layer 0.
* ToMe: in ties a merged token counts as its lowest member. CLS has size 1 and is never merged. The
  sizes at the start of a layer enter the attention of that layer. Where halving cannot reach k in the
  layers there are, more than k tokens remain.
* PruMerge: neighbours tie to the lower patch; a token's neighbours are all other patches when there
  are fewer than 33.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import dcp_reference as dcp
from golden_inputs import ProjectedView
from method_reference import EXTRA_ROW, Decisions, Outcome

Array = np.ndarray

NEIGHBOURS = 32


@dataclass(frozen=True)
class Attended:
    """A layer up to the residual behind its attention; rows are CLS and the tokens.

    `queries` and `keys` are [H, 1 + n, dh] with bias, before scaling.
    """

    hidden: Array
    cls_attention: Array
    queries: Array
    keys: Array
    values: Array


def attend(tower: dcp.Tower, layer: int, hidden: Array, sizes: Array | None = None) -> Attended:
    """The first half of a layer; `sizes` [1 + n] make the attention proportional."""
    name = f"vision.encoder.layers.{layer}"
    count, width = hidden.shape
    normed = dcp.layer_norm(tower, f"{name}.layer_norm1", hidden)

    def heads(part: str) -> Array:
        rows = dcp.linear(tower, f"{name}.self_attn.{part}_proj", normed)
        return rows.reshape(count, tower.heads, -1).transpose(1, 0, 2)

    queries, keys, values = heads("q"), heads("k"), heads("v")
    logits = queries @ keys.transpose(0, 2, 1) / math.sqrt(width // tower.heads)
    if sizes is not None:
        logits = logits + np.log(sizes)
    attention = dcp.softmax(logits)
    mixed = (attention @ values).transpose(1, 0, 2).reshape(count, width)
    hidden = hidden + dcp.linear(tower, f"{name}.self_attn.out_proj", mixed)
    return Attended(hidden, attention[:, 0], queries, keys, values)


def feed_forward(tower: dcp.Tower, layer: int, hidden: Array) -> Array:
    """The second half of a layer."""
    name = f"vision.encoder.layers.{layer}"
    inner = dcp.linear(
        tower, f"{name}.mlp.fc1", dcp.layer_norm(tower, f"{name}.layer_norm2", hidden)
    )
    inner = inner / (1 + np.exp(-1.702 * inner))
    return hidden + dcp.linear(tower, f"{name}.mlp.fc2", inner)


def tower_view(tower: dcp.Tower, pixels: Array, question: Sequence[int]) -> ProjectedView:
    """The unpruned pass as a view: attention, keys and values of layer S."""
    hidden = dcp.embed(tower, pixels)
    outputs = []
    for layer in range(tower.last_layer + 1):
        attended = attend(tower, layer, hidden)
        hidden = feed_forward(tower, layer, attended.hidden)
        outputs.append(hidden)
    rows = np.hstack([outputs[layer] for layer in tower.feature_layers])
    return ProjectedView(
        rows=tower.side,
        cols=tower.side,
        cls_row=rows[0],
        tokens=rows[1:],
        attention=attended.cls_attention,
        keys=attended.keys,
        values=attended.values,
        text=dcp.input_embeddings(tower, question),
        projection=np.zeros((0, 0)),
        z=dcp.project(tower, rows[1:]),
    )


# Inside the encoder


@dataclass(frozen=True)
class Event:
    """One removal: the patches that tokens stand for afterwards, ascending, and D there."""

    layer: int
    kept: Array
    shift: float


@dataclass(frozen=True)
class EncoderRun:
    """A whole run: the output and what happened on the way."""

    outcome: Outcome
    events: list[Event]


def side_by_side(tower: dcp.Tower, carried: Mapping[int, Array]) -> Array:
    """Rows of the feature layers as one matrix."""
    return np.hstack([carried[layer] for layer in tower.feature_layers])


def flowcut(tower: dcp.Tower, pixels: Array, budget: int) -> EncoderRun:
    """FlowCut (section 2.3), the encoder's part."""
    full = dcp.encode_fully(tower, pixels)
    decisions = Decisions()
    hidden = dcp.embed(tower, pixels)
    last = tower.last_layer
    patches = np.arange(len(hidden) - 1)
    cumulative = np.zeros(len(patches))
    carried: dict[int, Array] = {}
    events: list[Event] = []
    for layer in range(last + 1):
        output = dcp.encode_layer(tower, layer, hidden)
        hidden, count = output.hidden, len(patches)
        fresh = dcp.layer_score(output, "flowcut")
        cumulative = fresh if layer == 0 else 0.5 * cumulative + 0.5 * fresh
        remaining = max(last - layer - 1, 0) if last == 0 else last - layer - 1
        if count > budget and remaining >= 0 and remaining % 2 == 0:
            target, clearness = dcp.flowcut_target(output.cls_attention, budget, remaining)
            decisions.note(clearness)
            if target < count:
                keep = decisions.top(cumulative, target)
                patches, cumulative = patches[keep], cumulative[keep]
                hidden = np.vstack([hidden[:1], hidden[1:][keep]])
                carried = {key: rows[keep] for key, rows in carried.items()}
                shift = dcp.kl_diag_forward(hidden[1:], full[layer].hidden[1:]).value
                events.append(Event(layer, patches, shift))
        if layer in tower.feature_layers:
            carried[layer] = hidden[1:]
    outcome = Outcome(patches, side_by_side(tower, carried), decisions.gap)
    return EncoderRun(outcome, events)


def tome_target(count: int, before: int, budget: int, layer: int, layers: int) -> int:
    """n after `layer`: the constant schedule, bent where halving would miss the budget."""
    constant = count - math.floor((layer + 1) * (count - budget) / layers + 0.5)
    return max(-(-before // 2), min(constant, budget * 2 ** (layers - 1 - layer)))


@dataclass(frozen=True)
class Matching:
    """`mix` [1 + n', 1 + n] makes new rows of old ones, with sizes as weights; new lowest members."""

    mix: Array
    sizes: Array
    patches: Array


def bipartite_merge(
    keys: Array, sizes: Array, patches: Array, removed: int, decisions: Decisions
) -> Matching:
    """Merges `removed` tokens at even places into their best match at odd places.

    Rows are CLS (patch -1) and tokens; `keys` are head means.
    """
    unit = keys / np.maximum(np.linalg.norm(keys, axis=1, keepdims=True), dcp.NOISE)
    left, right = np.arange(0, len(keys), 2), np.arange(1, len(keys), 2)
    by_patch = right[np.argsort(patches[right])]
    scores = unit[left] @ unit[by_patch].T
    match = np.array([by_patch[decisions.largest(row)] for row in scores])
    best = scores.max(axis=1)
    movable = np.arange(1, len(left))
    movable = movable[np.argsort(patches[left[movable]])]
    picks = movable[decisions.top(best[movable], removed)]
    gone = np.isin(left, left[picks])
    order = np.concatenate([left[~gone], right])
    gather = np.zeros((len(order), len(keys)))
    gather[np.arange(len(order)), order] = sizes[order]
    lowest = patches[order].copy()
    for pick in picks:
        place = int(np.flatnonzero(order == match[pick])[0])
        gather[place, left[pick]] = sizes[left[pick]]
        lowest[place] = min(lowest[place], patches[left[pick]])
    merged = gather.sum(axis=1)
    return Matching(gather / merged[:, None], merged, lowest)


def tome(
    tower: dcp.Tower, pixels: Array, budget: int, proportional: bool = True
) -> EncoderRun:
    """ToMe (section 3.8)."""
    full = dcp.encode_fully(tower, pixels)
    decisions = Decisions()
    hidden = dcp.embed(tower, pixels)
    count, layers = len(hidden) - 1, tower.last_layer + 1
    patches = np.arange(-1, count)
    sizes = np.ones(1 + count)
    carried: dict[int, Array] = {}
    events: list[Event] = []
    for layer in range(layers):
        attended = attend(tower, layer, hidden, sizes if proportional else None)
        hidden, before = attended.hidden, len(patches) - 1
        removed = before - tome_target(count, before, budget, layer, layers)
        if removed > 0:
            matching = bipartite_merge(
                attended.keys.mean(axis=0), sizes, patches, removed, decisions
            )
            hidden = matching.mix @ hidden
            carried = {key: matching.mix[1:, 1:] @ rows for key, rows in carried.items()}
            sizes, patches = matching.sizes, matching.patches
        hidden = feed_forward(tower, layer, hidden)
        if removed > 0:
            shift = dcp.kl_diag_forward(hidden[1:], full[layer].hidden[1:]).value
            events.append(Event(layer, np.sort(patches[1:]), shift))
        if layer in tower.feature_layers:
            carried[layer] = hidden[1:]
    outcome = Outcome(patches[1:], side_by_side(tower, carried), decisions.gap)
    return EncoderRun(outcome, events)


# With the keys of the layer behind


def prumerge_attention(tower: dcp.Tower, pixels: Array) -> tuple[Array, Array]:
    """a [N] and keys [N, d] of the layer behind S, single-head over the full width."""
    hidden = dcp.embed(tower, pixels)
    read = min(tower.last_layer + 1, tower.layers - 1)
    for layer in range(read):
        hidden = feed_forward(tower, layer, attend(tower, layer, hidden).hidden)
    attended = attend(tower, read, hidden)
    queries, keys = (
        heads.transpose(1, 0, 2).reshape(len(hidden), -1)
        for heads in (attended.queries, attended.keys)
    )
    attention = dcp.softmax(keys @ queries[0] / math.sqrt(keys.shape[1]))
    return attention[1:], keys[1:]


def outlier_count(attention: Array) -> int:
    """How many patches lie above Q3 + 1.5 IQR, at least one."""
    first, third = np.percentile(attention, [25, 75])
    return max(1, int((attention > third + 1.5 * (third - first)).sum()))


def spaced_patches(count: int, outliers: int) -> Array:
    """Patches that the plus variant adds: every `stride`-th."""
    ratio = outliers / count
    stride = max(1, math.floor(math.floor(1 / ratio) / 3))
    return np.arange(0, count, stride)


def prumerge_rows(
    features: Array, attention: Array, keys: Array, kept: Array, decisions: Decisions
) -> Outcome:
    """Rows of the kept patches with what their neighbours add, then the extra row."""
    similarity = dcp.cosines(keys, keys)
    np.fill_diagonal(similarity, -np.inf)
    rows = []
    for patch in kept:
        others = np.setdiff1d(np.arange(len(features)), [patch])
        near = others[decisions.top(similarity[patch, others], min(NEIGHBOURS, len(others)))]
        rows.append(features[patch] + attention[near] @ features[near])
    rest = np.setdiff1d(np.arange(len(features)), kept)
    rows.append(attention[rest] @ features[rest])
    order = np.concatenate([kept, [EXTRA_ROW]]).astype(np.int64)
    return Outcome(order, np.array(rows), decisions.gap)


def prumerge(tower: dcp.Tower, pixels: Array, features: Array, budget: int) -> Outcome:
    """LLaVA-PruMerge (section 3.9) at a budget: k - 1 patches and the extra row."""
    decisions = Decisions()
    attention, keys = prumerge_attention(tower, pixels)
    kept = decisions.top(attention, budget - 1)
    return prumerge_rows(features, attention, keys, kept, decisions)


def prumerge_adaptive(
    tower: dcp.Tower, pixels: Array, features: Array, plus: bool = False
) -> Outcome:
    """LLaVA-PruMerge with its own count; `plus` adds evenly spaced patches."""
    decisions = Decisions()
    attention, keys = prumerge_attention(tower, pixels)
    outliers = outlier_count(attention)
    kept = decisions.top(attention, outliers)
    if plus:
        kept = np.union1d(kept, spaced_patches(len(attention), outliers))
    return prumerge_rows(features, attention, keys, kept, decisions)
