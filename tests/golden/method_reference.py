"""References of the vision-side methods that select after the encoder and keep plain rows.

NumPy in float64, written from the specification alone. The other files of this family:
`method_reference_merge.py` (outputs with CLS, merged or empty rows), `method_reference_encoder.py`
(methods inside the encoder, whole runs), `method_reference_decoder.py` (methods inside the language
model).

Readings taken where the specification leaves a choice:

* Ties go to the lower patch; where a list is ranked, ranking is one pick after the other, each with
  the tie tolerance. VisPruner's ties go to the earlier place in its list.
* Gains and distances below 1e-12 are zero: equal tokens are ties, not noise.
* VisPruner: floor(k r) in double; the similarity of an a-token without any b-token is -inf.
* CDPruner: relevance is constant when max - min < 1e-6.

`gap` says how clear the closest decision was, relative to the winner; exact ties, settled by rule, do
not count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from dcp_reference import (
    NOISE,
    SAME,
    TIE,
    cosines,
    grid_subset,
    kl_diag_forward,
    random_subset,

)
from golden_inputs import ViewInputs

Array = np.ndarray

CLS_ROW = -1
EXTRA_ROW = -2
EMPTY_ROW = -3
CONSTANT = 1e-6
DETERMINANT_FLOOR = 1e-10



@dataclass
class Decisions:
    """Picks by the tie rule, and how clear the closest of them was."""

    gap: float = math.inf

    def note(self, clearness: Array | float) -> None:
        """Remembers the smallest clearness that is not an exact tie."""
        values = np.atleast_1d(np.abs(np.asarray(clearness, dtype=np.float64)))
        apart = values[values > SAME]
        if apart.size:
            self.gap = min(self.gap, float(apart.min()))

    def compare(self, left: Array | float, right: Array | float) -> None:
        """Notes how far two compared values are apart, relative to the larger magnitude."""
        left, right = np.asarray(left), np.asarray(right)
        scale = np.maximum(np.maximum(np.abs(left), np.abs(right)), np.finfo(np.float64).tiny)
        self.note((left - right) / scale)

    def largest(self, values: Array, allowed: Array | None = None) -> int:
        """The position of the largest allowed value; ties go to the lower position."""
        candidates = (
            np.arange(len(values), dtype=np.int64) if allowed is None else np.flatnonzero(allowed)
        )
        best = values[candidates].max()
        if math.isfinite(best):
            self.compare(values[candidates], best)
            tied = candidates[values[candidates] >= best - TIE * abs(best)]
        else:
            tied = candidates[values[candidates] == best]
        return int(tied[0])

    def ranked(self, values: Array, count: int | None = None) -> Array:
        """Positions of the `count` largest values (all without it), best first."""
        order = [int(position) for position in np.argsort(-values, kind="stable")]
        count = len(order) if count is None else count
        picks: list[int] = []
        while len(picks) < count:
            best = values[order[0]]
            limit = best - TIE * abs(best)
            stop = 1
            while stop < len(order) and values[order[stop]] >= limit:
                stop += 1
            if stop < len(order):
                self.compare(best, values[order[stop]])
            for tie in order[1:stop]:
                self.compare(best, values[tie])
            pick = min(order[:stop])
            order.remove(pick)
            picks.append(pick)
        return np.array(picks, dtype=np.int64)

    def top(self, values: Array, count: int) -> Array:
        """Positions of the `count` largest values, ascending; only the border counts as close."""
        inner = Decisions()
        picks = np.sort(inner.ranked(values, count))
        rest = np.setdiff1d(np.arange(len(values)), picks)
        if picks.size and rest.size:
            self.compare(values[picks].min(), values[rest])
            self.compare(values[picks], values[rest].max())
        return picks


@dataclass(frozen=True)
class Outcome:
    """What leaves a method.

    `order`: what each output row stands for, a patch or CLS_ROW, EXTRA_ROW, EMPTY_ROW. `tokens`: the
    output rows without the empty ones. `gap`: see the top of the file.
    """

    order: Array
    tokens: Array
    gap: float
    facts: dict[str, float] = field(default_factory=dict)

    @property
    def kept(self) -> Array:
        """Patches that output rows stand for, ascending."""
        return np.sort(self.order[self.order >= 0])

    def shift(self, full: Array) -> float:
        """klDiagFwd of the output."""
        return kl_diag_forward(self.tokens, full).value


def plain(view: ViewInputs, picks: Array, decisions: Decisions) -> Outcome:
    """An outcome that keeps rows as they are, in raster order."""
    order = np.sort(np.asarray(picks, dtype=np.int64))
    return Outcome(order, view.tokens[order], decisions.gap)


def head_sum(view: ViewInputs) -> Array:
    """s: CLS attention to each patch, summed over the heads."""
    return view.attention[:, 1:].sum(axis=0)


def head_mean(view: ViewInputs) -> Array:
    """a: CLS attention to each patch, averaged over the heads."""
    return view.attention[:, 1:].mean(axis=0)


def keep_random(view: ViewInputs, budget: int, seed: int = 0) -> Outcome:
    """random (section 1)."""
    return plain(view, random_subset(len(view.tokens), budget, seed), Decisions())


def keep_grid(view: ViewInputs, budget: int) -> Outcome:
    """grid (section 1) of a square picture."""
    return plain(view, grid_subset(view.rows, budget), Decisions())


def cls_topk(view: ViewInputs, budget: int) -> Outcome:
    """cls-topk (section 1)."""
    decisions = Decisions()
    return plain(view, decisions.top(head_mean(view), budget), decisions)


def scope(view: ViewInputs, budget: int, alpha: float = 1.0, additive: bool = False) -> Outcome:
    """SCOPE (section 2.5): coverage gain times, or plus, attention to the power of alpha."""
    decisions = Decisions()
    similarity = cosines(view.tokens, view.tokens)
    saliency = head_sum(view) ** alpha
    covered = np.zeros(len(similarity))
    free = np.ones(len(similarity), dtype=bool)
    for _ in range(budget):
        growth = similarity - covered[:, None]
        gain = np.where(growth < NOISE, 0.0, growth).sum(axis=0)
        pick = decisions.largest(gain + saliency if additive else gain * saliency, free)
        free[pick] = False
        covered = np.maximum(covered, similarity[:, pick])
    return plain(view, np.flatnonzero(~free), decisions)


def vispruner(view: ViewInputs, budget: int, important_ratio: float = 0.5) -> Outcome:
    """VisPruner (section 3.4)."""
    decisions = Decisions()
    important = math.floor(budget * important_ratio)
    diverse = budget - important
    ranking = decisions.ranked(head_mean(view))
    similarity = cosines(view.tokens, view.tokens)
    residual = ranking[important:]
    while len(residual) > diverse:
        left, right = residual[0::2], residual[1::2]
        delete = min(8, len(residual) - diverse, len(left))
        closeness = np.full(len(left), -math.inf)
        if right.size:
            closeness = similarity[np.ix_(left, right)].max(axis=1)
        places = decisions.ranked(closeness)
        residual = np.concatenate([left[places[delete:]], right])
    return plain(view, np.concatenate([ranking[:important], residual]), decisions)


def divprune(view: ViewInputs, budget: int) -> Outcome:
    """DivPrune (section 3.5)."""
    decisions = Decisions()
    features = view.projected
    distance = 1 - cosines(features, features)
    distance[distance < NOISE] = 0
    count = len(distance)
    nearest = np.sort(distance, axis=0)[min(1, count - 1)]
    free = np.ones(count, dtype=bool)
    for step in range(budget):
        values = nearest if step == 0 else distance[~free].min(axis=0)
        free[decisions.largest(values, free)] = False
    return plain(view, np.flatnonzero(~free), decisions)


def relevance(view: ViewInputs, sign: float) -> Array:
    """r of CDPruner in the projector's space: how relevant the question finds each token."""
    if len(view.text) == 0:
        return np.ones(len(view.tokens))
    raw = sign * cosines(view.projected, view.text).mean(axis=1)
    spread = raw.max() - raw.min()
    if spread < CONSTANT:
        return np.ones(len(view.tokens))
    return (raw - raw.min() + 1e-6) / spread


def cdpruner(
    view: ViewInputs, budget: int, sign: float = -1.0, theta: float | None = None
) -> Outcome:
    """CDPruner (section 3.6) without a text tower: greedy MAP of a conditional k-DPP.

    `theta` sharpens the relevance by the optional exponential.
    """
    decisions = Decisions()
    weight = relevance(view, sign)
    if theta is not None:
        weight = np.exp(theta / (2 * (1 - theta)) * weight)
    kernel = weight[:, None] * cosines(view.projected, view.projected) * weight[None, :]
    diagonal = np.diag(kernel).copy()
    free = np.ones(len(kernel), dtype=bool)
    factors = np.zeros((0, len(kernel)))
    for _ in range(budget):
        if diagonal[free].max() <= DETERMINANT_FLOOR:
            free[decisions.largest(weight, free)] = False
            continue
        pick = decisions.largest(diagonal, free)
        row = (kernel[pick] - factors[:, pick] @ factors) / math.sqrt(diagonal[pick])
        factors = np.vstack([factors, row])
        diagonal = diagonal - row * row
        free[pick] = False
    return plain(view, np.flatnonzero(~free), decisions)


