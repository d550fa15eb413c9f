"""Costs: what the full-size Kandinsky 2.1 takes to fine-tune: numbers, memory, and counted work in hours.

The full-size parts are built on the meta device, where they have shapes and no
weights, and their FLOPs are counted by torch on one pass (a multiply-add is two).
Hours are those FLOPs over a card's peak rate times a share of it that is assumed,
and said to be. `python -m generation.training.finetune.costs` prints the tables
of docs/fine-tuning.md. This module knows configs; it trains nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from diffusers import PriorTransformer, UNet2DConditionModel, VQModel
from diffusers.pipelines.kandinsky.text_encoder import MCLIPConfig, MultilingualCLIP
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    CLIPTextConfig,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
)

from generation.hub import quietly
from generation.training.finetune import weights
from generation.training.finetune.settings import RATES, Settings, Stage, Way

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
"""Peak FLOP/s of dense half-precision products with fp32 sums, by the makers' data sheets, and memory in GB."""
BACKWARD = 2.0
"""The backward pass is two forward ones: by inputs and by weights. LoRA saves most of the second."""


def unet(inpaint: bool = False) -> Any:
    """Kandinsky 2.1's UNet (kandinsky2/configs.py CONFIG_2_1, in diffusers' words)."""
    return UNet2DConditionModel(
        sample_size=64,
        in_channels=9 if inpaint else 4,
        out_channels=8,
        addition_embed_type="text_image",
        down_block_types=("ResnetDownsampleBlock2D", *("SimpleCrossAttnDownBlock2D",) * 3),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=(*("SimpleCrossAttnUpBlock2D",) * 3, "ResnetUpsampleBlock2D"),
        block_out_channels=(384, 768, 1152, 1536),
        layers_per_block=3,
        encoder_hid_dim=1024,
        encoder_hid_dim_type="text_image_proj",
        cross_attention_dim=768,
        attention_head_dim=64,
        resnet_time_scale_shift="scale_shift",
    )


def prior() -> Any:
    """The prior: PriorTransformer's defaults."""
    return PriorTransformer()


def movq() -> Any:
    """The autoencoder."""
    return VQModel(
        block_out_channels=(128, 256, 256, 512),
        down_block_types=(*("DownEncoderBlock2D",) * 3, "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", *("UpDecoderBlock2D",) * 3),
        layers_per_block=2,
        latent_channels=4,
        vq_embed_dim=4,
        num_vq_embeddings=16384,
        norm_type="spatial",
    )


def mclip() -> Any:
    """M-CLIP: XLM-R large and a projection to 768."""
    return MultilingualCLIP(
        MCLIPConfig(
            transformerDimSize=1024,
            imageDimSize=768,
            vocab_size=250002,
            hidden_size=1024,
            intermediate_size=4096,
            num_hidden_layers=24,
            num_attention_heads=16,
            max_position_embeddings=514,
            type_vocab_size=1,
        )
    )


def image_encoder() -> Any:
    """CLIP ViT-L/14's."""
    return CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=1024,
            intermediate_size=4096,
            projection_dim=768,
            num_hidden_layers=24,
            num_attention_heads=16,
            image_size=224,
            patch_size=14,
        )
    )


def text_encoder() -> Any:
    """CLIP ViT-L/14's."""
    return CLIPTextModelWithProjection(
        CLIPTextConfig(
            hidden_size=768,
            intermediate_size=3072,
            projection_dim=768,
            num_hidden_layers=12,
            num_attention_heads=12,
            vocab_size=49408,
        )
    )


PARTS: dict[str, Callable[[], Any]] = {
    "UNet": unet,
    "prior": prior,
    "M-CLIP": mclip,
    "CLIP image": image_encoder,
    "CLIP text": text_encoder,
    "MOVQ": movq,
}


def on_meta(build: Callable[[], Any]) -> Any:
    """A part with shapes and no weights."""
    with torch.device("meta"), quietly():
        return build().eval()


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
        "MOVQ": count(lambda part: part.encode(picture), movq),
        "CLIP image": count(lambda part: part(seen), image_encoder),
        "CLIP text": count(lambda part: part(ids), text_encoder),
        "M-CLIP": count(lambda part: part.transformer(ids), mclip),
    }


def count(run: Callable[[Any], Any], build: Callable[[], Any]) -> int:
    """FLOPs of a pass of a part."""
    module = on_meta(build)
    counter = FlopCounterMode(display=False)
    with counter:
        run(module)
    return int(counter.get_total_flops())


def trained(stage: Stage, way: Way, rank: int = 16) -> int:
    """How many numbers a way of training trains."""
    module = on_meta(unet if stage == "decoder" else prior)
    settings = Settings(stage=stage, way=way, rank=rank, steps=1, rate=RATES[way])
    with torch.device("meta"):
        return weights.count(weights.prepare(module, settings))


def memory(stage: Stage, way: Way, optimiser: str = "adamw") -> float:
    """GB of weights, gradients, optimiser and average, without activations and encoders."""
    whole = numbers(on_meta(unet if stage == "decoder" else prior))
    some = trained(stage, way)
    base = 2 * whole if way == "lora" else 4 * whole
    states = {"adamw": 8.0, "adamw8bit": 2.0, "adafactor": 0.05}[optimiser]
    extra = 4 * some if way == "lora" else 0  # the additions themselves
    return (base + extra + some * (4 + 4 + states)) / 1e9  # gradients, average, optimiser


def flops_a_picture(stage: Stage, side: int) -> int:
    """Forward and backward of one sample, with cached features."""
    forward = count(prior_pass, prior) if stage == "prior" else count(lambda m: unet_pass(m, side), unet)
    return int(forward * (1 + BACKWARD))


def hours(flops: float, rate: float) -> float:
    """At UTILISATION of a peak rate."""
    return flops / (UTILISATION * rate) / 3600


def tables() -> str:
    """The tables of docs/fine-tuning.md, in Markdown."""
    lines = ["| part | numbers, M | half precision, GB |", "|---|---|---|"]
    for name, build in PARTS.items():
        found = numbers(on_meta(build))
        lines.append(f"| {name} | {found / 1e6:.1f} | {2 * found / 1e9:.2f} |")
    lines += ["", "| stage | way | trained, M | AdamW, GB | Adafactor, GB |", "|---|---|---|---|---|"]
    ways: tuple[Way, ...] = ("lora", "attention", "full")
    stages: tuple[Stage, ...] = ("prior", "decoder")
    for stage in stages:
        for way in ways:
            name = "LoRA, rank 16" if way == "lora" else "attention only" if way == "attention" else "full"
            lines.append(
                f"| {stage} | {name} | {trained(stage, way) / 1e6:.1f} | {memory(stage, way):.1f} | "
                f"{memory(stage, way, 'adafactor'):.1f} |"
            )
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
