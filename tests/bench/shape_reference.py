#!/usr/bin/env python3
"""Times of Hugging Face's modules at LLaVA-1.5-7B's shapes with random weights: the baseline of
shape_bench, on the same machine.

    shape_reference.py [--dtype float16] [--visual 576,64,32,16] [--text 30]

Needs torch and transformers. Nothing is downloaded.
"""

import argparse
import time

import torch
from transformers import CLIPVisionConfig, CLIPVisionModel, LlamaConfig, LlamaForCausalLM


def synchronized(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def milliseconds(work, device):
    synchronized(device)
    start = time.perf_counter()
    result = work()
    synchronized(device)
    return result, (time.perf_counter() - start) * 1000


def percentile(samples, share):
    """Nearest rank, as in percentiles.h."""
    ordered = sorted(samples)
    rank = max(1, -(-len(ordered) * share // 100))
    return ordered[int(rank) - 1]


def models(args, device):
    """A vision tower and a language model, made on the device."""
    with device:
        vision = CLIPVisionModel(CLIPVisionConfig(
            hidden_size=1024, intermediate_size=4096, num_hidden_layers=args.encoder_layers,
            num_attention_heads=16, image_size=336, patch_size=14, attn_implementation="sdpa"))
        language = LlamaForCausalLM(LlamaConfig(
            hidden_size=4096, intermediate_size=11008, num_hidden_layers=args.layers,
            num_attention_heads=32, num_key_value_heads=32, vocab_size=32064,
            max_position_embeddings=4096, rms_norm_eps=1e-5, attn_implementation="sdpa"))
    return vision.eval(), language.eval()


def answer(language, sequence, tokens, device):
    """Milliseconds of the prompt's pass and of one token after it."""
    output, prefill = milliseconds(
        lambda: language(inputs_embeds=sequence, use_cache=True, logits_to_keep=1), device)

    def decode():
        cache, logits = output.past_key_values, output.logits
        for _ in range(tokens - 1):
            chosen = int(logits[0, -1].argmax())
            step = language(input_ids=torch.tensor([[chosen]], device=device),
                            past_key_values=cache, use_cache=True)
            cache, logits = step.past_key_values, step.logits
        return int(logits[0, -1].argmax())

    _, decoding = milliseconds(decode, device)
    return prefill, decoding / (tokens - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--dtype", default="float16")
    parser.add_argument("--visual", default="576,64,32,16")
    parser.add_argument("--text", type=int, default=30, help="text tokens of the prompt")
    parser.add_argument("--layers", type=int, default=32)
    parser.add_argument("--encoder-layers", type=int, default=24)
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--answer-tokens", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1e9, help="begin no row after this time")
    args = parser.parse_args()
    started = time.monotonic()
    device = torch.device(args.device)
    torch.set_default_dtype(getattr(torch, args.dtype))
    torch.manual_seed(0)
    vision, language = models(args, device)
    print(f"transformers, {args.dtype}, clip {args.encoder_layers} x 1024, "
          f"llama {args.layers} x 4096, {args.text} text tokens; milliseconds")
    warm_ups = 2
    with torch.inference_mode():
        pixels = torch.randn(1, 3, 336, 336, device=device)
        samples = [milliseconds(lambda: vision(pixels, output_hidden_states=True), device)[1]
                   for _ in range(args.iterations + warm_ups)][warm_ups:]
        print(f"encode: p50 {percentile(samples, 50):.2f} p95 {percentile(samples, 95):.2f}", flush=True)
        for n_visual in map(int, args.visual.split(",")):
            if time.monotonic() - started > args.seconds:
                print("out of time")
                break
            sequence = torch.randn(1, n_visual + args.text, 4096, device=device)
            pairs = [answer(language, sequence, args.answer_tokens, device)
                     for _ in range(args.iterations + warm_ups)][warm_ups:]
            prefill, token = zip(*pairs)
            print(f"{n_visual} visual tokens: prefill p50 {percentile(prefill, 50):.2f} "
                  f"p95 {percentile(prefill, 95):.2f}, token p50 {percentile(token, 50):.2f} "
                  f"p95 {percentile(token, 95):.2f}", flush=True)
    if device.type == "cuda":
        print(f"peak {torch.cuda.max_memory_allocated(device) / 2**30:.2f} GiB")


if __name__ == "__main__":
    main()
