"""MOVQ: the first stage, pictures to latents and back.

A diffusers VQModel with spatial norm, as Kandinsky 2.1's, only narrower. The
pipelines decode without quantising and scale latents by 1, so it is trained as
a continuous autoencoder towards unit variance; the codebook is fitted to its
latents at the end. It trains on 64-pixel crops (it is fully convolutional) and
does not know captions or the diffusion that will use it.
"""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import torch
from diffusers import VQModel
from torch import Tensor, nn
from torch.nn import functional as F

from generation.spatial_norm import quicken
from generation.training import garments as wardrobe
from generation.training.run import Plan, Run, as_pictures, generator, write_sheet
from generation.vocabulary import Look

CROP = 64
CROPS_A_PICTURE = 3
PLAN = Plan(steps=4400, batch=8, rate=1e-3, warmup=100, decay=0.995, weight_decay=0.0, sheet_every=400)
CODES = 1024
LATENT_NOISE = 0.05
"""Deviation of the noise on latents while training: the decoder must bear the sampler's small errors."""


def build() -> VQModel:
    """A MOVQ of factor 8 with 4 latent channels. Spatial norm needs channels in multiples of 32."""
    return VQModel(
        block_out_channels=(32, 64, 96, 128),
        down_block_types=("DownEncoderBlock2D",) * 3 + ("AttnDownEncoderBlock2D",),
        up_block_types=("AttnUpDecoderBlock2D",) + ("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        latent_channels=4,
        vq_embed_dim=4,
        num_vq_embeddings=CODES,
        norm_type="spatial",
        sample_size=wardrobe.SIDE,
        scaling_factor=1.0,
    )


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
    """Encode, disturb, decode: the part worth compiling."""

    def __init__(self, movq: VQModel) -> None:
        super().__init__()
        self.movq = movq

    def forward(self, pictures: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures (N, 3, S, S) to restored pictures and latents (N, 4, S/8, S/8)."""
        latents = self.movq.encode(pictures).latents
        noisy = latents + LATENT_NOISE * noise
        return self.movq.decode(noisy, force_not_quantize=True).sample, latents


def loss(there_and_back: nn.Module, pictures: Tensor) -> tuple[Tensor, dict[str, float]]:
    """L1, L1 of the edges, the colours of 8 × 8 blocks, and the latents' distance from mean 0, deviation 1.

    Without the blocks' term 29,000 crops taught light and shape and no colour at all.
    """
    with torch.autocast("cpu", torch.bfloat16):
        noise = torch.randn(len(pictures), 4, pictures.shape[2] // 8, pictures.shape[3] // 8)
        restored, latents = there_and_back(pictures, noise)
    restored, latents = restored.float(), latents.float()
    plain = F.l1_loss(restored, pictures)
    edge = F.l1_loss(_edges(restored), _edges(pictures))
    tone = F.mse_loss(F.avg_pool2d(restored, 8), F.avg_pool2d(pictures, 8))
    mean, deviation = latents.mean((0, 2, 3)), latents.std((0, 2, 3))
    moments = (mean.square() + (deviation - 1).square()).mean()
    total = plain + 0.5 * edge + 4 * tone + 0.05 * moments
    return total, {"l1": plain.item(), "edge": edge.item(), "tone": tone.item(), "moments": moments.item()}


@torch.no_grad()
def fit_codebook(movq: VQModel, latents: Tensor, rounds: int = 15) -> None:
    """k-means of (N, 4) latents into the codebook, in place."""
    order = torch.Generator().manual_seed(0)
    codes = latents[torch.randperm(len(latents), generator=order)[:CODES]].clone()
    for _ in range(rounds):
        nearest = torch.cdist(latents, codes).argmin(1)
        count = torch.bincount(nearest, minlength=CODES).clamp(min=1)[:, None]
        total = torch.zeros_like(codes).index_add_(0, nearest, latents)
        codes = torch.where(torch.bincount(nearest, minlength=CODES)[:, None] > 0, total / count, codes)
    movq.quantize.embedding.weight.copy_(codes)


def train(
    garments: list[wardrobe.Garment], folder: Path, plan: Plan = PLAN, compiled: bool = True
) -> VQModel:
    """Train, or go on training, in `folder`; returns the averaged model, its codebook fitted."""
    torch.manual_seed(plan.seed)
    modules = nn.ModuleDict({"movq": build()})
    quicken(modules)
    run = Run(folder, plan, modules)
    fixed = torch.cat([draw_whole(garments, plan.seed + 1, i) for i in range(16)])

    def sheet(path: Path) -> None:
        write_sheet(torch.cat([fixed, restore(cast(VQModel, run.average["movq"]), fixed)]), path, 16)

    # compiled, a step takes two thirds of the time: the norms and activations are fused
    there_and_back: nn.Module = Pass(cast(VQModel, modules["movq"]))
    if compiled:
        there_and_back = cast(nn.Module, torch.compile(there_and_back))
    run.train(lambda step: draw_crops(garments, plan, step), lambda b, _: loss(there_and_back, b), sheet)
    movq = cast(VQModel, run.average["movq"])
    fit(movq, garments, plan.seed + 2)
    return movq


@torch.no_grad()
def fit(movq: VQModel, garments: list[wardrobe.Garment], seed: int = 2) -> None:
    """Fit the codebook to the latents of 256 pictures, in place."""
    whole = torch.cat([draw_whole(garments, seed, i) for i in range(256)])
    latents = torch.cat([movq.encode(part).latents for part in whole.split(16)])
    fit_codebook(movq, latents.permute(0, 2, 3, 1).reshape(-1, 4)[::4])


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
