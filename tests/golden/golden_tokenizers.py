"""Golden data of the tokenizers: a corpus of difficult strings with ids and decoded text."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencepiece
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

import golden_common as common

RANDOM_TEXTS = 110

PLAIN = (
    "",
    " ",
    "  ",
    "     ",
    "\n",
    "\n\n",
    "\t",
    "\r\n",
    "a",
    " a",
    "a ",
    "  a",
    "a  ",
    " a ",
    "a b",
    "a  b",
    "a   b    c",
    "Hello",
    "hello world",
    "Hello, world!",
    "What is in the picture?",
    "Is there a dog in the picture?",
    "How many birds are there?",
    "picture",
    "pictures",
    "PICTURE",
    "thethethethe",
    "the the the the",
    "there's a cat; isn't it?",
    "well\u2019s \u201cquoted\u201d \u2014 dash \u2026",
    "0",
    "12",
    "123 456",
    "3.14159",
    "-17",
    "1,000,000",
    "2026-08-21T12:34:56Z",
    "0x1F",
    "a1b2c3",
    "x = y**2 + 1;",
    "if (a < b && c > d) { return; }",
    "<html><body>text</body></html>",
    "https://example.org/a_b?c=d&e=%20f",
    "user@example.org",
    "C:\\path\\file.txt",
    "#hashtag @mention $5.00 50%",
    "line one\nline two",
    "line one\n\nline three",
    "trailing newline\n",
    "\nleading newline",
    " \n ",
    "a\n b\n  c",
    "tab\tseparated\tvalues",
    "carriage\rreturn",
    "vertical\x0btab and form\x0cfeed",
    "null\x00byte",
    "bell\x07 and escape\x1b[0m",
    "delete\x7f",
    "caf\u00e9",
    "cafe\u0301",
    "na\u00efve fa\u00e7ade \u00fcber stra\u00dfe",
    "\u00c5ngstr\u00f6m",
    "A\u030angstro\u0308m",
    "Z\u0351\u0343a\u0317\u0338l\u031bg\u0321o\u0328",
    "\u0301starts with a combining mark",
    "\u4f60\u597d\uff0c\u4e16\u754c",
    "\u3053\u3093\u306b\u3061\u306f\u4e16\u754c",
    "\uc548\ub155\ud558\uc138\uc694",
    "\u1112\u1161\u11ab\u1100\u1173\u11af",
    "\u041f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440",
    "\u0393\u03b5\u03b9\u03ac \u03c3\u03bf\u03c5",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\u0928\u092e\u0938\u094d\u0924\u0947",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
    "mixed \u4e2d\u6587 and English",
    "\U0001f415",
    "\U0001f415\U0001f408",
    "dog \U0001f415 cat \U0001f408",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "\U0001f44d\U0001f3fd",
    "\U0001f1e8\U0001f1ed",
    "\u2764\ufe0f",
    "1\ufe0f\u20e3",
    "\u200b",
    "zero\u200bwidth",
    "no\u00a0break",
    "em\u2003space",
    "ideographic\u3000space",
    "\u2028line separator",
    "\ufeffbyte order mark",
    "\ufffd",
    "\ufffe\uffff",
    "\U0010ffff",
    "\ue000 private use",
    "\u2581",
    "\u2581a",
    "a\u2581b",
    " \u2581 ",
    "\ufb01ligature \u2460 \u00bd \u00b2",
    "\u0130stanbul \u0131",
    "\u01c5 \ua64a",
    "<0x41>",
    "<0x0A>",
    "<unk>",
    "<UNK>",
    "< s>",
    "<s",
    "s>",
    "<>",
    "<image",
    "image>",
    "<IMAGE>",
    "<image >",
    "\\<image\\>",
    "&lt;image&gt;",
    "the " * 60,
    "a" * 300,
    " " * 70,
    "\n" * 40,
    "\U0001f415" * 20,
    "What is in the picture? " * 30,
)

PROMPTS = (
    "USER: <image>\nWhat is in the picture? ASSISTANT:",
    "USER: <image>\nIs there a dog? ASSISTANT: No USER: Where is the cat? ASSISTANT:",
    "USER: <image>\n ASSISTANT:",
    "USER: <image>\n\n\nHow many? ASSISTANT:",
    "USER:<image>What? ASSISTANT:",
    "USER: What is in the picture? ASSISTANT:",
    "USER: <image>\nWhat? ASSISTANT: A cat.</s>USER: Where? ASSISTANT:",
    "A chat between a curious user and an artificial intelligence assistant. USER: <image>\nWhat? ASSISTANT:",
    "[INST] <image>\nWhat is it? [/INST]",
    "<|im_start|>user\n<image>\nWhat?<|im_end|>\n<|im_start|>assistant\n",
)

SPECIALS = (common.IMAGE, common.PAD, common.BOS, common.EOS, common.UNK)
AROUND = ("{0}", "{0}{0}", "a{0}b", "a {0} b", "{0}a", "a{0}", " {0}", "{0} ", "{0}\n{0}", "{0}\n")
PAIRS = ("<image><pad>", "<s><image>", "</s><s>", "<pad></s>", "<image> <image>", "<unk><image>a")

FRAGMENTS = (
    "the",
    "picture",
    "USER:",
    "Is",
    "red",
    "cat",
    "zq",
    "42",
    "7",
    " ",
    "  ",
    "\n",
    ".",
    "?!",
    ",",
    "-",
    "\u00e9",
    "e\u0301",
    "\u4e2d",
    "\U0001f408",
    "<image>",
    "<pad>",
    "</s>",
    "\t",
    "_",
    "T",
)

SENTENCEPIECE_TEXT = (
    "USER: What is in the picture? ASSISTANT: There is a red cat on the table.",
    "Is there a dog in the picture? No, there is not.",
    "How many birds are there? There are 3 of them, and 12 more.",
    " two  spaces here",
    "the boat is at the top left of the picture near the trees",
)
SENTENCEPIECE_VOCABULARY = 400


def random_text(seed: int) -> str:
    """Two to nine fragments, half of them followed by a space, chosen by the picture generator."""
    numbers = common.lcg_bytes(seed, 32).tolist()
    parts = []
    for index in range(2 + numbers[0] % 8):
        parts.append(FRAGMENTS[numbers[2 * index + 1] % len(FRAGMENTS)])
        parts.append(" " if numbers[2 * index + 2] >= 128 else "")
    return "".join(parts)


def corpus() -> list[str]:
    """Every text once, in a fixed order."""
    special = [form.format(token) for token in SPECIALS for form in AROUND]
    random = [random_text(seed) for seed in range(1, RANDOM_TEXTS + 1)]
    return list(dict.fromkeys([*PLAIN, *PROMPTS, *special, *PAIRS, *random]))


def train_sentencepiece() -> bytes:
    """A small Llama-style model: BPE, byte fallback, text left as it is."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCEPIECE_TEXT * 3),
        model_writer=model,
        model_type="bpe",
        vocab_size=SENTENCEPIECE_VOCABULARY,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        split_digits=True,
        character_coverage=1.0,
        unk_id=0,
        bos_id=1,
        eos_id=2,
        pad_id=-1,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def without_dummy_prefix(model: bytes) -> bytes:
    """The same model with `normalizer_spec.add_dummy_prefix` false: protobuf fields merge."""
    return model + b"\x1a\x02\x18\x00"


def write_sentencepiece_folder(folder: Path) -> None:
    """Writes a tokenizer folder that has a tokenizer.model and no tokenizer.json."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "tokenizer.model").write_bytes(train_sentencepiece())
    image_id = SENTENCEPIECE_VOCABULARY
    common.write_json(
        folder / "added_tokens.json", {common.IMAGE: image_id, common.PAD: image_id + 1}
    )
    common.write_json(
        folder / "tokenizer_config.json",
        {**common.TOKENIZER_CONFIG, "tokenizer_class": "LlamaTokenizer", "legacy": False},
    )


@dataclass(frozen=True)
class Source:
    """The file that a tokenizer is read from: where it is now, and from the repository's root."""

    file: Path
    name: str


def entry(
    source: Source,
    texts: list[str],
    encode: Callable[[str], list[int]],
    decode: Callable[[list[int]], str],
    prefix_ids: list[int],
) -> dict[str, Any]:
    """The golden lists of one tokenizer."""
    ids = [encode(text) for text in texts]
    return {
        "source": source.name,
        "source_sha256": common.sha256(source.file.read_bytes()),
        "prefix_ids": prefix_ids,
        "ids": ids,
        "decoded": [decode(item) for item in ids],
    }


def huggingface_entry(
    source: Source, texts: list[str], tokenizer: PreTrainedTokenizerBase
) -> dict[str, Any]:
    """The golden lists of a transformers tokenizer, with a check of what special tokens add."""
    prefix = tokenizer("")["input_ids"]

    def encode(text: str) -> list[int]:
        plain = tokenizer(text, add_special_tokens=False)["input_ids"]
        if tokenizer(text)["input_ids"] != prefix + plain:
            raise RuntimeError(f"special tokens are not a prefix: {text!r}")
        return plain

    def decode(ids: list[int]) -> str:
        return tokenizer.decode(ids, skip_special_tokens=True)

    return entry(source, texts, encode, decode, prefix)


def raw_entry(source: Source, texts: list[str], model: bytes) -> dict[str, Any]:
    """The golden lists of the sentencepiece library itself, which knows no added tokens."""
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return entry(source, texts, processor.encode, processor.decode, [])


def write_tokenizers(root: Path, starter_tokenizer: Path, starter_name: str) -> None:
    """Writes the sentencepiece folder and tokenizer_corpus.json.

    `starter_name` is the path of that tokenizer.json from the root of the repository.
    """
    folder = root / "sentencepiece"
    write_sentencepiece_folder(folder)
    model = (folder / "tokenizer.model").read_bytes()
    texts = corpus()
    starter = Source(starter_tokenizer, starter_name)

    def golden(name: str) -> Source:
        return Source(root / name, f"tests/golden/data/{name}")

    def from_json(source: Source) -> dict[str, Any]:
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_file=str(source.file),
            bos_token=common.BOS,
            eos_token=common.EOS,
            unk_token=common.UNK,
            pad_token=common.PAD,
            clean_up_tokenization_spaces=False,
        )
        return huggingface_entry(source, texts, tokenizer)

    spm = golden("sentencepiece/tokenizer.model")

    def from_model(legacy: bool) -> dict[str, Any]:
        return huggingface_entry(spm, texts, AutoTokenizer.from_pretrained(folder, legacy=legacy))

    tokenizers = {
        "starter": from_json(starter),
        "prepend_few_bytes": from_json(golden("clip_llama_default/tokenizer.json")),
        "metaspace_first": from_json(golden("clip_llama_list_full/tokenizer.json")),
        "model_legacy_false": from_model(False),
        "model_legacy_true": from_model(True),
        "raw_dummy_prefix": raw_entry(spm, texts, model),
        "raw_no_prefix": raw_entry(spm, texts, without_dummy_prefix(model)),
    }
    common.write_json_lists(
        root / "tokenizer_corpus.json", {"texts": texts, "tokenizers": tokenizers}
    )
