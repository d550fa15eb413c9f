"""The engine against stock KandinskyPipeline, alone and in company, and when things go wrong."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import KandinskyPipeline

from generation.conditioning import Conditioner
from generation.engine import Engine
from generation.kandinsky import Kandinsky, quietly
from generation.orders import Closed, Order, Pixels, Ticket

PROMPT = "прямые леопардовые джинсы"
LEVELS = 2
"""Of 255. In fp32 a row of a larger batch differs by about 1e-6 a pass (other summation order in the
products); guidance 4 and the division by the square root of alpha enlarge it, the picture rounds it."""


class Caller:
    """Waits for one ticket."""

    def __init__(self, engine: Engine, order: Order) -> None:
        self.pictures: dict[int, Pixels] = {}
        self.steps: list[tuple[int, int]] = []
        self.ends: queue.Queue[BaseException | None] = queue.Queue()
        self.progressed = threading.Event()
        self.ticket = Ticket(order, self.progress, self.pictures.__setitem__, self.ends.put)
        self.engine = engine
        engine.submit(self.ticket)

    def progress(self, step: int, steps: int) -> None:
        self.steps.append((step, steps))
        self.progressed.set()

    def wait(self) -> list[Pixels]:
        error = self.ends.get(timeout=60)
        if error is not None:
            raise error
        assert self.ends.empty()
        return [self.pictures[i] for i in range(len(self.ticket.order.seeds))]


def order(seed: int = 3, count: int = 1, **changes: Any) -> Order:
    fields: dict[str, Any] = {"prompt": PROMPT, "side": 64, "steps": 6, "guidance": 4.0, **changes}
    return Order(seeds=tuple(range(seed, seed + count)), **fields)


@pytest.fixture
def started(tiny_model: Kandinsky) -> Iterator[Callable[..., Engine]]:
    engines: list[Engine] = []

    def start(**settings: Any) -> Engine:
        engine = Engine(lambda: tiny_model, **settings)
        engine.start()
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(started: Callable[..., Engine]) -> Engine:
    return started()


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_draws_what_stock_draws(
    engine: Engine, tiny_folder: Path, tiny_model: Kandinsky, guidance: float
) -> None:
    (ours,) = Caller(engine, order(guidance=guidance, sampler="ddim")).wait()
    with quietly():
        stock: Any = KandinskyPipeline.from_pretrained(tiny_folder / "decoder")
    stock.set_progress_bar_config(disable=True)
    conditioner = Conditioner(tiny_model)
    theirs = stock(
        PROMPT,
        image_embeds=conditioner.dream([(PROMPT, 3)]).clone(),
        negative_image_embeds=conditioner.blank().image[None].clone(),
        height=64,
        width=64,
        num_inference_steps=6,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(3),
        output_type="np",
    ).images[0]
    assert np.abs(ours.astype(float) - theirs * 255).max() <= LEVELS


def test_the_same_order_gives_the_same_picture(engine: Engine) -> None:
    first, second = Caller(engine, order()).wait(), Caller(engine, order()).wait()
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], Caller(engine, order(seed=4)).wait()[0])


def test_a_picture_does_not_depend_on_company(engine: Engine) -> None:
    mixed = [
        order(seed=3, count=3),
        order(seed=9, steps=11, guidance=1.0),
        order(seed=9, prompt="blue dress", guidance=7.5, sampler="ddim"),
        order(seed=1, side=96, steps=4),
        order(seed=2, steps=1),
    ]
    alone = [Caller(engine, each).wait() for each in mixed]
    passes = engine.passes
    together = [caller.wait() for caller in [Caller(engine, each) for each in mixed]]
    for before, after in zip(alone, together, strict=True):
        for a, b in zip(before, after, strict=True):
            assert np.abs(a.astype(int) - b.astype(int)).max() <= LEVELS
    assert engine.passes - passes < passes


def test_a_picture_of_several_is_the_one_of_its_own_seed(engine: Engine) -> None:
    several = Caller(engine, order(seed=5, count=3)).wait()
    alone = Caller(engine, order(seed=6)).wait()[0]
    assert np.abs(several[1].astype(int) - alone.astype(int)).max() <= LEVELS


def test_progress_counts_every_step_of_every_picture(engine: Engine) -> None:
    caller = Caller(engine, order(count=2, steps=5))
    caller.wait()
    assert caller.steps == [(i, 10) for i in range(11)]


def test_more_pictures_than_rows(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=2)
    callers = [Caller(engine, order(count=5)), Caller(engine, order(seed=50, side=128))]
    assert [len(caller.wait()) for caller in callers] == [5, 1]


def test_a_newcomer_does_not_wait_for_all_pictures_of_another(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=2)
    crowd = Caller(engine, order(count=10, steps=20))
    crowd.progressed.wait(10)
    Caller(engine, order(seed=90, steps=20)).wait()
    assert crowd.ends.empty()
    engine.cancel(crowd.ticket)


def test_a_cancelled_order_leaves_within_a_step(engine: Engine) -> None:
    caller, company = Caller(engine, order(count=2, steps=200)), Caller(engine, order(seed=70, steps=30))
    caller.progressed.wait(10)
    engine.cancel(caller.ticket)
    seen = len(caller.steps)
    company.wait()
    assert len(caller.steps) <= seen + 4  # what was reported while this thread cancelled
    assert caller.ends.empty()
    assert not caller.pictures


def test_an_order_whose_conditioning_fails_fails_alone(engine: Engine) -> None:
    broken = Caller(engine, order(photos=("not a photo",)))
    fine = Caller(engine, order())
    with pytest.raises(AttributeError):
        broken.wait()
    assert len(fine.wait()) == 1


def test_an_order_that_breaks_a_pass_fails_alone(
    engine: Engine, tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = tiny_model.unet.forward

    def poisoned(*args: Any, **kwargs: Any) -> Any:
        if bool((kwargs["timestep"] == 977).any()):  # only the order of 41 steps comes by
            raise RuntimeError("poison")
        return forward(*args, **kwargs)

    table = engine._table(order(steps=41, sampler="ddim"))
    assert 977 not in engine._table(order(steps=20)).timesteps.tolist()
    poison = int(table.timesteps[0])
    monkeypatch.setattr(tiny_model.unet, "forward", poisoned)
    table.timesteps[table.timesteps == poison] = 977
    company = [Caller(engine, order(seed=s, steps=20)) for s in range(4)]
    broken = Caller(engine, order(seed=8, count=2, steps=41, sampler="ddim"))
    with pytest.raises(RuntimeError, match="poison"):
        broken.wait()
    assert all(len(caller.wait()) == 1 for caller in company)


def test_a_picture_that_is_not_finite_is_an_error(
    engine: Engine, tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = engine._row

    def spoiled(ticket: Ticket, *rest: Any) -> Any:
        made = row(ticket, *rest)
        if ticket.order.seeds[0] == 13:
            made.latents = made.latents * float("nan")
        return made

    monkeypatch.setattr(engine, "_row", spoiled)
    broken, fine = Caller(engine, order(seed=13)), Caller(engine, order(seed=14))
    with pytest.raises(ArithmeticError):
        broken.wait()
    fine.wait()


def test_out_of_memory_halves_the_rows_and_loses_nothing(
    engine: Engine, tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = tiny_model.unet.forward

    def small(*args: Any, **kwargs: Any) -> Any:
        if len(kwargs["sample"]) > 4:
            raise torch.OutOfMemoryError("too many rows")
        return forward(*args, **kwargs)

    monkeypatch.setattr(tiny_model.unet, "forward", small)
    assert len(Caller(engine, order(count=8)).wait()) == 8


def test_closing_ends_what_is_open_and_refuses_what_comes(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=1)
    callers = [Caller(engine, order(count=3, steps=200)), Caller(engine, order(steps=200))]
    callers[0].progressed.wait(10)
    engine.close()
    for caller in callers:
        with pytest.raises(Closed):
            caller.wait()
    with pytest.raises(Closed):
        engine.submit(callers[0].ticket)
    engine.close()


def test_a_model_that_cannot_be_loaded() -> None:
    def fail() -> Kandinsky:
        raise ValueError("no model")

    engine = Engine(fail)
    with pytest.raises(ValueError, match="no model"):
        engine.start()
