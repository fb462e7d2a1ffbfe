#!/usr/bin/env python3
"""Times the NumPy float64 references of the selections after the encoder, on one core.

    python tests/bench/reference_times.py [--budget 64] [--repeats 3] [--json]

The baseline that a table of selection costs prints beside ours: same machine, same run, inputs of the
same sizes (N = 576, d = 1024, 16 heads, Z of 4096 channels, made once and not counted).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "golden"))

import method_reference as reference
import method_reference_merge as merging
from golden_inputs import ProjectedView, ViewInputs, ViewShape, view_inputs
from method_reference_encoder import prumerge_rows

SHAPE = ViewShape(24, 24, 1024, 16, 64, 12, 4096)

METHODS: dict[str, Callable[[ViewInputs, int], object]] = {
    "random": reference.keep_random,
    "grid": reference.keep_grid,
    "cls-topk": reference.cls_topk,
    "avgpool": merging.avgpool,
    "visionzip": merging.visionzip,
    "holov": merging.holov,
    "prunesid": merging.prunesid,
    "scope": reference.scope,
    "vispruner": reference.vispruner,
    "divprune": reference.divprune,
    "cdpruner": reference.cdpruner,
}


def prumerge(view: ViewInputs, budget: int) -> object:
    """PruMerge once the attention and the keys of its layer are there."""
    decisions = reference.Decisions()
    attention = reference.head_mean(view)
    keys = view.keys[:, 1:].transpose(1, 0, 2).reshape(len(attention), -1)
    kept = decisions.top(attention, budget - 1)
    return prumerge_rows(view.tokens, attention, keys, kept, decisions)


def milliseconds(run: Callable[[], object], repeats: int) -> float:
    """The median processor time of `repeats` runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def main() -> None:
    """Prints a table, or JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=int, default=64, help="tokens to keep")
    parser.add_argument("--repeats", type=int, default=3, help="runs of which the median counts")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    options = parser.parse_args()
    made = view_inputs("normal", 1, SHAPE)
    view = ProjectedView(**vars(made), z=made.projected)
    methods = {**METHODS, "prumerge": prumerge}
    times = {
        name: milliseconds(lambda run=run: run(view, options.budget), options.repeats)
        for name, run in methods.items()
    }
    if options.json:
        print(json.dumps({"budget": options.budget, "milliseconds": times}))
        return
    print(f"NumPy references, float64, one core, N = 576, d = 1024, k = {options.budget}")
    for name, value in times.items():
        print(f"{name:12} {value:9.2f} ms")


if __name__ == "__main__":
    main()
