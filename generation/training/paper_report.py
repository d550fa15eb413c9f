"""Paper report: what the experiment of `generation.training.paper` found, as Markdown with pictures.

It is written into a folder of its own that holds no photo of the data, so that it
can be passed on: losses, the figures of each way against the base, whether what
was to be shown is shown, and drawings side by side. This module knows the files
that the experiment left; it runs nothing.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generation.evaluation import plots, versus
from generation.evaluation.colour import Pixels
from generation.training.finetune.loop import read_log

WAYS = ("lora", "full")
STAGES = ("prior", "decoder")
KID_FALL = 33.3
"""Per cent that KID to held-out products is to fall at least."""
PARITY = 5.0
"""Points that Russian and English may be apart in attributes."""
FOLDERS = {"lora": "adapter", "full": "model"}
SHEET_ROWS = {False: 7, True: 4}
"""Rows from text alone, and from photo and text."""
CELL = 80


def write(out: Path, commands: Sequence[str]) -> Path:
    """Write `out`/report with README.md and its pictures; returns the README."""
    folder = out / "report"
    folder.mkdir(parents=True, exist_ok=True)
    plots.curves(folder / "losses.png", _losses(out))
    found = {way: json.loads((out / f"{way}.json").read_text(encoding="utf-8")) for way in WAYS}
    _sheet(folder / "drawings.png", found)
    for way in WAYS:
        shutil.copyfile(out / f"{way}.png", folder / f"{way}.png")
    lines = ["# Fine-tuned on shop photos", ""]
    for way in WAYS:
        lines += [f"**{way}:**", "", *(f"- {line}" for line in verdicts(found[way]["rows"])), ""]
    lines += ["## What was trained", "", *_trained(out), "", "![losses](losses.png)", ""]
    for way in WAYS:
        one = found[way]
        table = versus.markdown(one["rows"], one["ours"], one["theirs"], one["facts"])
        lines += [f"## {way} against the base", "", table, f"![{way}]({way}.png)", ""]
    lines += [
        "## Drawings",
        "",
        "The base, LoRA and full training, English then Russian, one seed; the lower",
    ]
    lines += ["rows from a photo, which is not shown, and a text.", "", "![drawings](drawings.png)", ""]
    lines += ["## Commands", "", f"{time.strftime('%Y-%m-%d')}:", "", "```sh", *commands, "```"]
    path = folder / "README.md"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _losses(out: Path) -> dict[str, dict[str, list[tuple[float, float]]]]:
    panels = {}
    for stage in STAGES:
        lines = {}
        for way in WAYS:
            log = read_log(out / way / stage / "log.jsonl")
            lines[f"{way}, training"] = plots.smooth([(r["step"], r["mse"]) for r in log if "mse" in r], 0.98)
            lines[f"{way}, held out"] = [(r["step"], r["held_out"]) for r in log if "held_out" in r]
        panels[f"{stage}: squared error"] = lines
    return panels


def _trained(out: Path) -> list[str]:
    """The cards' facts in one table."""
    lines = ["| way | stage | numbers trained | steps × samples | rate | seconds | held-out error |"]
    lines.append("|---|---|---|---|---|---|---|")
    data: dict[str, Any] = {}
    machine = ""
    for way in WAYS:
        stages = json.loads((out / way / FOLDERS[way] / "facts.json").read_text(encoding="utf-8"))
        for one in stages:
            s, data, machine = one["settings"], one["data"], one["machine"]
            held = one["held_out"]
            error = " → ".join(
                f"{value:.4f} at step {step}" for step, value in held[:: max(1, len(held) - 1)]
            )
            lines.append(
                f"| {way} | {s['stage']} | {one['trained_numbers']:,} | {s['steps']:,} × "
                f"{s['batch'] * s['accumulate']} | {s['rate']:g} | {one['seconds']:,.0f} | "
                f"{error or 'not measured'} |"
            )
    own = f"; {data['rehearsed']:,} drawings of the base's own rehearsed" if data.get("rehearsed") else ""
    lines += [
        "",
        f"{data['kind']}, {data['rows']:,} pictures; {data['trained']:,} trained on, {data['held_out']:,} "
        f"held out by product{own}; {data['captions_ru']:,} Russian and "
        f"{data['captions_en']:,} English captions. "
        f"{machine}; both ways ran side by side there.",
    ]
    return lines


def _sheet(path: Path, found: dict[str, dict[str, Any]]) -> None:
    """The base's, LoRA's and full training's drawings of the same prompts and seeds."""
    lines: list[tuple[str, list[Pixels]]] = []
    for photo, rows in SHEET_ROWS.items():
        by_way = {way: [d for d in found[way]["drawings"] if d["photo"] == photo] for way in WAYS}
        first = {d["prompt"]: d for d in by_way[WAYS[0]]}
        for prompt in list(first)[:rows]:
            pictures = []
            for language in ("en", "ru"):
                same = [
                    next(d for d in by_way[way] if (d["prompt"], d["language"]) == (prompt, language))
                    for way in WAYS
                ]
                pictures += [_opened(same[0]["theirs"]), *(_opened(one["ours"]) for one in same)]
            lines.append((f"photo + {prompt}" if photo else prompt, pictures))
    heads = [f"{name}, {language}" for language in ("en", "ru") for name in ("base", *WAYS)]
    plots.board(path, "the same prompts and seeds", heads, lines, CELL)


def _opened(file: str) -> Pixels:
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def verdicts(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Whether what was to be shown is shown, in words, with the numbers."""
    found = []
    for row in rows:
        name, language = row["measure"], row["language"]
        if "KID" in name and "difference" in row:
            change = row["difference"]
            met = "met" if change["value"] <= -KID_FALL else "NOT met"
            found.append(
                f"{name}, {language}: {change['value']:+.0f} % ({change['low']:+.0f} to "
                f"{change['high']:+.0f}); a fall of {KID_FALL:.0f} %: {met}; between seeds ± {_spread(row)}"
            )
        elif name.endswith("%") and "difference" in row:
            change = row["difference"]
            inside = "within the interval only" if change["high"] >= 0 else "NOT met"
            met = "met" if change["value"] >= 0 else inside
            found.append(
                f"{name}, {language}: {change['value']:+.1f} points ({change['low']:+.1f} to "
                f"{change['high']:+.1f}); does not fall: {met}; between seeds ± {_spread(row)}"
            )
        elif name.endswith("%"):
            gap = row["ours"]
            met = "met" if abs(gap["value"]) <= PARITY else "NOT met"
            found.append(
                f"{name}, Russian − English: {gap['value']:+.1f} points ({gap['low']:+.1f} to "
                f"{gap['high']:+.1f}); within {PARITY:.0f}: {met}"
            )
    return found


def _spread(row: dict[str, Any]) -> str:
    spread = row["ours"].get("spread")
    return "unknown" if spread is None else f"{spread:.2g}"
