"""Models: what is measured, loaded from a folder or made of random weights.

A Kandinsky for the engine, and the stock pipelines that share its weights. This
module knows modules; it knows nothing of clocks.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from diffusers import (
    DDIMScheduler,
    KandinskyPipeline,
    KandinskyPriorPipeline,
    UnCLIPScheduler,
)
from diffusers.models.attention_processor import SpatialNorm

from generation import shapes
from generation.hub import quietly
from generation.kandinsky import Kandinsky, fastest, load, placed


def random(name: str, device: torch.device, dtype: torch.dtype | None = None) -> Kandinsky:
    """A Kandinsky 2.1 of one of `shapes.SHAPES` with random weights, made on its device."""
    fast = dtype or fastest(device)
    careful = torch.float32 if device.type == "cpu" else fast
    before = torch.get_default_dtype()
    with quietly(), device:
        torch.set_default_dtype(careful)
        try:
            torch.manual_seed(0)
            prior, decoder = shapes.build(shapes.SHAPES[name])
        finally:
            torch.set_default_dtype(before)
    with quietly():
        unet, movq = decoder.unet.to(fast), decoder.movq.to(fast)
    parts: tuple[Any, ...] = (
        *(prior.prior, prior.image_encoder, prior.text_encoder, decoder.text_encoder),
        *(unet, movq),
    )
    for part in parts:
        part.eval().requires_grad_(False)
    return placed(
        Kandinsky(
            name=f"random {name}",
            revision="0",
            device=device,
            dtype=fast,
            prior=parts[0],
            image_encoder=parts[1],
            image_processor=prior.image_processor,
            prior_text_encoder=parts[2],
            prior_tokenizer=prior.tokenizer,
            unet=parts[4],
            movq=parts[5],
            text_encoder=parts[3],
            tokenizer=decoder.tokenizer,
            decoder_schedule=dict(decoder.scheduler.config),
            prior_schedule=dict(prior.scheduler.config),
        )
    )


def open_model(model: str, random_weights: str | None, device: str | None) -> Kandinsky:
    """What the command line asks for. Raises BadRequest as `kandinsky.load` does."""
    if random_weights is None:
        return load(model, device)
    return random(random_weights, torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu")))


def stock(kandinsky: Kandinsky, dtype: torch.dtype) -> tuple[KandinskyPriorPipeline, KandinskyPipeline]:
    """The pipelines of diffusers around the same weights, as from_pretrained(torch_dtype=dtype) makes them.

    MOVQ is a copy in diffusers' own layout and with its own spatial norm; parts in another format are copies.
    """

    def part(module: Any) -> Any:
        return module if module.dtype == dtype else copy.deepcopy(module).to(dtype)

    movq = copy.deepcopy(kandinsky.movq).to(dtype).to(memory_format=torch.contiguous_format)
    for module in movq.modules():
        if isinstance(module, SpatialNorm):
            module.__dict__.pop("forward", None)  # what `spatial_norm.quicken` had put there
    prior = KandinskyPriorPipeline(
        prior=part(kandinsky.prior),
        image_encoder=part(kandinsky.image_encoder),
        text_encoder=part(kandinsky.prior_text_encoder),
        tokenizer=kandinsky.prior_tokenizer,
        scheduler=UnCLIPScheduler.from_config(kandinsky.prior_schedule),
        image_processor=kandinsky.image_processor,
    )
    decoder = KandinskyPipeline(
        text_encoder=part(kandinsky.text_encoder),
        tokenizer=kandinsky.tokenizer,
        unet=part(kandinsky.unet),
        scheduler=DDIMScheduler.from_config(kandinsky.decoder_schedule),
        movq=movq,
    )
    for pipeline in (prior, decoder):
        pipeline.set_progress_bar_config(disable=True)
    return prior, decoder
