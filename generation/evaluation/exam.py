"""Exam: put the questions to a Studio, many at a time, and mark what it draws.

A drawing is right in type where the judge's group is the one asked for, in
colour by `colour.colour_right`, in pattern where the judge names exactly the one
asked for, of eight. The marks are as good as the judges: `judge/judge.json` has
what they score themselves. This module knows the contract of requests; it does
not know what is behind the Studio.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image
from tqdm import tqdm

from generation.evaluation import colour
from generation.evaluation.colour import Pixels
from generation.evaluation.judges import Judge
from generation.evaluation.questions import Question
from generation.request import Request
from generation.studio import Studio

SIDE = 128
"""Drawings are judged at this size, whatever the model's is."""
AT_A_TIME = 24


@dataclass(frozen=True, slots=True)
class Mark:
    """One drawing, (SIDE, SIDE, 3), and what was right about it; `given` says what the judges saw."""

    question: Question
    pixels: Pixels
    type: bool
    colour: bool
    pattern: bool
    given: tuple[str, str, str]

    @property
    def style(self) -> bool:
        """The photo's colour, or its pattern where it has a print: plainness alone is no style."""
        return self.colour or (self.question.pattern not in (None, "plain") and self.pattern)


async def draw(
    studio: Studio, questions: Sequence[Question], steps: int | None = None, guidance: float | None = None
) -> list[Pixels]:
    """One picture a question, (SIDE, SIDE, 3), with a progress bar."""
    gate = asyncio.Semaphore(AT_A_TIME)
    with tqdm(total=len(questions), desc="drawing", unit="picture", mininterval=1) as bar:

        async def one(question: Question) -> Pixels:
            photos = () if question.photo is None else (question.photo,)
            request = Request(question.prompt, photos, seed=question.seed, steps=steps, guidance=guidance)
            async with gate:
                pictures = await studio.draw(request)
            bar.update()
            return decode(pictures[0].png)

        return list(await asyncio.gather(*(one(question) for question in questions)))


def decode(png: bytes) -> Pixels:
    """A file's pixels at SIDE × SIDE."""
    image = Image.open(io.BytesIO(png)).convert("RGB")
    if image.size != (SIDE, SIDE):
        image = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(image)


def mark(judge: Judge, questions: Sequence[Question], pictures: Sequence[Pixels]) -> list[Mark]:
    """What is right about each drawing."""
    masks = [colour.garment(pixels) for pixels in pictures]
    verdicts = judge.judge(pictures, masks)
    marks = []
    for question, pixels, mask, verdict in zip(questions, pictures, masks, verdicts, strict=True):
        asked_print = question.pattern if question.photo is None else verdict.pattern
        right = colour.colour_right(pixels, mask, question.colours, asked_print != "plain")
        given = (verdict.type, verdict.pattern, colour.main_colour(pixels, mask))
        marks.append(
            Mark(
                question,
                pixels,
                verdict.type == question.group,
                right,
                question.pattern is not None and verdict.pattern == question.pattern,
                given,
            )
        )
    return marks
