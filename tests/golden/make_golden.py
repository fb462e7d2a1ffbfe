#!/usr/bin/env python3
"""Writes every golden file that does not concern pruning, with transformers as the reference.

    python tests/golden/make_golden.py

Needs torch, transformers, tokenizers, safetensors, sentencepiece, protobuf, Pillow and NumPy in
the versions that data/manifest.json records; other versions may write other bytes.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch

import golden_checkpoints
import golden_common as common
import golden_images
import golden_tokenizers

STARTER = "tests/golden/starter/tokenizer.json"
REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPTS = (
    "make_golden.py",
    "golden_checkpoints.py",
    "golden_common.py",
    "golden_images.py",
    "golden_tokenizers.py",
)
LIBRARIES = (
    "numpy",
    "pillow",
    "protobuf",
    "safetensors",
    "sentencepiece",
    "tokenizers",
    "torch",
    "transformers",
)


def main() -> None:
    """Parses the command line and writes the golden data."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=common.DATA, help="folder to write into")
    parser.add_argument(
        "--starter-tokenizer",
        type=Path,
        default=REPOSITORY / STARTER,
        help="tokenizer.json of the model in tests/golden/starter",
    )
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    root: Path = arguments.out
    root.mkdir(parents=True, exist_ok=True)

    checkpoints = golden_checkpoints.checkpoints()
    for checkpoint in checkpoints:
        golden_checkpoints.write_case(root, checkpoint)
    golden_images.write_images(root / "images")
    golden_tokenizers.write_tokenizers(root, arguments.starter_tokenizer, STARTER)
    names = [checkpoint.name for checkpoint in checkpoints]
    common.write_manifest(
        root / "manifest.json",
        command="python tests/golden/make_golden.py",
        scripts=SCRIPTS,
        libraries=LIBRARIES,
        dtype="float64 results stored as float32; see transformers_float32_error in case.json",
        parts=[*names, "images", "sentencepiece", "tokenizer_corpus.json"],
        facts={"checkpoints": names},
    )


if __name__ == "__main__":
    main()
