"""Cache: drawn garments as latents and image embeddings, encoded once for prior and decoder.

Beside each garment stand the embeddings of two others, of any type, of the same
cloth: one on white and one as in a photo. What such a pair has in common is the
style, so a decoder that is shown the one and asked for the other learns to take the
cloth from the picture and the garment from the text. Parts of PART garments each; a
part that is there is not made again, so a killed run goes on where it was, and the
processes of torchrun share the parts. It knows encoders and garments; it does not
know the models that will train on it.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm
from transformers import CLIPVisionModelWithProjection

from generation.training import garments as wardrobe
from generation.training.blocks import Blocks
from generation.training.clip import by_type, choose
from generation.training.looks import random_look
from generation.training.run import as_pictures, crew, generator
from generation.vocabulary import Look

PART = 1_000
BATCH = 50
PRINTABLE, DYEABLE = 0.85, 0.6
"""Of each type the share that is drawn with a print, and the share that is drawn plain: the smoothest. A
garment with a strong print of its own keeps a faint copy of it whatever it is dyed."""
REAL = 0.2
"""The share that is sewn of the cloth of a real garment, for whose print and colours there are no words."""


@dataclass(frozen=True, slots=True)
class Cache:
    """`latents` float16 (N, C, H, W), `looks_like` float16 (N, D) image embeddings, and N looks.

    alike: float16 (N, 2, D), embeddings of other garments of the same cloth: on white, and in a photo.
    dyed: bool (N,), whether the look tells colour and pattern; of real cloth it tells the type only.
    """

    latents: NDArray[np.float16]
    looks_like: NDArray[np.float16]
    alike: NDArray[np.float16]
    dyed: NDArray[np.bool_]
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
def _see(pictures: Tensor, image: CLIPVisionModelWithProjection) -> NDArray[np.float16]:
    with torch.autocast("cpu", torch.bfloat16):
        seen = image(pixel_values=pictures).image_embeds
    return seen.float().numpy().astype(np.float16)


class Rack:
    """The garments to choose from: those that take a print, and those that look plain when dyed plain."""

    def __init__(self, garments: Sequence[wardrobe.Garment]) -> None:
        self.all = list(garments)
        self.printable, self.dyeable = smoothest(garments, PRINTABLE), smoothest(garments, DYEABLE)
        self.plainly = by_type(self.dyeable)

    def like(self, look: Look, rng: np.random.Generator) -> wardrobe.Garment:
        """A garment of any type that takes this look's pattern."""
        garment = choose(self.printable, rng)
        if look.pattern == "plain":
            garment = self.dyeable[int(rng.choice(self.plainly[garment.type]))]
        return garment


def _sew(rack: Rack, rng: np.random.Generator, words: random.Random) -> tuple[list[wardrobe.Pixels], Look]:
    """A garment, another of the same cloth on white and another in a photo; the first one's look."""
    garment = choose(rack.printable, rng)
    look = random_look(garment.type, words)
    if look.pattern == "plain":
        garment = rack.like(Look(garment.type, look.colour), rng)
        look = replace(look, type=garment.type)
    ground = wardrobe.rgb(look.colour, rng)
    ink = wardrobe.rgb(look.second_colour, rng) if look.second_colour else None
    others = rack.like(look, rng), rack.like(look, rng)
    return [
        wardrobe.draw(garment, look, rng, ground=ground, ink=ink),
        wardrobe.draw(others[0], look, rng, ground=ground, ink=ink),
        wardrobe.draw(others[1], look, rng, ground=ground, ink=ink, busy=rack.all),
    ], look


def _copy(rack: Rack, rng: np.random.Generator) -> tuple[list[wardrobe.Pixels], Look]:
    """As `_sew`, of a real garment's cloth."""
    model = choose(rack.all, rng)
    garment = choose(rack.dyeable, rng)
    return [
        wardrobe.draw(garment, None, rng, fabric=wardrobe.swatch(model, rng)),
        wardrobe.draw(model, None, rng),
        wardrobe.draw(model, None, rng, busy=rack.all),
    ], Look(garment.type, "")


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
    rack = Rack(garments)
    rank, processes = crew()
    for part in tqdm(range(rank, size // PART, processes), desc="cache", disable=rank > 0):
        path = folder / f"{part:04d}.npz"
        if path.exists():
            continue
        rng, words = generator(seed, part), random.Random(seed * 1_000_003 + part)
        latents, seen, alike, dyed, looks = [], [], [], [], []
        for _ in range(PART // BATCH):
            trios: list[list[wardrobe.Pixels]] = []
            for _ in range(BATCH):
                dyed.append(words.random() >= REAL)
                trio, look = _sew(rack, rng, words) if dyed[-1] else _copy(rack, rng)
                trios.append(trio)
                looks.append(asdict(look))
            pictures = as_pictures(np.concatenate([np.stack(row) for row in zip(*trios, strict=True)]))
            embeddings = _see(pictures, image)
            latents.append(space.encode(pictures[:BATCH]).numpy().astype(np.float16))
            seen.append(embeddings[:BATCH])
            alike.append(np.stack([embeddings[BATCH : 2 * BATCH], embeddings[2 * BATCH :]], 1))
        beside = path.with_suffix(".part")
        with beside.open("wb") as out:
            np.savez(
                out,
                latents=np.concatenate(latents),
                looks_like=np.concatenate(seen),
                alike=np.concatenate(alike),
                dyed=np.array(dyed),
                looks=np.array(json.dumps(looks)),
            )
        os.replace(beside, path)


def read(folder: Path) -> Cache:
    """Everything that is cached, in memory (6 KB a picture).

    Raises FileNotFoundError where nothing is.
    """
    parts = [np.load(path) for path in sorted(folder.glob("*.npz"))]
    if not parts:
        raise FileNotFoundError(f"no cached latents in {folder}: run the stage «cache» first")
    looks = [Look(**row) for part in parts for row in json.loads(str(part["looks"]))]
    latents, looks_like, alike, dyed = (
        np.concatenate([part[name] for part in parts]) for name in ("latents", "looks_like", "alike", "dyed")
    )
    return Cache(latents, looks_like, alike, dyed, looks)
