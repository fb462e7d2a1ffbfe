"""Building blocks shared by the golden-data generators.

Everything here is deterministic: pictures come from a 32-bit linear congruential generator that a
C++ test can repeat in three lines, tokenizers from a small byte-pair trainer with defined ties,
weights from NumPy's PCG64 seeded per checkpoint.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

SCRIPT_VERSION = 1
DATA = Path(__file__).resolve().parent / "data"

UNK, BOS, EOS = "<unk>", "<s>", "</s>"
IMAGE, PAD = "<image>", "<pad>"
SPACE = "\u2581"

BPE_TEXT = (
    "USER: What is in the picture? ASSISTANT: There is a red cat on the table. "
    "USER: Is there a dog in the picture? ASSISTANT: No, there is not. "
    "USER: How many birds are there in the picture? ASSISTANT: There are three of them. "
    "USER: Where is the boat? ASSISTANT: It is at the top left of the picture, near the trees."
)


# Pictures


def lcg_bytes(seed: int, count: int) -> np.ndarray:
    """`count` bytes of the generator s <- 1664525 s + 1013904223 (mod 2^32), byte = s >> 24."""
    state = seed & 0xFFFFFFFF
    out = np.empty(count, dtype=np.uint8)
    for index in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[index] = state >> 24
    return out


def picture(width: int, height: int, seed: int, kind: str = "scene") -> np.ndarray:
    """An RGB picture `[height, width, 3]` of one of four kinds.

    `noise`: the generator's bytes in order row, column, channel. `gradient`: channel 0 rises with
    x, 1 with y, 2 with x + y, integer division. `checker`: 0 and 255 in cells three wide and two
    high. `scene`: (3 gradient + noise) / 4, integer division.
    """
    noise = lcg_bytes(seed, width * height * 3).reshape(height, width, 3).astype(np.int64)
    y, x = np.mgrid[0:height, 0:width]
    gradient = np.stack(
        [
            x * 255 // max(width - 1, 1),
            y * 255 // max(height - 1, 1),
            (x + y) * 255 // max(width + height - 2, 1),
        ],
        axis=-1,
    )
    checker = np.repeat((((x // 3 + y // 2) % 2) * 255)[..., None], 3, axis=-1)
    kinds = {
        "noise": noise,
        "gradient": gradient,
        "checker": checker,
        "scene": (3 * gradient + noise) // 4,
    }
    return kinds[kind].astype(np.uint8)


def save_png(path: Path, pixels: np.ndarray) -> None:
    """Writes `pixels` as a PNG without metadata."""
    Image.fromarray(pixels, "RGB").save(path, optimize=True)


def sha256(data: bytes) -> str:
    """The hexadecimal SHA-256 of `data`."""
    return hashlib.sha256(data).hexdigest()


# Files


def write_json(path: Path, value: Any) -> None:
    """Writes JSON in a fixed, readable layout."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def json_lines(value: Any, depth: int = 0) -> str:
    """JSON text in which dictionaries of lists are open and each list item fills one line."""
    pad = " " * (depth + 1)
    if isinstance(value, dict) and any(isinstance(item, (dict, list)) for item in value.values()):
        items = [f"{json.dumps(key)}: {json_lines(item, depth + 1)}" for key, item in value.items()]
        brackets = "{}"
    elif isinstance(value, list) and len(value) > 1:
        items = [json.dumps(item, separators=(",", ":")) for item in value]
        brackets = "[]"
    else:
        return json.dumps(value, separators=(",", ":"))
    body = ",\n".join(pad + item for item in items)
    return f"{brackets[0]}\n{body}\n{' ' * depth}{brackets[1]}"


def write_json_lists(path: Path, value: Any) -> None:
    """Writes JSON made of long lists: ASCII only, one item per line."""
    path.write_text(json_lines(value) + "\n", encoding="ascii")


def save_tensors(path: Path, tensors: Mapping[str, np.ndarray | torch.Tensor]) -> None:
    """Writes a safetensors file from arrays or tensors."""
    converted = {}
    for name, value in tensors.items():
        if isinstance(value, np.ndarray):
            value = torch.from_numpy(np.array(value, order="C"))
        converted[name] = value.contiguous()
    save_file(converted, path, {"format": "pt"})


# Tokenizers


def learn_merges(text: str, count: int) -> list[tuple[str, str]]:
    """At most `count` byte-pair merges of the words of `text`.

    The most frequent pair wins, ties go to the smaller pair of strings; a pair whose result is
    already a piece is skipped.
    """
    words = Counter(SPACE + word for word in text.split())
    pieces = {word: list(word) for word in words}
    seen: set[str] = set()
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in pieces.items():
            for pair in zip(parts, parts[1:]):
                if pair[0] + pair[1] not in seen:
                    pairs[pair] += words[word]
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        seen.add(best[0] + best[1])
        for parts in pieces.values():
            index = 0
            while index + 1 < len(parts):
                if (parts[index], parts[index + 1]) == best:
                    parts[index : index + 2] = [best[0] + best[1]]
                else:
                    index += 1
    return merges


def tokenizer_json(
    image_id: int,
    prefix: str = "prepend",
    byte_values: Sequence[int] = range(256),
) -> dict[str, Any]:
    """A byte-fallback BPE `tokenizer.json` with `<image>` at `image_id` and `<pad>` behind it.

    `prefix` is `prepend` (normalizer Prepend + Replace, each segment between special tokens gets
    its own word mark) or `first` (Metaspace, only the start of the text gets one).
    """
    vocab = {UNK: 0, BOS: 1, EOS: 2}
    for value in byte_values:
        vocab[f"<0x{value:02X}>"] = len(vocab)
    characters = sorted(set(BPE_TEXT.replace(" ", SPACE)))
    merges = learn_merges(BPE_TEXT, image_id - len(vocab) - len(characters))
    for piece in [left + right for left, right in merges] + characters:
        vocab[piece] = len(vocab)
    if len(vocab) != image_id:
        raise ValueError(f"{len(vocab)} pieces, but added tokens must follow at {image_id}")

    def added(token: str, index: int) -> dict[str, Any]:
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
        return {"id": index, "content": token, **flags, "special": True}

    prepend = {
        "type": "Sequence",
        "normalizers": [
            {"type": "Prepend", "prepend": SPACE},
            {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        ],
    }
    metaspace = {
        "type": "Metaspace",
        "replacement": SPACE,
        "prepend_scheme": "first",
        "split": False,
    }
    begin = {"SpecialToken": {"id": BOS, "type_id": 0}}
    first = {"Sequence": {"id": "A", "type_id": 0}}
    second = {"Sequence": {"id": "B", "type_id": 0}}
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            added(UNK, 0),
            added(BOS, 1),
            added(EOS, 2),
            added(IMAGE, image_id),
            added(PAD, image_id + 1),
        ],
        "normalizer": prepend if prefix == "prepend" else None,
        "pre_tokenizer": None if prefix == "prepend" else metaspace,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [begin, first],
            "pair": [begin, first, second],
            "special_tokens": {BOS: {"id": BOS, "ids": [1], "tokens": [BOS]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": UNK,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": [[left, right] for left, right in merges]
            if prefix == "first"
            else [f"{left} {right}" for left, right in merges],
        },
    }


TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": BOS,
    "eos_token": EOS,
    "unk_token": UNK,
    "pad_token": PAD,
    "add_bos_token": True,
    "model_max_length": 2048,
    "clean_up_tokenization_spaces": False,
}


def preprocessor_config(side: int) -> dict[str, Any]:
    """A complete `preprocessor_config.json` of the CLIP image processor."""
    return {
        "crop_size": {"height": side, "width": side},
        "do_center_crop": True,
        "do_convert_rgb": True,
        "do_normalize": True,
        "do_rescale": True,
        "do_resize": True,
        "image_mean": [0.48145466, 0.4578275, 0.40821073],
        "image_processor_type": "CLIPImageProcessor",
        "image_std": [0.26862954, 0.26130258, 0.27577711],
        "resample": 3,
        "rescale_factor": 0.00392156862745098,
        "size": {"shortest_edge": side},
    }


def prompt_for(question: str) -> str:
    """The LLaVA-1.5 prompt of one question about one picture."""
    return f"USER: {IMAGE}\n{question} ASSISTANT:"


# Weights


def random_parameter(name: str, shape: Sequence[int], generator: np.random.Generator) -> np.ndarray:
    """A random value for the parameter `name`: no zeros, ones or equal entries anywhere."""
    value = generator.standard_normal(tuple(shape))
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    if "norm" in name or "layrnorm" in name:
        return 1.0 + 0.3 * value if name.endswith("weight") else 0.2 * value
    if name.endswith("bias"):
        return 0.2 * value
    if "embedding" in name and "patch" not in name:
        return 0.5 * value
    if "embed_tokens" in name:
        return 0.3 * value
    if "lm_head" in name:
        return 2.5 / np.sqrt(fan_in) * value
    if "q_proj" in name or "k_proj" in name:
        return 1.5 / np.sqrt(fan_in) * value
    return value / np.sqrt(fan_in)


def round_to_half_formats(values: np.ndarray) -> np.ndarray:
    """The nearest values that bfloat16 and float16 both hold exactly."""
    short = torch.from_numpy(values).to(torch.bfloat16).double().numpy()
    rounded = np.round(short * 2.0**14) / 2.0**14
    tensor = torch.from_numpy(rounded)
    for dtype in (torch.bfloat16, torch.float16):
        if not torch.equal(tensor.to(dtype).double(), tensor):
            raise ValueError("a value does not fit both half formats")
    return rounded


def spell_name(name: str, layout: str) -> str:
    """The name on disk, in naming layout A, B or C, of a parameter of the module tree.

    The module tree of transformers 5 has no `vision_model.` level: that is layout C. Layout B is
    the tree of 4.52 with that level, A the published checkpoints.
    """
    if layout == "C":
        return name
    named = name.replace("model.vision_tower.", "model.vision_tower.vision_model.", 1)
    if layout == "B":
        return named
    if named.startswith("model.language_model."):
        return named.replace("model.language_model.", "language_model.model.", 1)
    if named.startswith("lm_head."):
        return "language_model." + named
    return named.removeprefix("model.")


# Manifest


def write_manifest(
    path: Path,
    command: str,
    scripts: Sequence[str],
    libraries: Sequence[str],
    dtype: str,
    parts: Sequence[str],
    facts: Mapping[str, Any],
) -> None:
    """Writes a manifest: how the data were made, and the SHA-256 of each file of `parts`."""
    here = Path(__file__).resolve().parent
    root = path.parent
    files: list[Path] = []
    for part in parts:
        entry = root / part
        files.extend(sorted(entry.rglob("*")) if entry.is_dir() else [entry])
    write_json(
        path,
        {
            "version": SCRIPT_VERSION,
            "command": command,
            "dtype": dtype,
            "libraries": {name: metadata.version(name) for name in libraries},
            "scripts": {name: sha256((here / name).read_bytes()) for name in scripts},
            **facts,
            "files": {
                file.relative_to(root).as_posix(): sha256(file.read_bytes())
                for file in files
                if file.is_file()
            },
        },
    )
