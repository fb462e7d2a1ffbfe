#!/usr/bin/env python3
"""Selection costs beside their NumPy references, both on one core in one run, as a table.

    python tests/bench/compare_with_numpy.py build/ci/tests/bench/method_bench

The references (reference_times.py) are written to be read, in float64. Both sides are handed the
projected features, and neither measures D. Ours is processor time of the selecting thread.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

REFERENCES = Path(__file__).resolve().parent / "reference_times.py"


def output_of(*command: str | Path) -> str:
    """What a program prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=Path, help="the built method_bench")
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # the programs inherit it
    theirs = json.loads(output_of(sys.executable, REFERENCES, "--json"))["milliseconds"]
    ours = json.loads(output_of(options.program, "--benchmark_format=json"))["benchmarks"]
    print("| method | p50 ms | p95 ms | NumPy ms | NumPy / ours |")
    print("| --- | --- | --- | --- | --- |")
    for row in ours:
        method = row["name"].split("/")[0]
        cells = [method, f"{row['p50_ms']:.2f}", f"{row['p95_ms']:.2f}", "-", "-"]
        if method in theirs:
            cells[3:] = [f"{theirs[method]:.1f}", f"{theirs[method] / row['p50_ms']:.0f}"]
        print("| " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
