"""Writes the Hugging Face folder of a run: weights in bf16, tokenizer, templates, and a few pictures with right answers.

`python export.py OUT` takes the last checkpoint, whatever the stage.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import questions as qa
import tokenizer as bpe
from assets import WORK
from benchmark import items
from model import MEAN, SIDE, STD

LIMIT_BYTES = 24_000_000
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for c in message['content'] %}{% if c['type'] == 'image' %}{{ '<image>\n' }}{% endif %}{% endfor %}"
    "{% for c in message['content'] %}{% if c['type'] == 'text' %}{{ c['text'] + ' ' }}{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def write(path: Path, content: dict[str, Any]) -> None:
    """JSON in the manner of the other files."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def export(run: Any, out: Path, samples: int = 24) -> None:
    """Writes everything."""
    out.mkdir(parents=True, exist_ok=True)
    pad = run.tokenizer.token_to_id(bpe.PAD)
    model = copy.deepcopy(run.model).to("cpu", torch.bfloat16).eval()
    model.generation_config.bos_token_id, model.generation_config.eos_token_id = bpe.BOS_ID, bpe.EOS_ID
    model.generation_config.pad_token_id = pad
    model.save_pretrained(out)
    run.tokenizer.save(str(out / "tokenizer.json"))
    write(out / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
        "pad_token": bpe.PAD, "add_bos_token": True, "model_max_length": 2048, "clean_up_tokenization_spaces": False})
    write(out / "chat_template.json", {"chat_template": CHAT_TEMPLATE})
    write(out / "preprocessor_config.json", {
        "crop_size": {"height": SIDE, "width": SIDE}, "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True,
        "do_rescale": True, "do_resize": True, "image_mean": MEAN, "image_std": STD, "image_processor_type": "CLIPImageProcessor",
        "resample": 3, "rescale_factor": 1 / 255, "size": {"shortest_edge": SIDE}})
    write(out / "processor_config.json", {
        "patch_size": 14, "vision_feature_select_strategy": "default", "num_additional_image_tokens": 1,
        "image_token": bpe.IMAGE, "processor_class": "LlavaProcessor"})
    write(out / "training.json", {
        "stage": run.stage.name if run.stage_index < len(run.plan.stages) else "finished", "stage_pictures": run.pictures,
        "hours": round(run.seconds / 3600, 2), "token_dropout_share": run.plan.token_dropout,
        "token_dropout_counts": list(run.plan.dropout_keep), "pictures": {s.name: s.pictures for s in run.plan.stages},
        "classes": run.assets.names})
    size = sum(f.stat().st_size for f in out.iterdir() if f.is_file())
    if size > LIMIT_BYTES:
        raise SystemExit(f"{size} bytes: more than {LIMIT_BYTES}")
    write_samples(run, out / "samples", samples)
    print(f"wrote {out}: {size / 1e6:.1f} MB", flush=True)


def write_samples(run: Any, folder: Path, count: int) -> None:
    """Held-out pictures with prompts, right answers, and the answer ids that transformers gives (float32, greedy)."""
    from transformers import AutoProcessor, LlavaForConditionalGeneration
    folder.mkdir(exist_ok=True)
    processor = AutoProcessor.from_pretrained(folder.parent)
    model = LlavaForConditionalGeneration.from_pretrained(folder.parent, dtype=torch.float32).eval()
    groups = list(qa.GROUPS)
    result = []
    for number in range(count):
        group = groups[number % len(groups)]
        image, question = next(items(run.assets, group, 1, first=5_000_000 + number * 50))
        name = f"{number:02d}.png"
        Image.fromarray(image).save(folder / name, optimize=True)
        prompt = f"USER: <image>\n{question.text} ASSISTANT:"
        inputs = processor(images=Image.fromarray(image), text=prompt, return_tensors="pt")
        with torch.no_grad():
            ids = model.generate(**inputs, do_sample=False, max_new_tokens=48)[0, inputs["input_ids"].shape[1]:].tolist()
        result.append({"image": name, "prompt": prompt, "task": group, "answer": question.answer, "answer_ids": ids,
                       "answer_text": processor.tokenizer.decode(ids, skip_special_tokens=True)})
    write(folder / "samples.json", {"samples": result})


def main() -> None:
    """Command line."""
    import train
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", type=Path, default=WORK / "run")
    parser.add_argument("--samples", type=int, default=24)
    arguments = parser.parse_args()
    run = train.Run(arguments.run, train.Plan())
    run.resume()
    export(run, arguments.out, arguments.samples)


if __name__ == "__main__":
    main()
