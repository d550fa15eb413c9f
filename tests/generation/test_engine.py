"""The engine's manners: who is drawn when, and what happens when things go wrong."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from generation.engine import Engine
from generation.kandinsky import Kandinsky
from generation.orders import Closed, Ticket
from generation.room import CALM_PASSES, Room
from generation.tuning import Tuning
from tests.generation.caller import LEVELS, PHOTO, Caller, order


@pytest.fixture
def started(tiny_model: Kandinsky) -> Iterator[Callable[..., Engine]]:
    engines: list[Engine] = []

    def start(**settings: Any) -> Engine:
        engine = Engine(lambda: tiny_model, Tuning(**settings))
        engine.start()
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(started: Callable[..., Engine]) -> Engine:
    return started()


def test_the_same_order_gives_the_same_picture(engine: Engine) -> None:
    first, second = Caller(engine, order()).wait(), Caller(engine, order()).wait()
    assert np.array_equal(first[0], second[0])
    assert not np.array_equal(first[0], Caller(engine, order(seed=4)).wait()[0])


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
    callers = [Caller(engine, order(count=5)), Caller(engine, order(seed=50, width=128, height=128))]
    assert [len(caller.wait()) for caller in callers] == [5, 1]


def test_a_newcomer_does_not_wait_for_all_pictures_of_another(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=2)
    crowd = Caller(engine, order(count=10, steps=20))
    crowd.progressed.wait(10)
    Caller(engine, order(seed=90, steps=20)).wait()
    assert crowd.ends.empty()
    engine.cancel(crowd.ticket)


def test_a_newcomer_hears_of_progress_within_two_steps_of_the_others(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=4)
    heard: dict[int, list[tuple[int, int]]] = {}
    came: dict[int, int] = {}
    ends: queue.Queue[BaseException | None] = queue.Queue()

    def come(step: int, _: int) -> None:
        if step in (11, 16, 22, 31):  # in the midst of the crowd's work, and in the engine's own thread
            came[step], heard[step] = engine.passes, []
            wish = order(seed=90 + step, steps=3, owner=f"newcomer {step}")
            hear = heard[step]
            tell = lambda done, _: hear.append((engine.passes, done))  # noqa: E731
            engine.submit(Ticket(wish, tell, lambda *_: None, ends.put))

    crowd = Ticket(order(count=9, steps=60, owner="anna"), come, lambda *_: None, lambda _: None)
    engine.submit(crowd)
    assert [ends.get(timeout=60) for _ in range(4)] == [None] * 4
    engine.cancel(crowd)
    for step, began in came.items():
        begun, stepped = heard[step][:2]
        assert (begun[1], stepped[1]) == (0, 1)
        assert begun[0] - began <= 1  # it is told that it is being drawn
        assert stepped[0] - began <= 2  # its first step is done


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

    table = engine._studies.table(order(steps=41, sampler="ddim"))
    assert 977 not in engine._studies.table(order(steps=20)).timesteps.tolist()
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
    rows = engine._studies.rows

    def spoiled(ticket: Ticket) -> Any:
        made = rows(ticket)
        if ticket.order.seeds[0] == 13:
            made[0].latents = made[0].latents * float("nan")
        return made

    monkeypatch.setattr(engine._studies, "rows", spoiled)
    broken, fine = Caller(engine, order(seed=13)), Caller(engine, order(seed=14))
    with pytest.raises(ArithmeticError):
        broken.wait()
    fine.wait()


def test_out_of_memory_halves_the_rows_loses_nothing_and_is_forgotten_in_time(
    engine: Engine, tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = tiny_model.unet.forward
    sizes: list[int] = []
    room = [4]

    def small(*args: Any, **kwargs: Any) -> Any:
        sizes.append(len(kwargs["sample"]))
        if sizes[-1] > room[0]:
            raise torch.OutOfMemoryError("too many rows")
        return forward(*args, **kwargs)

    monkeypatch.setattr(tiny_model.unet, "forward", small)
    engine._room.calm_needed = 10_000
    assert len(Caller(engine, order(count=8)).wait()) == 8  # each row counts twice, with guidance
    assert engine._room.now <= 2
    room[0] = 100
    sizes.clear()
    engine._room.calm_needed = 3
    assert len(Caller(engine, order(count=8, steps=14)).wait()) == 8
    assert engine._room.now == 8
    assert max(sizes) == 16


def test_room_that_was_taken_back_too_early_takes_longer_the_next_time() -> None:
    room = Room(8)
    room.shrink(8)
    room.shrink(4)
    assert room.now == 2
    for _ in range(CALM_PASSES):
        room.grow()
    assert room.now == 4
    room.shrink(4)
    for _ in range(CALM_PASSES):
        room.grow()
    assert room.now == 2
    for _ in range(CALM_PASSES):
        room.grow()
    assert room.now == 4


@pytest.mark.parametrize("part", ["unet", "movq.decoder", "prior"])
def test_one_row_that_does_not_fit_is_tried_again_once(
    engine: Engine, tiny_model: Kandinsky, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    module = tiny_model
    for name in part.split("."):
        module = getattr(module, name)
    forward = module.forward
    failures = [torch.OutOfMemoryError("full")]

    def tight(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop()
        return forward(*args, **kwargs)

    monkeypatch.setattr(module, "forward", tight)
    assert len(Caller(engine, order(seed=33)).wait()) == 1
    failures.extend([torch.OutOfMemoryError("full"), torch.OutOfMemoryError("full")])
    with pytest.raises(torch.OutOfMemoryError):
        Caller(engine, order(seed=34)).wait()


def test_an_owner_with_many_pictures_makes_room_for_another_at_once(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=4)
    crowd = Caller(engine, order(count=8, steps=200, owner="anna"))
    crowd.progressed.wait(10)
    quick = Caller(engine, order(seed=70, count=2, steps=4, owner="boris"))
    quick.wait()
    assert len(crowd.steps) < 4 * 12  # she went on, but he did not wait for any of her 200 steps
    assert not crowd.pictures
    engine.cancel(crowd.ticket)


def test_a_row_that_made_room_goes_on_where_it_was(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=3)
    undisturbed = Caller(engine, order(seed=5, count=3, steps=12, owner="anna")).wait()
    crowd = Caller(engine, order(seed=5, count=3, steps=12, owner="anna"))
    crowd.progressed.wait(10)
    others = [Caller(engine, order(seed=90 + i, steps=3, owner=f"other {i}")) for i in range(5)]
    for before, after in zip(undisturbed, crowd.wait(), strict=True):
        assert np.abs(before.astype(int) - after.astype(int)).max() <= LEVELS
    assert crowd.steps == [(i, 36) for i in range(37)]
    for other in others:
        other.wait()


def test_a_large_picture_is_not_starved_by_small_ones(started: Callable[..., Engine]) -> None:
    engine = started(max_rows=2)
    small = [Caller(engine, order(seed=i, steps=3)) for i in range(6)]
    large = Caller(engine, order(seed=50, width=128, height=128, steps=3))
    more = [Caller(engine, order(seed=10 + i, steps=3)) for i in range(8)]
    assert large.wait()[0].shape == (128, 128, 3)
    for caller in (*small, *more):
        caller.wait()


def test_photos_are_described_between_steps(engine: Engine) -> None:
    crowd = Caller(engine, order(count=4, steps=200))
    crowd.progressed.wait(10)
    seen = engine.describe([PHOTO]).result(timeout=60)
    assert None not in (seen.type, seen.colour, seen.pattern)
    assert crowd.ends.empty()
    engine.cancel(crowd.ticket)
    failing = engine.describe(["not a photo"])  # type: ignore[list-item]
    with pytest.raises(AttributeError):
        failing.result(timeout=60)
    engine.close()
    with pytest.raises(Closed):
        engine.describe([PHOTO])


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
