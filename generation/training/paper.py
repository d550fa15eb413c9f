"""The paper's experiment in small: fine-tune a base model on shop photos in FashionGen's schema, and measure.

    python -m generation.training.paper --model atelier --data products.h5 --out runs/paper

LoRA and full training of prior and decoder, then KID, FID and attributes on
held-out products against the base, from text and from photo with text, loss
curves and sheets, and a report of all that. Every step is a command of its own
that resumes, so this one resumes too. `make paper` makes the data and runs it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from generation.evaluation import plots
from generation.training.finetune.loop import read_log

WAYS = {"lora": ("--lora", "16"), "full": ("--full",)}
RATES = {"lora": "1e-3", "full": "1e-4"}
"""For a model of a fiftieth of the full size: narrow layers bear, and need, larger steps."""
STAGES = ("prior", "decoder")
BATCH = {"prior": "32", "decoder": "16"}
KID_FALL = 33.3
"""Per cent that KID to held-out products is to fall at least."""
PARITY = 5.0
"""Points that Russian and English may be apart in attributes."""


def main() -> int:
    """Run all that is not done yet; the exit code of the first command that failed, or 0."""
    shell = argparse.ArgumentParser(prog="python -m generation.training.paper", description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    shell.add_argument("--model", default="atelier", help="the base (%(default)s)")
    shell.add_argument("--data", type=Path, default=Path("runs/paper/products.h5"))
    shell.add_argument("--out", type=Path, default=Path("runs/paper"))
    shell.add_argument("--steps", type=int, default=2_000, help="of each stage (%(default)s)")
    shell.add_argument("--samples", type=int, default=200, help="held-out products (%(default)s)")
    shell.add_argument("--seeds", type=int, default=3, help="drawings of each prompt (%(default)s)")
    shell.add_argument("--draw-steps", type=int, default=20, help="denoising steps (%(default)s)")
    shell.add_argument("--threads", type=int, help="CPU threads")
    options = shell.parse_args()
    for command in commands(options):
        print("$ python", *command, file=sys.stderr, flush=True)
        code = subprocess.run([sys.executable, *command]).returncode
        if code:
            return code
    text = report(options.out)
    (options.out / "report.md").write_text(text, encoding="utf-8")
    print(text)
    print(options.out / "report.md")
    return 0


def commands(options: argparse.Namespace) -> list[list[str]]:
    """Everything that is run, in order."""
    out, cache = options.out, str(options.out / "cache")
    found = []
    for way, flags in WAYS.items():
        for stage in STAGES:
            command = [
                "-m",
                "generation.training",
                stage,
                "--base",
                options.model,
                "--data",
                str(options.data),
            ]
            command += ["--out", str(out / way), "--cache", cache, *flags, "--steps", str(options.steps)]
            command += [
                "--batch",
                BATCH[stage],
                "--rate",
                RATES[way],
                "--sheet-every",
                str(max(1, options.steps // 4)),
            ]
            if options.threads:
                command += ["--threads", str(options.threads)]
            found.append(command)
    for way in WAYS:
        model = ["--model", options.model, "--adapters", str(out / way)]
        if way == "full":
            model = ["--model", str(out / way / "model")]
        found.append(
            [
                *(
                    "-m",
                    "generation.evaluate",
                    *model,
                    "--against",
                    options.model,
                    "--data",
                    str(options.data),
                ),
                *("--cache", cache, "--samples", str(options.samples), "--seeds", str(options.seeds)),
                *("--steps", str(options.draw_steps), "--photo-samples", "12"),
                *("--json", str(out / f"{way}.json"), "--plot", str(out / f"{way}.png")),
                *("--sheet", str(out / f"{way}-sheet.png")),
            ]
        )
    return found


def report(out: Path) -> str:
    """The report, and the plot of the losses beside it."""
    panels = {}
    for stage in STAGES:
        lines = {}
        for way in WAYS:
            log = read_log(out / way / stage / "log.jsonl")
            lines[f"{way}, training"] = plots.smooth([(r["step"], r["mse"]) for r in log if "mse" in r], 0.95)
            lines[f"{way}, held out"] = [(r["step"], r["held_out"]) for r in log if "held_out" in r]
        panels[f"{stage}: squared error"] = lines
    plots.curves(out / "losses.png", panels)
    parts = ["# Fine-tuned on shop photos", "", "![losses](losses.png)"]
    for way in WAYS:
        found = json.loads((out / f"{way}.json").read_text(encoding="utf-8"))
        parts += ["", f"## {way}", "", *(f"- {line}" for line in verdicts(found["rows"])), ""]
        parts += [f"![{way}]({way}.png)", "", f"![{way}, side by side]({way}-sheet.png)"]
        parts += [
            "",
            f"Figures: {way}.json; the card: {way}/{'adapter' if way == 'lora' else 'model'}/README.md",
        ]
    return "\n".join(parts) + "\n"


def verdicts(rows: list[dict[str, Any]]) -> list[str]:
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
            met = "met" if change["high"] >= 0 else "NOT met"
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


if __name__ == "__main__":
    sys.exit(main())
