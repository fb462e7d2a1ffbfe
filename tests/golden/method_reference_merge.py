"""References of the vision-side methods whose output holds CLS, merged, pooled or empty rows.

Readings taken where the specification leaves a choice:

* avgpool: g_r x g_c of `grid`; cell i of R rows is floor(i R / g_r) .. ceil((i + 1) R / g_r); with a
  surplus the list positions floor((i + 1/2) L / k) stay; a cell stands for the patch at its centre,
  the one that `grid` keeps.
* VisionZip: a tie between targets goes to the lower patch.
* HoloV: spatial crops are 4 x 4 cells, row r of R belonging to cell row floor(4 r / R), taken in
  raster order whatever the number of partitions; ties of pi go to the lower chunk; chunks without
  tokens weigh 0 and may be granted a token that they do not have.
* PruneSID: groups are numbered by descending singular value; a raise takes only what is missing, a
  cut takes from the smallest group as much as it has.
"""

from __future__ import annotations

import math

import numpy as np

from dcp_reference import NOISE, cosines, round_half_up
from golden_inputs import ViewInputs
from method_reference import CLS_ROW, EMPTY_ROW, Decisions, Outcome, head_mean, head_sum

Array = np.ndarray

HOLOV_EPSILON = 1e-6
SPECTRUM_FLOOR = 1e-9


class Undetermined(Exception):
    """The definition leaves the outcome open for these inputs."""


def grid_shape(side: int, budget: int) -> tuple[int, int]:
    """Rows and columns of the grid of at least `budget` cells."""
    shapes = [
        (rows * columns - budget, -rows, columns)
        for rows in range(1, side + 1)
        for columns in range(rows, min(2 * rows, side) + 1)
        if rows * columns >= budget
    ]
    _, rows, columns = min(shapes)
    return -rows, columns


def avgpool(view: ViewInputs, budget: int) -> Outcome:
    """Average pooling (section 1) of a square picture."""
    side = view.rows
    rows, columns = grid_shape(side, budget)
    picture = view.tokens.reshape(side, side, -1)
    centres, means = [], []
    for row in range(rows):
        for column in range(columns):
            top, left = row * side // rows, column * side // columns
            bottom, right = -(-(row + 1) * side // rows), -(-(column + 1) * side // columns)
            means.append(picture[top:bottom, left:right].mean(axis=(0, 1)))
            centre = (2 * row + 1) * side // (2 * rows), (2 * column + 1) * side // (2 * columns)
            centres.append(centre[0] * side + centre[1])
    places = [math.floor((index + 0.5) * len(means) / budget) for index in range(budget)]
    return Outcome(np.array(centres)[places], np.array(means)[places], math.inf)


def unit_mean_keys(view: ViewInputs) -> Array:
    """Head-mean keys of the patches, length 1."""
    keys = view.keys[:, 1:].mean(axis=0)
    return keys / np.maximum(np.linalg.norm(keys, axis=1, keepdims=True), NOISE)


def visionzip(
    view: ViewInputs, budget: int, contextual: int | None = None, mean: bool = False
) -> Outcome:
    """VisionZip (section 2.1): CLS and dominant tokens, then contextual ones.

    `mean`: a contextual token is the mean of target and members, not the sum of target and mean.
    """
    decisions = Decisions()
    count = len(view.tokens)
    if contextual is None:
        contextual = max(1, round_half_up(10 * budget / 64))
    dominant_count = max(1, budget - contextual)
    contextual = budget - dominant_count
    dominant = decisions.top(head_sum(view), dominant_count - 1)
    rest = np.setdiff1d(np.arange(count), dominant)
    rows = [view.cls_row, *view.tokens[dominant]]
    targets = np.empty(0, dtype=np.int64)
    if contextual:
        step = max(1, len(rest) // contextual)
        targets = rest[np.arange(contextual) * step]
        members: list[list[int]] = [[] for _ in targets]
        metric = unit_mean_keys(view)
        for token in np.setdiff1d(rest, targets):
            members[decisions.largest(metric[targets] @ metric[token])].append(token)
        for target, group in zip(targets, members):
            row = view.tokens[target]
            if mean:
                row = view.tokens[[int(target), *group]].mean(axis=0)
            elif group:
                row = row + view.tokens[group].mean(axis=0)
            rows.append(row)
    order = np.concatenate([[CLS_ROW], dominant, targets]).astype(np.int64)
    return Outcome(order, np.array(rows), decisions.gap)


def holov_chunks(view: ViewInputs, partitions: int, spatial: bool) -> list[Array]:
    """Patches of each chunk."""
    count = view.rows * view.cols
    patches = np.arange(count)
    if spatial:
        row, column = np.divmod(patches, view.cols)
        cell = 4 * row // view.rows * 4 + 4 * column // view.cols
        return [patches[cell == index] for index in range(16)]
    size, longer = divmod(count, partitions)
    ends = np.cumsum([size + (chunk < longer) for chunk in range(partitions)])
    return np.split(patches, ends[:-1])


def chunk_weight(features: Array, attention: Array, alpha: float) -> float:
    """w of one chunk: mean score of its tokens."""
    count = len(attention)
    if count == 0:
        return 0.0
    if count == 1:
        return float(attention[0])
    similarity = cosines(features, features)
    np.fill_diagonal(similarity, 0)
    mean = similarity.sum(axis=1) / (count - 1)
    variance = ((similarity - mean[:, None]) ** 2).sum(axis=1) / (count - 1)
    boosted = 1000 * attention
    balance = np.abs(boosted).mean() / (np.abs(variance).mean() + HOLOV_EPSILON)
    return float((boosted + alpha * balance * variance).mean())


def holov(
    view: ViewInputs,
    budget: int,
    partitions: int = 16,
    alpha: float = 0.09,
    spatial: bool = False,
) -> Outcome:
    """HoloV (section 2.2): quotas per chunk, then attention inside the chunk."""
    decisions = Decisions()
    attention = head_mean(view)
    features = view.projected
    chunks = holov_chunks(view, partitions, spatial)
    weights = np.array([chunk_weight(features[c], attention[c], alpha) for c in chunks])
    share = weights / (weights.sum() + HOLOV_EPSILON)
    exact = share * budget
    quotas = np.floor(exact).astype(np.int64)
    decisions.note(np.where(exact > 0.5, np.abs(exact - np.round(exact)), 1.0))
    extra = min(budget - int(quotas.sum()), len(chunks))
    quotas[decisions.top(share, extra)] += 1
    order: list[int] = []
    for chunk, quota in zip(chunks, quotas):
        ranking = decisions.ranked(attention[chunk], min(quota, len(chunk)))
        order.extend(int(patch) for patch in chunk[ranking])
    order = order[:budget]
    tokens = view.tokens[order]
    empty = [EMPTY_ROW] * (budget - len(order))
    return Outcome(np.array(order + empty, dtype=np.int64), tokens, decisions.gap)


def principal_groups(view: ViewInputs, groups: int, decisions: Decisions) -> Array:
    """g: the right singular vector in which each token is strongest."""
    channels = (1 / (1 + np.exp(-view.tokens))).T
    channels = channels - channels.mean(axis=0)
    values, vectors = np.linalg.eigh(channels.T @ channels)
    values, vectors = values[::-1], vectors[:, ::-1]
    spectrum = np.append(values, 0.0)
    distance = (spectrum[:groups] - spectrum[1 : groups + 1]) / values[0]
    if distance.min() < SPECTRUM_FLOOR:
        raise Undetermined("singular vectors of equal singular values")
    strength = np.abs(vectors[:, :groups])
    inner = Decisions()
    chosen = np.array([inner.largest(row) for row in strength])
    decisions.note(inner.gap * min(1.0, float(distance.min())))
    return chosen


def suppressed_order(
    members: Array, saliency: Array, similarity: Array, limit: float, decisions: Decisions
) -> tuple[Array, int]:
    """Survivors of the greedy suppression by saliency, then the others; and how many survive."""
    ranking = members[decisions.ranked(saliency[members])]
    survivors: list[int] = []
    others: list[int] = []
    for token in ranking:
        closeness = similarity[token, survivors]
        decisions.compare(closeness, np.full(len(survivors), limit))
        (others if (closeness > limit).any() else survivors).append(int(token))
    return np.array(survivors + others, dtype=np.int64), len(survivors)


def sid_quotas(sizes: Array, survivors: Array, budget: int) -> Array:
    """How many tokens each group may keep; they sum to budget - 1."""
    lowest = np.minimum(1, sizes)
    highest = np.minimum.reduce([np.full_like(sizes, 5 * -(-budget // 64)), sizes, survivors])
    while highest.sum() < budget:
        highest = np.minimum(highest + 1, sizes)
    remaining = max(0, budget - int(lowest.sum()) - 1)
    total = int(survivors.sum())
    steps = (2 * remaining * np.cumsum(survivors) + total) // (2 * total)
    quotas = np.minimum(lowest + np.diff(steps, prepend=0), highest)
    descending = np.argsort(-survivors, kind="stable")
    for group in descending:
        missing = remaining + int(lowest.sum()) - int(quotas.sum())
        quotas[group] += min(max(missing, 0), highest[group] - quotas[group])
    ascending = np.argsort(survivors, kind="stable")
    for group in ascending:
        excess = int(quotas.sum()) - (budget - 1)
        quotas[group] -= min(max(excess, 0), quotas[group])
    return quotas


def prunesid(view: ViewInputs, budget: int) -> Outcome:
    """PruneSID (section 2.4): CLS, then the tokens of each principal group."""
    decisions = Decisions()
    count = len(view.tokens)
    group_count = max(1, budget // 4)
    group_of = principal_groups(view, group_count, decisions)
    similarity = cosines(view.tokens, view.tokens)
    pairs = similarity[np.triu_indices(count, 1)]
    limit = budget / 32 * float(pairs.mean()) if pairs.size else 0.0
    saliency = head_sum(view)
    lists = [
        suppressed_order(np.flatnonzero(group_of == g), saliency, similarity, limit, decisions)
        for g in range(group_count)
    ]
    sizes = np.array([len(members) for members, _ in lists])
    survivors = np.array([kept for _, kept in lists])
    quotas = sid_quotas(sizes, survivors, budget)
    chosen = [members[:quota] for (members, _), quota in zip(lists, quotas)]
    order = np.concatenate([[CLS_ROW], *chosen]).astype(np.int64)
    tokens = np.vstack([view.cls_row[None], view.tokens[order[1:]]])
    return Outcome(order, tokens, decisions.gap)
