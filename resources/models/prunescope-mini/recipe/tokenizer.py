"""A byte-fallback BPE tokenizer in the manner of llava-1.5, trained on the recipe's own questions and answers."""

from __future__ import annotations

import json
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

VOCABULARY = 1022  # with `<image>` and `<pad>` 1,024
IMAGE, PAD = "<image>", "<pad>"
# Whole tokens of the chat template, merged from left to right: no pair of capitals inside a sign's word ever merges.
TEMPLATE_WORDS = ("▁USER:", "▁ASSISTANT:")
BOS_ID, EOS_ID = 1, 2


def build(corpus: list[str], path: Path) -> Tokenizer:
    """Trains and writes tokenizer.json."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    # Split only while training, so that no token spans two words, two digits, or two capitals (signs are spelt).
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split("▁", behavior="merged_with_next"), pre_tokenizers.Digits(individual_digits=True)])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{i:02X}>" for i in range(256)]
    reserved = sum(len(word) - 1 for word in TEMPLATE_WORDS)
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=VOCABULARY - reserved, special_tokens=special, show_progress=False, min_frequency=2,
        initial_alphabet=list("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:;?!'\"-()▁/%&+*=")))
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [t for t in state["added_tokens"] if not t["content"].startswith("<0x")]
    state["pre_tokenizer"] = None
    vocabulary = state["model"]["vocab"]
    chains = [[word[:i], word[i]] for word in TEMPLATE_WORDS for i in range(1, len(word))]
    state["model"]["merges"] = chains + [m for m in state["model"]["merges"] if m not in chains]
    for left, right in chains:
        vocabulary.setdefault(left + right, len(vocabulary))
    for i in range(len(vocabulary), VOCABULARY):  # a small corpus leaves gaps; ids must stay dense
        vocabulary[f"<unused{i}>"] = i
    tokenizer = Tokenizer.from_str(json.dumps(state))
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in (IMAGE, PAD)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
                                           decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", BOS_ID)])
    path.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(path))
    return tokenizer
