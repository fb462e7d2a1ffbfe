"""The bundled benchmark: held-out cut-outs, backgrounds, fonts, words and phrasings; the same bytes every time.

`python benchmark.py OUT` writes pictures (WebP) and `items.jsonl`. Validation: `--split val`.
"""

from __future__ import annotations

import argparse
import json
import random
import zlib
from pathlib import Path
from typing import Iterator

import numpy as np
from PIL import Image

import questions as qa
from assets import Assets
from model import SIDE
from scenes import Composer

TASKS = [task for task in qa.GROUPS if task != "description"]
BALANCED = ("Yes", "No")


def items(assets: Assets, task: str, count: int, first: int = 0, split: str = "test") -> Iterator[tuple[np.ndarray, qa.Question]]:
    """`count` questions of a task, each about a scene of its own; yes and no equally often."""
    composer = Composer(assets, split)
    given = {answer: 0 for answer in BALANCED}
    number, produced = first, 0
    while produced < count:
        rng = random.Random(zlib.crc32(f"{task}/{split}/{number}".encode()))
        scene = composer.scene(number, SIDE)
        number += 1
        kind = qa.GROUPS[task][produced % len(qa.GROUPS[task])]
        question = qa.Asker(scene, assets.names, assets.categories, rng, held_out=True).ask(kind)
        if question is None:
            continue
        if question.answer in given:
            if given[question.answer] > min(given.values()):
                continue
            given[question.answer] += 1
        produced += 1
        yield scene.image, question


def write(out: Path, split: str, count: int, quality: int) -> None:
    """Writes the set."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    assets = Assets.load()
    with open(out / "items.jsonl", "w") as file:
        for position, task in enumerate(TASKS):
            for number, (image, question) in enumerate(items(assets, task, count, position * 1_000_000, split)):
                name = f"images/{task}-{number:04d}.webp"
                Image.fromarray(image).save(out / name, quality=quality, method=6)
                file.write(json.dumps({"id": f"{task}-{number:04d}", "image": name, "task": task, "kind": question.kind,
                                       "detail": question.detail, "question": question.text, "answer": question.answer}) + "\n")
    print(f"{len(TASKS) * count} items in {out}")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--count", type=int, default=400, help="items per task")
    parser.add_argument("--quality", type=int, default=82)
    arguments = parser.parse_args()
    write(arguments.out, arguments.split, arguments.count, arguments.quality)


if __name__ == "__main__":
    main()
