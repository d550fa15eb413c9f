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
from itertools import islice
from pathlib import Path
from typing import Any

from generation import translation
from generation.evaluation import comparison, judges, plots, products, resampling
from generation.evaluation.colour import Pixels
from generation.evaluation.comparison import Asked, Measured
from generation.evaluation.eyes import Eyes, inception, small
from generation.evaluation.products import LANGUAGES, Language, Pair, Product
from generation.evaluation.similarity import Similarity
from generation.worker import LocalStudio

SHEET_ROWS = 12


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one model drew: title, text[language][seed][product], styled[language][seed][pair] from photos.

    files: where the first seed's are kept, in the same order.
    """

    title: str
    text: dict[Language, list[list[Pixels]]]
    styled: dict[Language, list[list[Pixels]]]
    files: dict[Language, tuple[list[Path], list[Path]]]


async def versus(options: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    """Draw with both models, measure and report: the table's rows and its Markdown.

    Raises BadRequest, Unreadable, ValueError, OSError with one sentence.
    """
    judge = judges.load()
    clip = Similarity(options.clip) if options.clip else None
    eyes = [small(), inception(options.inception)] if options.inception else [small()]
    catalogue = products.open_catalogue(options.data, options.cache)
    translate = None
    if options.translator != "none":
        name = translation.EN_RU if options.translator == "auto" else options.translator
        translate = translation.open_marian(name).translate
    everything = options.split == "all"
    held = products.chosen(catalogue, options.samples, options.seed, everything, translate, options.skip)
    pairs = products.pairs(held, options.photo_samples)
    begun = time.perf_counter()
    theirs = await _drawn(options, options.against, options.against_adapters, held, pairs)
    ours = await _drawn(options, options.model, options.adapters, held, pairs)
    figures = [_measured(one, held, pairs, judge, clip, eyes, options.seed) for one in (ours, theirs)]
    rows = comparison.table(*figures)
    seconds = time.perf_counter() - begun
    photos = comparison.judged_photos(held, judge)
    facts = _facts(options, catalogue.facts, held, pairs, photos, seconds)
    _write(options, rows, facts, ours, theirs, held, pairs)
    return rows, markdown(rows, ours.title, theirs.title, facts)


def _measured(
    one: Drawn,
    held: Sequence[Product],
    pairs: Sequence[Pair],
    judge: judges.Judge,
    clip: Similarity | None,
    eyes: Sequence[Eyes],
    seed: int,
) -> dict[Language, Measured]:
    weights = resampling.counts(len(held), resampling.RESAMPLES, seed)
    found = {}
    for language in LANGUAGES:
        found[language] = comparison.measure(held, language, one.text[language], judge, clip, weights, eyes)
        if pairs:
            again = resampling.counts(len(pairs), resampling.RESAMPLES, seed)
            found[language] |= comparison.measure_styled(pairs, one.styled[language], judge, again)
    return found


async def _drawn(
    options: argparse.Namespace,
    model: str,
    adapters: str,
    held: Sequence[Product],
    pairs: Sequence[Pair],
) -> Drawn:
    studio = LocalStudio(model, adapters=adapters, translator=options.prompt_translator)
    await studio.start()
    try:
        title = studio.title
        photos = [comparison.png(pair.shown.photo) for pair in pairs]
        wishes: list[Asked] = []
        for language in LANGUAGES:
            for more in (seed * 1_000_000 for seed in range(options.seeds)):
                wishes += [Asked(p.caption(language), p.seed + more) for p in held]
                wishes += [
                    Asked(pair.prompt(language), pair.wanted.seed + more, photo)
                    for pair, photo in zip(pairs, photos, strict=True)
                ]
        folder, steps, guidance = options.cache / "drawings", options.steps, options.guidance
        pictures = iter(await comparison.draw(studio, title, wishes, folder, steps, guidance))
    finally:
        await studio.close()
    files = iter([comparison.place(folder, title, wish, steps, guidance) for wish in wishes])
    found = Drawn(title, {}, {}, {})
    for language in LANGUAGES:
        found.text[language], found.styled[language] = [], []
        for seed in range(options.seeds):
            found.text[language].append(list(islice(pictures, len(held))))
            found.styled[language].append(list(islice(pictures, len(pairs))))
            places = list(islice(files, len(held))), list(islice(files, len(pairs)))
            if not seed:
                found.files[language] = places
    return found


def _judge_facts() -> str:
    """What the judges score themselves."""
    record = judges.record()
    types, colours = record["types"], record["colours"]
    return (
        f"type by a judge that is right on {types['accuracy']:.0%} of {types['garments']} real garments "
        f"(11 groups), colour by the nearest of 20 names ({colours['accuracy']:.0%})"
    )


def _facts(
    options: argparse.Namespace,
    data: dict[str, Any],
    held: Sequence[Product],
    pairs: Sequence[Pair],
    photos: dict[str, float],
    seconds: float,
) -> list[str]:
    called = ", ".join(f"{name.removesuffix(', %')} {share:.0f} %" for name, share in photos.items())
    typed = sum(p.group is not None for p in held)
    coloured = sum(bool(p.colours) for p in held)
    clip = (
        f"CLIP score by {options.clip}, of the drawing and the English caption"
        if options.clip
        else ("no CLIP score: --clip names a CLIP that the model is not conditioned on")
    )
    inceptions = (
        ", InceptionV3's are prepared as clean-fid does"
        if options.inception
        else ", they are not Inception's"
    )
    which = "held out by product" if options.split == "held-out" else "of the whole file"
    command = (
        f"python -m generation.evaluate --model {options.model}"
        + (f" --adapters {options.adapters}" if options.adapters else "")
        + f" --against {options.against}"
        + (f" --against-adapters {options.against_adapters}" if options.against_adapters else "")
        + f" --data {options.data} --samples {options.samples} --seeds {options.seeds} --seed {options.seed}"
        + (f" --skip {options.skip}" if options.skip else "")
        + f" --photo-samples {options.photo_samples}"
        + (f" --steps {options.steps}" if options.steps else "")
    )
    return [
        f"`{command}`: {len(held)} products {which} ({data['kind']}, {data['rows']:,} pictures), "
        f"{options.seeds} seeds, the same prompts and seeds for both models and languages; {seconds:.0f} s.",
        "",
        "In brackets 95 % intervals by bootstrap over products; ± the standard deviation between seeds. KID "
        "is the unbiased squared MMD with the cubic kernel, FID the Fréchet distance, of the features of the "
        f"network that is named: MobileNetV2's (ImageNet) compare with no published figure{inceptions}. "
        f"FID's interval is of {resampling.FEW} resamplings, which repeat products and so lie above the "
        f"value. Photos are reduced to the drawings' size first. {clip}. Attributes: {_judge_facts()}; "
        f"{typed} products have a type that the judge knows, {coloured} a named colour. Of the "
        f"products' photos themselves the judges call right: {called}."
        + (
            f" Photo + text: {len(pairs)} photos, each with the name of another product's kind."
            if pairs
            else ""
        ),
    ]


def markdown(rows: Sequence[dict[str, Any]], ours: str, theirs: str, facts: Sequence[str]) -> str:
    """The table."""
    lines = [f"| measure | language | {ours} | {theirs} | difference |", "|---|---|---|---|---|"]
    for row in rows:
        arrow = " ↓" if comparison.less_is_more(row["measure"]) else " ↑"
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
    facts: Sequence[str],
    ours: Drawn,
    theirs: Drawn,
    held: Sequence[Product],
    pairs: Sequence[Pair],
) -> None:
    if options.json:
        found = {"ours": ours.title, "theirs": theirs.title, "products": len(held), "rows": rows}
        found |= {"facts": facts, "drawings": _listed(ours, theirs, held, pairs)}
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


def _listed(
    ours: Drawn, theirs: Drawn, held: Sequence[Product], pairs: Sequence[Pair]
) -> list[dict[str, Any]]:
    """The drawings of a sheet's rows, by file."""
    found = []
    for kind, words in enumerate(
        ([p.en for p in held[:SHEET_ROWS]], [pair.prompt("en") for pair in pairs[:SHEET_ROWS]])
    ):
        for i, prompt in enumerate(words):
            for language in LANGUAGES:
                mine, other = ours.files[language][kind][i], theirs.files[language][kind][i]
                line = {"prompt": prompt, "language": language, "photo": bool(kind)}
                found.append(line | {"ours": str(mine), "theirs": str(other)})
    return found


def sheet(
    path: Path,
    held: Sequence[Product],
    ours: Drawn,
    theirs: Drawn,
    pairs: Sequence[Pair],
) -> None:
    """Side by side: photo, theirs and ours in English and in Russian; then the same from photo + text."""
    lines: list[tuple[str, list[Pixels]]] = []
    for i, product in enumerate(held[:SHEET_ROWS]):
        pictures = [product.photo]
        for language in reversed(LANGUAGES):
            pictures += [theirs.text[language][0][i], ours.text[language][0][i]]
        lines.append((product.en, pictures))
    for i, pair in enumerate(pairs[:SHEET_ROWS]):
        pictures = [pair.shown.photo]
        for language in reversed(LANGUAGES):
            pictures += [theirs.styled[language][0][i], ours.styled[language][0][i]]
        lines.append((f"photo + {pair.prompt('en')}", pictures))
    heads = ("photo", "theirs, en", "ours, en", "theirs, ru", "ours, ru")
    plots.board(path, f"theirs: {theirs.title}   ours: {ours.title}", heads, lines)
