#!/usr/bin/env python3
"""The table of core/prune/README.md: D and agreement with the unpruned answer, methods x budgets.

    python3 tests/bench/method_table.py build/release/app/prunescope-cli

Asks `prunescope-cli eval` for samples of the bundled benchmark, drawn by task: always the same. Every
method has its defaults; --keep FOLDER keeps the results and goes on there after a stop.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile


def method_ids(cli):
    """Ids of all methods but the unpruned run, in the catalog's order."""
    listed = json.loads(subprocess.run([cli, "methods", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    methods = listed["methods"] if isinstance(listed, dict) else listed
    return [method["id"] for method in methods if method["id"] != "none"]


def table(rows, methods, budgets, samples):
    """Markdown: one line per method, D and agreement per budget."""
    found = {(row["method"], row["budget"]): row for row in rows}
    lines = ["| method |" + "".join(f" D, {b} | same answer, {b} |" for b in budgets),
             "| --- |" + " ---: | ---: |" * len(budgets)]
    for method in methods:
        cells = []
        for budget in budgets:
            row = found.get((method, budget))
            if row is None or row["finished"] != samples:
                raise SystemExit(f"{method} at {budget} did not finish all {samples} samples")
            shift = row["D"]
            cells.append("–" if shift is None else f"{shift:.3f}")
            cells.append(f"{100 * (1 - row['changed'] / samples):.0f} %")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cli", help="the built prunescope-cli")
    parser.add_argument("--methods", help="comma-separated ids (default: all)")
    parser.add_argument("--budgets", default="64,32,16")
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--keep", type=pathlib.Path, help="folder for results; goes on there")
    arguments = parser.parse_args()

    methods = arguments.methods.split(",") if arguments.methods else method_ids(arguments.cli)
    budgets = [int(budget) for budget in arguments.budgets.split(",")]
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        result = subprocess.run(
            [arguments.cli, "eval", "--limit", str(arguments.samples), "--methods", ",".join(methods),
             "--budgets", arguments.budgets, "--max-new-tokens", "8", "--threads", "1", "--out", folder,
             "--resamples", "0", "--on-error", "stop", "--json"],
            check=False, stdout=subprocess.PIPE)
    if result.returncode != 0:
        return result.returncode
    summary = json.loads(result.stdout)
    print(table(summary["rows"], methods, budgets, summary["samples"]))
    print(f"\n{summary['samples']} questions of the bundled benchmark, {len(summary['tasks'])} tasks.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
