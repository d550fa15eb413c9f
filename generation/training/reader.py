"""Reader: the stage that teaches to read photos, on garments set into busy pictures.

Most keep their own cloth, as shoppers' photos do: a print is one that was seen by eye
(`prints.json`), and plain is what the judge of patterns is sure of on white (of its
prints on real cloth, which it was not taught on, half are none). The others are
re-dyed, so that prints which hardly anybody was photographed in are seen too, and
colours as people name them: measured in a dim room white is grey. It knows
pictures, looks and the judge; it knows no embeddings.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm import tqdm

from generation import mobilenet
from generation.evaluation import judges
from generation.reader import OUTLINE, SIDE, Reader
from generation.training import garments as wardrobe
from generation.training.clip import choose
from generation.training.looks import random_look
from generation.training.run import Plan, Run, generator
from generation.vocabulary import COLOURS, PATTERNS

PLAN = Plan(steps=2_000, batch=32, rate=4e-4, warmup=100, decay=0.995, weight_decay=0.05)
OWN, PRINTED, BUSY = 0.6, 0.3, 0.9
"""The share that keep their own cloth, of these the share whose cloth is a known print, and the share on
busy backgrounds."""
SURE = 0.8
"""A garment's own cloth is plain where the judge is as sure; elsewhere nothing is asked."""
PLAIN = "plain"
UNKNOWN = -100
"""No answer: cross-entropy leaves it out."""
NAMES = {"type": judges.TYPES, "colour": tuple(COLOURS), "pattern": tuple(PATTERNS)}


Batch = tuple[Tensor, dict[str, Tensor], Tensor]


@torch.no_grad()
def know(garments: Sequence[wardrobe.Garment], judge: judges.Judge, batch: int = 64) -> list[int]:
    """The pattern of each garment's own cloth, as its number or UNKNOWN; one look at each, on white.

    garments: in the order of `garments.load`.
    """
    prints = {number: name for name, numbers in seen().items() for number in numbers}
    found: list[int] = []
    for i in tqdm(range(0, len(garments), batch), desc="own cloth", mininterval=5):
        pixels = [_on_white(garment) for garment in garments[i : i + batch]]
        masks = [garment.rgba[..., 3] > 200 for garment in garments[i : i + batch]]
        for verdict in judge.judge(pixels, masks):
            plain = verdict.pattern == PLAIN and verdict.pattern_share >= SURE
            pattern = prints.get(len(found), PLAIN if plain else None)
            found.append(UNKNOWN if pattern is None else NAMES["pattern"].index(pattern))
    return found


@cache
def seen() -> dict[str, list[int]]:
    """Prints seen by eye on real garments: their places in the order of `garments.load`, by pattern."""
    path = Path(__file__).with_name("prints.json")
    found: dict[str, list[int]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _on_white(garment: wardrobe.Garment) -> wardrobe.Pixels:
    alpha = garment.rgba[..., 3:] / 255
    return (garment.rgba[..., :3] * alpha + 255 * (1 - alpha) + 0.5).astype(np.uint8)


def draw(garments: Sequence[wardrobe.Garment], cloths: Sequence[int], plan: Plan, step: int) -> Batch:
    """One step's prepared pictures (N, 3, S, S), class numbers by kind (N,), outlines (N, 1, O, O)."""
    rng, words = generator(plan.seed, step), random.Random(plan.seed * 1_000_003 + step)
    numbers = {id(garment): number for number, garment in enumerate(garments)}
    crowd = list(garments)
    plain = NAMES["pattern"].index(PLAIN)
    printed = [number for number, own in enumerate(cloths) if own not in (plain, UNKNOWN)]
    pixels, mattes = [], []
    answers: dict[str, list[int]] = {kind: [] for kind in NAMES}
    for _ in range(plan.batch):
        garment = choose(garments, rng)
        busy = crowd if rng.random() < BUSY else None
        look = None if rng.random() < OWN else random_look(garment.type, words)
        if look is None and printed and rng.random() < PRINTED:
            garment = garments[int(rng.choice(printed))]
        picture, matte = wardrobe.draw_matted(garment, look, rng, busy=busy)
        pixels.append(picture)
        mattes.append(matte)
        own = cloths[numbers[id(garment)]]
        answers["type"].append(NAMES["type"].index(garment.type))
        answers["colour"].append(NAMES["colour"].index(look.colour) if look else UNKNOWN)
        answers["pattern"].append(NAMES["pattern"].index(look.pattern) if look else own)
    covered = torch.from_numpy(np.stack(mattes)).float()[:, None] / 255
    return (
        mobilenet.prepare(np.stack(pixels), SIDE),
        {kind: torch.tensor(numbers_) for kind, numbers_ in answers.items()},
        F.adaptive_avg_pool2d(covered, OUTLINE),
    )


def loss(reader: Reader, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropies of what is told and of the outline; the figures are shares that are right."""
    pictures, answers, covered = batch
    with torch.autocast("cpu", torch.bfloat16):
        logits, outline = reader(pictures.contiguous(memory_format=torch.channels_last))
    total = F.binary_cross_entropy_with_logits(outline, covered)
    figures = {"outline": total.item()}
    for kind, wanted in answers.items():
        told = wanted != UNKNOWN
        figures[kind] = 0.0
        if told.any():
            guess = logits[kind][told].float()
            total = total + F.cross_entropy(guess, wanted[told], label_smoothing=0.05)
            figures[kind] = (guess.argmax(1) == wanted[told]).float().mean().item()
    return total, figures


def build() -> Reader:
    """A reader that has seen ImageNet and no garment."""
    torch.manual_seed(0)
    reader = Reader(NAMES)
    reader.trunk.load_state_dict(mobilenet.load().state_dict())
    cast(Any, reader.trunk).to(memory_format=torch.channels_last)
    return reader


def train(
    garments: Sequence[wardrobe.Garment], cloths: Sequence[int], folder: Path, plan: Plan = PLAN
) -> Reader:
    """Train, or go on training, in `folder`; returns the averaged reader."""
    reader = build()
    run = Run(folder, plan, nn.ModuleDict({"reader": reader}))
    run.train(lambda step: draw(garments, cloths, plan, step), lambda batch, _: loss(reader, batch))
    found = run.average["reader"]
    assert isinstance(found, Reader)
    return found
