"""Reading: how often a model sees in a phone photo what people see in it.

Type by the photo's label, colour and print as they were written down by eye
(`questions.eyed`). Nothing is drawn. This module knows photos and what the Studio
says of them; it does not know how it sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from generation.evaluation import judges, questions
from generation.studio import Studio
from generation.training.garments import LABELS


@dataclass(frozen=True, slots=True)
class Share:
    """`right` of `of` photos."""

    right: int
    of: int

    def __str__(self) -> str:
        return f"{self.right} of {self.of}"


@dataclass(frozen=True, slots=True)
class Reading:
    """Photos whose garment is seen in its group of types, in its colour, and in its print if it has one."""

    type: Share
    colour: Share
    print: Share
    plain: Share

    def __str__(self) -> str:
        return (
            f"Seen in phone photos: the type's group in {self.type}, the main colour in {self.colour}, "
            f"a print as that print in {self.print}, plain cloth as plain in {self.plain}."
        )


async def read(studio: Studio, path: Path) -> Reading:
    """Let the model describe every photo of `path` that has a main colour."""
    types: list[bool] = []
    colours: list[bool] = []
    prints: list[bool] = []
    plain: list[bool] = []
    for row in tqdm(list(questions.photos(path)), desc="reading", unit="photo", mininterval=1):
        found = await studio.describe([row["image"]["bytes"]])
        group = judges.GROUP_OF.get(LABELS.get(row["label"], ""))
        if group is not None:
            types.append(found.type is not None and judges.GROUP_OF.get(found.type) == group)
        known = questions.eyed().get(row["id"])
        if known is None:
            continue
        colours.append(found.colour in known["colours"])
        if known["pattern"]:
            pattern = judges.PATTERN_OF[known["pattern"]]
            seen = judges.PATTERN_OF[found.pattern or "plain"] == pattern
            (plain if pattern == "plain" else prints).append(seen)
    return Reading(*(Share(sum(right), len(right)) for right in (types, colours, prints, plain)))
