"""Writes a tiny random CLIP whose vision tower is a golden LLaVA's, and what transformers makes of it.

usage: make_clip_golden.py
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file
from transformers import CLIPConfig, CLIPModel, CLIPTokenizerFast, LlavaForConditionalGeneration

import golden_common as common
import golden_tokenizers

LLAVA = "clip_llama_default"
SEED = 77
POSITIONS = 12
MERGES = 160
OLD_EOS = 2  # what the configs of CLIP's first releases say, whatever the tokenizer's is
QUESTIONS = (
    "Is the cat on the picture?",
    "  THE\n\tcat's   12 pictures -- don't!  ",
    "caf\u00e9 \u00dcber \u00c5ngstr\u00f6m \u6f22\u5b57 \U0001f642 7\u00bd",
    "a question that is a good deal longer than the twelve places of this model, so that it is cut into windows",
    "?",
)
TEXTS = (
    "It's we've they're I'm you'll he'd don't",
    "IT'S WE'VE THEY'RE",
    "'s's 's '' ''s !'s --'re '",
    "rock'n'roll 'tis",
    "1234567890 12.5 \u0663\u0664\u0665 \u2167 \u00b2\u00b3 \u00bd",
    "<|startoftext|> in the text <|endoftext|> and after",
    "<|StartOfText|> <|ENDOFTEXT|> !<|endoftext|>! <|endoftext",
    "\u0130STANBUL I\u0307 \u03a3\u0391\u03a3 \u1e9e \u01c5 \u00c9\u00c8 e\u0301\u0323 \u212b \u2126",
    "\uac00\u1100\u1161\u11a8 \u0958 \ufb1d \u1e0b\u0323",
    "a\u0085b\u00a0c\u2028d\u3000e\u200bf\u180eg\u001fh",
    "\u0301\u0301a \u20ac100 a_b snake_case A_B",
    "</w> a</w> \u0120the \u0100\u0143",
    "\u4e00\u4e8c\u4e09 \u3072\u3089\u304c\u306a \ud55c\uad6d\uc5b4 \u0e44\u0e17\u0e22 \u0939\u093f\u0928\u094d\u0926\u0940",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \U0001f44d\U0001f3fd #\ufe0f\u20e3 \U00010400\U00010428",
)


def byte_alphabet() -> list[str]:
    """The printable stand-ins of the 256 bytes, in CLIP's order."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    stand_ins = {byte: chr(byte) for byte in printable}
    others = [byte for byte in range(256) if byte not in stand_ins]
    stand_ins |= {byte: chr(256 + n) for n, byte in enumerate(others)}
    return [stand_ins[byte] for byte in [*printable, *others]]


def learn_merges(words: list[str], count: int) -> list[tuple[str, str]]:
    """The most frequent pair again and again, the alphabetically first among equals."""
    split = [[*word[:-1], word[-1] + "</w>"] for word in words]
    merges = []
    while len(merges) < count:
        counts: dict[tuple[str, str], int] = {}
        for word in split:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        merges.append(best)
        for word in split:
            at = 0
            while at + 1 < len(word):
                if (word[at], word[at + 1]) == best:
                    word[at : at + 2] = ["".join(best)]
                at += 1
    return merges


def write_tokenizer(folder: Path) -> CLIPTokenizerFast:
    """A tokenizer.json of CLIP's kind, as transformers writes it, with few merges."""
    alphabet = byte_alphabet()
    letters = dict(zip([*range(33, 127), *range(161, 173), *range(174, 256)], alphabet))
    letters |= dict(zip([byte for byte in range(256) if byte not in letters], alphabet[len(letters) :]))
    sample = " ".join([*golden_tokenizers.PLAIN[20:35], *QUESTIONS, "caf\u00e9 " * 3, "\u4f60\u597d " * 3]).lower()
    words = ["".join(letters[byte] for byte in word.encode()) for word in sample.split()]
    merges = learn_merges(words, MERGES)
    tokens = alphabet + [letter + "</w>" for letter in alphabet] + ["".join(pair) for pair in merges]
    tokens = list(dict.fromkeys([*tokens, "<|startoftext|>", "<|endoftext|>"]))
    with tempfile.TemporaryDirectory() as name:
        raw = Path(name)
        (raw / "vocab.json").write_text(json.dumps({token: i for i, token in enumerate(tokens)}), encoding="utf-8")
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
        (raw / "merges.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        tokenizer = CLIPTokenizerFast.from_pretrained(raw)
        tokenizer.save_pretrained(raw / "saved")
        shutil.copy(raw / "saved" / "tokenizer.json", folder / "tokenizer.json")
    return tokenizer


def build_model(vocabulary: int, data: Path) -> CLIPModel:
    """Random text side; the vision tower of the LLaVA that it belongs to."""
    llava = LlavaForConditionalGeneration.from_pretrained(data / LLAVA, dtype=torch.float32)
    vision = llava.config.vision_config.to_dict()
    text = {
        "vocab_size": vocabulary,
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_hidden_layers": 3,
        "num_attention_heads": 3,
        "max_position_embeddings": POSITIONS,
        "eos_token_id": vocabulary - 1,
        "bos_token_id": vocabulary - 2,
        "pad_token_id": 0,
        "hidden_act": "quick_gelu",
        "layer_norm_eps": 2e-5,
    }
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=20)).eval()
    generator = np.random.default_rng(SEED)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            value = common.random_parameter(name, parameter.shape, generator)
            parameter.copy_(torch.from_numpy(np.asarray(value)))
    tower = {
        name.split("vision_tower.")[-1].removeprefix("vision_model."): value
        for name, value in llava.state_dict().items()
        if "vision_tower." in name
    }
    own = model.vision_model.state_dict()
    # A LLaVA stops before post_layernorm: what it stores there was never trained, CLIP's counts.
    shared = [name for name in own if name in tower and "post_layernorm" not in name]
    model.vision_model.load_state_dict({name: tower[name] if name in shared else own[name] for name in own})
    return model


def text_rows(model: CLIPModel, ids: list[int], eos: int) -> torch.Tensor:
    """Unit rows [windows, P] of the question's windows of POSITIONS ids, zero padded."""
    model.text_model.eos_token_id = eos
    padded = ids + [0] * (-len(ids) % POSITIONS)
    windows = torch.tensor(padded).reshape(-1, POSITIONS)
    output = model.get_text_features(input_ids=windows)
    rows = output if isinstance(output, torch.Tensor) else output.pooler_output
    return torch.nn.functional.normalize(rows, dim=-1)


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """The keys that the published config.json of a CLIP holds."""
    text = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
            "max_position_embeddings", "eos_token_id", "bos_token_id", "hidden_act", "layer_norm_eps")
    vision = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "image_size",
              "patch_size", "hidden_act", "layer_norm_eps")
    common.write_json(folder / "config.json", {
        "model_type": "clip",
        "projection_dim": 20,
        "text_config": {key: config["text_config"][key] for key in text},
        "vision_config": {key: config["vision_config"][key] for key in vision},
    })


@torch.inference_mode()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=common.DATA)
    data: Path = parser.parse_args().out
    root = data / "text_tower"
    folder = root / "clip"
    shutil.rmtree(root, ignore_errors=True)
    folder.mkdir(parents=True)
    tokenizer = write_tokenizer(folder)
    model = build_model(len(tokenizer), data)
    common.save_tensors(folder / "model.safetensors", dict(model.state_dict()))
    write_config(folder, model.config.to_dict())
    model = model.double()
    features = torch.from_numpy(load_file(data / LLAVA / "expected.safetensors")["features"]).double()
    normal = model.vision_model.post_layernorm(features)
    patches = torch.nn.functional.normalize(model.visual_projection(normal), dim=-1)
    arrays = {"patches": patches.float().numpy()}
    for i, question in enumerate(QUESTIONS):
        ids = tokenizer(question)["input_ids"]
        rows = text_rows(model, ids, len(tokenizer) - 1)
        old = text_rows(model, ids, OLD_EOS)
        relevance = -(patches @ rows.T).mean(dim=1)
        low, high = relevance.min(), relevance.max()
        arrays[f"text_{i}"] = rows.float().numpy()
        arrays[f"old_text_{i}"] = old.float().numpy()
        arrays[f"relevance_{i}"] = ((relevance - low + 1e-6) / (high - low)).float().numpy()
    if all(np.array_equal(arrays[f"text_{i}"], arrays[f"old_text_{i}"]) for i in range(len(QUESTIONS))):
        raise RuntimeError("no question tells the two ways to find the end apart")
    common.save_tensors(root / "expected.safetensors", arrays)
    texts = [*golden_tokenizers.corpus(), *TEXTS, *QUESTIONS]
    ids = [tokenizer(text)["input_ids"] for text in texts]
    common.write_json_lists(root / "case.json", {
        "questions": list(QUESTIONS),
        "llava": LLAVA,
        "seed": SEED,
        "texts": texts,
        "ids": ids,
        "decoded": [tokenizer.backend_tokenizer.decoder.decode(tokenizer.convert_ids_to_tokens(row)) for row in ids],
    })
    common.write_manifest(
        root / "manifest.json",
        command="python tests/golden/make_clip_golden.py",
        scripts=("make_clip_golden.py", "golden_common.py", "golden_tokenizers.py"),
        libraries=("numpy", "safetensors", "tokenizers", "torch", "transformers"),
        dtype="float64 results stored as float32",
        parts=["clip", "case.json", "expected.safetensors"],
        facts={"questions": len(QUESTIONS), "texts": len(texts)},
    )


if __name__ == "__main__":
    main()
