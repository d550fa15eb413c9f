"""The bench: its arithmetic, its meters against what is known, and a whole run on a tiny random model."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from generation import shapes
from generation.bench import __main__ as bench
from generation.bench import loads, meters, models, report
from generation.bench.loads import Waiting
from generation.bench.quality import Verdict
from generation.bench.systems import Ours, Stock
from generation.kandinsky import Kandinsky

MILLIONS = {
    "unet": 1228.66,
    "prior": 1022.0,
    "text_encoder": 560.7,
    "image_encoder": 304.0,
    "prior_text_encoder": 123.7,
    "movq": 67.8,
}
"""Parameters of the published Kandinsky 2.1, counted from its configs."""


def test_the_full_size_is_the_published_one() -> None:
    with torch.device("meta"):
        prior, decoder = shapes.build(shapes.KANDINSKY_2_1)
    parts = {
        "unet": decoder.unet,
        "prior": prior.prior,
        "text_encoder": decoder.text_encoder,
        "image_encoder": prior.image_encoder,
        "prior_text_encoder": prior.text_encoder,
        "movq": decoder.movq,
    }
    counted = {name: sum(p.numel() for p in part.parameters()) / 1e6 for name, part in parts.items()}
    assert counted == pytest.approx(MILLIONS, rel=2e-3)


def test_poisson_arrivals_have_their_rate_and_are_the_same_for_all() -> None:
    times = loads.poisson(4000, 5.0)
    assert times[0] == 0
    assert times == sorted(times) == loads.poisson(4000, 5.0)
    assert times[-1] == pytest.approx(4000 / 5.0, rel=0.1)
    gaps = np.diff(times)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.1)  # exponential


def test_no_prompt_comes_twice() -> None:
    words = list(itertools.islice(loads.prompts(0), 500))
    assert len(set(words)) == 500
    assert "=" not in "".join(words)


def test_percentiles_and_steps() -> None:
    found = [Waiting([0.1 * i + 0.1 * k for k in range(1, 4)], 0.5 * i) for i in range(1, 101)]
    one = loads.summary("d", "80% load", found, 25.0, [0.001] * 99 + [1.0], 7)
    assert (one.rate, one.pictures, one.memory) == (4.0, 100, 7)
    assert one.p50 == pytest.approx(25.25)
    assert one.p95 == pytest.approx(np.quantile(np.arange(1, 101) * 0.5, 0.95))
    assert one.pace == pytest.approx(0.1)
    assert one.first50 == pytest.approx(5.15)
    assert 0.001 <= one.lag99 < 1
    assert one.facts()["first_step_in_steps_p95"] == pytest.approx(one.first95 / 0.1, rel=1e-4)
    assert one.news95 == pytest.approx(np.quantile(np.arange(1, 101) * 0.5, 0.95))  # none of them was told of
    found = [Waiting([0.3, 0.4], 0.5, 0.05) for _ in range(10)]
    one = loads.summary("d", "80% load", found, 25.0, [], 7)
    assert one.facts()["first_progress_in_steps_p95"] == pytest.approx(0.5, rel=1e-4)
    assert one.facts()["first_step_in_steps_p95"] == pytest.approx(3.0, rel=1e-4)


def test_operations_are_those_of_the_layers(tiny_model: Kandinsky) -> None:
    counted = meters.count(tiny_model)
    layers = 0
    handles = []

    def conv(module: Any, _: Any, out: Any) -> None:
        nonlocal layers
        layers += 2 * out.numel() * module.weight[0].numel()

    for module in tiny_model.movq.modules():
        if isinstance(module, torch.nn.Conv2d):
            handles.append(module.register_forward_hook(conv))
    tiny_model.movq.decode(torch.zeros(1, 4, 8, 8), force_not_quantize=True)
    for handle in handles:
        handle.remove()
    assert layers <= counted.movq <= 1.1 * layers  # attention and linear layers come on top
    assert 0 < counted.shallow < counted.whole
    assert counted.of(2, 0, 1, 1) == 2 * counted.whole + counted.prior + counted.movq


def test_the_ceiling_is_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "SECONDS", 0.02)
    monkeypatch.setitem(meters.SIDES, "cpu", (64, 128))
    assert meters.ceiling(torch.device("cpu"), torch.float32) > 1e6


async def test_stock_and_this_engine_draw_the_same_requests(tiny_model: Kandinsky) -> None:
    memory = meters.Memory(torch.device("cpu"))
    for system in (
        Stock(tiny_model, "stock", steps=2, prior_steps=2, together=4),
        Ours(tiny_model, steps=2, prior_steps=2),
    ):
        await system.start()
        try:
            one = await loads.measure(system, "3 at once", [0.0, 0.0, 0.01], loads.prompts(0), memory)
        finally:
            await system.close()
        assert (one.system, one.pictures) == (system.name, 3)
        assert 0 < one.first50 <= one.p50 <= one.p95 <= one.seconds
        assert 0 < one.news95 <= one.first95
        assert one.memory > 0


def test_stocks_movq_is_not_quickened(tiny_model: Kandinsky) -> None:
    _, decoder = models.stock(tiny_model, torch.float32)
    latents = torch.randn(1, 4, 8, 8)
    theirs = decoder.movq.decode(latents, force_not_quantize=True).sample
    ours = tiny_model.movq.decode(latents, force_not_quantize=True).sample
    torch.testing.assert_close(ours, theirs, rtol=1e-3, atol=1e-4)
    assert decoder.unet is tiny_model.unet
    norms = [m for m in decoder.movq.modules() if type(m).__name__ == "SpatialNorm"]
    assert norms
    assert all("forward" not in vars(norm) for norm in norms)


def test_the_page_and_the_plot(tmp_path: Path) -> None:
    waiting = [Waiting([0.2, 0.3], 0.5), Waiting([0.3, 0.4], 0.9)]
    letters = {"b": "stock, 20 steps", "d": "this engine"}
    measured = [
        loads.summary(name, load, waiting, seconds, [0.001], 10**9)
        for load in ("one", "8 at once", "80% load")
        for name, seconds in (("stock, 20 steps", 4.0), ("this engine", 1.0))
    ]
    results = report.Results(
        command="python -m generation.bench",
        model="tiny@0",
        machine="a machine",
        dtype="float32",
        stock_dtype="float32",
        side=64,
        steps=20,
        ceiling=1e12,
        capacity=0.5,
        letters=letters,
        measured=measured,
        used={(one.system, one.load): 0.25 for one in measured},
        quality=[
            Verdict("reference", 0.9, 0.8, 0.7, 0.0, 0.0, 1.0),
            Verdict("x", 0.9, 0.8, 0.7, 1e-3, 1e-4, 2.0),
        ],
    )
    page = report.markdown(results)
    assert "4.0 × (stock, 20 steps)" in page
    assert "| this engine | 2 | 0.7 |" in page
    assert "| 1.00 ± 0.10 |" in page
    assert json.loads(json.dumps(report.as_json(results)))["loads"][0]["flop_utilisation"] == 0.25
    report.plot(results, tmp_path / "docs" / "bench.png")
    with Image.open(tmp_path / "docs" / "bench.png") as picture:
        assert picture.size[0] > 1000


@pytest.mark.soak
@pytest.mark.slow
def test_a_whole_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--random-weights", "tiny", "--device", "cpu", "--steps", "2", "--requests", "3"]
    code = bench.main([*arguments, "--systems", "bd", "--docs", str(tmp_path), "--json", "--threads", "1"])
    assert code == 0
    facts = json.loads(capsys.readouterr().out)
    assert {(one["system"], one["load"]) for one in facts["loads"]} == set(
        itertools.product(
            ["stock, 2 steps", "this engine"], ["one", "8 at once", "50% load", "80% load", "120% load"]
        )
    )
    assert all(0 < one["flop_utilisation"] < 1 for one in facts["loads"])
    assert (tmp_path / "bench.md").read_text().startswith("# Speed")
    assert (tmp_path / "bench.png").stat().st_size > 10_000


def test_what_cannot_be_measured_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert bench.main(["--model", "nothing", "--docs", str(tmp_path)]) == 2
    assert "there is no model" in capsys.readouterr().err
    assert bench.main(["--systems", "xyz"]) == 2
