"""Assemble: the trained parts as a Kandinsky 2.1 in the hub's folder layout.

`folder`/prior loads with stock KandinskyPriorPipeline, `folder`/decoder with
KandinskyPipeline. This module knows the pipelines' parts; it trains nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from diffusers import (
    KandinskyPipeline,
    KandinskyPriorPipeline,
    PriorTransformer,
    UNet2DConditionModel,
    VQModel,
)
from torch import Tensor
from transformers import XLMRobertaTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from generation import attributes
from generation.kandinsky import store_in_half
from generation.training import decoder, prior
from generation.training.clip import Towers
from generation.training.garments import SIDE

EXPOSURE = 1.06
"""Without it the borders of drawn pictures are 0.975 ± 0.02 of white, and a twentieth of them below 0.945."""


def image_processor() -> CLIPImageProcessorPil:
    """Photos are squeezed to the square, not cropped: a cut-off sleeve is another garment."""
    side = {"height": SIDE, "width": SIDE}
    half = [0.5, 0.5, 0.5]
    return CLIPImageProcessorPil(
        size=side, crop_size=side, do_center_crop=False, image_mean=half, image_std=half, do_convert_rgb=True
    )


def assemble(
    folder: Path,
    tokenizer: XLMRobertaTokenizer,
    towers: Towers,
    movq: VQModel,
    dreamer: PriorTransformer,
    unet: UNet2DConditionModel,
    steps: Mapping[str, Tensor],
) -> None:
    """Write both pipelines in half precision, and the attributes with `steps` towards each type."""
    expose(movq)
    KandinskyPriorPipeline(
        prior=dreamer,
        image_encoder=towers.image,
        text_encoder=towers.text,
        tokenizer=tokenizer,
        scheduler=prior.schedule(),
        image_processor=image_processor(),
    ).save_pretrained(folder / "prior")
    KandinskyPipeline(
        text_encoder=towers.spoken,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=decoder.schedule(),
        movq=movq,
    ).save_pretrained(folder / "decoder")
    store_in_half(folder)
    attributes.save(folder, attributes.Attributes(steps, garment_by_text=True, table_words=True))


@torch.no_grad()
def expose(movq: VQModel) -> None:
    """Let MOVQ's last layer multiply light by EXPOSURE, in place: its white is a little grey and noisy."""
    last = movq.decoder.conv_out
    last.weight.mul_(EXPOSURE)
    last.bias.mul_(EXPOSURE).add_(EXPOSURE - 1)
