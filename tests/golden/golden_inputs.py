"""Inputs of golden cases, made instead of stored: `tests/support/golden_inputs.h` makes the same.

Every array has its own SplitMix64 stream. The values use sums and products of doubles only, so that
NumPy and C++ round them to the same float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Array = np.ndarray

GAMMA = np.uint64(0x9E3779B97F4A7C15)
SQRT_3 = 1.7320508075688772
STREAMS = 64


def stream(seed: int, index: int) -> int:
    """The seed of array `index` of the case `seed`."""
    return seed * STREAMS + index


def words(seed: int, count: int) -> Array:
    """The first `count` words of SplitMix64, uint64."""
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + GAMMA * np.arange(1, count + 1, dtype=np.uint64)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def uniforms(seed: int, count: int) -> Array:
    """Numbers in [0, 1) with 53 bits."""
    return (words(seed, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def bells(seed: int, shape: Sequence[int]) -> Array:
    """Bell-shaped numbers of mean 0 and variance 1: four uniforms each, row-major."""
    count = int(np.prod(shape))
    four = uniforms(seed, 4 * count).reshape(count, 4)
    total = four[:, 0] + four[:, 1] + four[:, 2] + four[:, 3]
    return ((total - 2.0) * SQRT_3).reshape(tuple(shape))


def single(values: Array) -> Array:
    """Rounded to float32, as the C++ side holds them; computed with in float64."""
    return values.astype(np.float32).astype(np.float64)


def features(content: str, seed: int, count: int, width: int) -> Array:
    """Token features `[count, width]` of one of these contents:

    `normal`: independent channels, each with its own mean. `clusters`: five centres and noise.
    `ties`: every token of the first half once more in the second. `constant`: all rows equal.
    `sinks`: as normal, rows 1, 8, 15, ... six times as large. `centred`: no channel means.
    """
    noise = bells(stream(seed, 0), (count, width))
    mean = bells(stream(seed, 1), (width,))
    if content == "centred":
        return single(noise)
    if content == "constant":
        return single(np.broadcast_to(mean, (count, width)) + 0.0)
    rows = np.arange(count)
    if content == "clusters":
        centres = bells(stream(seed, 2), (5, width))
        return single(centres[rows % 5] + noise * 0.25 + mean * 0.5)
    if content == "ties":
        noise = noise[twins(count)]
    values = noise + mean * 0.5
    if content == "sinks":
        values = np.where((rows % 7 == 1)[:, None], values * 6.0, values)
    return single(values)


def twins(count: int) -> Array:
    """Which row each row of a `ties` content is a copy of."""
    return np.arange(count) % ((count + 1) // 2)


@dataclass(frozen=True)
class ViewInputs:
    """What a selection after the encoder reads, float32 values in float64 arrays.

    `cls_row` [d], `tokens` [N, d], `attention` [H, 1 + N] (column 0 is CLS), `keys` and `values`
    [H, 1 + N, dh], `text` [Lt, Dt], `projection` [d, Dt]; Z = tokens @ projection.
    """

    rows: int
    cols: int
    cls_row: Array
    tokens: Array
    attention: Array
    keys: Array
    values: Array
    text: Array
    projection: Array

    @property
    def projected(self) -> Array:
        """Z [N, Dt]."""
        return self.tokens @ self.projection


@dataclass(frozen=True)
class ProjectedView(ViewInputs):
    """A view whose Z is given; `projection` is not used."""

    z: Array

    @property
    def projected(self) -> Array:
        """Z."""
        return self.z


@dataclass(frozen=True)
class ViewShape:
    """Sizes of a case."""

    rows: int
    cols: int
    width: int
    heads: int
    head_width: int
    text_tokens: int
    text_width: int


def view_inputs(content: str, seed: int, shape: ViewShape) -> ViewInputs:
    """The inputs of one case.

    The content rules tokens as in `features`; `ties` and `constant` hold for keys and values too,
    and `ties` for the attention. `sinks` multiplies the attention of its rows by 20. `silent` has
    normal tokens and an attention of zero everywhere.
    """
    count = shape.rows * shape.cols
    copies = np.arange(1 + count)
    if content == "ties":
        copies[1:] = 1 + twins(count)
    elif content == "constant":
        copies[2:] = 1
    inner = (shape.heads, 1 + count, shape.head_width)
    unit = uniforms(stream(seed, 4), shape.heads * (1 + count)).reshape(shape.heads, 1 + count)
    square = unit * unit
    attention = (square * square + 0.01) / (1.0 + count)
    if content == "ties":
        attention = attention[:, copies]
    elif content == "sinks":
        sink = np.zeros(1 + count, dtype=bool)
        sink[1:] = np.arange(count) % 7 == 1
        attention = np.where(sink, attention * 20.0, attention)
    elif content == "silent":
        attention = attention * 0.0
    return ViewInputs(
        rows=shape.rows,
        cols=shape.cols,
        cls_row=single(bells(stream(seed, 3), (shape.width,))),
        tokens=features("normal" if content == "silent" else content, seed, count, shape.width),
        attention=single(attention),
        keys=single(bells(stream(seed, 5), inner)[:, copies]),
        values=single(bells(stream(seed, 6), inner)[:, copies]),
        text=single(bells(stream(seed, 7), (shape.text_tokens, shape.text_width))),
        projection=single(bells(stream(seed, 8), (shape.width, shape.text_width)) * 0.25),
    )


@dataclass(frozen=True)
class DecoderInputs:
    """What a method reads between two layers of the language model.

    `first` text rows, `visual` rows, then the other text rows: T in all. `attention` and
    `next_attention` [H, T, T] of the layer before and of the next one, `hidden` and `normed` [T, D],
    `keys` [Hkv, T, dh], `visual_embeddings` [n, D], `text_embeddings` [Lt, D] of the text behind,
    `positions` [T], `frequencies` [dh / 2].
    """

    first: int
    visual: int
    attention: Array
    next_attention: Array
    hidden: Array
    normed: Array
    keys: Array
    visual_embeddings: Array
    text_embeddings: Array
    positions: Array
    frequencies: Array


@dataclass(frozen=True)
class DecoderShape:
    """Sizes of a decoder case."""

    first: int
    visual: int
    text: int
    heads: int
    key_heads: int
    head_width: int
    width: int


def causal_rows(seed: int, index: int, shape: DecoderShape, copies: Array) -> Array:
    """Positive numbers up to the diagonal, [H, T, T]; columns copied before the cut."""
    rows = len(copies)
    unit = uniforms(stream(seed, index), shape.heads * rows * rows)
    square = (unit * unit).reshape(shape.heads, rows, rows)
    values = ((square * square + 0.01) / rows)[:, :, copies]
    return single(np.where(np.tri(rows, dtype=bool), values, 0.0))


def decoder_inputs(content: str, seed: int, shape: DecoderShape) -> DecoderInputs:
    """The inputs of one case: `normal`, `ties` (visual rows twice), `constant` (visual rows equal) or
    `gaps` (positions with holes)."""
    rows = shape.first + shape.visual + shape.text
    copies = np.arange(rows)
    visual = slice(shape.first, shape.first + shape.visual)
    if content == "ties":
        copies[visual] = shape.first + twins(shape.visual)
    elif content == "constant":
        copies[visual] = shape.first
    own = copies[visual] - shape.first
    positions = np.arange(rows)
    half = shape.head_width // 2
    return DecoderInputs(
        first=shape.first,
        visual=shape.visual,
        attention=causal_rows(seed, 20, shape, copies),
        next_attention=causal_rows(seed, 21, shape, copies),
        hidden=single(bells(stream(seed, 22), (rows, shape.width))[copies]),
        normed=single(bells(stream(seed, 23), (rows, shape.width))[copies]),
        keys=single(
            bells(stream(seed, 24), (shape.key_heads, rows, shape.head_width))[:, copies]
        ),
        visual_embeddings=single(bells(stream(seed, 25), (shape.visual, shape.width))[own]),
        text_embeddings=single(bells(stream(seed, 26), (shape.text, shape.width)) * 0.5),
        positions=positions + positions // 5 if content == "gaps" else positions,
        frequencies=single(1.0 / (1.0 + 3.0 * np.arange(half))),
    )
