"""Questions: the prompts of the exam, the same looks and seeds in Russian and in English.

Every phrasing is one that no training caption has (`captions`, held_out); the
look itself, a red striped dress, may well have been seen. Types come in turn,
patterns by quota, colours as `looks` deals them. Photos are `photos.parquet`,
whose colours and patterns stand in `photos.json`, written down by looking at
each once, before anything was drawn from it.
This module knows words and files; it does not know pictures' judges.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from PIL import Image

from generation.evaluation import colour, judges
from generation.training.captions import caption, styled
from generation.training.garments import LABELS
from generation.training.looks import random_look
from generation.vocabulary import Look

Language = Literal["ru", "en"]
LANGUAGES: tuple[Language, ...] = ("ru", "en")
QUOTA = (
    *("plain", "leopard", "plain", "striped", "plain", "checked", "plain", "leopard", "striped", "checked"),
    *("plain", "zebra", "dotted", "floral", "camouflage", "denim"),
)
"""Patterns in turn: 5 in 16 plain, 2 in 16 each of leopard, striped and checked, the others once."""
DENIM = ("pants", "shorts", "skirt", "dress", "outwear", "shirt")
"""The types that are made of denim."""
SEED_STEP = 1_000


@dataclass(frozen=True, slots=True)
class Question:
    """One drawing to be judged: what to ask the Studio and what counts as right.

    group: of `judges.GROUPS`. colours: right names. pattern: the right one, of `judges.PATTERNS`;
    None where it is not judged. look: of a text question. photo: its bytes.
    """

    language: Language
    prompt: str
    seed: int
    group: str
    colours: frozenset[str]
    pattern: str | None
    look: Look | None = None
    photo: bytes | None = None


def looks(count: int, seed: int) -> list[Look]:
    """`count` looks: types in turn, patterns by QUOTA, the two combined anew in each round."""
    dice = random.Random(seed)
    types: list[str] = []
    patterns: list[str] = []
    while len(types) < count:
        types += dice.sample(judges.TYPES, len(judges.TYPES))
    while len(patterns) < count:
        patterns += dice.sample(QUOTA, len(QUOTA))
    found = []
    for type_, pattern in zip(types[:count], patterns[:count], strict=True):
        if pattern == "denim" and type_ not in DENIM:
            type_ = dice.choice(DENIM)
        look = random_look(type_, dice)
        while look.pattern != pattern:
            look = random_look(type_, dice)
        found.append(look)
    return found


def from_text(count: int, seed: int) -> list[Question]:
    """`count` looks in each language: pairs of questions with the same look and the same seed."""
    found = []
    for number, look in enumerate(looks(count, seed)):
        for language in LANGUAGES:
            words = random.Random(f"{seed} {number} {language}")
            found.append(
                Question(
                    language,
                    caption(look, language, words, held_out=True),
                    seed * SEED_STEP + number,
                    judges.GROUP_OF[look.type],
                    frozenset({look.colour}),
                    judges.PATTERN_OF[look.pattern],
                    look=look,
                )
            )
    return found


@cache
def eyed() -> dict[str, dict[str, Any]]:
    """What was seen in each photo, by its id: `colours` (one or two names), `pattern` or null.

    Two names where people would not agree (navy or black); none where the garment has no main colour.
    """
    path = Path(__file__).with_name("photos.json")
    found: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def photo_colour(data: bytes) -> str:
    """For a photo that nobody looked at: the nearest name of the median of its middle 40 %."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((256, 256))
    pixels = np.asarray(image)
    return colour.main_colour(pixels, colour.middle(pixels))


def from_photos(path: Path, count: int, seed: int) -> list[Question]:
    """`count` photos, each with another type asked for, in each language.

    The type is of another group than the photo's garment. Photos without a main colour are left out.
    """
    dice = random.Random(seed)
    rows = list(photos(path))
    dice.shuffle(rows)
    found: list[Question] = []
    for number, row in enumerate(rows[:count]):
        own = judges.GROUP_OF.get(LABELS.get(row["label"], ""), "")
        group = dice.choice([g for g in judges.GROUPS if g not in (own, "body")])
        type_ = dice.choice(judges.GROUPS[group])
        data = row["image"]["bytes"]
        seen = eyed().get(row["id"]) or {"colours": [photo_colour(data)], "pattern": None}
        for language in LANGUAGES:
            words = random.Random(f"photo {seed} {number} {language}")
            found.append(
                Question(
                    language,
                    styled(type_, cast(Any, language), words, held_out=True),
                    seed * SEED_STEP + number,
                    group,
                    frozenset(seen["colours"]),
                    judges.PATTERN_OF[seen["pattern"]] if seen["pattern"] else None,
                    photo=data,
                )
            )
    return found


def photos(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of `photos.parquet` (`image`, `label`, `id`) whose garment has a main colour."""
    import pyarrow.parquet as pq

    for row in pq.read_table(path).to_pylist():
        seen = eyed().get(row["id"])
        if seen is None or seen["colours"]:
            yield row
