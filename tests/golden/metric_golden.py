"""Golden cases of the shift metrics: small feature sets, what is kept of them, every D."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import metric_reference as reference
from dcp_reference import random_subset
from golden_inputs import features, single

Array = np.ndarray

SIZES = ((16, 6), (49, 12), (144, 32))
BAND_ROWS, BAND_WIDTH, BAND_SEED = 576, 1024, 8
BAND = 0.3
NULL_DRAWS = 21


@dataclass(frozen=True)
class MetricCase:
    """A full set made by `features`, and how the kept set is made of `budget` of its rows.

    `draw`: `random_subset(count, budget, seed)`. `doubled`: the same, every second one times two.
    `pairs`: halves of the sums of each drawn row and the next (the last with the first).
    `repeat`: row 0, `budget` times.
    """

    content: str
    kind: str
    seed: int
    count: int
    width: int
    budget: int

    def full(self) -> Array:
        """X_f."""
        return features(self.content, self.seed, self.count, self.width)

    def kept(self, full: Array) -> Array:
        """X_k."""
        if self.kind == "repeat":
            return np.repeat(full[:1], self.budget, axis=0)
        rows = full[random_subset(self.count, self.budget, self.seed)]
        if self.kind == "doubled":
            rows = rows * np.where(np.arange(len(rows)) % 2 == 1, 2.0, 1.0)[:, None]
        elif self.kind == "pairs":
            rows = single((rows + np.roll(rows, -1, axis=0)) * 0.5)
        return rows


def metric_cases() -> Iterator[MetricCase]:
    """All cases."""
    seed = 100
    for count, width in SIZES:
        for budget in (1, 2, 5, count // 4, count // 2, count - 1, count):
            for content in ("normal", "clusters", "sinks", "ties"):
                seed += 1
                yield MetricCase(content, "draw", seed, count, width, budget)
        for kind in ("doubled", "pairs", "repeat"):
            seed += 1
            yield MetricCase("normal", kind, seed, count, width, count // 3)
        yield MetricCase("constant", "draw", seed, count, width, 4)
    yield MetricCase("normal", "draw", 90, 1, 5, 1)
    yield MetricCase("normal", "draw", 91, 2, 5, 1)


def number(value: float | None) -> float | str | None:
    """Ten significant digits; JSON has no infinity."""
    if value is None:
        return None
    return "inf" if math.isinf(value) else float(f"{value:.10g}")


def describe(case: MetricCase) -> dict[str, Any]:
    """The JSON entry of one case: D as [value] or [value, mean part, variance part]."""
    full = case.full()
    kept = case.kept(full)
    shifts = {}
    for name, metric in reference.METRICS.items():
        shift = metric(kept, full)
        parts = [shift.value, shift.mean_part, shift.variance_part]
        shifts[name] = [number(part) for part in parts if part is not None]
    return {**vars(case), "D": shifts}


def null_bands() -> list[dict[str, Any]]:
    """Percentiles of D over seeded draws."""
    bands = []
    for count, width, budget, seed in ((49, 12, 6, 7), (49, 12, 30, 5), (144, 32, 16, 3)):
        full = features("normal", seed, count, width)
        draws = [full[random_subset(count, budget, seed + draw)] for draw in range(NULL_DRAWS)]
        for name, metric in reference.METRICS.items():
            values = np.percentile([metric(draw, full).value for draw in draws], [5, 50, 95])
            bands.append(
                {
                    "metric": name,
                    "count": count,
                    "width": width,
                    "budget": budget,
                    "seed": seed,
                    "draws": NULL_DRAWS,
                    "band": [number(float(value)) for value in values],
                }
            )
    return bands


def check_random_draws() -> None:
    """The references against the published bands of random draws (section 5.3), within 30 %."""
    full = features("centred", BAND_SEED, BAND_ROWS, BAND_WIDTH)
    for budget, expected in reference.RANDOM_DRAW_BANDS.items():
        kept = full[random_subset(BAND_ROWS, budget, 0)]
        values = {name: reference.METRICS[name](kept, full).value for name in expected}
        bands = {**expected, "klDiagFwd by formula": expected["klDiagFwd"]}
        values["klDiagFwd by formula"] = reference.expected_kl_of_draws(budget, BAND_ROWS)
        for name, value in bands.items():
            if abs(values[name] - value) > BAND * value:
                raise RuntimeError(f"{name} of {budget} draws: {values[name]}, expected {value}")


def cases() -> dict[str, Any]:
    """The contents of metrics.json."""
    bands = {
        str(budget): {
            **expected,
            "formula": number(reference.expected_kl_of_draws(budget, BAND_ROWS)),
        }
        for budget, expected in reference.RANDOM_DRAW_BANDS.items()
    }
    return {
        "metrics": list(reference.METRICS),
        "cases": [describe(case) for case in metric_cases()],
        "null_bands": null_bands(),
        "random_draws": [{"budget": int(budget), **values} for budget, values in bands.items()],
    }
