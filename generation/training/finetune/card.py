"""Card: what a run was, written beside its weights: data, steps, settings, figures and limits.

This module knows facts that it is given; it measures nothing.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from generation.adapters import WEIGHTS
from generation.training.finetune.loop import read_log
from generation.training.finetune.settings import Settings

WINDOW = 50
"""Steps whose mean stands for the loss at the beginning and at the end."""


def facts(
    settings: Settings,
    base: str,
    data: dict[str, Any],
    numbers: int,
    log: Path,
    seconds: float,
    processes: int,
) -> dict[str, Any]:
    """Everything that is written. numbers: how many are trained; data: what the catalogue says of itself."""
    lines = read_log(log)
    losses = [line["mse"] for line in lines if "mse" in line]
    held_out = [(line["step"], line["held_out"]) for line in lines if "held_out" in line]
    return {
        "base": base,
        "settings": settings.facts(),
        "data": data,
        "trained_numbers": numbers,
        "samples": settings.steps * settings.batch * settings.accumulate * processes,
        "seconds": round(seconds, 1),
        "processes": processes,
        "machine": f"{platform.machine()}, torch {torch.__version__}, "
        + (torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"),
        "mse_first": _mean(losses[:WINDOW]),
        "mse_last": _mean(losses[-WINDOW:]),
        "held_out": held_out,
    }


def write(folder: Path, stages: Sequence[dict[str, Any]]) -> None:
    """README.md and facts.json in `folder`, of the stages that are in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "facts.json").write_text(
        json.dumps(list(stages), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    (folder / "README.md").write_text("\n".join(_lines(folder, stages)) + "\n", encoding="utf-8")


def read(folder: Path) -> list[dict[str, Any]]:
    """The stages whose facts are in a folder."""
    file = folder / "facts.json"
    found: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else []
    return found


def _lines(folder: Path, stages: Sequence[dict[str, Any]]) -> list[str]:
    adapter = folder.name == "adapter"
    lines = [f"# {folder.parent.name}: {stages[0]['base']}, fine-tuned", ""]
    if adapter:
        lines += [
            "LoRA weights as diffusers saves them. In the bot and the shell: `ADAPTERS=<this folder>` or "
            "`--adapters <this folder>`; in stock diffusers:",
            "",
            "```python",
            *(
                f"{'prior.prior' if s['settings']['stage'] == 'prior' else 'decoder.unet'}.load_lora_adapter("
                f'"<this folder>/{s["settings"]["stage"]}", prefix=None, weight_name="{WEIGHTS}")'
                for s in stages
            ),
            "```",
        ]
    else:
        lines += [
            "A whole model in the hub's folder layout: `MODEL=<this folder>` or `--model <this folder>`."
        ]
    for stage in stages:
        lines += ["", *_stage(stage)]
    data = stages[0]["data"]
    lines += [
        "",
        "## Limits",
        "",
        f"Trained on {data['kind']} that its user brought. The terms of such data are the user's business, "
        "and weights trained on them may inherit these terms. FashionGen was shared for research: weights "
        "trained on it should not be passed on without its owners' consent.",
        "Pictures of the model are generated: ideas, not products.",
    ]
    return lines


def _stage(stage: dict[str, Any]) -> list[str]:
    s, data = stage["settings"], stage["data"]
    way = {
        "lora": f"LoRA, rank {s['rank']}{', with the residual blocks' if s.get('convolutions') else ''}",
        "attention": "attention only",
        "full": "all weights",
    }[s["way"]]
    order = f", colour order {data['order']}" if "order" in data else ""
    rows = [
        ("trained", f"{way}: {stage['trained_numbers']:,} numbers"),
        (
            "data",
            f"{data['kind']}, {data['rows']:,} pictures{order}; {data['trained']:,} trained on, "
            f"{data['held_out']:,} held out by product; captions Russian and English "
            f"({data['captions_ru']:,} and {data['captions_en']:,} different ones)",
        ),
        ("learnt from", _chosen(s)),
        ("fingerprint of the data", data["fingerprint"]),
        (
            "steps",
            f"{s['steps']:,} of {s['batch']} × {s['accumulate']} × {stage['processes']} samples = "
            f"{stage['samples']:,}",
        ),
        ("time", f"{stage['seconds']:,.0f} s on {stage['machine']}"),
        (
            "optimiser",
            f"{s['optimiser']}, {s['schedule']} rate {s['rate']:g} after {s['warmup']} steps, "
            f"decay {s['weight_decay']:g}, EMA {s['decay']:g} (these weights are the averaged ones)",
        ),
        ("left out", f"captions {s['text_dropout']:.0%}, pictures {s['image_dropout']:.0%}"),
        ("blended", f"{s.get('blend', 1):.0%} of the way from the base's weights to the trained ones"),
        ("min-SNR", "none" if s["min_snr"] is None else f"gamma {s['min_snr']:g}"),
        ("precision", "fp32" if s["precision"] == "no" else s["precision"]),
        ("seed", str(s["seed"])),
        (
            "squared error",
            f"{_shown(stage['mse_first'])} in the first {WINDOW} steps, "
            f"{_shown(stage['mse_last'])} in the last",
        ),
    ]
    if s["stage"] == "decoder":
        rows.insert(2, ("pictures", f"{s['side']} × {s['side']} px"))
        if s.get("swap"):
            rows.append(("another product's look", f"{s['swap']:.0%} of the samples"))
        if s.get("rehearse"):
            rows.append(
                (
                    "rehearsed",
                    f"{s['rehearse']:.0%} of the samples: {data['rehearsed']:,} drawings by the base",
                )
            )
    if stage["held_out"]:
        first, last = stage["held_out"][0], stage["held_out"][-1]
        rows.append(
            (
                "the same on held-out products",
                f"{_shown(first[1])} at step {first[0]}, {_shown(last[1])} at step {last[0]}",
            )
        )
    return [f"## {s['stage'].capitalize()}", "", "| | |", "|---|---|", *(f"| {a} | {b} |" for a, b in rows)]


def _chosen(settings: dict[str, Any]) -> str:
    """Which pictures are learnt from, and how often."""
    sifted = "those in which the base's reader sees what the text names" if settings.get("sift") else "all"
    balance = settings.get("balance", 0)
    return sifted + (f", kinds of garments evened out by {balance:.0%}" if balance else ", alike often")


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None


def _shown(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.4f}"
