#!/usr/bin/env python3
"""The table of core/prune/README.md: D and agreement with the unpruned answer, methods x budgets.

    python3 tests/bench/method_table.py build/release/app/prunescope-cli

Asks every bundled sample picture its own questions and, in their order, questions of the other
pictures: always the same pairs. `prunescope-cli eval` runs them on the bundled model with each
method's defaults; --keep FOLDER keeps its results and goes on there after a stop.
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile

SAMPLES = pathlib.Path(__file__).resolve().parents[2] / "resources/models/starter/samples"
PER_PICTURE = 12


def pairs(samples, per_picture):
    """(picture, prompt), each once: a picture's own prompts, then those of the pictures after it, in a ring."""
    pictures = list(dict.fromkeys(sample["image"] for sample in samples))
    own = {name: [s["prompt"] for s in samples if s["image"] == name] for name in pictures}
    out = []
    for i, picture in enumerate(pictures):
        ring = pictures[i:] + pictures[:i]
        prompts = list(dict.fromkeys(prompt for name in ring for prompt in own[name]))
        out += [(picture, prompt) for prompt in prompts[:per_picture]]
    return out


def write_set(path, asked):
    """One JSON line per pair. Only agreement is read, so the expected answer does not matter."""
    lines = [{"question_id": i, "image": picture, "text": prompt, "label": "yes"}
             for i, (picture, prompt) in enumerate(asked)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def method_ids(cli):
    """Ids of all methods but the unpruned run, in the catalog's order."""
    listed = json.loads(subprocess.run([cli, "methods", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    methods = listed["methods"] if isinstance(listed, dict) else listed
    return [method["id"] for method in methods if method["id"] != "none"]


def table(rows, methods, budgets, n_pairs):
    """Markdown: one line per method, D and agreement per budget."""
    found = {(row["method"], row["budget"]): row for row in rows}
    lines = ["| method |" + "".join(f" D, {b} | same answer, {b} |" for b in budgets),
             "| --- |" + " ---: | ---: |" * len(budgets)]
    for method in methods:
        cells = []
        for budget in budgets:
            row = found.get((method, budget))
            if row is None or row["finished"] != n_pairs:
                raise SystemExit(f"{method} at {budget} did not finish all {n_pairs} pairs")
            shift = row["D"]
            cells.append("–" if shift is None else f"{shift:.3f}")
            cells.append(f"{100 * (1 - row['changed'] / n_pairs):.0f} %")
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cli", help="the built prunescope-cli")
    parser.add_argument("--methods", help="comma-separated ids (default: all)")
    parser.add_argument("--budgets", default="64,32,16")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for results; goes on there")
    arguments = parser.parse_args()

    asked = pairs(json.loads((SAMPLES / "samples.json").read_text()), PER_PICTURE)
    methods = arguments.methods.split(",") if arguments.methods else method_ids(arguments.cli)
    budgets = [int(budget) for budget in arguments.budgets.split(",")]
    with contextlib.ExitStack() as stack:
        folder = arguments.keep or pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        write_set(folder / "pairs.jsonl", asked)
        result = subprocess.run(
            [arguments.cli, "eval", "--set", folder / "pairs.jsonl", "--images", SAMPLES,
             "--methods", ",".join(methods), "--budgets", arguments.budgets, "--max-new-tokens", "8", "--threads", "1",
             "--out", folder / "results", "--resamples", "0", "--on-error", "stop", "--json"],
            check=False, stdout=subprocess.PIPE)
    if result.returncode != 0:
        return result.returncode
    print(table(json.loads(result.stdout)["rows"], methods, budgets, len(asked)))
    print(f"\n{len(asked)} pairs of picture and question, {len({picture for picture, _ in asked})} pictures.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
