"""Golden cases of whole vision-side runs on the tiny towers of `make_dcp_golden.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

import dcp_reference as dcp
import make_dcp_golden as towers
import method_reference as reference
import method_reference_encoder as encoder
import method_reference_merge as merging
from golden_inputs import ProjectedView
from metric_golden import number

Array = np.ndarray

AFTER_ENCODER = {
    "avgpool": merging.avgpool,
    "visionzip": merging.visionzip,
    "holov": merging.holov,
    "prunesid": merging.prunesid,
    "scope": reference.scope,
    "vispruner": reference.vispruner,
    "divprune": reference.divprune,
    "cdpruner": reference.cdpruner,
}

Run = Callable[["Inputs", int], encoder.EncoderRun]


@dataclass(frozen=True)
class Inputs:
    """A tower with a picture and a question, and the unpruned view of it."""

    tower: dcp.Tower
    pixels: Array
    view: ProjectedView


def after_encoder(method: str) -> Run:
    """A method that selects after the encoder, on the tower's view."""
    return lambda inputs, budget: encoder.EncoderRun(
        AFTER_ENCODER[method](inputs.view, budget), []
    )


def prumerge(inputs: Inputs, budget: int) -> encoder.EncoderRun:
    """PruMerge at a budget."""
    outcome = encoder.prumerge(inputs.tower, inputs.pixels, inputs.view.tokens, budget)
    return encoder.EncoderRun(outcome, [])


def prumerge_adaptive(plus: bool) -> Run:
    """PruMerge with its own count."""
    return lambda inputs, budget: encoder.EncoderRun(
        encoder.prumerge_adaptive(inputs.tower, inputs.pixels, inputs.view.tokens, plus), []
    )


INSIDE: dict[str, Run] = {
    "flowcut": lambda inputs, budget: encoder.flowcut(inputs.tower, inputs.pixels, budget),
    "tome": lambda inputs, budget: encoder.tome(inputs.tower, inputs.pixels, budget),
    "prumerge": prumerge,
}
OPTIONS: tuple[tuple[str, dict[str, Any], Run], ...] = (
    (
        "tome",
        {"proportional": False},
        lambda inputs, budget: encoder.tome(inputs.tower, inputs.pixels, budget, False),
    ),
    ("prumerge", {"count": "outliers"}, prumerge_adaptive(False)),
    ("prumerge", {"count": "outliers", "plus": True}, prumerge_adaptive(True)),
)


@dataclass(frozen=True)
class Wanted:
    """A run to make: picture, method, its settings under their outside names, budget, reference."""

    picture: str
    method: str
    settings: dict[str, Any]
    budget: int
    run: Run


def wanted(spec: towers.TowerSpec) -> Iterator[Wanted]:
    """Every run on one tower."""
    for index, budget in enumerate(spec.budgets):
        for picture in spec.pictures:
            for method, run in INSIDE.items():
                yield Wanted(picture, method, {}, budget, run)
        for offset, method in enumerate(AFTER_ENCODER):
            picture = spec.pictures[(index + offset) % len(spec.pictures)]
            yield Wanted(picture, method, {}, budget, after_encoder(method))
    for method, settings, run in OPTIONS:
        for budget in spec.budgets[2:5]:
            for picture in spec.pictures:
                yield Wanted(picture, method, settings, budget, run)


def describe(run: encoder.EncoderRun, full: Array, flat: bool) -> dict[str, Any]:
    """The result's part of a JSON entry."""
    gap = run.outcome.gap
    return {
        "order": [int(source) for source in run.outcome.order],
        "events": [
            {
                "layer": event.layer,
                "kept": [int(patch) for patch in event.kept],
                "D": None if flat else number(event.shift),
            }
            for event in run.events
        ],
        "D": None if flat else number(run.outcome.shift(full)),
        "gap": None if gap == float("inf") else float(f"{gap:.3g}"),
    }


def tower_runs(root: Path, spec: towers.TowerSpec) -> Iterator[dict[str, Any]]:
    """The JSON entries of one tower."""
    folder = root / spec.name
    tower = dcp.load_tower(folder)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    questions: Sequence[list[int]] = [
        tokenizer.encode(text, add_special_tokens=False).ids for text in towers.QUESTIONS
    ]
    pixels = {kind: towers.pixel_values(folder, kind) for kind in spec.pictures}
    for index, want in enumerate(wanted(spec)):
        question = index % len(questions)
        view = encoder.tower_view(tower, pixels[want.picture], questions[question])
        inputs = Inputs(tower, pixels[want.picture], view)
        try:
            run = want.run(inputs, min(want.budget, spec.side**2))
        except merging.Undetermined:
            continue
        yield {
            "tower": spec.name,
            "picture": want.picture,
            "question": question,
            "method": want.method,
            "budget": want.budget,
            "settings": want.settings,
            **describe(run, view.tokens, want.picture == towers.FLAT),
        }


def cases(root: Path) -> dict[str, Any]:
    """The contents of runs.json; `root` holds the towers."""
    entries = [entry for spec in towers.TOWERS for entry in tower_runs(root, spec)]
    return {
        "questions": list(towers.QUESTIONS),
        "runs": [{"id": index, **entry} for index, entry in enumerate(entries)],
    }
