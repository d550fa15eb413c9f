"""`python -m generation.evaluate`: how often the model draws what it is asked for, in Russian and in English.

Draws held-out prompts and, with photos, their style in another garment; prints a
Markdown table. With `--against B --data FILE` it compares two models on held-out
products instead, and `--train-judge` teaches the judges anew. The work is done in
`generation.evaluation`; this module knows the command line only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from generation.request import BadRequest
from generation.worker import GUIDANCE, STEPS, open_studio

PHOTOS = Path("../shared/data/photos.parquet")
GARMENTS = Path("../shared/data/garments.parquet")
TWO = ("against_adapters", "split", "skip", "seeds", "clip", "inception", "translator", "plot")
"""Options that mean nothing where one model is judged alone."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    shell = argparse.ArgumentParser(
        prog="python -m generation.evaluate",
        description="Judge what a model draws for prompts that it has not seen.",
    )
    shell.add_argument("--model", default="atelier", help="as for python -m generation (default: atelier)")
    shell.add_argument("--adapters", default="", help="fine-tuned weights on top of --model")
    shell.add_argument("--prompt-translator", default="auto", help="as --translator of python -m generation")
    shell.add_argument("--samples", type=int, default=160, help="looks in each language (default: 160)")
    shell.add_argument("--photos", type=Path, help=f"phone photos (default: {PHOTOS}, where it is there)")
    shell.add_argument("--photo-samples", type=int, default=240, help="photos; 0 for none (default: 240)")
    shell.add_argument("--seed", type=int, default=1, help="of the looks and the drawings (default: 1)")
    shell.add_argument("--steps", type=int, help=f"denoising steps (default: {STEPS})")
    shell.add_argument("--guidance", type=float, help=f"guidance scale (default: {GUIDANCE:g})")
    shell.add_argument("--json", type=Path, metavar="FILE", help="write every figure and verdict")
    shell.add_argument("--sheet", type=Path, metavar="FILE.png", help="write a contact sheet")
    shell.add_argument("--train-judge", action="store_true", help="teach the judges on --data, draw nothing")
    shell.add_argument("--data", type=Path, default=GARMENTS, help=f"(default: {GARMENTS})")
    two = shell.add_argument_group("two models on held-out products (--data: .h5, .parquet or a folder)")
    two.add_argument("--against", metavar="MODEL", help="compare --model with this one")
    two.add_argument("--against-adapters", default="", help="as --adapters, for --against")
    two.add_argument("--split", choices=("held-out", "all"), default="held-out", help="(default: held-out)")
    two.add_argument(
        "--skip",
        type=int,
        default=0,
        metavar="N",
        help="leave out the first N products of --seed (default: 0)",
    )
    two.add_argument("--seeds", type=int, default=2, help="drawings of each prompt (default: 2)")
    two.add_argument("--clip", help="a CLIP that the model does not draw from, for the CLIP score")
    two.add_argument("--inception", type=Path, metavar="FILE.pt", help="clean-fid's InceptionV3, for FID too")
    two.add_argument("--translator", default="none", help="en→ru for captions: folder, hub id, auto, none")
    two.add_argument("--plot", type=Path, metavar="FILE.png", help="write the figures with their intervals")
    two.add_argument("--cache", type=Path, default=Path("runs/cache"), help="unpacked pictures, drawings")
    return shell


async def evaluate(options: argparse.Namespace) -> tuple[list[dict[str, Any]], str]:
    """Draw, judge and report: the table's rows and its Markdown."""
    from generation.evaluation import exam, judges, questions, reading, report

    judge = judges.load()
    asked = questions.from_text(options.samples, options.seed)
    photos = options.photos or (PHOTOS if PHOTOS.exists() else None)
    styled = []
    if photos is not None and options.photo_samples > 0:
        styled = questions.from_photos(photos, options.photo_samples, options.seed)
    studio = open_studio(options.model, adapters=options.adapters, translator=options.prompt_translator)
    await studio.start()
    begun = time.perf_counter()
    seen = None
    try:
        if photos is not None and styled:
            seen = await reading.read(studio, photos)
            begun = time.perf_counter()
        pictures = await exam.draw(studio, [*asked, *styled], options.steps, options.guidance)
    finally:
        await studio.close()
    seconds = time.perf_counter() - begun
    marks = exam.mark(judge, [*asked, *styled], pictures)
    from_text, from_photo = marks[: len(asked)], marks[len(asked) :]
    rows = report.rates(from_text, report.TEXT)
    if from_photo:
        rows += report.rates(from_photo, report.PHOTO)
    facts = _facts(options, len(pictures), seconds, judges.record())
    text = report.markdown(rows, facts if seen is None else (*facts, "", str(seen)))
    if options.sheet:
        report.sheet(marks, options.sheet)
    if options.json:
        found = {"model": options.model, "adapters": options.adapters, "seed": options.seed}
        found |= {"seconds": round(seconds, 1), "rows": rows}
        found["judges"] = judges.record()
        found["photos"] = None if seen is None else asdict(seen)
        found["drawings"] = [
            {
                "language": one.question.language,
                "prompt": one.question.prompt,
                "seed": one.question.seed,
                "photo": one.question.photo is not None,
                "asked": [one.question.group, one.question.pattern, sorted(one.question.colours)],
                "given": one.given,
                "right": [one.type, one.pattern, one.colour],
            }
            for one in marks
        ]
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return rows, text


def _facts(
    options: argparse.Namespace, count: int, seconds: float, record: dict[str, Any]
) -> tuple[str, ...]:
    types, patterns, colours = record["types"], record["patterns"], record["colours"]
    command = (
        f"python -m generation.evaluate --samples {options.samples} --photo-samples {options.photo_samples}"
    )
    command += f" --seed {options.seed}"
    for name in ("steps", "guidance"):
        if getattr(options, name) is not None:
            command += f" --{name} {getattr(options, name):g}"
    if options.model != "atelier":
        command += f" --model {options.model}"
    if options.adapters:
        command += f" --adapters {options.adapters}"
    return (
        f"`{command}`: {count} drawings in {seconds:.0f} s; in brackets 95 % bootstrap intervals over looks. "
        "Phrasings are unseen in training; the same looks and seeds in both languages.",
        "",
        f"The judges themselves, on garments of people they have not seen: type {types['accuracy']:.0%} of "
        f"{types['garments']} real photos (11 groups: polo, undershirt and top count as T-shirt, hoodie as "
        f"longsleeve, blouse as shirt, blazer as outerwear; {types['accuracy_17_labels']:.0%} on the 17 "
        f"labels; {record['types_re_dyed']['accuracy']:.0%} of them once re-dyed and blurred), pattern "
        f"{patterns['accuracy']:.0%} of 8 and colour {colours['accuracy']:.0%} of 20 on "
        f"{colours['garments']} re-dyed garments. Denim counts as plain. The colour of a print is right if "
        "it is one of the colours that make up at least a fifth of the garment; a photo's colours and print "
        "were written down by eye, one or two names a photo.",
    )


async def compare(options: argparse.Namespace) -> str:
    """Two models on held-out products: the table."""
    from generation.evaluation import versus

    return (await versus.versus(options))[1]


def train_judge(data: Path) -> str:
    """Teach the judges; what they score."""
    from generation.evaluation import judges, schooling

    record = schooling.school(data)
    return f"{json.dumps(record, indent=2)}\nThe judges are in {judges.FOLDER}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate from the shell; the exit code."""
    shell = parser()
    options = shell.parse_args(arguments)
    try:
        for name in () if options.against else TWO:
            if getattr(options, name) != shell.get_default(name):
                raise ValueError(f"--{name.replace('_', '-')} goes with --against")
        if options.samples < 1 or options.photo_samples < 0:
            raise ValueError("--samples must be at least 1, --photo-samples at least 0")
        if options.seeds < 1 or options.skip < 0:
            raise ValueError("--seeds must be at least 1, --skip at least 0")
        if options.train_judge:
            text = train_judge(options.data)
        elif options.against:
            text = asyncio.run(compare(options))
        else:
            text = asyncio.run(evaluate(options))[1]
    except ModuleNotFoundError as error:
        print(f"{error.name} is missing: pip install 'lekalo[train]'", file=sys.stderr)
        return 2
    except (BadRequest, OSError, ValueError) as error:
        print(f"Cannot evaluate: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
