"""Report: what was measured as Markdown tables, JSON and a picture.

This module knows results; it does not know how they came about.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from generation.bench.loads import Measured
from generation.bench.quality import Verdict

COLOURS = {"a": "#9aa0a6", "b": "#5b8def", "c": "#f0a63c", "d": "#1e8e5a"}
DOTS = 130
BURST = "8 at once"


@dataclass(frozen=True, slots=True)
class Results:
    """One run. ceiling: operations a second; used: its share, by system and load."""

    command: str
    model: str
    machine: str
    dtype: str
    stock_dtype: str
    side: int
    steps: int
    ceiling: float
    capacity: float
    letters: dict[str, str]
    measured: list[Measured]
    used: dict[tuple[str, str], float]
    quality: list[Verdict]

    def rate(self, letter: str, load: str) -> float | None:
        """Pictures a second of a system under a load, where it was measured."""
        for one in self.measured:
            if (one.system, one.load) == (self.letters.get(letter), load):
                return one.rate
        return None


def machine(device: torch.device) -> str:
    """What computed."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    name = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    threads = torch.get_num_threads()
    return f"{name}, {threads} thread{'s' * (threads != 1)}"


def as_json(results: Results) -> dict[str, Any]:
    """Every figure."""
    return {
        "command": results.command,
        "model": results.model,
        "machine": results.machine,
        "dtype": results.dtype,
        "stock_dtype": results.stock_dtype,
        "size": results.side,
        "steps": results.steps,
        "matmul_ceiling_flops": results.ceiling,
        "capacity_of_b_pictures_per_second": results.capacity,
        "loads": [
            one.facts() | {"flop_utilisation": round(results.used[one.system, one.load], 4)}
            for one in results.measured
        ],
        "quality": [verdict.facts() for verdict in results.quality],
        "versions": {"torch": torch.__version__, "python": platform.python_version()},
    }


def markdown(results: Results) -> str:
    """The page for docs/."""
    lines = [
        "# Speed",
        "",
        f"`{results.command}`",
        "",
        f"{results.model}, {results.side} × {results.side} px, {results.dtype} "
        f"(stock: {results.stock_dtype}), on {results.machine}. All systems have the same weights, prompts "
        "and arrivals and run one after the other in one process. Stock draws with DDIM and guidance 4, its "
        "defaults; every prompt is new, so that no cache of texts helps. 100 % load is "
        f"{results.capacity:.3g} pictures a second, what stock draws one after another with the same steps. "
        f"The ceiling, a plain matrix product in {results.dtype}, is {results.ceiling / 1e12:.3g} TFLOP/s; "
        "“used” is what a load's pictures needed of it while it lasted.",
        "",
        "![Pictures a second and waiting times](bench.png)",
        "",
    ]
    for load in dict.fromkeys(one.load for one in results.measured):
        lines += _table(results, load)
    lines += _ratios(results)
    if results.quality:
        lines += _quality(results.quality)
    return "\n".join(lines) + "\n"


def _table(results: Results, load: str) -> list[str]:
    rows = [
        f"## {load[0].upper()}{load[1:]}",
        "",
        "| system | pictures/s | p50 s | p95 s | first progress p95 s (in steps) "
        "| first step p95 s (in steps) | loop lag p99 ms | used | peak GB |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    served = {one.system: one for one in results.measured if one.load == load}
    for system in results.letters.values():
        one = served.get(system)
        if one is None:
            rows.append(f"| {system} | more than it can draw: waits grow without end | | | | | | | |")
            continue
        news, steps = (
            f"{seconds:.3g}" + (f" ({seconds / one.pace:.1f})" if one.pace else "")
            for seconds in (one.news95, one.first95)
        )
        rows.append(
            f"| {one.system} | {one.rate:.3g} | {one.p50:.3g} | {one.p95:.3g} | {news} | {steps} "
            f"| {one.lag99 * 1000:.1f} | {results.used[one.system, one.load]:.0%} | {one.memory / 1e9:.2f} |"
        )
    return [*rows, ""]


def _ratios(results: Results) -> list[str]:
    ours = results.rate("d", BURST)
    found = []
    for letter in "abc":
        theirs = results.rate(letter, BURST)
        if ours is not None and theirs is not None:
            found.append(f"{ours / theirs:.1f} × ({results.letters[letter]})")
    if not found:
        return []
    lines = ["Eight at once, this engine draws as many pictures a second as " + ", ".join(found) + ".", ""]
    for load in dict.fromkeys(one.load for one in results.measured if one.load.endswith("load")):
        p95 = {one.system: one.p95 for one in results.measured if one.load == load}
        mine, theirs = (p95.get(results.letters.get(letter, "")) for letter in "db")
        if mine is not None and theirs is not None:
            lines += [f"At {load} its 95th percentile is {mine / theirs:.2f} × ({results.letters['b']}).", ""]
    return lines


def _quality(verdicts: Sequence[Verdict]) -> list[str]:
    rows = [
        "## Quality next to speed",
        "",
        "| setting | pictures/s | type | colour | pattern | KID to the reference × 1000 |",
        "|---|---|---|---|---|---|",
    ]
    for one in verdicts:
        distance = f"{1000 * one.kid:.2f} ± {1000 * one.kid_deviation:.2f}" if one.kid_deviation else "–"
        rows.append(
            f"| {one.setting} | {one.rate:.3g} | {one.types:.1%} | {one.colours:.1%} | {one.patterns:.1%} "
            f"| {distance} |"
        )
    note = (
        "The judges and their own accuracy: `generation/evaluation/judge/judge.json`. “Other seeds” is the "
        "reference drawn again: a KID of that size is no difference."
    )
    return [*rows, "", note, ""]


def plot(results: Results, path: Path) -> None:
    """Throughput at eight at once, and p50 and p95 over the loads."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot, ticker

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    drawn = [(letter, name) for letter, name in results.letters.items()]
    bars = [(letter, name, results.rate(letter, BURST)) for letter, name in drawn]
    bars = [bar for bar in bars if bar[2] is not None]
    names, rates = [name for _, name, _ in bars], [rate or 0.0 for *_, rate in bars]
    left.barh(names, rates, color=[COLOURS[letter] for letter, *_ in bars])
    for place, rate in enumerate(rates):
        left.text(rate, place, f" {rate:.3g}", va="center")
    left.invert_yaxis()
    left.margins(x=0.15)
    left.set_title("Pictures a second, 8 at once")
    loads = list(dict.fromkeys(one.load for one in results.measured))
    loads.sort(key=lambda load: load == BURST)  # it is no step between the loads beside it
    for letter, name in drawn:
        points = [(loads.index(one.load), one) for one in results.measured if one.system == name]
        points.sort(key=lambda point: point[0])
        steady = [(place, one) for place, one in points if one.load != BURST]
        for some in (steady, points[len(steady) :]):
            places = [place for place, _ in some]
            right.plot(places, [one.p50 for _, one in some], "o-", color=COLOURS[letter])
            right.plot(places, [one.p95 for _, one in some], "^:", color=COLOURS[letter])
    right.set_yscale("log")
    right.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    right.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:g}"))
    right.yaxis.set_minor_formatter(ticker.NullFormatter())
    right.set_xticks(range(len(loads)), loads)
    right.set_ylabel("seconds to the picture")
    right.set_title("Waiting: ● median, ▲ 95th percentile")
    right.grid(visible=True, axis="y", alpha=0.25)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    title = f"{results.model}, {results.side} px, {results.steps} steps, {results.machine}"
    figure.suptitle(title, fontsize=9)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=DOTS)
    pyplot.close(figure)
