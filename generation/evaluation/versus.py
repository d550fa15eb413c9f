"""Versus: `python -m generation.evaluate --model A --against B --data FILE`: table, plot and sheet.

Text alone, and photo with text: the photo of one product and the caption's kind of
another, as in the paper's figures 5 and 6. This module knows options and files;
what is measured `comparison` knows.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from generation import translation
from generation.evaluation import comparison, judges, plots, products, resampling
from generation.evaluation.colour import Pixels
from generation.evaluation.comparison import Asked, Measured
from generation.evaluation.products import LANGUAGES, Language, Product
from generation.evaluation.similarity import Similarity
from generation.worker import LocalStudio

SHEET_ROWS = 12
CELL = 128


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one model drew: title, text[language][seed][product], and styled[number] from photos."""

    title: str
    text: dict[Language, list[list[Pixels]]]
    styled: list[Pixels]


async def versus(options: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    """Draw with both models, measure and report: the table's rows and its Markdown.

    Raises BadRequest, Unreadable, ValueError, OSError with one sentence.
    """
    judge = judges.load()
    clip = Similarity(options.clip) if options.clip else None
    catalogue = products.open_catalogue(options.data, options.cache)
    translate = None
    if options.translator != "none":
        name = translation.EN_RU if options.translator == "auto" else options.translator
        translate = translation.open_marian(name).translate
    held = products.chosen(catalogue, options.samples, options.seed, options.split == "all", translate)
    pairs = _pairs(held, options.photo_samples)
    begun = time.perf_counter()
    ours = await _drawn(options, options.model, options.adapters, held, pairs)
    theirs = await _drawn(options, options.against, options.against_adapters, held, pairs)
    weights = resampling.counts(len(held), resampling.RESAMPLES, options.seed)
    figures: list[dict[Language, Measured]] = [
        {
            language: comparison.measure(held, language, one.text[language], judge, clip, weights)
            for language in LANGUAGES
        }
        for one in (ours, theirs)
    ]
    rows = comparison.table(*figures)
    seconds = time.perf_counter() - begun
    text = markdown(
        rows, ours.title, theirs.title, _facts(options, catalogue.facts, held, judge_facts(), seconds)
    )
    _write(options, rows, text, ours, theirs, held, pairs)
    return rows, text


async def _drawn(
    options: argparse.Namespace,
    model: str,
    adapters: str,
    held: Sequence[Product],
    pairs: Sequence[tuple[Product, Product]],
) -> Drawn:
    studio = LocalStudio(model, adapters=adapters, translator=options.prompt_translator)
    await studio.start()
    try:
        title = studio.title
        wishes = [
            Asked(product.caption(language), product.seed + seed * 1_000_000)
            for language in LANGUAGES
            for seed in range(options.seeds)
            for product in held
        ]
        styled = [
            Asked(f"{_kind(wanted)} of the same style", wanted.seed, comparison.png(shown.photo))
            for shown, wanted in pairs
        ]
        pictures = await comparison.draw(
            studio, title, [*wishes, *styled], options.cache / "drawings", options.steps, options.guidance
        )
    finally:
        await studio.close()
    text: dict[Language, list[list[Pixels]]] = {}
    at = 0
    for language in LANGUAGES:
        text[language] = []
        for _ in range(options.seeds):
            text[language].append(pictures[at : at + len(held)])
            at += len(held)
    return Drawn(title, text, pictures[at:])


def _pairs(held: Sequence[Product], count: int) -> list[tuple[Product, Product]]:
    """A photo of one product, and another whose kind is asked for in that style."""
    usable = [p for p in held if p.group is not None]
    found = []
    for i, shown in enumerate(usable[:count]):
        others = [p for p in usable[i + 1 :] + usable[:i] if p.group != shown.group]
        if others:
            found.append((shown, others[0]))
    return found


def _kind(product: Product) -> str:
    return (product.row.subcategory or product.row.category or product.en).lower()


def judge_facts() -> str:
    """What the judges score themselves."""
    record = judges.record()
    types, colours = record["types"], record["colours"]
    return (
        f"type by a judge that is right on {types['accuracy']:.0%} of {types['garments']} real garments "
        f"(11 groups), colour by the nearest of 20 names ({colours['accuracy']:.0%})"
    )


def _facts(
    options: argparse.Namespace, data: dict[str, Any], held: Sequence[Product], judge: str, seconds: float
) -> list[str]:
    typed = sum(p.group is not None for p in held)
    coloured = sum(bool(p.colours) for p in held)
    clip = (
        f"CLIP score by {options.clip}, of the drawing and the English caption"
        if options.clip
        else ("no CLIP score: --clip names a CLIP that the model is not conditioned on")
    )
    which = "held out by product" if options.split == "held-out" else "of the whole file"
    command = (
        f"python -m generation.evaluate --model {options.model}"
        + (f" --adapters {options.adapters}" if options.adapters else "")
        + f" --against {options.against}"
        + (f" --against-adapters {options.against_adapters}" if options.against_adapters else "")
        + f" --data {options.data} --samples {options.samples} --seeds {options.seeds} --seed {options.seed}"
        + (f" --steps {options.steps}" if options.steps else "")
    )
    return [
        f"`{command}`: {len(held)} products {which} ({data['kind']}, {data['rows']:,} pictures), "
        f"{options.seeds} seeds, the same prompts and seeds for both models and languages; {seconds:.0f} s.",
        "",
        "In brackets 95 % intervals by bootstrap over products; ± the standard deviation between seeds. KID "
        "is the unbiased squared MMD with the cubic kernel, FID the Fréchet distance, both of MobileNetV2's "
        f"features (ImageNet), not of Inception's: they compare with no published figure. FID's interval is "
        f"of {resampling.FEW} resamplings, which repeat products and so lie above the value. Photos are "
        f"reduced to the drawings' size first. {clip}. Attributes: {judge}; {typed} products have a type that "
        f"the judge knows, {coloured} a named colour.",
    ]


def markdown(rows: Sequence[dict[str, Any]], ours: str, theirs: str, facts: Sequence[str]) -> str:
    """The table."""
    lines = [f"| measure | language | {ours} | {theirs} | difference |", "|---|---|---|---|---|"]
    for row in rows:
        arrow = " ↓" if row["measure"] in comparison.LESS_IS_MORE else " ↑"
        change = row.get("difference")
        told = "" if change is None else _told(change)
        cells = (_cell(row["ours"]), _cell(row["theirs"]), told)
        lines.append(f"| {row['measure']}{arrow} | {row['language']} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *facts]) + "\n"


def _cell(value: dict[str, Any]) -> str:
    spread = "" if value["spread"] is None else f" ± {value['spread']:.2g}"
    return f"**{value['value']:.4g}**{spread} ({value['low']:.4g} to {value['high']:.4g})"


def _told(change: dict[str, Any]) -> str:
    low, high = _signed(change["low"]), _signed(change["high"])
    return f"{_signed(change['value'])}{change['unit']} ({low} to {high})"


def _signed(value: float) -> str:
    return f"{value:+.3g}"


def _write(
    options: argparse.Namespace,
    rows: Sequence[dict[str, Any]],
    text: str,
    ours: Drawn,
    theirs: Drawn,
    held: Sequence[Product],
    pairs: Sequence[tuple[Product, Product]],
) -> None:
    if options.json:
        found = {"ours": ours.title, "theirs": theirs.title, "products": len(held), "rows": rows}
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    if options.plot:
        points = {
            f"{row['measure']}, {row['language']}": {
                title: plots.Point(row[key]["value"], row[key]["low"], row[key]["high"])
                for key, title in (("ours", ours.title), ("theirs", theirs.title))
            }
            for row in rows
            if row["language"] in LANGUAGES
        }
        plots.intervals(options.plot, f"{len(held)} held-out products, {options.seeds} seeds", points)
    if options.sheet:
        sheet(options.sheet, held, ours, theirs, pairs)


def sheet(
    path: Path,
    held: Sequence[Product],
    ours: Drawn,
    theirs: Drawn,
    pairs: Sequence[tuple[Product, Product]],
) -> None:
    """Side by side: photo, theirs and ours in English and in Russian; then photo + text, theirs and ours."""
    lines: list[tuple[str, list[Pixels]]] = []
    for i, product in enumerate(held[:SHEET_ROWS]):
        pictures = [product.photo]
        for language in reversed(LANGUAGES):
            pictures += [theirs.text[language][0][i], ours.text[language][0][i]]
        lines.append((product.en, pictures))
    for i, (shown, wanted) in enumerate(pairs[:SHEET_ROWS]):
        lines.append(
            (f"photo + {_kind(wanted)} of the same style", [shown.photo, theirs.styled[i], ours.styled[i]])
        )
    heads = ("photo", "theirs, en", "ours, en", "theirs, ru", "ours, ru")
    high, top = CELL + 18, 34
    board = Image.new("RGB", (5 * (CELL + 6), top + high * len(lines)), "white")
    pen = ImageDraw.Draw(board)
    font = ImageFont.load_default(11)
    pen.text((4, 3), f"theirs: {theirs.title}   ours: {ours.title}"[:110], fill="black", font=font)
    for column, head in enumerate(heads):
        pen.text((column * (CELL + 6) + 4, 18), head, fill="#555555", font=font)
    for line, (words, pictures) in enumerate(lines):
        y = top + line * high
        for column, picture in enumerate(pictures):
            image = Image.fromarray(np.ascontiguousarray(picture)).resize(
                (CELL, CELL), Image.Resampling.LANCZOS
            )
            board.paste(image, (column * (CELL + 6), y))
        pen.text((4, y + CELL + 2), words[:110], fill="black", font=font)
    path.parent.mkdir(parents=True, exist_ok=True)
    board.save(path)
