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
BENCHMARK_SCENES = 7_000_000


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


def shared(assets: Assets, count: int, split: str = "test") -> Iterator[tuple[np.ndarray, list[tuple[str, qa.Question]]]]:
    """Pictures with their questions until every task has `count`: up to two of a task about one picture, of different kinds
    where a task has several.

    Questions share pictures, so that the set is small and a picture is encoded once. Yes and no are equally often right.
    The kind that was asked least comes first; one that a scene cannot be asked about makes room for the next.
    """
    composer = Composer(assets, split)
    asked_of = {task: dict.fromkeys(qa.GROUPS[task], 0) for task in TASKS}
    given = {task: dict.fromkeys(BALANCED, 0) for task in TASKS}
    number = BENCHMARK_SCENES
    last = number + 100 * count + 1000
    while any(sum(kinds.values()) < count for kinds in asked_of.values()):
        if number == last:
            raise SystemExit("These assets do not give enough questions: " + ", ".join(t for t, k in asked_of.items() if sum(k.values()) < count))
        scene = composer.scene(number, SIDE)
        asked: list[tuple[str, qa.Question]] = []
        for task, kinds in asked_of.items():
            open_kinds = sorted(kinds, key=lambda kind: kinds[kind])
            for turn in range(2):
                for kind in open_kinds if sum(kinds.values()) < count else []:
                    rng = random.Random(zlib.crc32(f"{kind}/{split}/{number}/{turn}".encode()))
                    question = qa.Asker(scene, assets.names, assets.categories, rng, held_out=True).ask(kind)
                    if question is None or any(q.text == question.text for _, q in asked):
                        continue
                    if question.answer in BALANCED:
                        if given[task][question.answer] > min(given[task].values()):
                            continue
                        given[task][question.answer] += 1
                    kinds[kind] += 1
                    asked.append((task, question))
                    if len(kinds) > 1:
                        open_kinds.remove(kind)
                    break
        number += 1
        if asked:
            yield scene.image, asked


def write(out: Path, split: str, count: int, quality: int, assets: Assets) -> None:
    """Writes the set in the format of `prunescope-cli eval`."""
    (out / "images").mkdir(parents=True, exist_ok=True)
    numbers = {task: 0 for task in TASKS}
    pictures = 0
    with open(out / "items.jsonl", "w") as file:
        for image, asked in shared(assets, count, split):
            name = f"images/{pictures:04d}.webp"
            Image.fromarray(image).save(out / name, quality=quality, method=6)
            pictures += 1
            for task, question in asked:
                file.write(json.dumps({"id": f"{task}-{numbers[task]:04d}", "image": name, "task": task, "kind": question.kind,
                                       "detail": question.detail, "question": question.text, "answer": question.answer}) + "\n")
                numbers[task] += 1
    size = sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
    print(f"{sum(numbers.values())} items about {pictures} pictures in {out}: {size / 1e6:.1f} MB")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--split", choices=("val", "test"), default="test")
    parser.add_argument("--count", type=int, default=400, help="items per task")
    parser.add_argument("--quality", type=int, default=75)
    parser.add_argument("--toy", action="store_true", help="of drawn shapes, without the assets: to try it out")
    arguments = parser.parse_args()
    write(arguments.out, arguments.split, arguments.count, arguments.quality, Assets.toy() if arguments.toy else Assets.load())


if __name__ == "__main__":
    main()
