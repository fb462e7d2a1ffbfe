"""Golden cases of whole vision-side runs on the tiny towers of `make_dcp_golden.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
INSIDE = {"flowcut": encoder.flowcut, "tome": encoder.tome}


@dataclass(frozen=True)
class Inputs:
    """A tower with a picture and a question, and the unpruned view of it."""

    tower: dcp.Tower
    pixels: Array
    view: ProjectedView


def run_method(inputs: Inputs, method: str, budget: int) -> encoder.EncoderRun:
    """One run of any vision-side method."""
    if method in INSIDE:
        return INSIDE[method](inputs.tower, inputs.pixels, budget)
    if method == "prumerge":
        outcome = encoder.prumerge(inputs.tower, inputs.pixels, inputs.view.tokens, budget)
    else:
        outcome = AFTER_ENCODER[method](inputs.view, budget)
    return encoder.EncoderRun(outcome, [])


def wanted(spec: towers.TowerSpec) -> Iterator[tuple[str, str, int]]:
    """Picture, method and budget of every run on one tower."""
    for index, budget in enumerate(spec.budgets):
        for picture in spec.pictures:
            for method in ("flowcut", "tome", "prumerge"):
                yield picture, method, budget
        for offset, method in enumerate(AFTER_ENCODER):
            yield spec.pictures[(index + offset) % len(spec.pictures)], method, budget


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
    for index, (picture, method, budget) in enumerate(wanted(spec)):
        question = index % len(questions)
        view = encoder.tower_view(tower, pixels[picture], questions[question])
        inputs = Inputs(tower, pixels[picture], view)
        try:
            run = run_method(inputs, method, min(budget, spec.side**2))
        except merging.Undetermined:
            continue
        yield {
            "tower": spec.name,
            "picture": picture,
            "question": question,
            "method": method,
            "budget": budget,
            **describe(run, view.tokens, picture == towers.FLAT),
        }


def cases(root: Path) -> dict[str, Any]:
    """The contents of runs.json; `root` holds the towers."""
    entries = [entry for spec in towers.TOWERS for entry in tower_runs(root, spec)]
    return {
        "questions": list(towers.QUESTIONS),
        "runs": [{"id": index, **entry} for index, entry in enumerate(entries)],
    }
