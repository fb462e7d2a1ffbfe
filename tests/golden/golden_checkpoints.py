"""Writes tiny random LLaVA checkpoints and what Hugging Face transformers computes with them."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from PIL import Image
from transformers import AutoConfig, LlavaForConditionalGeneration, PreTrainedTokenizerFast
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

import golden_common as common

transformers.utils.logging.disable_progress_bar()

GREEDY_STEPS = 16
MIN_GAP = 1e-3
MAX_FLOAT32_NOISE = 1e-4
MIN_DISTINCT_IDS = 6
MAX_SEEDS = 200


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint folder: its configuration, how it is stored, and the run made with it.

    `config`: the text of config.json. `same_as`: another case whose weights, picture, prompt and
    results this one shares. `sharded`: let `save_pretrained` write 20 KB shards and config.json.
    """

    name: str
    config: dict[str, Any]
    tokenizer: dict[str, Any]
    preprocessor: dict[str, Any]
    question: str
    picture_size: tuple[int, int]
    first_seed: int
    layout: str = "A"
    dtype: torch.dtype = torch.float32
    half_exact: bool = False
    sharded: bool = False
    same_as: str | None = None
    files: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GreedyRun:
    """Greedy continuation: ids, logits of every step, smallest gap between the two best."""

    ids: list[int]
    logits: torch.Tensor
    min_gap: float


def fill_randomly(model: torch.nn.Module, seed: int, half_exact: bool) -> None:
    """Gives every parameter random values, in the order of the parameter names."""
    generator = np.random.default_rng(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            value = common.random_parameter(name, parameter.shape, generator)
            if half_exact:
                value = common.round_to_half_formats(value)
            parameter.copy_(torch.from_numpy(value))


def build_model(
    config: dict[str, Any], seed: int, half_exact: bool
) -> LlavaForConditionalGeneration:
    """A float32 model of `config` with random parameters."""
    with tempfile.TemporaryDirectory() as folder:
        common.write_json(Path(folder) / "config.json", config)
        parsed = AutoConfig.from_pretrained(folder)
    parsed.dtype = torch.float32
    model = LlavaForConditionalGeneration(parsed)
    fill_randomly(model, seed, half_exact)
    return model.eval()


def write_weights(
    folder: Path, model: LlavaForConditionalGeneration, layout: str, dtype: torch.dtype
) -> None:
    """Writes model.safetensors in a naming layout; a tied head is left out, as savers do."""
    tied = model.config.tie_word_embeddings
    tensors = {
        common.spell_name(name, layout): value.to(dtype)
        for name, value in model.state_dict().items()
        if not (tied and name == "lm_head.weight")
    }
    common.save_tensors(folder / "model.safetensors", tensors)


def open_model(folder: Path, dtype: torch.dtype) -> LlavaForConditionalGeneration:
    """Opens a checkpoint folder the way a user does; fails if a tensor is missing or unknown."""
    model, report = LlavaForConditionalGeneration.from_pretrained(
        folder, dtype=dtype, attn_implementation="eager", output_loading_info=True
    )
    problems = {key: value for key, value in report.items() if value}
    if problems:
        raise RuntimeError(f"{folder.name}: {problems}")
    return model.eval()


def assert_same_parameters(
    left: LlavaForConditionalGeneration, right: LlavaForConditionalGeneration
) -> None:
    """Fails when two models differ in any parameter."""
    expected = left.state_dict()
    for name, value in right.state_dict().items():
        if not torch.equal(value, expected[name]):
            raise RuntimeError(f"{name} changed on its way through the files")


def prompt_ids(
    tokenizer: PreTrainedTokenizerFast, prompt: str, image_id: int, count: int
) -> list[int]:
    """The ids of `prompt`, its single `<image>` repeated `count` times."""
    ids: list[int] = []
    for token in tokenizer(prompt)["input_ids"]:
        ids.extend([token] * (count if token == image_id else 1))
    return ids


def vision_stages(
    model: LlavaForConditionalGeneration, pixels: torch.Tensor
) -> dict[str, torch.Tensor]:
    """`hidden` [L+1, n, D], `features` and `projected` [m, .] of one picture."""
    output = model.model.vision_tower(pixels, output_hidden_states=True)
    hidden = torch.cat(output.hidden_states)
    layers = model.config.vision_feature_layer
    chosen = [layers] if isinstance(layers, int) else layers
    start = 1 if model.config.vision_feature_select_strategy == "default" else 0
    features = torch.cat([hidden[layer, start:] for layer in chosen], dim=-1)
    projected = model.get_image_features(pixel_values=pixels, return_dict=True).pooler_output[0]
    return {"hidden": hidden, "features": features, "projected": projected}


def generate(
    model: LlavaForConditionalGeneration, ids: torch.Tensor, pixels: torch.Tensor
) -> GreedyRun:
    """Greedy decoding that no stop token ends."""
    output = model.generate(
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        pixel_values=pixels,
        do_sample=False,
        max_new_tokens=GREEDY_STEPS,
        eos_token_id=None,
        pad_token_id=0,
        output_logits=True,
        return_dict_in_generate=True,
    )
    logits = torch.cat(output.logits).double()
    best = logits.topk(2, dim=-1).values
    gap = (best[:, 0] - best[:, 1]).min().item()
    return GreedyRun(output.sequences[0, ids.shape[1] :].tolist(), logits, gap)


def answer_attention(
    model: LlavaForConditionalGeneration, ids: list[int], pixels: torch.Tensor, answer: list[int]
) -> torch.Tensor:
    """[T, m]: what the position that predicts each answer token pays to each visual row.

    The mean over layers and heads of the language model's softmax weights.
    """
    tokens = torch.tensor([ids + answer[:-1]])
    output = model(input_ids=tokens, pixel_values=pixels, output_attentions=True)
    mean = torch.cat(output.attentions).double().mean(dim=(0, 1))
    visual = torch.tensor(ids) == model.config.image_token_id
    return mean[len(ids) - 1 :, : len(ids)][:, visual]


def stage_pictures(pixels: np.ndarray, processor: CLIPImageProcessorPil) -> dict[str, np.ndarray]:
    """The picture after resizing, after cropping, and as the model gets it."""
    image = Image.fromarray(pixels, "RGB")
    plain = {"do_rescale": False, "do_normalize": False, "return_tensors": "np"}
    resized = processor(image, do_center_crop=False, **plain)["pixel_values"][0]
    cropped = processor(image, **plain)["pixel_values"][0]
    values = processor(image, return_tensors="np")["pixel_values"]
    return {
        "image_rgb": pixels,
        "image_resized": np.moveaxis(resized, 0, -1).astype(np.uint8),
        "image_cropped": np.moveaxis(cropped, 0, -1).astype(np.uint8),
        "pixel_values": values.astype(np.float32),
    }


def largest_error(value: torch.Tensor, truth: torch.Tensor) -> float:
    """The largest |value - truth| / (|truth| + 1)."""
    return ((value.double() - truth).abs() / (truth.abs() + 1)).max().item()


@torch.inference_mode()
def run_checkpoint(
    folder: Path, spec: Checkpoint
) -> tuple[dict[str, np.ndarray], dict[str, Any]] | None:
    """Everything transformers says about one checkpoint.

    None when its greedy continuation is no good test: two ids too close, a special id, or nearly
    always the same id.
    """
    truth, single = open_model(folder, torch.float64), open_model(folder, torch.float32)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    processor = CLIPImageProcessorPil.from_pretrained(folder)
    width, height = spec.picture_size
    stages = stage_pictures(common.picture(width, height, spec.first_seed), processor)
    pixels = torch.from_numpy(stages["pixel_values"])
    vision = vision_stages(truth, pixels.double())
    image_id = truth.config.image_token_id
    ids = prompt_ids(
        tokenizer, common.prompt_for(spec.question), image_id, len(vision["projected"])
    )
    tokens = torch.tensor([ids])
    greedy = generate(truth, tokens, pixels.double())
    special = {0, 1, 2, *range(image_id, truth.config.text_config.vocab_size)}
    varied = len(set(greedy.ids)) >= MIN_DISTINCT_IDS and not special & set(greedy.ids)
    if greedy.min_gap <= MIN_GAP or not varied:
        return None
    logits = truth(input_ids=tokens, pixel_values=pixels.double()).logits[0]
    paid = answer_attention(truth, ids, pixels.double(), greedy.ids)
    results = {**vision, "logits": logits, "step_logits": greedy.logits, "answer_attention": paid}

    rough_run = generate(single, tokens, pixels)
    rough = {
        **vision_stages(single, pixels),
        "logits": single(input_ids=tokens, pixel_values=pixels).logits[0],
        "step_logits": rough_run.logits,
        "answer_attention": answer_attention(single, ids, pixels, rough_run.ids),
    }
    noise = {name: largest_error(rough[name], results[name]) for name in results}
    if rough_run.ids != greedy.ids or max(noise.values()) > MAX_FLOAT32_NOISE:
        return None

    arrays = {name: value.float().numpy() for name, value in results.items()}
    arrays |= stages
    arrays["input_ids"] = np.array(ids, dtype=np.int64)
    arrays["greedy_ids"] = np.array(greedy.ids, dtype=np.int64)
    facts = {
        "answer": tokenizer.decode(greedy.ids, skip_special_tokens=True),
        "min_top2_gap": round(greedy.min_gap, 6),
        "transformers_float32_error": {
            name: float(f"{value:.3g}") for name, value in noise.items()
        },
    }
    return arrays, facts


def write_folder(folder: Path, spec: Checkpoint, seed: int) -> None:
    """Writes the checkpoint folder of `spec` with the weights of `seed`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    model = build_model(spec.config, seed, spec.half_exact)
    if spec.sharded:
        model.save_pretrained(folder, max_shard_size="20KB")
    else:
        common.write_json(folder / "config.json", spec.config)
        write_weights(folder, model, spec.layout, spec.dtype)
    common.write_json(folder / "tokenizer.json", spec.tokenizer)
    common.write_json(folder / "tokenizer_config.json", common.TOKENIZER_CONFIG)
    common.write_json(folder / "preprocessor_config.json", spec.preprocessor)
    for name, content in spec.files.items():
        common.write_json(folder / name, content)
    assert_same_parameters(open_model(folder, torch.float32), model)


def write_case(root: Path, spec: Checkpoint) -> None:
    """Writes one case: checkpoint folder, picture, case.json and expected.safetensors."""
    folder = root / spec.name
    if spec.same_as is None:
        for seed in range(spec.first_seed, spec.first_seed + MAX_SEEDS):
            write_folder(folder, spec, seed)
            outcome = run_checkpoint(folder, spec)
            if outcome is not None:
                break
        else:
            raise RuntimeError(f"{spec.name}: no seed gives clear greedy steps")
        arrays, facts = outcome
        common.save_png(folder / "picture.png", arrays["image_rgb"])
        common.save_tensors(folder / "expected.safetensors", arrays)
        source = spec.name
    else:
        source = spec.same_as
        facts = json.loads((root / source / "case.json").read_text(encoding="utf-8"))
        seed = facts["weight_seed"]
        write_folder(folder, spec, seed)
        with torch.inference_mode():
            assert_same_parameters(
                open_model(folder, torch.float32), open_model(root / source, torch.float32)
            )
    common.write_json(
        folder / "case.json",
        {
            "name": spec.name,
            "layout": spec.layout,
            "dtype": str(spec.dtype).removeprefix("torch."),
            "weight_seed": seed,
            "picture_seed": spec.first_seed,
            "picture": f"{source}/picture.png",
            "expected": f"{source}/expected.safetensors",
            "question": spec.question,
            "prompt": common.prompt_for(spec.question),
            "answer": facts["answer"],
            "min_top2_gap": facts["min_top2_gap"],
            "transformers_float32_error": facts["transformers_float32_error"],
        },
    )


def clip_config(**changes: Any) -> dict[str, Any]:
    """A small CLIP tower: 28-pixel picture, 4 by 4 patches, four layers of width 32."""
    return {
        "model_type": "clip_vision_model",
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 4,
        "num_attention_heads": 4,
        "image_size": 28,
        "patch_size": 7,
        "layer_norm_eps": 2e-5,
        **changes,
    }


def llama_config(**changes: Any) -> dict[str, Any]:
    """A small Llama decoder: three layers of width 40, five heads that share one key head."""
    return {
        "model_type": "llama",
        "hidden_size": 40,
        "intermediate_size": 56,
        "num_hidden_layers": 3,
        "num_attention_heads": 5,
        "num_key_value_heads": 1,
        "head_dim": 8,
        "vocab_size": 101,
        "rms_norm_eps": 3e-5,
        "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0},
        "max_position_embeddings": 512,
        **changes,
    }


def llava_config(
    vision: dict[str, Any], text: dict[str, Any], image_id: int, **changes: Any
) -> dict[str, Any]:
    """The config.json of a LLaVA model."""
    return {
        "architectures": ["LlavaForConditionalGeneration"],
        "model_type": "llava",
        "image_token_index": image_id,
        "pad_token_id": image_id + 1,
        "text_config": text,
        "vision_config": vision,
        "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default",
        **changes,
    }


FEW_BYTES = (0x0A, 0xC3, 0xA9)


def checkpoints() -> list[Checkpoint]:
    """The cases, in the order in which they are written."""
    small_tokenizer = common.tokenizer_json(99, "prepend", FEW_BYTES)
    side_28 = common.preprocessor_config(28)
    gqa_text = llama_config(
        hidden_size=32,
        num_attention_heads=4,
        num_key_value_heads=2,
        num_hidden_layers=2,
        vocab_size=112,
        rms_norm_eps=1e-5,
    )
    gqa_vision = clip_config(hidden_size=24, intermediate_size=40, num_attention_heads=3)
    gqa = {
        "config": llava_config(gqa_vision, gqa_text, 99),
        "tokenizer": small_tokenizer,
        "preprocessor": side_28,
        "question": "Where is the red boat?",
        "picture_size": (30, 52),
        "first_seed": 300,
        "half_exact": True,
    }
    sparse_config = {
        "model_type": "llava",
        "image_token_index": 99,
        "text_config": {
            "model_type": "llama",
            "hidden_size": 24,
            "intermediate_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 3,
            "vocab_size": 104,
            "torch_dtype": "bfloat16",
        },
        "torch_dtype": "bfloat16",
        "vision_config": {
            "model_type": "clip_vision_model",
            "hidden_size": 12,
            "intermediate_size": 16,
            "image_size": 64,
        },
    }
    return [
        Checkpoint(
            name="clip_llama_default",
            config=llava_config(clip_config(), llama_config(), 99),
            tokenizer=small_tokenizer,
            preprocessor=side_28,
            question="What is in the picture?",
            picture_size=(45, 31),
            first_seed=100,
            sharded=True,
        ),
        Checkpoint(
            name="clip_llama_list_full",
            config=llava_config(
                clip_config(hidden_size=16, intermediate_size=24),
                llama_config(
                    hidden_size=24,
                    num_attention_heads=3,
                    intermediate_size=40,
                    num_hidden_layers=2,
                    vocab_size=324,
                    attention_bias=True,
                    tie_word_embeddings=True,
                ),
                320,
                vision_feature_layer=[-3, -1],
                vision_feature_select_strategy="full",
                tie_word_embeddings=True,
            ),
            tokenizer=common.tokenizer_json(320, "first"),
            preprocessor=side_28,
            question="Is there a caf\u00e9 \u2014 or a dog \U0001f415?",
            picture_size=(33, 47),
            first_seed=200,
        ),
        Checkpoint(name="clip_llama_gqa_a_bf16", dtype=torch.bfloat16, layout="A", **gqa),
        Checkpoint(
            name="clip_llama_gqa_b_fp16",
            dtype=torch.float16,
            layout="B",
            same_as="clip_llama_gqa_a_bf16",
            **gqa,
        ),
        Checkpoint(
            name="clip_llama_gqa_c_bf16",
            dtype=torch.bfloat16,
            layout="C",
            same_as="clip_llama_gqa_a_bf16",
            **gqa,
        ),
        Checkpoint(
            name="clip_llama_sparse",
            config=sparse_config,
            tokenizer=small_tokenizer,
            preprocessor={"crop_size": 64, "size": 64},
            question="How many birds?",
            picture_size=(41, 33),
            first_seed=400,
            dtype=torch.bfloat16,
            half_exact=True,
        ),
    ]
