"""Accuracy per task of the unpruned model on scenes it never saw. `python evaluate.py` takes the last checkpoint.

A question counts as right when greedy decoding gives exactly the reference answer.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

import questions as qa
import reader
from assets import WORK
from benchmark import TASKS, items


@torch.no_grad()
def evaluate(run: Any, split: str, pictures: int, keep: int | None = None) -> dict[str, float]:
    """Accuracy per task; `keep` takes that many visual tokens at random."""
    result: dict[str, float] = {}
    existence: list[tuple[str, bool]] = []
    generator = torch.Generator().manual_seed(1)
    for position, task in enumerate(TASKS):
        try:
            chosen = list(items(run.assets, task, pictures, position * 1_000_000, split))
        except IndexError:
            continue
        right: list[bool] = []
        for start in range(0, len(chosen), 16):
            part = chosen[start:start + 16]
            with run.autocast():
                hidden, _ = run.tower.forward(torch.from_numpy(np.stack([image for image, _ in part])).to(run.device), last=False)
                features = hidden[:, 1:]
                if keep is not None:
                    features = reader.features_at(features, reader.kept_tokens(len(features), keep, generator).to(run.device))
                packed = reader.pack(run.tokenizer, [[question] for _, question in part])
                scores = reader.run(run.model, run.tokenizer, features, packed).logits
            correct = [row[0] for row in reader.exactly_right(scores, packed)]
            right += correct
            if task == "existence":
                existence += [(q.detail, c) for (_, q), c in zip(part, correct)]
        result[task] = round(float(np.mean(right)), 4)
    for detail in sorted({d for d, _ in existence}):
        result[f"existence/{detail}"] = round(float(np.mean([c for d, c in existence if d == detail])), 4)
    result["average"] = round(float(np.mean([result[t] for t in TASKS if t in result and t != "unknown"])), 4)
    print(json.dumps({"split": split, "pictures_per_task": pictures, "tokens": keep or "all", **result}), flush=True)
    return result


def main() -> None:
    """Command line."""
    import train
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, default=WORK / "run")
    parser.add_argument("--split", choices=("val", "test"), default="val", help="the benchmark's split is for the end")
    parser.add_argument("--pictures", type=int, default=200, help="per task")
    parser.add_argument("--keep", type=int, help="this many visual tokens, drawn at random")
    arguments = parser.parse_args()
    run = train.Run(arguments.run, train.Plan())
    run.resume()
    evaluate(run, arguments.split, arguments.pictures, arguments.keep)


if __name__ == "__main__":
    main()
