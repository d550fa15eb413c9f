"""Comparison: two models on the same held-out products, prompts and seeds, in Russian and in English.

Distances of the drawings from the products' photos (KID, FID), their nearness to
the words (CLIP score, where a judging CLIP is given) and attribute accuracy; each
with an interval by bootstrap over products and with the spread between seeds. It
knows Studios by their contract; it does not know how the models were made.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor
from tqdm import tqdm

from generation.evaluation import exam, judges, resampling
from generation.evaluation.colour import Pixels
from generation.evaluation.eyes import MOBILENET, Eyes, small
from generation.evaluation.frechet import frechet
from generation.evaluation.products import LANGUAGES, Language, Pair, Product, photos_at
from generation.evaluation.questions import Question
from generation.evaluation.resampling import Field, Kernel
from generation.evaluation.similarity import Similarity
from generation.request import Request
from generation.studio import Studio
from generation.training.catalogue import alone

KID, FID = f"1000 KID ({MOBILENET})", f"FID ({MOBILENET})"
CLIP, TYPE, COLOUR = "CLIP score", "garment type right, %", "colour right, %"
STYLED_TYPE, STYLED_COLOUR = "photo + text: garment type right, %", "photo + text: the photo's colour, %"
AT_A_TIME = 24


@dataclass(frozen=True, slots=True)
class Asked:
    """One drawing: a prompt, its seed, and maybe a photo (PNG)."""

    prompt: str
    seed: int
    photo: bytes | None = None


async def draw(
    studio: Studio,
    title: str,
    asked: Sequence[Asked],
    folder: Path,
    steps: int | None,
    guidance: float | None,
) -> list[Pixels]:
    """A drawing (side, side, 3) for each, with a bar; kept in `folder`, so that none is drawn twice."""
    gate = asyncio.Semaphore(AT_A_TIME)
    lock = f"{hashlib.sha256(title.encode()).hexdigest()[:12]}.lock"
    with (
        alone(folder, lock),
        tqdm(total=len(asked), desc=f"drawing: {title}", unit="picture", mininterval=1) as bar,
    ):

        async def one(wish: Asked) -> Pixels:
            path = place(folder, title, wish, steps, guidance)
            if not path.is_file():
                photos = () if wish.photo is None else (wish.photo,)
                request = Request(wish.prompt, photos, seed=wish.seed, steps=steps, guidance=guidance)
                async with gate:
                    pictures = await studio.draw(request)
                beside = path.with_suffix(".unfinished")
                beside.write_bytes(pictures[0].png)
                os.replace(beside, path)
            bar.update()
            with Image.open(path) as picture:
                return np.asarray(picture.convert("RGB"))

        return list(await asyncio.gather(*(one(wish) for wish in asked)))


def place(folder: Path, title: str, wish: Asked, steps: int | None, guidance: float | None) -> Path:
    """Where a drawing of the model of this title is kept."""
    photo = hashlib.sha256(wish.photo or b"").hexdigest()
    key = repr((title, wish.prompt, wish.seed, photo, steps, guidance))
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.png"


@dataclass(frozen=True, slots=True)
class Measured:
    """A model's figures in one language: by measure, the value of each seed and of each resampling."""

    values: dict[str, list[float]]
    resampled: dict[str, Field]

    def __or__(self, other: Measured) -> Measured:
        return Measured(self.values | other.values, self.resampled | other.resampled)


def measure(
    products: Sequence[Product],
    language: Language,
    drawings: Sequence[Sequence[Pixels]],
    judge: judges.Judge,
    clip: Similarity | None,
    weights: Field,
    eyes: Sequence[Eyes] | None = None,
) -> Measured:
    """Of drawings[seed][product]. eyes: what distances are of features of; None: MobileNetV2's."""
    side = drawings[0][0].shape[0]
    photos = photos_at(products, side)
    looks = [(one, one.features(photos)) for one in eyes or (small(),)]
    found: dict[str, list[float]] = {}
    resampled: dict[str, list[Field]] = {}

    def take(name: str, value: float, again: Field) -> None:
        found.setdefault(name, []).append(value)
        resampled.setdefault(name, []).append(again)

    alone = np.ones((1, len(products)))
    for pictures in drawings:
        for one, real in looks:
            drawn = one.features(np.stack(list(pictures)))
            kernel = Kernel(drawn, real)
            take(f"1000 KID ({one.name})", 1000 * float(kernel(alone)[0]), 1000 * kernel(weights))
            again = resampling.repeated(partial(_frechet, drawn, real), weights)
            take(f"FID ({one.name})", frechet(drawn, real), again)
        if clip is not None:
            scores = clip.scores(pictures, [product.en for product in products])
            take(f"{CLIP} ({Path(clip.name).name})", float(scores.mean()), resampling.means(scores, weights))
        for name, right in _attributes(products, language, pictures, judge).items():
            if not np.isnan(right).all():
                take(name, float(np.nanmean(right)), resampling.means(right, weights))
    return Measured(found, {name: np.mean(again, axis=0) for name, again in resampled.items()})


def measure_styled(
    pairs: Sequence[Pair], drawings: Sequence[Sequence[Pixels]], judge: judges.Judge, weights: Field
) -> Measured:
    """Of drawings[seed][pair] from a photo and a text: the text's garment, the photo's colour."""
    questions = [
        Question("en", "", pair.wanted.seed, pair.wanted.group or "", pair.shown.colours, None)
        for pair in pairs
    ]
    coloured = np.array([bool(pair.shown.colours) for pair in pairs])
    found: dict[str, list[float]] = {}
    resampled: dict[str, list[Field]] = {}
    for pictures in drawings:
        marks = exam.mark(judge, questions, [_at(picture, exam.SIDE) for picture in pictures])
        right = {
            STYLED_TYPE: np.array([100.0 * mark.type for mark in marks]),
            STYLED_COLOUR: np.where(coloured, [100.0 * mark.colour for mark in marks], np.nan),
        }
        for name, field in right.items():
            if not np.isnan(field).all():
                found.setdefault(name, []).append(float(np.nanmean(field)))
                resampled.setdefault(name, []).append(resampling.means(field, weights))
    return Measured(found, {name: np.mean(again, axis=0) for name, again in resampled.items()})


def judged_photos(products: Sequence[Product], judge: judges.Judge) -> dict[str, float]:
    """What the judges call right of the photos themselves: no drawing can be expected to score more."""
    photos = list(photos_at(products, exam.SIDE))
    found = _attributes(products, "en", photos, judge)
    return {name: float(np.nanmean(right)) for name, right in found.items() if not np.isnan(right).all()}


def _frechet(drawn: Tensor, real: Tensor, rows: Any) -> float:
    return frechet(drawn[rows], real[rows])


def _attributes(
    products: Sequence[Product], language: Language, pictures: Sequence[Pixels], judge: judges.Judge
) -> dict[str, Field]:
    """100 where the judges see the type or colour that the caption names, 0 elsewhere, NaN where none is."""
    questions = [
        Question(language, p.caption(language), p.seed, p.group or "", p.colours, None) for p in products
    ]
    marks = exam.mark(judge, questions, [_at(picture, exam.SIDE) for picture in pictures])
    known = np.array([p.group is not None for p in products])
    coloured = np.array([bool(p.colours) for p in products])
    types = np.array([100.0 * mark.type for mark in marks])
    colours = np.array([100.0 * mark.colour for mark in marks])
    return {TYPE: np.where(known, types, np.nan), COLOUR: np.where(coloured, colours, np.nan)}


def _at(pixels: Pixels, side: int) -> Pixels:
    if pixels.shape[:2] == (side, side):
        return pixels
    return np.asarray(Image.fromarray(pixels).resize((side, side), Image.Resampling.LANCZOS))


def less_is_more(name: str) -> bool:
    """Whether a measure is a distance."""
    return "KID" in name or "FID" in name


def table(ours: dict[Language, Measured], theirs: dict[Language, Measured]) -> list[dict[str, Any]]:
    """A row for each measure and language: both models, and the first against the second."""
    rows = []
    for name in ours["en"].values:
        for language in LANGUAGES:
            mine, other = ours[language], theirs[language]
            if name not in mine.values or name not in other.values:
                continue
            row: dict[str, Any] = {"measure": name, "language": language}
            for key, one in (("ours", mine), ("theirs", other)):
                low, high = resampling.interval(one.resampled[name])
                row[key] = {
                    "value": float(np.mean(one.values[name])),
                    "low": low,
                    "high": high,
                    "seeds": one.values[name],
                    "spread": float(np.std(one.values[name], ddof=1)) if len(one.values[name]) > 1 else None,
                }
            row["difference"] = _change(mine, other, name, relative=less_is_more(name))
            rows.append(row)
        rows.append(_parity(ours, theirs, name))
    return [row for row in rows if row]


def _change(mine: Measured, other: Measured, name: str, relative: bool) -> dict[str, Any]:
    """Ours minus theirs; `relative`: in per cent of theirs."""
    value = float(np.mean(mine.values[name]) - np.mean(other.values[name]))
    again = mine.resampled[name] - other.resampled[name]
    if relative:
        value = 100 * value / abs(float(np.mean(other.values[name])))
        again = 100 * again / np.abs(other.resampled[name])
    low, high = resampling.interval(again)
    return {"value": value, "low": low, "high": high, "unit": "%" if relative else ""}


def _parity(ours: dict[Language, Measured], theirs: dict[Language, Measured], name: str) -> dict[str, Any]:
    """Russian minus English, for each model."""
    if any(name not in side[language].values for side in (ours, theirs) for language in LANGUAGES):
        return {}
    row: dict[str, Any] = {"measure": name, "language": "ru − en"}
    for key, side in (("ours", ours), ("theirs", theirs)):
        low, high = resampling.interval(side["ru"].resampled[name] - side["en"].resampled[name])
        value = float(np.mean(side["ru"].values[name]) - np.mean(side["en"].values[name]))
        row[key] = {"value": value, "low": low, "high": high, "spread": None}
    return row


def png(pixels: Pixels) -> bytes:
    """A photo as a request takes it."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
