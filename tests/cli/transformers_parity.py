"""Answer ids of prunescope-cli, un-pruned, against Hugging Face transformers, for 50 pictures x prompts.

usage: transformers_parity.py PROGRAM MODEL_DIR [COUNT [SET]]
With SET, a folder like resources/benchmark, the answers to COUNT of its questions instead, as `eval` gives them.
Exits with 77 (skipped) where transformers is not installed.
"""

import json
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import torch
    from PIL import Image, ImageOps
    from transformers import AutoProcessor, LlavaForConditionalGeneration
except ImportError as missing:
    print(f"skipped: {missing.name} is not installed")
    sys.exit(77)

QUESTIONS = [
    "Is there a dog in the picture?",
    "Is there a whale in the picture?",
    "How many trucks are there?",
    "What is in the picture?",
    "Is there a giraffe in the picture? Answer yes or no.",
    "Where is the apple?",
    "Is there a  lemon\nin the picture?",
]
EXACT = ["--dtype", "fp32", "--device", "cpu"]


def variant(picture, rng):
    """A mirrored or cut version, so that fifty pictures differ in content and shape."""
    if rng.random() < 0.5:
        picture = ImageOps.mirror(picture)
    width, height = picture.size
    left, top = rng.randrange(width // 4), rng.randrange(height // 4)
    right, bottom = width - rng.randrange(width // 4), height - rng.randrange(height // 4)
    return picture.crop((left, top, right, bottom))


def expected_ids(model, processor, picture, question):
    """What transformers generates, float32, greedy."""
    turns = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}]
    text = processor.apply_chat_template(turns, add_generation_prompt=True)
    inputs = processor(images=picture, text=text, return_tensors="pt")
    with torch.inference_mode():
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=16)
    return ids[0, inputs["input_ids"].shape[1]:].tolist()


def ids_differ(program, folder, model, processor, count):
    """How many of `count` runs on cut and mirrored samples give other ids."""
    pictures = [Image.open(path).convert("RGB") for path in sorted((folder / "samples").glob("*.png"))]
    rng = random.Random(7)
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for i in range(count):
            picture = variant(pictures[i % len(pictures)], rng)
            path = pathlib.Path(scratch) / f"{i}.png"
            picture.save(path)
            question = QUESTIONS[i % len(QUESTIONS)]
            expected = expected_ids(model, processor, picture, question)
            done = subprocess.run([program, "run", "--json", "--method", "none", "--model", folder, "--image", path,
                                   "--prompt", question, "--max-new-tokens", "16", *EXACT],
                                  capture_output=True, text=True, check=True)
            got = json.loads(done.stdout)["answer_ids"]
            if got != expected:
                wrong += 1
                print(f"{i}: {question!r} on {picture.size}: {got}, transformers {expected}")
    return wrong


def answers_differ(program, folder, model, processor, count, sample_set):
    """How many answers to `count` questions of a sample set differ."""
    items = {item["id"]: item for item in map(json.loads, (sample_set / "items.jsonl").read_text().splitlines())}
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        subprocess.run([program, "eval", "--set", sample_set, "--methods", "none", "--limit", str(count), "--model", folder,
                        "--max-new-tokens", "16", *EXACT, "--out", scratch, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        lines = [json.loads(line) for line in (pathlib.Path(scratch) / "results.jsonl").read_text().splitlines()]
    for line in lines:
        item = items[line["sample"]]
        picture = Image.open(sample_set / item["image"]).convert("RGB")
        ids = expected_ids(model, processor, picture, item["question"])
        expected = processor.tokenizer.decode(ids, skip_special_tokens=True).strip()
        if line["answer"].strip() != expected:
            wrong += 1
            print(f"{item['id']}: {item['question']!r}: {line['answer']!r}, transformers {expected!r}")
    if len(lines) != count:
        sys.exit(f"{len(lines)} answers, not {count}")
    return wrong


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 50
    torch.set_num_threads(2)
    processor = AutoProcessor.from_pretrained(folder, use_fast=False)
    model = LlavaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    if len(sys.argv) > 4:
        wrong = answers_differ(program, folder, model, processor, count, pathlib.Path(sys.argv[4]))
    else:
        wrong = ids_differ(program, folder, model, processor, count)
    print(f"{count - wrong} of {count} answers equal")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
