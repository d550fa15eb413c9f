"""`python -m generation.bench`: this engine against stock diffusers, on one machine in one run.

Four systems with the same weights: stock pipelines with their defaults, the same
with our number of steps, the same with waiting requests batched, and this
engine; one request, eight at once, and Poisson arrivals at shares of the second
system's capacity. Writes a page and a picture into docs/. This module knows the
command line and the order of things.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shlex
import sys
import warnings
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import torch

from generation.bench import loads, meters, models, report
from generation.bench.loads import Measured
from generation.bench.report import BURST
from generation.bench.systems import STOCK_PRIOR_STEPS, STOCK_STEPS, Ours, Stock, System, systems
from generation.kandinsky import Kandinsky
from generation.request import SAMPLERS, BadRequest
from generation.shapes import SHAPES
from generation.tuning import MAX_ROWS, PRIOR_STEPS
from generation.worker import STEPS

AT_ONCE = 8
ENDLESS = 1.5
"""A load of so many times what a system draws is not waited for. The 120 % are measured of the second."""
SHARES = (0.5, 0.8, 1.2)
WARM = 2
"""Pictures that every system draws before it is measured."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    shell = argparse.ArgumentParser(
        prog="python -m generation.bench", description="This engine against stock diffusers, in one run."
    )
    add = shell.add_argument
    add("--model", default="atelier", help="as for python -m generation (%(default)s)")
    add("--random-weights", choices=SHAPES, metavar="SIZE", help=f"no model: {', '.join(SHAPES)} at random")
    add("--device", help="cpu, cuda, ... (a GPU if there is one)")
    add("--steps", type=int, default=STEPS, help="of this engine, b and c (%(default)s)")
    add("--sampler", choices=SAMPLERS, default="dpm++", help="of this engine (%(default)s)")
    add("--requests", type=int, default=80, help="of each Poisson load (%(default)s)")
    add("--systems", default="abcd", help="which of a, b, c, d (%(default)s)")
    add("--quality", type=int, metavar="LOOKS", help="looks to judge; 0: none (80 of a trained model)")
    add("--stock-dtype", choices=("float32", "bfloat16", "float16"), help="of the stock pipelines (ours)")
    add("--max-rows", type=int, default=MAX_ROWS, help="of this engine and c (%(default)s)")
    add("--threads", type=int, help="torch's (as many as cores)")
    add("--compile", metavar="BACKEND", help="torch.compile this engine's UNet, e.g. inductor")
    add("--reuse", type=int, default=1, help="deep features every N-th step (%(default)s)")
    add("--guidance-interval", type=float, nargs=2, default=(0.0, 1.0), metavar=("FROM", "TO"))
    add("--docs", type=Path, default=Path("docs"), help="folder of the page (%(default)s)")
    add("--json", action="store_true", help="print every figure as JSON on stdout")
    return shell


def tell(line: str) -> None:
    """Progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


async def run(options: argparse.Namespace, command: str) -> report.Results:
    """Measure everything."""
    if options.threads:
        torch.set_num_threads(options.threads)
    kandinsky = await asyncio.to_thread(
        models.open_model, options.model, options.random_weights, options.device
    )
    tuning: dict[str, Any] = {
        "max_rows": options.max_rows,
        "threads": options.threads,
        "compile": options.compile,
        "reuse": options.reuse,
        "guidance_interval": tuple(options.guidance_interval),
    }
    dtype = None if options.stock_dtype is None else getattr(torch, options.stock_dtype)
    everyone = systems(kandinsky, options.steps, options.sampler, tuning, dtype)
    chosen = {letter: system for letter, system in everyone.items() if letter in options.systems}
    tell(f"{kandinsky.title}: operations and ceiling")
    operations = meters.count(kandinsky)
    ceiling = meters.ceiling(kandinsky.device, kandinsky.dtype)
    capacity = await _capacity(kandinsky, options.steps, dtype)
    measured: list[Measured] = []
    used: dict[tuple[str, str], float] = {}
    for letter, system in chosen.items():
        tell(f"{letter}) {system.name}")
        async for one, spent in _measure(letter, system, capacity, kandinsky, operations, options):
            measured.append(one)
            used[one.system, one.load] = spent / one.seconds / ceiling
            tell(f"   {one.load}: {one.rate:.3g} pictures/s, p50 {one.p50:.3g} s, p95 {one.p95:.3g} s")
    order = list(dict.fromkeys(one.load for one in measured))
    measured.sort(key=lambda one: order.index(one.load))
    looks = options.quality
    if looks is None:
        looks = 80 if options.random_weights is None else 0
    verdicts = []
    if looks:
        from generation.bench import quality

        tell(f"quality: {looks} looks in two languages, six times")
        verdicts = await quality.judge(kandinsky, looks, options.steps, tuning)
    return report.Results(
        command=command,
        model=kandinsky.title,
        machine=report.machine(kandinsky.device),
        dtype=str(kandinsky.dtype).removeprefix("torch."),
        stock_dtype=str(dtype or kandinsky.dtype).removeprefix("torch."),
        side=kandinsky.side,
        steps=options.steps,
        ceiling=ceiling,
        capacity=capacity,
        letters={letter: system.name for letter, system in chosen.items()},
        measured=measured,
        used=used,
        quality=verdicts,
    )


async def _capacity(kandinsky: Kandinsky, steps: int, dtype: torch.dtype | None) -> float:
    """Pictures a second of stock with our steps, one after another."""
    system = Stock(kandinsky, "capacity", steps=steps, prior_steps=PRIOR_STEPS, dtype=dtype)
    await system.start()
    try:
        words, memory = loads.prompts(0), meters.Memory(kandinsky.device)
        await loads.measure(system, "", [0.0] * WARM, words, memory)
        return (await loads.measure(system, "", [0.0] * AT_ONCE, words, memory)).rate
    finally:
        await system.close()


async def _measure(
    letter: str,
    system: System,
    capacity: float,
    kandinsky: Kandinsky,
    operations: meters.Operations,
    options: argparse.Namespace,
) -> AsyncIterator[tuple[Measured, float]]:
    """A system under every load, with the operations that its pictures took.

    A load that comes faster than the system drew eight at once is left out: its waits grow for as long as
    the load lasts, and say nothing but that.
    """
    bursts = {"one": 1, BURST: AT_ONCE}
    arrivals = {name: [0.0] * count for name, count in bursts.items()}
    for share in SHARES:
        arrivals[f"{share:.0%} load"] = loads.poisson(options.requests, share * capacity)
    offered = {f"{share:.0%} load": share * capacity for share in SHARES}
    memory = meters.Memory(kandinsky.device)
    words = loads.prompts(1)
    fastest = 0.0
    await system.start()
    try:
        await loads.measure(system, "", [0.0] * WARM, words, memory)
        for name, times in arrivals.items():
            if offered.get(name, 0.0) > ENDLESS * fastest and name in offered:
                tell(f"   {name}: beyond what it can draw")
                continue
            before = system.engine.evaluated if isinstance(system, Ours) else (0, 0)
            one = await loads.measure(system, name, times, words, memory)
            after = system.engine.evaluated if isinstance(system, Ours) else (0, 0)
            fastest = max(fastest, one.rate)
            steps, prior_steps = (
                (STOCK_STEPS, STOCK_PRIOR_STEPS) if letter == "a" else (options.steps, PRIOR_STEPS)
            )
            whole = 2 * steps * len(times) if letter != "d" else after[0] - before[0]
            spent = operations.of(whole, after[1] - before[1], 2 * prior_steps * len(times), len(times))
            yield one, spent
    finally:
        await system.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the shell; the exit code."""
    warnings.simplefilter("ignore")
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(given)
    command = shlex.join(["python", "-m", "generation.bench", *given])
    try:
        if not (options.requests >= 2 and options.steps >= 1 and set(options.systems) <= set("abcd")):
            raise ValueError("--requests starts at 2, --steps at 1, and --systems are of a, b, c, d")
        results = asyncio.run(run(options, command))
        options.docs.mkdir(parents=True, exist_ok=True)
        (options.docs / "bench.md").write_text(report.markdown(results), encoding="utf-8")
        report.plot(results, options.docs / "bench.png")
    except ModuleNotFoundError as error:
        print(f"{error.name} is missing: pip install 'lekalo[bench]'", file=sys.stderr)
        return 2
    except (BadRequest, OSError, ValueError) as error:
        print(f"Cannot measure: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if options.json:
        print(json.dumps(report.as_json(results), ensure_ascii=False))
    else:
        print(report.markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
