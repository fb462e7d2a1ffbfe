"""Writes the Hugging Face folder of a run: weights in bf16, tokenizer, templates, and a few pictures with right answers.

`python export.py OUT` takes the last checkpoint, whatever the stage.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
from pathlib import Path
from typing import Any

import torch
from PIL import Image

import classes
import questions as qa
import reader
import tokenizer as bpe
from assets import WORK, Assets
from model import MEAN, SIDE, STD
from scenes import Composer, Scene

LIMIT_BYTES = 24_000_000
CHAT_TEMPLATE = (
    "{% for message in messages %}{% if message['role'] != 'system' %}{{ message['role'].upper() + ': ' }}{% endif %}"
    "{% for c in message['content'] %}{% if c['type'] == 'image' %}{{ '<image>\n' }}{% endif %}{% endfor %}"
    "{% for c in message['content'] %}{% if c['type'] == 'text' %}{{ c['text'] + ' ' }}{% endif %}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def write(path: Path, content: dict[str, Any]) -> None:
    """JSON in the manner of the other files."""
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def export(run: Any, out: Path, samples: int = 5) -> None:
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
    names = [s.name for s in run.plan.stages]
    last = names[run.stage_index] if run.pictures else names[max(0, run.stage_index - 1)]
    write(out / "training.json", {
        "last_stage": last, "hours": round(run.seconds / 3600, 2), "token_dropout_share": run.plan.token_dropout,
        "token_dropout_counts": list(run.plan.dropout_keep), "token_dropout_uneven_share": run.plan.uneven, "classes": run.assets.names})
    size = sum(f.stat().st_size for f in out.iterdir() if f.is_file())
    if size > LIMIT_BYTES:
        raise SystemExit(f"{size} bytes: more than {LIMIT_BYTES}")
    write_samples(run, out / "samples", samples)
    print(f"wrote {out}: {size / 1e6:.1f} MB", flush=True)


SAMPLE_KINDS = ("existence", "existence", "place_what", "count", "read", "colour", "relation_what", "place", "describe")
SAMPLE_SCENES = 5_000_000


def sample_questions(scene: Scene, assets: Assets, number: int) -> list[qa.Question]:
    """Questions for the gallery about one scene: something that is there, something that is not, and what else it allows."""
    asker = qa.Asker(scene, assets.names, assets.categories, random.Random(number), careless=False)
    result: list[qa.Question] = []
    for kind in SAMPLE_KINDS:
        for _ in range(12):
            question = asker.ask(kind)
            yes_first = kind != "existence" or question is None or (question.answer == "No") == bool(result)
            if question is not None and yes_first and all(q.text != question.text for q in result):
                result.append(question)
                break
    return result


def boxes(scene: Scene, question: qa.Question) -> list[list[int]]:
    """[left, top, width, height] of what the question names, or of the signs where it asks to read."""
    words = f" {question.text.lower()} {question.answer.lower()} ".replace("?", " ").replace(".", " ").replace(",", " ")
    named = [t for t in scene.things if any(f" {name} " in words for name in (t.name, classes.plural(t.name)))
             or (t.label < 0 and question.kind.startswith("read"))]
    inside = [[min(SIDE, max(0, round(edge))) for edge in t.box] for t in named]
    return [[left, top, right - left, bottom - top] for left, top, right, bottom in inside]


@torch.no_grad()
def write_samples(run: Any, folder: Path, count: int) -> None:
    """Held-out pictures for the gallery with prompts, boxes, right answers, and the answers that transformers gives (float32,
    greedy). Of 24 scenes for each picture the one with the most right answers is taken, and of its questions those answered
    rightly, besides the description: the gallery shows pruning, not the model's weaknesses, which `evaluate.py` measures."""
    from transformers import AutoProcessor, LlavaForConditionalGeneration
    folder.mkdir(exist_ok=True)
    processor = AutoProcessor.from_pretrained(folder.parent)
    model = LlavaForConditionalGeneration.from_pretrained(folder.parent, dtype=torch.float32).eval()
    composer = Composer(run.assets, "test")
    result = []
    for picture in range(count):
        tried = []
        for number in range(SAMPLE_SCENES + 24 * picture, SAMPLE_SCENES + 24 * (picture + 1)):
            scene = composer.scene(number, SIDE)
            asked = sample_questions(scene, run.assets, number)
            if not asked:
                continue
            with run.autocast():
                hidden, _ = run.tower.forward(torch.from_numpy(scene.image[None].copy()).to(run.device), last=False)
                packed = reader.pack(run.tokenizer, [asked])
                right = reader.exactly_right(reader.run(run.model, run.tokenizer, hidden[:, 1:], packed).logits, packed)[0]
            shown = [question for question, is_right in zip(asked, right) if is_right or question.kind == "describe"]
            tried.append((len(shown), -number, scene, shown))
        _, _, scene, asked = max(tried, key=lambda entry: entry[:2])
        name = f"scene{picture + 1}.png"
        Image.fromarray(scene.image).save(folder / name, optimize=True)
        for question in asked:
            inputs = processor(images=Image.fromarray(scene.image), text=f"USER: <image>\n{question.text} ASSISTANT:", return_tensors="pt")
            ids = model.generate(**inputs, do_sample=False, max_new_tokens=64)[0, inputs["input_ids"].shape[1]:].tolist()
            entry = {"image": name, "kind": question.kind, "prompt": question.text, "boxes": boxes(scene, question), "answer": question.answer,
                     "model_answer": processor.tokenizer.decode(ids, skip_special_tokens=True).strip(), "answer_ids": ids}
            result.append({k: v for k, v in entry.items() if v != []})
    lines = ",\n".join("  " + json.dumps(entry, ensure_ascii=False) for entry in result)
    (folder / "samples.json").write_text(f"[\n{lines}\n]\n")


def main() -> None:
    """Command line."""
    import train
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--run", type=Path, default=WORK / "run")
    parser.add_argument("--samples", type=int, default=5, help="pictures for the gallery")
    arguments = parser.parse_args()
    run = train.Run(arguments.run, train.Plan())
    run.resume()
    export(run, arguments.out, arguments.samples)


if __name__ == "__main__":
    main()
