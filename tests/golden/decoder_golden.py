"""Golden cases of the methods inside the language model: generated inputs, which rows stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import method_reference_decoder as reference
from golden_inputs import DecoderInputs, DecoderShape, decoder_inputs

SHAPES = {
    16: DecoderShape(first=3, visual=16, text=3, heads=2, key_heads=1, head_width=4, width=12),
    49: DecoderShape(first=5, visual=49, text=6, heads=4, key_heads=2, head_width=6, width=24),
    144: DecoderShape(first=9, visual=144, text=9, heads=7, key_heads=7, head_width=8, width=56),
}
CONTENTS = ("normal", "ties", "constant", "gaps")
KEEPS = {16: (1, 2, 7, 11, 15), 49: (1, 5, 16, 30, 48), 144: (1, 12, 37, 64, 100, 143)}


@dataclass(frozen=True)
class Variant:
    """A method with settings under their outside names, its reference, and its smallest count."""

    method: str
    run: Callable[[DecoderInputs, int], reference.DecoderOutcome]
    settings: dict[str, Any] = field(default_factory=dict)
    least: int = 1


VARIANTS = (
    Variant("fastv", reference.fastv),
    Variant("fastv", lambda inputs, k: reference.fastv(inputs, k, "all"), {"query": "all"}),
    Variant("sparsevlm", reference.sparsevlm_v1, {"version": "v1"}),
    Variant("sparsevlm", reference.sparsevlm_v2, {"version": "v2"}),
    Variant("pyramiddrop", reference.pyramiddrop),
    Variant("dart", reference.dart, least=5),
    Variant(
        "dart",
        lambda inputs, k: reference.dart(inputs, k, 2, 1),
        {"image_pivots": 2, "text_pivots": 1},
        least=3,
    ),
)


def runs() -> Iterator[dict[str, Any]]:
    """The JSON entries."""
    for variant in VARIANTS:
        for visual, shape in SHAPES.items():
            for content in CONTENTS:
                seed = 5000 + 10 * visual + CONTENTS.index(content)
                inputs = decoder_inputs(content, seed, shape)
                for keep in KEEPS[visual]:
                    if keep < variant.least:
                        continue
                    outcome = variant.run(inputs, keep)
                    yield {
                        "method": variant.method,
                        "settings": variant.settings,
                        "visual": visual,
                        "content": content,
                        "seed": seed,
                        "keep": [int(row) for row in outcome.keep],
                        "recycled": [[centre, *members] for centre, members in outcome.recycled],
                        "gap": None
                        if outcome.gap == float("inf")
                        else float(f"{outcome.gap:.3g}"),
                    }


def cases() -> dict[str, Any]:
    """The contents of decisions.json."""
    return {
        "shapes": [vars(shape) for shape in SHAPES.values()],
        "runs": [{"id": index, **entry} for index, entry in enumerate(runs())],
    }
