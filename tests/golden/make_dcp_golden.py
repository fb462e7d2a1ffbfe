#!/usr/bin/env python3
"""Writes the golden data of pruning: tiny towers, and what the NumPy reference decides on them.

    python tests/golden/make_dcp_golden.py
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import dcp_reference as reference
import golden_checkpoints
import golden_common as common

IMAGE_ID = 99
FEW_BYTES = (0x0A, 0xC3, 0xA9)
PATCH = 4
FLAT = "flat"
STORED_ROWS = 2
CLEAR_GAP = 1e-4
FLOAT32_ERROR = 1e-4
TRANSFORMERS_ERROR = 1e-5
RANDOM_RUNS = 10
QUESTIONS = (
    "What is in the picture?",
    "Is the boat at the top left of the picture, near the three red trees?",
    "cat",
)
SCRIPTS = ("make_dcp_golden.py", "dcp_reference.py", "golden_checkpoints.py", "golden_common.py")
LIBRARIES = ("numpy", "pillow", "safetensors", "tokenizers", "torch", "transformers")


# Towers


@dataclass(frozen=True)
class TowerSpec:
    """One checkpoint: a `side` by `side` grid, `layers` encoder layers, its pictures.

    `shared_position`: all patches have the same position embedding, so equal patches have equal
    features everywhere. `pictures`: kinds; `pairs` shows each patch twice, `flat` is one colour.
    `variations`: run every option, and the selections that do not look at features.
    """

    name: str
    side: int
    layers: int
    width: int
    heads: int
    seed: int
    budgets: tuple[int, ...]
    feature_layers: int | list[int] = -2
    strategy: str = "default"
    shared_position: bool = False
    pictures: tuple[str, ...] = ("scene", "checker")
    variations: bool = True


TOWERS = (
    TowerSpec("grid4_layers5", 4, 5, 16, 2, 500, (1, 2, 3, 5, 8, 12, 16, 20)),
    TowerSpec("grid6_layers8", 6, 8, 16, 4, 510, (1, 2, 4, 6, 9, 13, 18, 27, 36, 50)),
    TowerSpec("grid8_layers11", 8, 11, 16, 2, 520, (1, 3, 4, 8, 11, 16, 24, 40, 64, 100)),
    TowerSpec(
        "grid6_list",
        6,
        7,
        12,
        2,
        530,
        (1, 3, 5, 9, 14, 36),
        feature_layers=[4, -1, 3],
        strategy="full",
    ),
    TowerSpec("grid4_shallow", 4, 3, 12, 2, 540, (1, 2, 4, 7, 11, 16), variations=False),
    TowerSpec(
        "grid6_ties",
        6,
        7,
        12,
        3,
        550,
        (1, 2, 4, 6, 10, 17, 36),
        shared_position=True,
        pictures=("pairs", FLAT),
        variations=False,
    ),
)


def picture_pixels(spec: TowerSpec, kind: str) -> np.ndarray:
    """The picture `kind` of a tower, exactly as large as its input."""
    edge = spec.side * PATCH
    if kind == FLAT:
        return np.full((edge, edge, 3), (90, 140, 200), dtype=np.uint8)
    if kind != "pairs":
        return common.picture(edge, edge, spec.seed, kind)
    noise = common.picture(PATCH, PATCH * spec.side**2 // 2, spec.seed, "noise")
    patches = noise.reshape(spec.side**2 // 2, PATCH, PATCH, 3)
    cells = np.concatenate([patches, patches[::-1]])
    rows = cells.reshape(spec.side, spec.side, PATCH, PATCH, 3).transpose(0, 2, 1, 3, 4)
    return np.ascontiguousarray(rows.reshape(edge, edge, 3))


def tower_config(spec: TowerSpec) -> dict[str, Any]:
    """config.json of a tower with a one-layer language model."""
    vision = golden_checkpoints.clip_config(
        hidden_size=spec.width,
        intermediate_size=2 * spec.width,
        num_hidden_layers=spec.layers,
        num_attention_heads=spec.heads,
        image_size=spec.side * PATCH,
        patch_size=PATCH,
    )
    text = golden_checkpoints.llama_config(
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
    )
    return golden_checkpoints.llava_config(
        vision,
        text,
        IMAGE_ID,
        vision_feature_layer=spec.feature_layers,
        vision_feature_select_strategy=spec.strategy,
    )


def write_tower(folder: Path, spec: TowerSpec) -> None:
    """Writes the checkpoint folder of a tower, weights in float16, and its pictures."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = tower_config(spec)
    model = golden_checkpoints.build_model(config, spec.seed, half_exact=True)
    if spec.shared_position:
        positions = model.model.vision_tower.embeddings.position_embedding.weight
        with torch.no_grad():
            positions[1:] = positions[1].clone()
    common.write_json(folder / "config.json", config)
    golden_checkpoints.write_weights(folder, model, "A", torch.float16)
    common.write_json(
        folder / "tokenizer.json", common.tokenizer_json(IMAGE_ID, "prepend", FEW_BYTES)
    )
    common.write_json(folder / "tokenizer_config.json", common.TOKENIZER_CONFIG)
    common.write_json(
        folder / "preprocessor_config.json", common.preprocessor_config(spec.side * PATCH)
    )
    for kind in spec.pictures:
        common.save_png(folder / f"{kind}.png", picture_pixels(spec, kind))


def pixel_values(folder: Path, kind: str) -> np.ndarray:
    """What the image processor makes of a picture, `[3, H, W]` in float64."""
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    with Image.open(folder / f"{kind}.png") as image:
        values = processor(image, return_tensors="np")["pixel_values"]
    return values[0].astype(np.float64)


@torch.inference_mode()
def check_against_transformers(folder: Path, spec: TowerSpec, tower: reference.Tower) -> float:
    """The reference's unpruned forward against transformers in float64: largest error."""
    model = golden_checkpoints.open_model(folder, torch.float64)
    pixels = pixel_values(folder, spec.pictures[0])
    stages = golden_checkpoints.vision_stages(model, torch.from_numpy(pixels)[None])
    outputs = reference.encode_fully(tower, pixels)
    features = reference.full_features(tower, outputs)
    skip = 1 if spec.strategy == "full" else 0
    errors = [
        golden_checkpoints.largest_error(torch.from_numpy(output.hidden), stages["hidden"][index])
        for index, output in enumerate(outputs, start=1)
    ]
    errors.append(
        golden_checkpoints.largest_error(
            torch.from_numpy(reference.project(tower, features)), stages["projected"][skip:]
        )
    )
    if max(errors) > TRANSFORMERS_ERROR:
        raise RuntimeError(f"{spec.name}: the reference forward is off by {max(errors)}")
    return max(errors)


# Runs


@dataclass(frozen=True)
class Run:
    """One run: tower, picture, number of the question, settings that are not the defaults."""

    tower: str
    picture: str
    question: int
    settings: dict[str, Any]


UNGUARDED = {"trigger": "always", "guard": False}
VARIATIONS: tuple[dict[str, Any], ...] = (
    {"schedule": "linear"},
    {"schedule": "flowcut"},
    {"schedule": "single"},
    {"pool_share": 0.0},
    {"pool_share": 0.3},
    {"pool_share": 0.5},
    {"pool_share": 1.0},
    {"score": "cls"},
    {"similarity": "hidden"},
    {"lambda": 0.0},
    {"lambda": 1.0},
    {"sigma": 1.0},
    {"sigma": 12.0},
    {"edges": 1},
    {"edges": 3},
    {"edges": 5},
    {"temperature": 0.02},
    {"temperature": 1.0},
    {"beta_max": 0.0},
    {"beta_max": 0.9},
    {"keep_norm": True},
    {"proportional": False},
    {"recovery": False},
    {"reference": "pool"},
    {"reference": "chained"},
    {"eta": 0.0},
    {"eta": 0.8},
    {"mu": 0.0},
    {"mu": 1.0},
    {"init": "kcenter"},
    {"init": "scope"},
    {"rounds": 2},
    {"rounds": 3},
    {"use_text": False},
    {"guard": True},
    {"guard": True, "reference": "chained"},
    {"guard": True, "reference": "pool"},
    {"trigger": "never"},
    {"trigger": "auto", "tau": 0.02, "guard": True},
    {"trigger": "auto", "tau": 1.0},
    {"trigger": "relative", "phi": 1.0, "seed": 7},
    {"trigger": "relative", "phi": 3.0, "seed": 11},
)
CHOICES: dict[str, tuple[Any, ...]] = {
    "schedule": ("geometric", "linear", "flowcut", "single"),
    "pool_share": (0.1, 0.3, 0.5, 0.7),
    "score": ("flowcut", "cls"),
    "similarity": ("key", "hidden"),
    "lambda": (0.2, 0.5, 0.7, 0.9),
    "sigma": (2.0, 4.0, 8.0),
    "edges": (1, 2, 4),
    "temperature": (0.05, 0.1, 0.3),
    "beta_max": (0.2, 0.5, 0.8),
    "keep_norm": (False, True),
    "proportional": (False, True),
    "reference": ("full", "pool", "chained"),
    "eta": (0.1, 0.3, 0.6),
    "mu": (0.05, 0.2, 0.5),
    "init": ("facility", "kcenter", "scope"),
    "rounds": (1, 2, 3),
    "use_text": (True, False),
}


def random_settings(seed: int, budgets: tuple[int, ...]) -> dict[str, Any]:
    """Every option of stage one and two drawn at random."""
    numbers = iter(common.lcg_bytes(seed, len(CHOICES) + 2).tolist())
    settings = {name: values[next(numbers) % len(values)] for name, values in CHOICES.items()}
    return {"budget": budgets[next(numbers) % len(budgets)], **UNGUARDED, **settings}


def runs_of(spec: TowerSpec) -> Iterator[Run]:
    """The runs on one tower."""
    made = 0

    def run(settings: dict[str, Any], picture: int | None = None) -> Run:
        nonlocal made
        made += 1
        kinds = spec.pictures
        kind = kinds[(made if picture is None else picture) % len(kinds)]
        return Run(spec.name, kind, made % len(QUESTIONS), settings)

    for budget in spec.budgets:
        for picture, kind in enumerate(spec.pictures):
            yield run({"budget": budget, **({"trigger": "never"} if kind == FLAT else {})}, picture)
            yield run({"budget": budget, **UNGUARDED}, picture)
        yield run({"method": "cls-topk", "budget": budget}, 0)
        if spec.variations:
            yield run({"method": "grid", "budget": budget})
            yield run({"method": "random", "budget": budget, "seed": budget + 3})
    if spec.strategy == "default":
        yield run({"method": "none", "budget": spec.budgets[0]}, 0)
    if not spec.variations:
        return
    usable = [budget for budget in spec.budgets if 1 < budget <= spec.side**2 // 2]
    for index, variation in enumerate(VARIATIONS):
        yield run({"budget": usable[index % len(usable)], **UNGUARDED, **variation})
    for index in range(RANDOM_RUNS):
        yield run(random_settings(spec.seed + index, tuple(usable)))


def short(value: float) -> float:
    """Ten significant digits."""
    return float(f"{value:.10g}")


def integers(values: np.ndarray) -> list[int]:
    """A list of plain integers."""
    return [int(value) for value in values]


@dataclass
class Rows:
    """Token rows of all runs of one width, one after the other."""

    rows: list[np.ndarray] = field(default_factory=list)
    norms: list[np.ndarray] = field(default_factory=list)

    def add(self, tokens: np.ndarray) -> dict[str, list[int]]:
        """Stores the first rows and all norms; returns their places as [first, count]."""
        stored = tokens[:STORED_ROWS]
        places = {
            "rows": [sum(map(len, self.rows)), len(stored)],
            "norms": [sum(map(len, self.norms)), len(tokens)],
        }
        self.rows.append(stored)
        self.norms.append(np.linalg.norm(tokens, axis=1))
        return places


def describe(run: Run, result: reference.Result, places: dict[str, list[int]]) -> dict[str, Any]:
    """The JSON entry of one run; D of a flat picture is a ratio of rounding errors: null."""

    def shift(value: float) -> float | None:
        return None if run.picture == FLAT else short(value)

    entry: dict[str, Any] = {
        "tower": run.tower,
        "picture": run.picture,
        "question": run.question,
        "settings": run.settings,
        "budget_used": result.budget,
        "events": [
            {
                "layer": event.layer,
                "tokens_in": event.tokens_in,
                "tokens_out": len(event.kept),
                "D": shift(event.shift),
                "kept": integers(event.kept),
            }
            for event in result.events
        ],
        "kappa": shift(result.kappa.value),
        "kappa_mean_part": shift(result.kappa.mean_part),
        "kappa_variance_part": shift(result.kappa.variance_part),
        "null_band": [shift(value) for value in result.null_band],
        "kept": integers(result.kept),
        "tokens": places,
        "gap": short(result.gap) if math.isfinite(result.gap) else None,
    }
    if run.settings.get("method", "dcp") == "dcp":
        entry |= {
            "weights": [float(f"{value:.8g}") for value in result.weights],
            "fired": result.fired,
            "accepted": result.accepted,
        }
    if result.fired:
        entry |= {
            "kappa_after": shift(result.kappa_after),
            "pool": integers(result.pool),
            "first_centres": integers(result.first_centres),
            "centres": integers(result.centres),
            "cluster_of": integers(result.cluster_of),
            "chosen": integers(result.chosen),
        }
    return entry


def same_outcome(left: reference.Result, right: reference.Result) -> bool:
    """Whether two results kept the same patches everywhere."""
    same_events = len(left.events) == len(right.events) and all(
        np.array_equal(one.kept, two.kept) for one, two in zip(left.events, right.events)
    )
    return (
        same_events
        and np.array_equal(left.kept, right.kept)
        and np.array_equal(left.centres, right.centres)
        and np.array_equal(left.cluster_of, right.cluster_of)
    )


def float32_error(run: Run, rough: reference.Result, exact: reference.Result) -> float:
    """The largest relative error of the tokens and, where it is defined, of kappa."""
    tokens = float((np.abs(rough.tokens - exact.tokens) / (np.abs(exact.tokens) + 1)).max())
    if run.picture == FLAT:
        return tokens
    return max(tokens, abs(rough.kappa.value - exact.kappa.value) / (exact.kappa.value + 1e-6))


def main() -> None:
    """Writes towers, runs and manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", type=Path, default=common.DATA / "dcp", help="folder to write into"
    )
    root: Path = parser.parse_args().out
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)

    entries: list[dict[str, Any]] = []
    rows: dict[str, Rows] = {}
    forward_errors: dict[str, float] = {}
    equal, worst = 0, 0.0
    for spec in TOWERS:
        folder = root / spec.name
        write_tower(folder, spec)
        exact_tower = reference.load_tower(folder)
        rough_tower = reference.load_tower(folder, np.float32)
        error = check_against_transformers(folder, spec, exact_tower)
        forward_errors[spec.name] = float(f"{error:.3g}")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        rows[spec.name] = Rows()
        pixels = {kind: pixel_values(folder, kind) for kind in spec.pictures}
        for run in runs_of(spec):
            settings = reference.settings_from(run.settings)
            question = tokenizer.encode(QUESTIONS[run.question], add_special_tokens=False).ids
            exact = reference.run(exact_tower, pixels[run.picture], question, settings)
            rough_pixels = pixels[run.picture].astype(np.float32)
            rough = reference.run(rough_tower, rough_pixels, question, settings)
            entry = describe(run, exact, rows[spec.name].add(exact.tokens))
            entries.append({"id": len(entries), **entry})
            if same_outcome(rough, exact):
                equal += 1
                worst = max(worst, float32_error(run, rough, exact))
            elif exact.gap > CLEAR_GAP:
                raise RuntimeError(f"run {len(entries) - 1}: float32 decides differently: {run}")
    if equal < 0.99 * len(entries) or worst > FLOAT32_ERROR:
        raise RuntimeError(f"float32: {equal} of {len(entries)} equal, largest error {worst}")

    common.save_tensors(
        root / "runs.safetensors",
        {
            f"{name}.{part}": np.concatenate(getattr(stored, part)).astype(np.float32)
            for name, stored in rows.items()
            for part in ("rows", "norms")
        },
    )
    common.write_json_lists(root / "runs.json", {"questions": list(QUESTIONS), "runs": entries})
    common.write_manifest(
        root / "manifest.json",
        command="python tests/golden/make_dcp_golden.py",
        scripts=SCRIPTS,
        libraries=LIBRARIES,
        dtype="float64 results; token rows stored as float32",
        parts=[*(spec.name for spec in TOWERS), "runs.json", "runs.safetensors"],
        facts={
            "runs": len(entries),
            "weight_seeds": {spec.name: spec.seed for spec in TOWERS},
            "float32_runs_equal": [equal, len(entries)],
            "float32_largest_error": float(f"{worst:.3g}"),
            "forward_error_against_transformers": forward_errors,
        },
    )


if __name__ == "__main__":
    main()
