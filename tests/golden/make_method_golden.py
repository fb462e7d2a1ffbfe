#!/usr/bin/env python3
"""Writes the golden data of every shift metric and every pruning method, from the float64 references.

    python tests/golden/make_method_golden.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import decoder_golden
import golden_common as common
import method_golden
import metric_golden
import run_golden

SCRIPTS = (
    "make_method_golden.py",
    "metric_golden.py",
    "method_golden.py",
    "run_golden.py",
    "decoder_golden.py",
    "metric_reference.py",
    "method_reference.py",
    "method_reference_decoder.py",
    "method_reference_encoder.py",
    "method_reference_merge.py",
    "golden_inputs.py",
    "dcp_reference.py",
    "golden_common.py",
)


def main() -> None:
    """Writes data and manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=common.DATA / "method", help="folder to write into"
    )
    root: Path = parser.parse_args().out
    root.mkdir(parents=True, exist_ok=True)
    metric_golden.check_random_draws()
    metrics = metric_golden.cases()
    common.write_json_lists(root / "metrics.json", metrics)
    selections = method_golden.cases()
    common.write_json_lists(root / "selections.json", selections)
    runs = run_golden.cases(common.DATA / "dcp")
    common.write_json_lists(root / "runs.json", runs)
    decisions = decoder_golden.cases()
    common.write_json_lists(root / "decisions.json", decisions)
    common.write_manifest(
        root / "manifest.json",
        command="python tests/golden/make_method_golden.py",
        scripts=SCRIPTS,
        libraries=("numpy", "pillow", "tokenizers", "transformers"),
        dtype="float64 results of float32 inputs",
        parts=["metrics.json", "selections.json", "runs.json", "decisions.json"],
        facts={
            "metric_cases": len(metrics["cases"]),
            "selection_runs": len(selections["runs"]),
            "whole_runs": len(runs["runs"]),
            "decoder_decisions": len(decisions["runs"]),
        },
    )


if __name__ == "__main__":
    main()
