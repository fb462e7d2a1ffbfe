"""Golden data of picture preparation: Pillow's resizing, CLIP's crop and LLaVA's padding."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava.image_processing_pil_llava import LlavaImageProcessorPil

import golden_common as common

FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
    "bilinear": Image.Resampling.BILINEAR,
}
KINDS = ("noise", "checker", "scene")
RESIZE_SIZES = (
    ((45, 31), (28, 28)),
    ((13, 17), (29, 23)),
    ((64, 48), (37, 28)),
    ((97, 101), (24, 25)),
    ((28, 40), (28, 21)),
    ((40, 28), (21, 28)),
    ((1, 1), (7, 5)),
    ((150, 3), (20, 11)),
    ((5, 90), (11, 33)),
    ((33, 33), (33, 33)),
    ((3, 2), (1, 1)),
    ((320, 240), (448, 336)),
    ((300, 401), (224, 299)),
)
STORED_BYTES = 2600

# name, picture width and height, kind, size, crop, pad to a square first
PREPARED: tuple[tuple[str, int, int, str, dict[str, int], int, bool], ...] = (
    ("crop_wide", 45, 31, "noise", {"shortest_edge": 28}, 28, False),
    ("crop_tall", 31, 46, "scene", {"shortest_edge": 28}, 28, False),
    ("crop_square", 50, 50, "checker", {"shortest_edge": 28}, 28, False),
    ("crop_same_size", 28, 28, "noise", {"shortest_edge": 28}, 28, False),
    ("crop_very_wide", 140, 9, "scene", {"shortest_edge": 28}, 28, False),
    ("crop_very_tall", 5, 91, "noise", {"shortest_edge": 28}, 28, False),
    ("crop_upscaled", 11, 7, "noise", {"shortest_edge": 28}, 28, False),
    ("crop_fills_even", 30, 20, "scene", {"shortest_edge": 20}, 28, False),
    ("crop_fills_odd", 21, 33, "scene", {"shortest_edge": 15}, 28, False),
    ("crop_larger_resize", 60, 47, "scene", {"shortest_edge": 35}, 28, False),
    ("crop_squashed", 60, 41, "noise", {"height": 28, "width": 28}, 28, False),
    ("crop_336", 323, 241, "scene", {"shortest_edge": 336}, 336, False),
    ("pad_wide", 45, 31, "noise", {"shortest_edge": 28}, 28, True),
    ("pad_wide_odd", 46, 31, "scene", {"shortest_edge": 28}, 28, True),
    ("pad_tall", 31, 46, "scene", {"shortest_edge": 28}, 28, True),
    ("pad_square", 30, 30, "noise", {"shortest_edge": 28}, 28, True),
    ("pad_very_wide", 140, 9, "checker", {"shortest_edge": 28}, 28, True),
    ("pad_one_column", 1, 40, "noise", {"shortest_edge": 28}, 28, True),
    ("pad_336", 323, 241, "scene", {"shortest_edge": 336}, 336, True),
)


@cache
def picture(width: int, height: int, seed: int, kind: str) -> np.ndarray:
    """The shared generator's picture, kept because several filters resize the same one."""
    return common.picture(width, height, seed, kind)


def resize_cases(tensors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """One entry per size pair, kind and filter; small `scene` results are stored in full."""
    cases = []
    for seed, ((width, height), (out_width, out_height)) in enumerate(RESIZE_SIZES, start=1):
        for kind in KINDS:
            source = Image.fromarray(picture(width, height, seed, kind), "RGB")
            for filter_name, resample in FILTERS.items():
                result = np.asarray(source.resize((out_width, out_height), resample))
                name = f"resize.{width}x{height}.{out_width}x{out_height}.{kind}.{filter_name}"
                stored = kind == "scene" and result.nbytes <= STORED_BYTES
                if stored:
                    tensors[name] = result
                cases.append(
                    {
                        "name": name,
                        "kind": kind,
                        "seed": seed,
                        "width": width,
                        "height": height,
                        "out_width": out_width,
                        "out_height": out_height,
                        "filter": filter_name,
                        "sha256": common.sha256(result.tobytes()),
                        "stored": stored,
                    }
                )
    return cases


def prepared_cases(tensors: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """One entry per whole preparation: uint8 result and float32 `pixel_values`."""
    cases = []
    for seed, (name, width, height, kind, size, crop, pad) in enumerate(PREPARED, start=1):
        settings = {"size": size, "crop_size": crop}
        processor = (
            LlavaImageProcessorPil(do_pad=True, **settings)
            if pad
            else CLIPImageProcessorPil(**settings)
        )
        image = Image.fromarray(picture(width, height, seed, kind), "RGB")
        plain = processor(image, do_rescale=False, do_normalize=False, return_tensors="np")
        result = np.moveaxis(plain["pixel_values"][0], 0, -1).astype(np.uint8)
        stored = result.nbytes <= STORED_BYTES
        if stored:
            tensors[name] = result
        values = processor(image, return_tensors="np")["pixel_values"].astype(np.float64)
        cases.append(
            {
                "name": name,
                "mode": "pad" if pad else "crop",
                "kind": kind,
                "seed": seed,
                "width": width,
                "height": height,
                "size": size,
                "crop": crop,
                "sha256": common.sha256(np.ascontiguousarray(result).tobytes()),
                "stored": stored,
                "pixel_values_mean": round(float(values.mean()), 9),
                "pixel_values_abs_mean": round(float(np.abs(values).mean()), 9),
            }
        )
    return cases


def write_images(folder: Path) -> None:
    """Writes images.json and images.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, np.ndarray] = {}
    resized = resize_cases(tensors)
    prepared = prepared_cases(tensors)
    common.save_tensors(folder / "images.safetensors", tensors)
    common.write_json_lists(folder / "images.json", {"resize": resized, "prepared": prepared})
