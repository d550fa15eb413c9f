"""Assemble: the trained parts as a Kandinsky 2.1 in the hub's folder layout.

`folder`/prior loads with stock KandinskyPriorPipeline, `folder`/decoder with
KandinskyPipeline. This module knows the pipelines' parts; it trains nothing.
"""

from __future__ import annotations

from pathlib import Path

from diffusers import (
    KandinskyPipeline,
    KandinskyPriorPipeline,
    PriorTransformer,
    UNet2DConditionModel,
    VQModel,
)
from transformers import XLMRobertaTokenizer
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from generation.kandinsky import store_in_half
from generation.training import decoder, prior
from generation.training.clip import Towers
from generation.training.garments import SIDE


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
) -> None:
    """Write both pipelines in half precision."""
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
