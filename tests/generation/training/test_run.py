"""A run that is killed and resumed ends with the weights of an unbroken one."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from generation.training.run import Plan, Run, generator, rate_at

PLAN = Plan(steps=12, batch=4, rate=1e-2, warmup=3)


class Killed(Exception):
    """Stands for kill -9: nothing after it runs."""


def _train(folder: Path, stop_at: int | None = None) -> Run:
    with torch.inference_mode(False):  # the package's other tests run without gradients
        return _trained(folder, stop_at)


def _trained(folder: Path, stop_at: int | None) -> Run:
    torch.manual_seed(1)
    net = nn.Linear(3, 2)
    run = Run(folder, PLAN, nn.ModuleDict({"net": net}))

    def batch(step: int) -> Tensor:
        return torch.from_numpy(generator(0, step).standard_normal((4, 3))).float()

    def loss(samples: Tensor, step: int) -> tuple[Tensor, dict[str, float]]:
        if step == stop_at:
            raise Killed
        if step in (4, 8):
            run.save()
        value = (net(samples + 0.1 * torch.randn_like(samples)) - 1).square().mean()
        return value, {"loss": value.item()}

    run.train(batch, loss)
    return run


def test_a_resumed_run_ends_with_the_same_weights_bit_for_bit(tmp_path: Path) -> None:
    unbroken = _train(tmp_path / "one")
    for moment in (2, 6, 9):
        with pytest.raises(Killed):
            _train(tmp_path / "two", stop_at=moment)
    resumed = _train(tmp_path / "two")
    assert resumed.step == unbroken.step == PLAN.steps
    for kind in ("modules", "average"):
        one, two = getattr(unbroken, kind).state_dict(), getattr(resumed, kind).state_dict()
        assert all(torch.equal(one[name], two[name]) for name in one)


def test_the_rate_rises_then_falls() -> None:
    plan = replace(PLAN, steps=100, warmup=10)
    rates = [rate_at(plan, step) for step in range(100)]
    assert rates.index(max(rates)) in (9, 10)
    assert rates[0] < rates[9] and 0 < rates[-1] < 0.1 * plan.rate
