"""Cache: drawn garments as latents and image embeddings, encoded once for prior and decoder.

Parts of PART garments each; a part that is there is not made again, so a killed
run goes on where it was. It knows encoders and garments; it does not know the
models that will train on it.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm
from transformers import CLIPVisionModelWithProjection

from generation.training import garments as wardrobe
from generation.training.blocks import Blocks
from generation.training.captions import caption
from generation.training.clip import LANGUAGES, by_type, choose
from generation.training.looks import random_look
from generation.training.run import Plan, as_pictures, generator
from generation.vocabulary import Look

PART = 1_000
BATCH = 50
PRINTABLE, DYEABLE = 0.85, 0.6
"""Of each type the share that is drawn with a print, and the share that is drawn plain: the smoothest. A
garment with a strong print of its own keeps a faint copy of it whatever it is dyed."""


@dataclass(frozen=True, slots=True)
class Cache:
    """`latents` float16 (N, 4, H, W), `looks_like` float16 (N, D) image embeddings, and N looks."""

    latents: NDArray[np.float16]
    looks_like: NDArray[np.float16]
    looks: list[Look]

    def __len__(self) -> int:
        return len(self.looks)


def smoothest(garments: Sequence[wardrobe.Garment], share: float) -> list[wardrobe.Garment]:
    """The `share` of each type whose cloth is lit most evenly, in the order given."""
    relief = np.array([garment.shade[garment.rgba[..., 3] > 200].std() for garment in garments])
    kept: set[int] = set()
    for rows in by_type(garments).values():
        kept.update(sorted(rows, key=lambda row: relief[row])[: max(1, round(share * len(rows)))])
    return [garment for row, garment in enumerate(garments) if row in kept]


@torch.no_grad()
def _encode(
    pictures: Tensor, space: Blocks, image: CLIPVisionModelWithProjection
) -> tuple[NDArray[np.float16], NDArray[np.float16]]:
    latents = space.encode(pictures)
    with torch.autocast("cpu", torch.bfloat16):
        seen = image(pixel_values=pictures).image_embeds
    return latents.float().numpy().astype(np.float16), seen.float().numpy().astype(np.float16)


def fill(
    folder: Path,
    size: int,
    garments: Sequence[wardrobe.Garment],
    space: Blocks,
    image: CLIPVisionModelWithProjection,
    seed: int = 11,
) -> None:
    """Make the parts that are missing of a cache of `size` pictures on white."""
    folder.mkdir(parents=True, exist_ok=True)
    printable, dyeable = smoothest(garments, PRINTABLE), smoothest(garments, DYEABLE)
    plainly = by_type(dyeable)
    for part in tqdm(range(size // PART), desc="cache"):
        path = folder / f"{part:04d}.npz"
        if path.exists():
            continue
        rng, words = generator(seed, part), random.Random(seed * 1_000_003 + part)
        latents, seen, looks = [], [], []
        for _ in range(PART // BATCH):
            pixels = []
            for _ in range(BATCH):
                garment = choose(printable, rng)
                look = random_look(garment.type, words)
                if look.pattern == "plain":
                    garment = dyeable[int(rng.choice(plainly[garment.type]))]
                pixels.append(wardrobe.draw(garment, look, rng))
                looks.append(asdict(look))
            few = _encode(as_pictures(np.stack(pixels)), space, image)
            latents.append(few[0])
            seen.append(few[1])
        beside = path.with_suffix(".part")
        with beside.open("wb") as out:
            np.savez(
                out,
                latents=np.concatenate(latents),
                looks_like=np.concatenate(seen),
                looks=np.array(json.dumps(looks)),
            )
        os.replace(beside, path)


def read(folder: Path) -> Cache:
    """Everything that is cached, in memory (2.5 KB a picture)."""
    parts = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    if not parts:
        raise FileNotFoundError(f"no cached latents in {folder}: run the stage «cache» first")
    looks = [Look(**row) for part in parts for row in json.loads(str(part["looks"]))]
    return Cache(
        np.concatenate([part["latents"] for part in parts]),
        np.concatenate([part["looks_like"] for part in parts]),
        looks,
    )


def sample(cached: Cache, plan: Plan, step: int, text_dropout: float) -> tuple[NDArray[np.int64], list[str]]:
    """One step's rows of the cache and a caption for each, in either language; a share of them is empty."""
    rows = generator(plan.seed, step).integers(0, len(cached), plan.batch)
    words = random.Random(plan.seed * 1_000_003 + step)
    texts = [
        "" if words.random() < text_dropout else caption(cached.looks[row], words.choice(LANGUAGES), words)
        for row in rows
    ]
    return rows, texts
