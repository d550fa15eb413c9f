"""MOVQ: the first stage, pictures to latents and back.

A diffusers VQModel with spatial norm, as Kandinsky 2.1's, only narrower. Its
latents are led to `blocks`, so the encoder and the decoder learn beside each
other. The pipelines decode without quantising; the codebook is fitted to the
latents at the end. It trains on 64-pixel crops (it is fully convolutional) and
does not know captions or the diffusion that will use it.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from diffusers import VQModel
from diffusers.models.attention_processor import SpatialNorm
from torch import Tensor, nn
from torch.nn import functional as F

from generation.mobilenet import MobileNetV2, standardise
from generation.spatial_norm import quicken, trainable
from generation.training import blocks
from generation.training import garments as wardrobe
from generation.training.blocks import CHANNELS, Blocks
from generation.training.run import Plan, Run, as_pictures, generator, write_sheet
from generation.vocabulary import Look

CROP = 64
CROPS_A_PICTURE = 3
PLAN = Plan(steps=6000, batch=8, rate=1e-3, warmup=30, decay=0.995, weight_decay=0.0, sheet_every=400)
EDGES = (1, 3)
"""MobileNet's maps, at strides 2 and 4, in which restored pictures are compared while polishing."""
CODES = 1024
LATENT_NOISE = 0.12
"""Deviation of the noise on latents while training: the decoder must bear the sampler's small errors."""


def build() -> VQModel:
    """A MOVQ of factor 8. Spatial norm needs channels in multiples of 32.

    The encoder's norms have few groups: one channel a group, as 32 groups give the first level, takes the
    mean of every channel away, and with it the colour of an evenly dyed cloth.
    """
    movq = VQModel(
        block_out_channels=(32, 64, 96, 128),
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=CHANNELS,
        vq_embed_dim=CHANNELS,
        num_vq_embeddings=CODES,
        norm_num_groups=4,
        norm_type="spatial",
        sample_size=wardrobe.SIDE,
        scaling_factor=1.0,
    )
    for norm in movq.modules():
        if isinstance(norm, SpatialNorm):
            _settle(norm)
    return movq


def _settle(norm: SpatialNorm) -> None:
    """Begin as a plain group norm: scale 1 and shift 0 at every latent."""
    for layer, bias in ((norm.conv_y, 1.0), (norm.conv_b, 0.0)):
        nn.init.normal_(layer.weight, std=0.02)
        nn.init.constant_(layer.bias, bias)


def random_look(garment: wardrobe.Garment, rng: np.random.Generator) -> Look:
    """Any pattern in any colour: the autoencoder has no favourites."""
    from generation.training.textures import PATTERNS

    return Look(garment.type, "red", str(rng.choice(PATTERNS)))


def draw_crops(garments: list[wardrobe.Garment], plan: Plan, step: int) -> Tensor:
    """(batch, 3, CROP, CROP): crops of dyed garments, some on busy backgrounds, some as they are."""
    rng = generator(plan.seed, step)
    crops: list[wardrobe.Pixels] = []
    while len(crops) < plan.batch:
        garment = garments[int(rng.integers(len(garments)))]
        ground = rng.uniform(0.03, 0.97, 3).astype(np.float32)
        look = None if rng.random() < 0.25 else random_look(garment, rng)
        busy = garments if rng.random() < 0.08 else None
        pixels = wardrobe.draw(garment, look, rng, ground=ground, busy=busy)
        for _ in range(CROPS_A_PICTURE):
            y, x = rng.integers(0, wardrobe.SIDE - CROP + 1, 2)
            crops.append(pixels[y : y + CROP, x : x + CROP])
    return as_pictures(np.stack(crops[: plan.batch]))


def _edges(pictures: Tensor) -> Tensor:
    """What a blur takes away, at two scales: the sharpness that an L1 alone would let go."""
    small = F.avg_pool2d(pictures, 2)
    return torch.cat(
        [(pictures - F.interpolate(small, scale_factor=2.0)).flatten(1), _coarse(small).flatten(1)], 1
    )


def _coarse(small: Tensor) -> Tensor:
    return small - F.interpolate(F.avg_pool2d(small, 2), scale_factor=2.0)


class Pass(nn.Module):
    """Both ways, each by itself: the part worth compiling."""

    def __init__(self, movq: VQModel) -> None:
        super().__init__()
        self.movq = movq

    def forward(self, pictures: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, 3, S, S) to latents, and latents (N, CHANNELS, S/8, S/8) to pictures."""
        restored = self.movq.decode(latents, force_not_quantize=True).sample
        return restored, self.movq.encode(pictures).latents


def _sharpness(eyes: MobileNetV2, restored: Tensor, pictures: Tensor) -> Tensor:
    """How differently MobileNet sees the two, in directions of its early maps (after Zhang et al. 2018)."""
    size = 2 * pictures.shape[2]
    with torch.autocast("cpu", torch.bfloat16):
        seen = eyes.maps(standardise(F.interpolate(restored, (size, size))), EDGES)
        with torch.no_grad():
            wanted = eyes.maps(standardise(F.interpolate(pictures, (size, size))), EDGES)
    parts = [
        (F.normalize(a.float(), dim=1) - F.normalize(b.float(), dim=1)).square().sum(1).mean()
        for a, b in zip(seen, wanted, strict=True)
    ]
    return torch.stack(parts).sum()


def loss(
    both: nn.Module, space: Blocks, eyes: MobileNetV2 | None, pictures: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """How far restored pictures are from pictures, and latents from the space's own.

    Pictures are compared by L1, by L1 of the edges, by the colours of 8 × 8 blocks and by `eyes`.
    """
    wanted = space.encode(pictures)
    with torch.autocast("cpu", torch.bfloat16):
        restored, latents = both(pictures, wanted + LATENT_NOISE * torch.randn_like(wanted))
    restored, latents = restored.float(), latents.float()
    plain = F.l1_loss(restored, pictures)
    edge = F.l1_loss(_edges(restored), _edges(pictures))
    tone = F.mse_loss(F.avg_pool2d(restored, 8), F.avg_pool2d(pictures, 8))
    code = F.mse_loss(latents, wanted)
    total = plain + 0.5 * edge + 4 * tone + code
    figures = {"l1": plain.item(), "edge": edge.item(), "tone": tone.item(), "code": code.item()}
    if eyes is not None:
        sharpness = _sharpness(eyes, restored, pictures)
        figures["sharpness"] = sharpness.item()
        total = total + 0.2 * sharpness
    return total, figures


@torch.no_grad()
def fit_codebook(movq: VQModel, latents: Tensor, rounds: int = 15) -> None:
    """k-means of (N, CHANNELS) latents into the codebook, in place."""
    order = torch.Generator().manual_seed(0)
    codes = latents[torch.randperm(len(latents), generator=order)[:CODES]].clone()
    for _ in range(rounds):
        nearest = torch.cdist(latents, codes).argmin(1)
        count = torch.bincount(nearest, minlength=CODES).clamp(min=1)[:, None]
        total = torch.zeros_like(codes).index_add_(0, nearest, latents)
        codes = torch.where(torch.bincount(nearest, minlength=CODES)[:, None] > 0, total / count, codes)
    movq.quantize.embedding.weight.copy_(codes)


def train(
    garments: list[wardrobe.Garment],
    space: Blocks,
    folder: Path,
    plan: Plan = PLAN,
    compiled: bool = True,
    eyes: MobileNetV2 | None = None,
) -> VQModel:
    """Train, or go on training, in `folder`; returns the averaged model, its codebook fitted.

    eyes: also compare pictures as this network sees them: sharper, and slower.
    """
    torch.manual_seed(plan.seed)
    modules = nn.ModuleDict({"movq": build()})
    quicken(modules)
    trainable(modules)
    run = Run(folder, plan, modules)
    fixed = torch.cat([draw_whole(garments, plan.seed + 1, i) for i in range(16)])

    def sheet(path: Path) -> None:
        restored = restore(cast(VQModel, run.average["movq"]), fixed)
        write_sheet(torch.cat([fixed, space.decode(space.encode(fixed)), restored]), path, 16)

    # compiled, a step takes two thirds of the time: the norms and activations are fused
    both: nn.Module = Pass(cast(VQModel, modules["movq"]))
    if compiled:
        both = cast(nn.Module, torch.compile(both))
    run.train(
        lambda step: draw_crops(garments, plan, step),
        lambda crops, _: loss(both, space, eyes, crops),
        sheet,
    )
    movq = cast(VQModel, run.average["movq"])
    fit(movq, garments, plan.seed + 2)
    return movq


def space(garments: list[wardrobe.Garment], seed: int = 7) -> Blocks:
    """The latent space of 400 drawn garments."""
    return blocks.fit(torch.cat([draw_whole(garments, seed, i) for i in range(400)]))


@torch.no_grad()
def fit(movq: VQModel, garments: list[wardrobe.Garment], seed: int = 2) -> None:
    """Fit the codebook to the latents of 256 pictures, in place."""
    whole = torch.cat([draw_whole(garments, seed, i) for i in range(256)])
    latents = torch.cat([movq.encode(part).latents for part in whole.split(16)])
    fit_codebook(movq, latents.permute(0, 2, 3, 1).reshape(-1, CHANNELS)[::4])


def draw_whole(garments: list[wardrobe.Garment], seed: int, index: int) -> Tensor:
    """One whole picture, (1, 3, SIDE, SIDE)."""
    rng = generator(seed, index)
    garment = garments[int(rng.integers(len(garments)))]
    ground = rng.uniform(0.03, 0.97, 3).astype(np.float32)
    look = None if index % 4 == 0 else random_look(garment, rng)
    return as_pictures(wardrobe.draw(garment, look, rng, ground=ground)[None])


@torch.no_grad()
def restore(movq: VQModel, pictures: Tensor) -> Tensor:
    """There and back again, unquantised, as the pipelines do."""
    with torch.autocast("cpu", torch.bfloat16):
        return movq.decode(movq.encode(pictures).latents, force_not_quantize=True).sample.float()
