"""Costs: what the full-size Kandinsky 2.1 takes to fine-tune: numbers, memory, and counted work in hours.

The full-size parts are built on the meta device, where they have shapes and no
weights, and their FLOPs are counted by torch on one pass (a multiply-add is two).
Hours are those FLOPs over a card's peak rate times a share of it that is assumed,
and said to be. `python -m generation.training.finetune.costs` prints the tables
of docs/fine-tuning.md. This module knows configs; it trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from generation import shapes
from generation.hub import quietly
from generation.training.finetune import weights
from generation.training.finetune.settings import RATES, Settings, Stage, Way

NAMES = {"prior": "prior", "decoder": "UNet"}
WAYS: tuple[tuple[Way, str, bool], ...] = (
    ("lora", "LoRA, rank 16", False),
    ("lora", "LoRA, rank 16, `--convolutions`", True),
    ("attention", "attention only", False),
    ("full", "full", False),
)
"""Way, its name, and whether LoRA adds to the convolutions too."""
PICTURES = 32_528
"""FashionGen's validation file."""
UTILISATION = 0.4
"""The share of a card's peak that training is assumed to reach; published trainings reach 25 to 55 %."""
CARDS = {
    "RTX 3090 (24 GB)": (71e12, 24),
    "RTX 4090 (24 GB)": (165e12, 24),
    "A100 (80 GB)": (312e12, 80),
    "H100 (80 GB)": (989e12, 80),
}
"""Peak FLOP/s of dense half-precision products with fp32 sums (data sheets), and memory in GB."""
BACKWARD = 2.0
"""The backward pass is two forward ones: by inputs and by weights. LoRA saves most of the second."""


def parts() -> dict[str, Any]:
    """The full-size parts, anew, with shapes and no weights."""
    with torch.device("meta"), quietly():
        prior, decoder = shapes.build(shapes.KANDINSKY_2_1)
    found = {
        "UNet": decoder.unet,
        "prior": prior.prior,
        "M-CLIP": decoder.text_encoder,
        "CLIP image": prior.image_encoder,
        "CLIP text": prior.text_encoder,
        "MOVQ": decoder.movq,
    }
    return {name: part.eval() for name, part in found.items()}


@cache
def _built() -> dict[str, Any]:
    """The parts, for looking at."""
    return parts()


def numbers(module: nn.Module) -> int:
    """How many parameters."""
    return sum(p.numel() for p in module.parameters())


@torch.no_grad()
def unet_pass(module: Any, side: int, rows: int = 1) -> Any:
    """A forward pass at `side` pixels: the noise and variance (rows, 8, side / 8, side / 8)."""
    with torch.device("meta"):
        return module(
            torch.empty(rows, 4, side // 8, side // 8),
            torch.zeros(rows),
            encoder_hidden_states=torch.empty(rows, 77, 1024),
            added_cond_kwargs={"text_embeds": torch.empty(rows, 768), "image_embeds": torch.empty(rows, 768)},
        ).sample


@torch.no_grad()
def prior_pass(module: Any, rows: int = 1) -> Any:
    """A forward pass of the prior: embeddings (rows, 768)."""
    with torch.device("meta"):
        return module(
            torch.empty(rows, 768),
            torch.zeros(rows),
            proj_embedding=torch.empty(rows, 768),
            encoder_hidden_states=torch.empty(rows, 77, 768),
            attention_mask=torch.ones(rows, 77, dtype=torch.bool),
        ).predicted_image_embedding


@torch.no_grad()
def encoder_passes(side: int) -> dict[str, int]:
    """FLOPs of computing one picture's and one caption's features."""
    with torch.device("meta"):
        ids = torch.zeros(1, 77, dtype=torch.long)
        picture, seen = torch.empty(1, 3, side, side), torch.empty(1, 3, 224, 224)
    return {
        "MOVQ": count(lambda part: part.encode(picture), "MOVQ"),
        "CLIP image": count(lambda part: part(seen), "CLIP image"),
        "CLIP text": count(lambda part: part(ids), "CLIP text"),
        "M-CLIP": count(lambda part: part.transformer(ids), "M-CLIP"),
    }


def count(run: Callable[[Any], Any], part: str) -> int:
    """FLOPs of a pass of a part."""
    module = _built()[part]
    counter = FlopCounterMode(display=False)
    with counter:
        run(module)
    return int(counter.get_total_flops())


def trained(stage: Stage, way: Way, rank: int = 16, convolutions: bool = False) -> int:
    """How many numbers a way of training trains."""
    module = parts()[NAMES[stage]]
    settings = Settings(stage=stage, way=way, rank=rank, steps=1, convolutions=convolutions, rate=RATES[way])
    with torch.device("meta"):
        return weights.count(weights.prepare(module, settings))


def memory(stage: Stage, way: Way, optimiser: str = "adamw", convolutions: bool = False) -> float:
    """GB of weights, gradients, optimiser and average, without activations and encoders."""
    whole = numbers(_built()[NAMES[stage]])
    some = trained(stage, way, convolutions=convolutions)
    base = 2 * whole if way == "lora" else 4 * whole
    states = {"adamw": 8.0, "adamw8bit": 2.0, "adafactor": 0.05}[optimiser]
    extra = 4 * some if way == "lora" else 0  # the additions themselves
    return (base + extra + some * (4 + 4 + states)) / 1e9  # gradients, average, optimiser


def flops_a_picture(stage: Stage, side: int) -> int:
    """Forward and backward of one sample, with cached features."""
    forward = count(prior_pass if stage == "prior" else lambda m: unet_pass(m, side), NAMES[stage])
    return int(forward * (1 + BACKWARD))


def hours(flops: float, rate: float) -> float:
    """At UTILISATION of a peak rate."""
    return flops / (UTILISATION * rate) / 3600


def tables() -> str:
    """The tables of docs/fine-tuning.md, in Markdown."""
    lines = ["| part | numbers, M | half precision, GB |", "|---|---|---|"]
    for name, part in _built().items():
        found = numbers(part)
        lines.append(f"| {name} | {found / 1e6:.1f} | {2 * found / 1e9:.2f} |")
    lines += ["", "| stage | way | trained, M | AdamW, GB | Adafactor, GB |", "|---|---|---|---|---|"]
    stages: tuple[Stage, ...] = ("prior", "decoder")
    for stage in stages:
        for way, name, convolutions in WAYS:
            if convolutions and stage == "prior":
                continue
            millions = trained(stage, way, convolutions=convolutions) / 1e6
            most, least = (memory(stage, way, one, convolutions) for one in ("adamw", "adafactor"))
            lines.append(f"| {stage} | {name} | {millions:.1f} | {most:.1f} | {least:.1f} |")
    lines += ["", f"| one pass over {PICTURES:,} pictures | PFLOP | {' | '.join(CARDS)} |"]
    lines.append("|---|---|" + "---|" * len(CARDS))
    for name, flops in _work().items():
        cells = [_time(hours(flops, rate)) for rate, _ in CARDS.values()]
        lines.append(f"| {name} | {flops / 1e15:.1f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _work() -> dict[str, float]:
    found: dict[str, float] = {"prior": PICTURES * flops_a_picture("prior", 0)}
    for side in (256, 512, 768):
        found[f"decoder, {side} px"] = PICTURES * flops_a_picture("decoder", side)
    features = encoder_passes(512)
    found["features at 512 px, once"] = PICTURES * sum(features.values())
    return found


def _time(value: float) -> str:
    return f"{60 * value:.0f} min" if value < 1 else f"{value:.1f} h"


if __name__ == "__main__":
    print(tables())
