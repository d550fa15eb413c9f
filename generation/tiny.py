"""A random, tiny Kandinsky 2.1 in the hub's folder layout: right in shape and arithmetic, no more.

It is written in a second and draws noise in a tenth of one, so tests of
everything around a model use it; stock diffusers pipelines load it too. It
knows the layout that `generation.kandinsky` reads; it does not know garments.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from generation import shapes
from generation.kandinsky import store_in_half

WIDTH = shapes.TINY.embedding
SIDE = shapes.TINY.side
"""Its own picture size in pixels."""
tokenizer = shapes.tokenizer


def write(root: Path, seed: int = 0, inpaint: bool = False) -> Path:
    """Write `root`/prior, `root`/decoder and, if wanted, `root`/inpaint in half precision; returns `root`."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        prior, decoder = shapes.build(shapes.TINY)
        inpainting = unet(channels=9) if inpaint else None
    prior.save_pretrained(root / "prior")
    decoder.save_pretrained(root / "decoder")
    if inpainting is not None:
        inpainting.save_pretrained(root / "inpaint" / "unet")
    store_in_half(root)
    return root


def unet(channels: int = 4) -> Any:
    """A random UNet of its size; with 9 channels one that inpaints."""
    return shapes.unet(shapes.TINY, channels)
