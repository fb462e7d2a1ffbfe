"""Reference of the shift metrics D(X_k, X_f), NumPy in float64, written from the specification alone.

Readings taken where the specification leaves a choice:

* klDiagFwd, klDiagRev: e = max(1e-6 mean(v_f), 1e-30). klDiagJ: value and parts are the means of both.
* klFull: delta 0.2 on both sides. Kept rows without variance (k = 1) give +inf; a full set without
  variance then gives 0 where the means agree, +inf where they do not.
* frechetDiag: the mean part is |dmu|^2 / sum v_f. klFull: the mean part is dmu' Sf^-1 dmu / 2d.
* mmdRbf of a single full row: there is no pair, the median is 1.
* covCKA: one Gram of zeros gives 1, two give 0.
* meanCos: norms are floored at 1e-12.
* slicedW2: directions from SplitMix64(0); a normal takes two uniforms,
  sqrt(-2 ln(1 - u1)) cos(2 pi u2), filled row-major [128, d]; each row is divided by its norm.
  Without projected variance: 0 where the quantiles agree, +inf where they do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from golden_inputs import uniforms

Array = np.ndarray

FLOOR = 1e-30
NORM_FLOOR = 1e-12
DELTA = 0.2
DIRECTIONS = 128
QUANTILES = 200


@dataclass(frozen=True)
class Shift:
    """A value of D, and its two parts where the metric has parts."""

    value: float
    mean_part: float | None = None
    variance_part: float | None = None


def of_parts(mean_part: float, variance_part: float) -> Shift:
    """A value that is the sum of its parts."""
    return Shift(mean_part + variance_part, mean_part, variance_part)


def zero_or_infinite(same: bool) -> Shift:
    """D where the full set has no variance to measure with."""
    return Shift(0.0 if same else math.inf)


def diagonal_kl(left: Array, right: Array, floor: float) -> Shift:
    """KL(N_left || N_right) of diagonal Gaussians, mean over the channels."""
    left_variance, right_variance = left.var(axis=0) + floor, right.var(axis=0) + floor
    difference = left.mean(axis=0) - right.mean(axis=0)
    ratio = left_variance / right_variance
    return of_parts(
        0.5 * float(np.mean(difference**2 / right_variance)),
        0.5 * float(np.mean(ratio - np.log(ratio) - 1)),
    )


def variance_floor(full: Array) -> float:
    """e."""
    return max(1e-6 * float(full.var(axis=0).mean()), FLOOR)


def kl_diag_fwd(kept: Array, full: Array) -> Shift:
    """klDiagFwd."""
    return diagonal_kl(kept, full, variance_floor(full))


def kl_diag_rev(kept: Array, full: Array) -> Shift:
    """klDiagRev."""
    return diagonal_kl(full, kept, variance_floor(full))


def kl_diag_j(kept: Array, full: Array) -> Shift:
    """klDiagJ."""
    forward, reverse = kl_diag_fwd(kept, full), kl_diag_rev(kept, full)
    return of_parts(
        (forward.mean_part + reverse.mean_part) / 2,
        (forward.variance_part + reverse.variance_part) / 2,
    )


def shrunk_covariance(rows: Array) -> Array:
    """(1 - delta) Cov + delta (tr Cov / d) I, with the biased covariance."""
    centred = rows - rows.mean(axis=0)
    covariance = centred.T @ centred / len(rows)
    width = len(covariance)
    return (1 - DELTA) * covariance + DELTA * np.trace(covariance) / width * np.eye(width)


def log_determinant(factor: Array) -> float:
    """ln det of a matrix from its Cholesky factor."""
    return 2 * float(np.log(np.diag(factor)).sum())


def kl_full(kept: Array, full: Array) -> Shift:
    """klFull."""
    width = full.shape[1]
    difference = kept.mean(axis=0) - full.mean(axis=0)
    if len(kept) == 1 or constant(kept):
        return Shift(math.inf)
    if constant(full):
        return zero_or_infinite(False)
    kept_covariance, full_covariance = shrunk_covariance(kept), shrunk_covariance(full)
    kept_factor = np.linalg.cholesky(kept_covariance)
    full_factor = np.linalg.cholesky(full_covariance)
    whitened = np.linalg.solve(full_factor, difference)
    trace = float(np.trace(np.linalg.solve(full_covariance, kept_covariance)))
    logs = log_determinant(full_factor) - log_determinant(kept_factor)
    return of_parts(
        float(whitened @ whitened) / (2 * width), (trace - width + logs) / (2 * width)
    )


def constant(rows: Array) -> bool:
    """Whether all rows are equal."""
    return bool((rows == rows[0]).all())


def frechet_diag(kept: Array, full: Array) -> Shift:
    """frechetDiag."""
    kept_variance, full_variance = kept.var(axis=0), full.var(axis=0)
    difference = kept.mean(axis=0) - full.mean(axis=0)
    if constant(full):
        return zero_or_infinite(constant(kept) and bool((kept[0] == full[0]).all()))
    total = full_variance.sum()
    spread = ((np.sqrt(kept_variance) - np.sqrt(full_variance)) ** 2).sum()
    return of_parts(float((difference**2).sum() / total), float(spread / total))


def squared_distances(left: Array, right: Array) -> Array:
    """|x - y|^2 of all pairs, from the differences themselves."""
    return np.array([((right - row) ** 2).sum(axis=1) for row in left])


def mmd_rbf(kept: Array, full: Array) -> Shift:
    """mmdRbf, the biased estimate."""
    between = squared_distances(full, full)
    pairs = between[np.triu_indices(len(full), 1)]
    scale = float(np.median(pairs)) if pairs.size else 1.0
    scale = scale if scale > 0 else 1.0

    def mean_kernel(distances: Array) -> float:
        return float(np.exp(-distances / (2 * scale)).mean())

    value = mean_kernel(squared_distances(kept, kept)) + mean_kernel(between)
    return Shift(max(0.0, value - 2 * mean_kernel(squared_distances(kept, full))))


def cov_cka(kept: Array, full: Array) -> Shift:
    """covCKA."""
    left, right = kept - kept.mean(axis=0), full - full.mean(axis=0)
    flat_left = len(kept) == 1 or constant(kept)
    flat_right = len(full) == 1 or constant(full)
    if flat_left or flat_right:
        return Shift(0.0 if flat_left and flat_right else 1.0)
    cross = ((right @ left.T) ** 2).sum()
    return Shift(
        1 - float(cross / (np.linalg.norm(left @ left.T) * np.linalg.norm(right @ right.T)))
    )


def unit(rows: Array) -> Array:
    """Rows of length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), NORM_FLOOR)


def mean_cos(kept: Array, full: Array) -> Shift:
    """meanCos."""
    return Shift(1 - float(unit(kept.mean(axis=0)) @ unit(full.mean(axis=0))))


def slice_directions(width: int) -> Array:
    """The directions of slicedW2, `[128, width]`, unit rows."""
    pairs = uniforms(0, 2 * DIRECTIONS * width).reshape(-1, 2)
    normals = np.sqrt(-2 * np.log(1 - pairs[:, 0])) * np.cos(2 * math.pi * pairs[:, 1])
    rows = normals.reshape(DIRECTIONS, width)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sliced_w2(kept: Array, full: Array) -> Shift:
    """slicedW2."""
    directions = slice_directions(full.shape[1]).T
    points = (np.arange(QUANTILES) + 0.5) / QUANTILES
    left, right = (
        np.quantile(rows @ directions, points, axis=0, method="linear") for rows in (kept, full)
    )
    distance = float(((left - right) ** 2).mean())
    if constant(full):
        return zero_or_infinite(constant(kept) and bool((kept[0] == full[0]).all()))
    return Shift(distance / float((full @ directions).var(axis=0).mean()))


def coverage(kept: Array, full: Array) -> Shift:
    """coverage: how far tokens are from their nearest kept one."""
    return Shift(1 - float((unit(full) @ unit(kept).T).max(axis=1).mean()))


METRICS: dict[str, Callable[[Array, Array], Shift]] = {
    "klDiagFwd": kl_diag_fwd,
    "klDiagRev": kl_diag_rev,
    "klDiagJ": kl_diag_j,
    "klFull": kl_full,
    "frechetDiag": frechet_diag,
    "mmdRbf": mmd_rbf,
    "covCKA": cov_cka,
    "meanCos": mean_cos,
    "slicedW2": sliced_w2,
    "coverage": coverage,
}


# Random draws


def digamma(x: float) -> float:
    """psi(x) for x > 0: recurrence up to 10, then the asymptotic series."""
    shift = 0.0
    while x < 10:
        shift -= 1 / x
        x += 1
    inverse = 1 / (x * x)
    series = inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))
    return shift + math.log(x) - 0.5 / x - series


def expected_kl_of_draws(budget: int, count: int) -> float:
    """klDiagFwd of `budget` random draws of `count` rows with Gaussian channels (section 5.3)."""
    mean_part = (1 - budget / count) / budget
    logs = math.log(budget / 2) - digamma((budget - 1) / 2)
    return 0.5 * (logs + (budget - 1) / budget + mean_part - 1)


RANDOM_DRAW_BANDS: dict[int, dict[str, float]] = {
    budget: dict(
        zip(
            (
                "klDiagFwd",
                "klDiagRev",
                "frechetDiag",
                "mmdRbf",
                "slicedW2",
                "meanCos",
                "klFull",
                "covCKA",
            ),
            values,
        )
    )
    for budget, values in (
        (10, (0.108, 0.171, 0.152, 0.039, 0.231, 0.876, 0.522, 0.842)),
        (16, (0.065, 0.085, 0.093, 0.024, 0.150, 0.834, 0.499, 0.799)),
        (32, (0.030, 0.035, 0.045, 0.012, 0.076, 0.766, 0.456, 0.713)),
        (64, (0.014, 0.015, 0.021, 0.0055, 0.037, 0.684, 0.396, 0.597)),
        (100, (0.0084, 0.0088, 0.0125, 0.0032, 0.023, 0.603, 0.344, 0.505)),
    )
}
