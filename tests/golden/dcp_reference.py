"""Reference of DCP-Prune, of the trivial selections and of the shift D, in NumPy.

Written from the method specification alone, as pure functions over arrays: first the shift and the
draws, then a CLIP tower read from a checkpoint folder, then the two stages, then whole runs. The
arithmetic has the precision of the tower's weights (float64 unless asked otherwise); cosines and D
are always computed in float64.

`gap` fields tell how clear the closest decision of a run was, relative to the winning value: exact
ties do not count (they are settled by rule), and a run whose gap is near 1e-6 may legitimately
come out differently in float32.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load_file

Array = np.ndarray

TIE = 1e-6
SAME = 1e-9
NOISE = 1e-12
CONSTANT = 1e-6
VARIANCE_FLOOR = 1e-30
NULL_DRAWS = 200
REFERENCE_GRID = 24
MASK_64 = (1 << 64) - 1


# Settings


@dataclass(frozen=True)
class Settings:
    """Every setting of a run; `lambda_` is called `lambda` outside Python."""

    method: str = "dcp"
    budget: int = 16
    tau: float = 0.2
    trigger: str = "auto"
    phi: float = 3.0
    seed: int = 0
    schedule: str = "geometric"
    pool_share: float = 0.75
    score: str = "flowcut"
    similarity: str = "key"
    lambda_: float = 0.7
    sigma: float = 4.0
    edges: int = 2
    temperature: float = 0.1
    beta_max: float = 0.2
    proportional: bool = True
    keep_norm: bool = False
    recovery: bool = True
    reference: str = "full"
    eta: float = 0.3
    mu: float = 0.05
    init: str = "facility"
    rounds: int = 1
    guard: bool = True
    use_text: bool = True


def settings_from(values: Mapping[str, Any]) -> Settings:
    """Settings from their outside names; unknown names are errors."""
    known = {field.name.rstrip("_"): field.name for field in fields(Settings)}
    unknown = set(values) - set(known)
    if unknown:
        raise ValueError(f"unknown settings: {sorted(unknown)}")
    return Settings(**{known[name]: value for name, value in values.items()})


def round_half_up(value: float) -> int:
    """floor(value + 1/2), the only rounding there is."""
    return math.floor(value + 0.5)


# Ties


def relative_gaps(values: Array, best: float) -> Array:
    """How far each value lies below `best`, relative to it."""
    return (best - values) / max(abs(best), np.finfo(np.float64).tiny)


def smallest_gap(gaps: Array) -> float:
    """The smallest gap that is not an exact tie."""
    apart = gaps[gaps > SAME]
    return float(apart.min()) if apart.size else math.inf


def tied(values: Array) -> Array:
    """Which values are ties with the largest."""
    best = values.max()
    return values >= best - TIE * abs(best)


def choose(values: Array, allowed: Array, order: Sequence[Array], patches: Array) -> int:
    """The position of the largest allowed value.

    Ties go to the larger entry in each array of `order`, by the same tolerance, then to the lower
    patch.
    """
    candidates = np.flatnonzero(allowed)
    for key in (values, *order):
        candidates = candidates[tied(key[candidates])]
    return int(candidates[np.argmin(patches[candidates])])


@dataclass(frozen=True)
class Ranking:
    """Positions of the best values, ascending by position, and how clear the border was."""

    positions: Array
    gap: float


def best_values(values: Array, count: int, order: Sequence[Array], patches: Array) -> Ranking:
    """The `count` largest values, chosen one after the other."""
    allowed = np.ones(len(values), dtype=bool)
    chosen = []
    for _ in range(count):
        chosen.append(choose(values, allowed, order, patches))
        allowed[chosen[-1]] = False
    positions = np.array(sorted(chosen), dtype=np.int64)
    if not allowed.any() or not chosen:
        return Ranking(positions, math.inf)
    weakest = values[positions].min()
    return Ranking(positions, smallest_gap(np.abs(relative_gaps(values[allowed], weakest))))


# The shift D


@dataclass(frozen=True)
class Shift:
    """klDiagFwd and its two parts."""

    value: float
    mean_part: float
    variance_part: float

    def __add__(self, other: Shift) -> Shift:
        return Shift(
            self.value + other.value,
            self.mean_part + other.mean_part,
            self.variance_part + other.variance_part,
        )


def kl_diag_forward(kept: Array, full: Array) -> Shift:
    """KL of diagonal Gaussians, kept against full, averaged over the channels."""
    kept, full = kept.astype(np.float64), full.astype(np.float64)
    floor = max(1e-6 * full.var(axis=0).mean(), VARIANCE_FLOOR)
    kept_variance = kept.var(axis=0) + floor
    full_variance = full.var(axis=0) + floor
    difference = kept.mean(axis=0) - full.mean(axis=0)
    mean_part = 0.5 * float(np.mean(difference**2 / full_variance))
    ratio = kept_variance / full_variance
    variance_part = 0.5 * float(np.mean(ratio - np.log(ratio) - 1))
    return Shift(mean_part + variance_part, mean_part, variance_part)


# Random draws


def splitmix64(seed: int) -> Iterable[int]:
    """The SplitMix64 sequence."""
    state = seed & MASK_64
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK_64
        word = state
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK_64
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK_64
        yield word ^ (word >> 31)


def random_subset(count: int, budget: int, seed: int) -> Array:
    """`budget` of 0..count-1 by a partial Fisher-Yates shuffle, ascending."""
    items = list(range(count))
    words = iter(splitmix64(seed))
    for index in range(budget):
        other = index + next(words) % (count - index)
        items[index], items[other] = items[other], items[index]
    return np.array(sorted(items[:budget]), dtype=np.int64)


def null_shifts(full: Array, budget: int, seed: int) -> Array:
    """D of the seeded random draws of `budget` rows of `full`."""
    draws = (random_subset(len(full), budget, seed + offset) for offset in range(NULL_DRAWS))
    return np.array([kl_diag_forward(full[draw], full).value for draw in draws])


def null_band(full: Array, budget: int, seed: int) -> tuple[float, float, float]:
    """The 5th, 50th and 95th percentile of `null_shifts`, by linear interpolation."""
    low, middle, high = np.percentile(null_shifts(full, budget, seed), [5, 50, 95])
    return float(low), float(middle), float(high)


def grid_subset(side: int, budget: int) -> Array:
    """A regular grid of `budget` patches of a `side` by `side` picture, ascending."""
    shapes = [
        (rows * columns - budget, -rows, columns)
        for rows in range(1, side + 1)
        for columns in range(rows, min(2 * rows, side) + 1)
        if rows * columns >= budget
    ]
    _, negative_rows, columns = min(shapes)
    rows = -negative_rows
    cells = [
        math.floor((row + 0.5) * side / rows) * side + math.floor((column + 0.5) * side / columns)
        for row in range(rows)
        for column in range(columns)
    ]
    picks = [cells[math.floor((index + 0.5) * len(cells) / budget)] for index in range(budget)]
    return np.array(sorted(picks), dtype=np.int64)


# The CLIP tower


@dataclass(frozen=True)
class Tower:
    """Weights and shape of a checkpoint: CLIP tower, projector, input embeddings."""

    weights: Mapping[str, Array]
    layers: int
    heads: int
    patch: int
    side: int
    epsilon: float
    feature_layers: tuple[int, ...]

    @property
    def last_layer(self) -> int:
        """S: the deepest encoder layer whose output is read."""
        return max(self.feature_layers)


@dataclass(frozen=True)
class LayerOutput:
    """Output of one encoder layer and what scores read from it."""

    hidden: Array
    cls_attention: Array
    keys: Array
    values: Array


def load_tower(folder: Path, dtype: type = np.float64) -> Tower:
    """Reads a checkpoint folder: one file, layout A, a complete vision configuration."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    vision = config["vision_config"]
    indices = config["vision_feature_layer"]
    count = vision["num_hidden_layers"]
    states = [indices] if isinstance(indices, int) else indices
    weights = {
        name.replace("vision_tower.vision_model.", "vision.").replace(
            "multi_modal_projector.", "projector."
        ): value.astype(dtype)
        for name, value in load_file(folder / "model.safetensors").items()
    }
    return Tower(
        weights=weights,
        layers=count,
        heads=vision["num_attention_heads"],
        patch=vision["patch_size"],
        side=vision["image_size"] // vision["patch_size"],
        epsilon=vision["layer_norm_eps"],
        feature_layers=tuple(state % (count + 1) - 1 for state in states),
    )


def layer_norm(tower: Tower, name: str, rows: Array) -> Array:
    """LayerNorm over the channels."""
    centred = rows - rows.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1, keepdims=True)
    scaled = centred / np.sqrt(variance + tower.epsilon)
    return scaled * tower.weights[f"{name}.weight"] + tower.weights[f"{name}.bias"]


def linear(tower: Tower, name: str, rows: Array) -> Array:
    """rows W^T + b."""
    return rows @ tower.weights[f"{name}.weight"].T + tower.weights[f"{name}.bias"]


def softmax(scores: Array) -> Array:
    """Softmax over the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def embed(tower: Tower, pixels: Array) -> Array:
    """Hidden state 0, `[1 + N, d]`: patches, class token, positions, first norm."""
    side, patch = tower.side, tower.patch
    cells = pixels.reshape(3, side, patch, side, patch).transpose(1, 3, 0, 2, 4)
    kernel = tower.weights["vision.embeddings.patch_embedding.weight"]
    patches = cells.reshape(side * side, -1) @ kernel.reshape(len(kernel), -1).T
    rows = np.vstack([tower.weights["vision.embeddings.class_embedding"], patches])
    rows = rows + tower.weights["vision.embeddings.position_embedding.weight"]
    return layer_norm(tower, "vision.pre_layrnorm", rows)


def encode_layer(
    tower: Tower, layer: int, hidden: Array, weights: Array | None = None
) -> LayerOutput:
    """One encoder layer over CLS and however many patches there are.

    With `weights`, a patch is attended to as that many patches.
    """
    name = f"vision.encoder.layers.{layer}"
    count, width = hidden.shape
    normed = layer_norm(tower, f"{name}.layer_norm1", hidden)

    def heads(part: str) -> Array:
        rows = linear(tower, f"{name}.self_attn.{part}_proj", normed)
        return rows.reshape(count, tower.heads, -1).transpose(1, 0, 2)

    queries, keys, values = heads("q"), heads("k"), heads("v")
    scale = math.sqrt(width // tower.heads)
    logits = queries @ keys.transpose(0, 2, 1) / scale
    if weights is not None:
        logits = logits + np.log(np.concatenate([[1.0], weights]))
    attention = softmax(logits)
    mixed = (attention @ values).transpose(1, 0, 2).reshape(count, width)
    hidden = hidden + linear(tower, f"{name}.self_attn.out_proj", mixed)
    inner = linear(tower, f"{name}.mlp.fc1", layer_norm(tower, f"{name}.layer_norm2", hidden))
    inner = inner / (1 + np.exp(-1.702 * inner))
    hidden = hidden + linear(tower, f"{name}.mlp.fc2", inner)
    return LayerOutput(hidden, attention[:, 0, 1:].mean(axis=0), keys, values)


def encode_fully(tower: Tower, pixels: Array) -> list[LayerOutput]:
    """All layer outputs 0..S of the unpruned forward."""
    hidden = embed(tower, pixels)
    outputs = []
    for layer in range(tower.last_layer + 1):
        outputs.append(encode_layer(tower, layer, hidden))
        hidden = outputs[-1].hidden
    return outputs


def full_features(tower: Tower, outputs: Sequence[LayerOutput]) -> Array:
    """X: patch rows of the feature layers side by side, in the order of the configuration."""
    return np.hstack([outputs[layer].hidden[1:] for layer in tower.feature_layers])


def project(tower: Tower, rows: Array) -> Array:
    """The two-layer projector with the exact GELU."""
    inner = linear(tower, "projector.linear_1", rows)
    erf = np.vectorize(math.erf, otypes=[inner.dtype])
    gelu = 0.5 * inner * (1 + erf(inner / math.sqrt(2)))
    return linear(tower, "projector.linear_2", gelu)


def input_embeddings(tower: Tower, ids: Sequence[int]) -> Array:
    """Language-model input embeddings of token ids."""
    return tower.weights["language_model.model.embed_tokens.weight"][list(ids)]


# Scores, schedule


def cosines(left: Array, right: Array) -> Array:
    """Cosine of every row of `left` with every row of `right`, in float64.

    Facility location meets exact ties all the time (two tokens that cover only each other); with
    cosines in float32 the noise of small gains is larger than the tie tolerance.
    """

    def unit(rows: Array) -> Array:
        rows = rows.astype(np.float64)
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), NOISE)

    return unit(left) @ unit(right).T


def layer_score(output: LayerOutput, kind: str) -> Array:
    """The score of each patch at one layer."""
    attention = output.cls_attention
    if kind == "cls":
        return attention
    values = output.values
    semantic = softmax(np.einsum("hd,hjd->hj", values[:, 0], values)).mean(axis=0)[1:]
    strength = np.abs(values[:, 1:].mean(axis=0)).sum(axis=1)
    return (attention / attention.sum() + semantic / semantic.sum()) * strength


def event_layers(last_layer: int) -> list[int]:
    """The layers after which tokens are removed."""
    return [layer for layer in range(1, last_layer) if (last_layer - 1 - layer) % 2 == 0]


def pool_size(count: int, budget: int, pool_share: float) -> int:
    """M: how many tokens leave the encoder."""
    return min(count, max(round_half_up(pool_share * count), budget + 8))


def planned_targets(schedule: str, layers: Sequence[int], count: int, pool: int) -> dict[int, int]:
    """Target count after each event of the schedules that do not look at the picture."""
    total = len(layers)
    if schedule == "single":
        return {layers[-1]: pool} if layers else {}
    targets = {}
    for step, layer in enumerate(layers, start=1):
        if schedule == "geometric":
            exact = count * (pool / count) ** (step / total)
        else:
            exact = count + (pool - count) * step / total
        targets[layer] = round_half_up(exact)
    return targets


def flowcut_target(attention: Array, pool: int, remaining: int) -> tuple[int, float]:
    """Target count by the entropy of the CLS attention, and how clear the rounding was."""
    count = len(attention)
    if remaining == 0 or count <= pool:
        return min(pool, count), math.inf
    shares = attention / attention.sum()
    entropy = -float(np.sum(shares * np.log(shares + NOISE)))
    removed = (count - pool) / math.sqrt(remaining) * (1 - (entropy / math.log(count)) ** 2)
    clearness = abs(removed + 0.5 - round(removed + 0.5)) / max(removed, 1.0)
    return max(count - round_half_up(removed), pool), clearness


# Stage one: anchors and context


@dataclass(frozen=True)
class Tokens:
    """The tokens of one view: rows, rows kept from earlier feature layers, and bookkeeping.

    `sources` maps each token to the patches it is made of; its rows sum to one.
    """

    rows: Array
    carried: Mapping[int, Array]
    patches: Array
    weights: Array
    score: Array
    sources: Array


def recovery_weights(
    tokens: Tokens, anchors: Array, metric: Array, side: int, settings: Settings
) -> tuple[Array, float]:
    """The context-to-anchor graph E, `[context, anchors]`, and how clear its edges were."""
    context = np.setdiff1d(np.arange(len(tokens.patches)), anchors)
    semantic = cosines(metric[context], metric[anchors])
    cells = np.stack(np.divmod(tokens.patches, side), axis=1).astype(metric.dtype)
    distance = ((cells[context, None] - cells[None, anchors]) ** 2).sum(axis=2)
    sigma = settings.sigma * side / REFERENCE_GRID
    spatial = np.exp(-distance / (2 * sigma**2))
    relation = settings.lambda_ * (1 + semantic) / 2 + (1 - settings.lambda_) * spatial
    graph = np.zeros_like(relation, dtype=tokens.rows.dtype)
    gap = math.inf
    count = min(settings.edges, len(anchors))
    for row, values in enumerate(relation):
        best = best_values(values, count, [tokens.score[anchors]], tokens.patches[anchors])
        graph[row, best.positions] = softmax(values[best.positions] / settings.temperature)
        gap = min(gap, best.gap)
    return graph, gap


def mix(
    rows: Array, anchors: Array, context: Array, graph: Array, weights: Array, beta_max: float
) -> Array:
    """Rows of the anchors after they took in their context."""
    flow = weights[context, None] * graph
    mass = flow.sum(axis=0)
    mean = flow.T @ rows[context] / np.maximum(mass, 1e-6)[:, None]
    beta = (beta_max * mass / (weights[anchors] + mass))[:, None]
    return np.where(mass[:, None] > 0, (1 - beta) * rows[anchors] + beta * mean, rows[anchors])


def with_norm_of(rows: Array, model: Array) -> Array:
    """`rows` with the norms of the rows of `model`."""
    old = np.linalg.norm(model, axis=1, keepdims=True)
    new = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows * old / np.maximum(new, NOISE)


def transfer_and_remove(
    tokens: Tokens, metric: Array, target: int, side: int, settings: Settings
) -> tuple[Tokens, float]:
    """One event: keep the `target` best tokens and let the others flow into them."""
    ranking = best_values(tokens.score, target, [], tokens.patches)
    anchors = ranking.positions
    context = np.setdiff1d(np.arange(len(tokens.patches)), anchors)
    kept = Tokens(
        rows=tokens.rows[anchors],
        carried={layer: rows[anchors] for layer, rows in tokens.carried.items()},
        patches=tokens.patches[anchors],
        weights=tokens.weights[anchors],
        score=tokens.score[anchors],
        sources=tokens.sources[anchors],
    )
    if not settings.recovery or context.size == 0:
        return kept, ranking.gap
    graph, edge_gap = recovery_weights(tokens, anchors, metric, side, settings)

    def recover(rows: Array) -> Array:
        return mix(rows, anchors, context, graph, tokens.weights, settings.beta_max)

    def recover_features(rows: Array) -> Array:
        mixed = recover(rows)
        return with_norm_of(mixed, rows[anchors]) if settings.keep_norm else mixed

    recovered = replace(
        kept,
        rows=recover_features(tokens.rows),
        carried={layer: recover_features(rows) for layer, rows in tokens.carried.items()},
        weights=kept.weights + tokens.weights[context] @ graph,
        sources=recover(tokens.sources),
    )
    return recovered, min(ranking.gap, edge_gap)


# Stage two: reselection


@dataclass(frozen=True)
class Text:
    """What the question says about the pool: profiles (None without use) and relevance."""

    profiles: Array | None
    relevance: Array
    gap: float


def text_relevance(projected: Array, embeddings: Array) -> Text:
    """Profiles and scaled relevance of pool tokens against the question's tokens."""
    gap = math.inf
    raters = np.ones(len(embeddings), dtype=bool)
    if len(embeddings) > 4:
        shares = softmax(projected @ embeddings.T).mean(axis=0)
        above = shares > shares.mean()
        gap = smallest_gap(np.abs(relative_gaps(shares, shares.mean())))
        raters = above if above.any() else raters
    similarity = cosines(projected, embeddings[raters])
    strongest = similarity.max(axis=1)
    spread = strongest.max() - strongest.min()
    if spread < CONSTANT:
        relevance = np.full(len(projected), 0.5)
    else:
        relevance = (strongest - strongest.min()) / spread
    profiles = similarity - similarity.mean(axis=0) if raters.sum() > 1 else None
    return Text(profiles, relevance, gap)


def initial_centres(
    similarity: Array, tokens: Tokens, budget: int, kind: str
) -> tuple[list[int], float]:
    """Greedy representatives in the order of their choice."""
    allowed = np.ones(len(similarity), dtype=bool)
    centres: list[int] = []
    gap = math.inf
    covered = np.zeros(len(similarity))
    distance = 1 - similarity
    distance[distance < NOISE] = 0
    for _ in range(budget):
        if kind != "kcenter":
            growth = similarity - covered[:, None]
            values = tokens.weights @ np.where(growth < NOISE, 0, growth)
            values = values * tokens.score if kind == "scope" else values
        elif centres:
            values = distance[centres].min(axis=0)
        else:
            values = np.sort(distance, axis=0)[min(1, len(distance) - 1)]
        pick = choose(values, allowed, [tokens.score], tokens.patches)
        gap = min(gap, smallest_gap(relative_gaps(values[allowed], values[allowed].max())))
        centres.append(pick)
        allowed[pick] = False
        covered = np.maximum(covered, similarity[:, pick])
    return centres, gap


@dataclass(frozen=True)
class Reselection:
    """Outcome of stage two, as positions in the pool.

    `centres` and `cluster_of` belong to the last round; `cluster_of` holds numbers of centres.
    """

    first_centres: Array
    centres: Array
    cluster_of: Array
    chosen: Array
    gap: float


def assign(
    similarity: Array, profile_similarity: Array | None, centres: Array, tokens: Tokens, eta: float
) -> tuple[Array, float]:
    """The cluster of each token."""
    affinity = similarity[:, centres]
    if profile_similarity is not None:
        affinity = (1 - eta) * affinity + eta * profile_similarity[:, centres]
    everywhere = np.ones(len(centres), dtype=bool)
    clusters = np.array([choose(row, everywhere, [], tokens.patches[centres]) for row in affinity])
    free = np.setdiff1d(np.arange(len(affinity)), centres)
    gaps = [smallest_gap(relative_gaps(affinity[row], affinity[row].max())) for row in free]
    clusters[centres] = np.arange(len(centres))
    return clusters, min(gaps, default=math.inf)


def medoids(
    similarity: Array, relevance: Array, clusters: Array, tokens: Tokens, mu: float
) -> tuple[Array, float]:
    """The text-biased medoid of each cluster."""
    weights = tokens.weights / tokens.weights.mean()
    chosen = []
    gap = math.inf
    for cluster in range(clusters.max() + 1):
        members = np.flatnonzero(clusters == cluster)
        closeness = similarity[np.ix_(members, members)] @ weights[members] / len(members)
        values = closeness + mu * relevance[members]
        everywhere = np.ones(len(members), dtype=bool)
        pick = choose(values, everywhere, [tokens.score[members]], tokens.patches[members])
        gap = min(gap, smallest_gap(relative_gaps(values, values.max())))
        chosen.append(members[pick])
    return np.array(chosen), gap


def reselect(pool: Tokens, text: Text | None, budget: int, settings: Settings) -> Reselection:
    """Stage two on the pool as it left the encoder."""
    similarity = cosines(pool.rows, pool.rows)
    first, gap = initial_centres(similarity, pool, budget, settings.init)
    profiles = None
    relevance = np.full(len(pool.rows), 0.5)
    if text is not None:
        relevance = text.relevance
        gap = min(gap, text.gap)
        if text.profiles is not None:
            profiles = cosines(text.profiles, text.profiles)
    centres = np.array(first)
    for _ in range(settings.rounds):
        used = centres
        clusters, assign_gap = assign(similarity, profiles, used, pool, settings.eta)
        centres, medoid_gap = medoids(similarity, relevance, clusters, pool, settings.mu)
        gap = min(gap, assign_gap, medoid_gap)
        if np.array_equal(centres, used):
            break
    return Reselection(np.array(first), used, clusters, centres, gap)


# Whole runs


@dataclass(frozen=True)
class Event:
    """One removal: counts, surviving patches, D against the unpruned forward."""

    layer: int
    tokens_in: int
    kept: Array
    shift: float


@dataclass(frozen=True)
class Result:
    """Everything a run decided, patches by their index in the picture."""

    budget: int
    events: list[Event]
    kappa: Shift
    kappa_after: float | None
    fired: bool
    accepted: bool
    pool: Array
    first_centres: Array
    centres: Array
    cluster_of: Array
    chosen: Array
    kept: Array
    tokens: Array
    weights: Array
    sources: Array
    null_band: tuple[float, float, float]
    gap: float


@dataclass(frozen=True)
class Pruned:
    """The pool, what led to it, and the metric of the last removal."""

    pool: Tokens
    metric: Array
    events: list[Event]
    chain: list[Shift]
    gap: float


def metric_of(rows: Array, output: LayerOutput, similarity: str) -> Array:
    """The vectors that stage one compares: head-mean keys or the rows themselves."""
    return output.keys[:, 1:].mean(axis=0) if similarity == "key" else rows


def encode_pruned(
    tower: Tower, pixels: Array, full: Sequence[LayerOutput], budget: int, settings: Settings
) -> Pruned:
    """The encoder pass with its events, up to and including layer S."""
    count, last = tower.side**2, tower.last_layer
    layers = event_layers(last)
    pool = pool_size(count, budget, settings.pool_share)
    targets = planned_targets(settings.schedule, layers, count, pool)
    hidden = embed(tower, pixels)
    tokens = Tokens(
        rows=hidden[1:],
        carried={},
        patches=np.arange(count),
        weights=np.ones(count, dtype=hidden.dtype),
        score=np.zeros(count, dtype=hidden.dtype),
        sources=np.eye(count, dtype=hidden.dtype),
    )
    events: list[Event] = []
    chain: list[Shift] = []
    gap = math.inf
    for layer in range(last + 1):
        output = encode_layer(
            tower, layer, hidden, tokens.weights if settings.proportional else None
        )
        fresh = layer_score(output, settings.score)
        score = fresh if layer == 0 else 0.5 * tokens.score + 0.5 * fresh
        tokens = replace(tokens, rows=output.hidden[1:], score=score)
        before = tokens.rows
        target = targets.get(layer, len(before))
        if settings.schedule == "flowcut" and layer in layers:
            target, rounding = flowcut_target(output.cls_attention, pool, last - 1 - layer)
            gap = min(gap, rounding)
        if target < len(before):
            metric = metric_of(before, output, settings.similarity)
            tokens, event_gap = transfer_and_remove(tokens, metric, target, tower.side, settings)
            gap = min(gap, event_gap)
            shift = kl_diag_forward(tokens.rows, full[layer].hidden[1:])
            events.append(Event(layer, len(before), tokens.patches, shift.value))
            chain.append(kl_diag_forward(tokens.rows, before))
        if layer in tower.feature_layers:
            tokens = replace(tokens, carried={**tokens.carried, layer: tokens.rows})
        hidden = np.vstack([output.hidden[:1], tokens.rows])
    features = np.hstack([tokens.carried[layer] for layer in tower.feature_layers])
    pool_tokens = replace(tokens, rows=features, carried={})
    metric = metric_of(features, output, settings.similarity)
    return Pruned(pool_tokens, metric, events, chain, gap)


def trigger_fires(
    kappa: float, band: tuple[float, float, float], settings: Settings
) -> tuple[bool, float]:
    """Whether stage two runs, and how clear that was."""
    if settings.trigger in ("always", "never"):
        return settings.trigger == "always", math.inf
    limit = settings.tau if settings.trigger == "auto" else settings.phi * band[1]
    clearness = abs(kappa - limit) / max(abs(limit), NOISE)
    return kappa > limit, clearness if clearness > SAME else math.inf


def run_dcp(
    tower: Tower, pixels: Array, question: Sequence[int], budget: int, settings: Settings
) -> Result:
    """A whole DCP-Prune run of one view."""
    full = encode_fully(tower, pixels)
    all_features = full_features(tower, full)
    pruned = encode_pruned(tower, pixels, full, budget, settings)
    pool = pruned.pool
    baseline, gap = transfer_and_remove(pool, pruned.metric, budget, tower.side, settings)
    gap = min(gap, pruned.gap)

    def kappa_of(rows: Array) -> Shift:
        if settings.reference == "full":
            return kl_diag_forward(rows, all_features)
        last_step = kl_diag_forward(rows, pool.rows)
        return last_step if settings.reference == "pool" else sum(pruned.chain, last_step)

    kappa = kappa_of(baseline.rows)
    band = null_band(all_features, budget, settings.seed)
    fired, clearness = trigger_fires(kappa.value, band, settings)
    gap = min(gap, clearness)
    events = [
        *pruned.events,
        Event(tower.last_layer, len(pool.patches), baseline.patches, kappa.value),
    ]
    result = Result(
        budget=budget,
        events=events,
        kappa=kappa,
        kappa_after=None,
        fired=fired,
        accepted=False,
        pool=pool.patches,
        first_centres=np.empty(0, dtype=np.int64),
        centres=np.empty(0, dtype=np.int64),
        cluster_of=np.empty(0, dtype=np.int64),
        chosen=np.empty(0, dtype=np.int64),
        kept=baseline.patches,
        tokens=baseline.rows,
        weights=baseline.weights,
        sources=baseline.sources,
        null_band=band,
        gap=gap,
    )
    if not fired:
        return result
    text = None
    if settings.use_text and len(question) > 0:
        text = text_relevance(project(tower, pool.rows), input_embeddings(tower, question))
    outcome = reselect(pool, text, budget, settings)
    picks = np.sort(outcome.chosen)
    after = kappa_of(pool.rows[picks]).value
    accepted = not settings.guard or after < kappa.value
    if settings.guard:
        clearness = abs(after - kappa.value) / max(kappa.value, NOISE)
        gap = min(gap, clearness if clearness > SAME else math.inf)
    result = replace(
        result,
        kappa_after=after,
        accepted=accepted,
        first_centres=pool.patches[outcome.first_centres],
        centres=pool.patches[outcome.centres],
        cluster_of=outcome.cluster_of,
        chosen=pool.patches[outcome.chosen],
        gap=min(gap, outcome.gap),
    )
    if not accepted:
        return result
    return replace(
        result,
        kept=pool.patches[picks],
        tokens=pool.rows[picks],
        weights=pool.weights[picks],
        sources=pool.sources[picks],
    )


def run_selection(tower: Tower, pixels: Array, budget: int, settings: Settings) -> Result:
    """`none`, `random`, `grid` or `cls-topk`: rows of the unpruned features."""
    full = encode_fully(tower, pixels)
    features = full_features(tower, full)
    count = len(features)
    gap = math.inf
    if settings.method == "none":
        kept = np.arange(count)
    elif settings.method == "random":
        kept = random_subset(count, budget, settings.seed)
    elif settings.method == "grid":
        kept = grid_subset(tower.side, budget)
    else:
        ranking = best_values(full[-1].cls_attention, budget, [], np.arange(count))
        kept, gap = ranking.positions, ranking.gap
    kappa = kl_diag_forward(features[kept], features)
    empty = np.empty(0, dtype=np.int64)
    events = [Event(tower.last_layer, count, kept, kappa.value)]
    return Result(
        budget=len(kept),
        events=[] if settings.method == "none" else events,
        kappa=kappa,
        kappa_after=None,
        fired=False,
        accepted=False,
        pool=empty,
        first_centres=empty,
        centres=empty,
        cluster_of=empty,
        chosen=empty,
        kept=kept,
        tokens=features[kept],
        weights=np.ones(len(kept)),
        sources=np.eye(count)[kept],
        null_band=null_band(features, len(kept), settings.seed),
        gap=gap,
    )


def run(tower: Tower, pixels: Array, question: Sequence[int], settings: Settings) -> Result:
    """Runs any of the methods; a budget above the number of patches means all of them."""
    if settings.budget < 1:
        raise ValueError("the budget must be at least 1")
    budget = min(settings.budget, tower.side**2)
    if settings.method == "dcp":
        return run_dcp(tower, pixels, question, budget, settings)
    if settings.method in ("none", "random", "grid", "cls-topk"):
        return run_selection(tower, pixels, budget, settings)
    raise ValueError(f"unknown method {settings.method}")
