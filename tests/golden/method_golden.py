"""Golden cases of the methods that select after the encoder: generated views, what leaves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import method_reference as reference
import method_reference_merge as merging
from golden_inputs import ViewInputs, ViewShape, bells, stream, view_inputs
from metric_golden import number

Array = np.ndarray

SHAPES = {
    16: ViewShape(4, 4, 12, 2, 4, 3, 20),
    49: ViewShape(7, 7, 20, 3, 5, 6, 64),
    144: ViewShape(12, 12, 48, 4, 8, 9, 160),
    576: ViewShape(24, 24, 64, 4, 8, 7, 96),
}
CONTENTS = ("normal", "clusters", "ties", "sinks", "constant", "silent")
BUDGETS = {
    16: (1, 2, 3, 5, 8, 16, 20),
    49: (1, 2, 7, 16, 17, 30, 49),
    144: (1, 10, 16, 37, 64, 144),
    576: (16, 64),
}
CONTENTS_OF = {16: CONTENTS, 49: CONTENTS, 144: ("normal", "ties", "sinks"), 576: ("normal", "sinks")}
CHECKS = 3


@dataclass(frozen=True)
class Variant:
    """A method with some of its settings, under their outside names, and its reference.

    `narrow`: an option of a method that is run in full elsewhere, so only on some inputs.
    """

    method: str
    run: Callable[[ViewInputs, int], reference.Outcome]
    settings: dict[str, Any] = field(default_factory=dict)
    narrow: bool = False


VARIANTS = (
    Variant("random", reference.keep_random),
    Variant(
        "random", lambda view, k: reference.keep_random(view, k, 9), {"seed": 9}, narrow=True
    ),
    Variant("grid", reference.keep_grid, narrow=True),
    Variant("cls-topk", reference.cls_topk),
    Variant("avgpool", merging.avgpool, narrow=True),
    Variant("visionzip", merging.visionzip),
    Variant(
        "visionzip",
        lambda view, k: merging.visionzip(view, k, contextual=4),
        {"contextual": 4},
        narrow=True,
    ),
    Variant(
        "visionzip",
        lambda view, k: merging.visionzip(view, k, mean=True),
        {"merge": "mean"},
        narrow=True,
    ),
    Variant("holov", merging.holov),
    Variant(
        "holov",
        lambda view, k: merging.holov(view, k, spatial=True),
        {"spatial_crops": True},
        narrow=True,
    ),
    Variant(
        "holov", lambda view, k: merging.holov(view, k, alpha=0.0), {"alpha": 0.0}, narrow=True
    ),
    Variant(
        "holov",
        lambda view, k: merging.holov(view, k, partitions=5),
        {"partitions": 5},
        narrow=True,
    ),
    Variant("prunesid", merging.prunesid),
    Variant("scope", reference.scope),
    Variant(
        "scope", lambda view, k: reference.scope(view, k, alpha=0.0), {"alpha": 0.0}, narrow=True
    ),
    Variant(
        "scope",
        lambda view, k: reference.scope(view, k, additive=True),
        {"additive": True},
        narrow=True,
    ),
    Variant("vispruner", reference.vispruner),
    Variant(
        "vispruner",
        lambda view, k: reference.vispruner(view, k, 0.75),
        {"important_ratio": 0.75},
        narrow=True,
    ),
    Variant("divprune", reference.divprune),
    Variant("cdpruner", reference.cdpruner),
    Variant(
        "cdpruner", lambda view, k: reference.cdpruner(view, k, 1.0), {"sign": "plus"}, narrow=True
    ),
    Variant(
        "cdpruner",
        lambda view, k: reference.cdpruner(view, k, theta=0.8),
        {"weight": "exponential", "theta": 0.8},
        narrow=True,
    ),
)


def runs() -> Iterator[tuple[Variant, int, str, int]]:
    """Variant, number of patches, content and budget of every run."""
    for variant in VARIANTS:
        for count, budgets in BUDGETS.items():
            contents = CONTENTS_OF[count]
            if variant.narrow:
                contents = contents[:3] if count == 49 else contents[:1]
            for content in contents:
                for budget in budgets:
                    yield variant, count, content, budget


def merged_rows(view: ViewInputs, outcome: reference.Outcome, seed: int) -> list[list[Any]]:
    """For each output row that is not a plain one: its place and its products with directions."""
    directions = bells(stream(seed, 9), (CHECKS, view.tokens.shape[1]))
    found = []
    for place, (source, row) in enumerate(zip(outcome.order, outcome.tokens)):
        same = view.cls_row if source == reference.CLS_ROW else view.tokens[source]
        if source == reference.EXTRA_ROW or not np.array_equal(row, same):
            found.append([place, *(float(f"{value:.8g}") for value in directions @ row)])
    return found


def describe(variant: Variant, count: int, content: str, budget: int) -> dict[str, Any] | None:
    """The JSON entry of one run; None where the definition leaves it open."""
    seed = 1000 + 10 * count + CONTENTS.index(content)
    view = view_inputs(content, seed, SHAPES[count])
    try:
        outcome = variant.run(view, min(budget, count))
    except merging.Undetermined:
        return None
    shift = None if content == "constant" else number(outcome.shift(view.tokens))
    return {
        "method": variant.method,
        "settings": variant.settings,
        "patches": count,
        "content": content,
        "seed": seed,
        "budget": budget,
        "order": [int(source) for source in outcome.order],
        "merged": merged_rows(view, outcome, seed),
        "D": shift,
        "gap": None if outcome.gap == float("inf") else float(f"{outcome.gap:.3g}"),
    }


def cases() -> dict[str, Any]:
    """The contents of selections.json."""
    entries = [entry for run in runs() if (entry := describe(*run)) is not None]
    return {
        "shapes": [{"patches": count, **vars(shape)} for count, shape in SHAPES.items()],
        "runs": [{"id": index, **entry} for index, entry in enumerate(entries)],
    }
