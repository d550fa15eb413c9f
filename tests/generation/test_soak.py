"""A long crowd of everything, with cancellations and faults: all end exactly once, and nothing leaks."""

from __future__ import annotations

import dataclasses
import gc
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from generation import tiny
from generation.conditioning import Cache
from generation.engine import Engine
from generation.kandinsky import Kandinsky
from generation.orders import Order, Pixels, Ticket
from generation.tuning import Tuning
from tests.generation.caller import OWN, PHOTO

REQUESTS = 500
PROMPTS = ("прямые леопардовые джинсы", "blue dress", "пиджак того же стиля", "юбка", "")


class Witness:
    """Counts how a ticket ends."""

    def __init__(self, order: Order, fail: bool) -> None:
        self.ends: list[BaseException | None] = []
        self.pictures: Counter[int] = Counter()
        self.steps: list[int] = []
        self.late = 0
        self.over = threading.Event()
        self.fail = fail
        self.ticket = Ticket(order, self._progress, self._picture, self._end)

    def _progress(self, step: int, _: int) -> None:
        self.steps.append(step)
        self.late += bool(self.ends)

    def _picture(self, index: int, pixels: Pixels) -> None:
        assert pixels.shape == (self.ticket.order.height, self.ticket.order.width, 3)
        self.pictures[index] += 1
        self.late += bool(self.ends)

    def _end(self, error: BaseException | None) -> None:
        self.ends.append(error)
        self.over.set()


def random_order(dice: random.Random) -> tuple[Order, bool]:
    """Any kind of order, and whether it is one that fails."""
    width, height = dice.choice([(64, 64)] * 12 + [(96, 64), (64, 96), (128, 128)])
    fields: dict[str, Any] = {
        "prompt": dice.choice(PROMPTS[:-1]),
        "seeds": tuple(range(start := dice.randrange(10**6), start + dice.choice([1, 1, 1, 1, 2, 4]))),
        "width": width,
        "height": height,
        "steps": dice.randint(1, 4),
        "guidance": dice.choice([1.0, 2.5, 4.0, 7.0]),
        "sampler": dice.choice(["ddim", "dpm++"]),
        "owner": dice.choice(["", "anna", "boris", "clara"]),
        "priority": dice.choice([0, 0, 0, 1, -2, -10]),
        "negative": dice.choice(["", "", "red"]),
    }
    kind = dice.choice(["text", "text", "photo", "mix", "variation", "own", "mask"])
    if kind in ("photo", "mix"):
        fields["photos"] = (PHOTO,) if kind == "photo" else (PHOTO, OWN)
        fields["photo_weights"] = None if kind == "photo" else (0.3, 0.7)
        fields["prompt"] = dice.choice(PROMPTS)
    if kind in ("variation", "own", "mask"):
        fields |= {"init": OWN.resize((width, height)), "strength": dice.choice([0.3, 0.6, 1.0])}
        fields["prompt"] = "" if kind == "variation" else fields["prompt"]
    if kind == "mask":
        mask = np.zeros((height, width), dtype=bool)
        mask[10:40, 20:] = True
        fields["mask"] = mask
    fail = dice.random() < 0.04
    if fail:
        fields["photos"], fields["photo_weights"] = ("not a photo",), None
    return Order(**fields), fail


@pytest.fixture
def soaked(tiny_model: Kandinsky) -> Iterator[Callable[..., Engine]]:
    engines: list[Engine] = []
    model = dataclasses.replace(tiny_model, inpaint_unet=tiny.unet(channels=9).eval())

    def start(**settings: Any) -> Engine:
        engine = Engine(lambda: model, Tuning(**settings))
        engine.start()
        engines.append(engine)
        return engine

    yield start
    for engine in engines:
        engine.close()


def tensors(engine: Engine) -> int:
    """How many there are beside what the bounded caches hold, which are emptied for it."""
    for owner in (engine._conditioner, engine._studies):
        for value in vars(owner).values():
            if isinstance(value, Cache):
                value._kept.clear()
    gc.collect()
    return sum(1 for one in gc.get_objects() if type(one) is torch.Tensor)


def settle(engine: Engine) -> None:
    deadline = time.monotonic() + 60
    while not engine.idle and time.monotonic() < deadline:
        time.sleep(0.01)
    assert engine.idle


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_every_one_of_a_mixed_crowd_ends_once_and_nothing_leaks(
    soaked: Callable[..., Engine],
    tiny_model: Kandinsky,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = soaked(max_rows=6)
    dice = random.Random(5)
    faults = random.Random(6)
    for module in (tiny_model.unet.conv_in, tiny_model.movq.decoder, tiny_model.prior):
        forward = module.forward

        def failing(*args: Any, forward: Any = forward, **kwargs: Any) -> Any:
            if faults.random() < 0.01:  # half of the shares run out of memory, and that is forgiven
                raise torch.OutOfMemoryError("seeded")
            return forward(*args, **kwargs)

        monkeypatch.setattr(module, "forward", failing)
    warm = [Witness(*random_order(random.Random(i))) for i in range(16)]
    for witness in warm:
        engine.submit(witness.ticket)
    for witness in warm:
        assert witness.over.wait(300)
    settle(engine)
    before = tensors(engine)
    crowd = [Witness(*random_order(dice)) for _ in range(REQUESTS)]
    cancelled = []
    for i, witness in enumerate(crowd):
        engine.submit(witness.ticket)
        if dice.random() < 0.15:
            chosen = dice.choice(crowd[max(0, i - 20) : i + 1])
            engine.cancel(chosen.ticket)
            cancelled.append(chosen)
        if dice.random() < 0.3:
            time.sleep(dice.random() * 0.05)
    for witness in crowd:
        assert witness.ticket.cancelled or witness.over.wait(600)
    settle(engine)
    outcomes: Counter[str] = Counter()
    for witness in crowd:
        assert len(witness.ends) + (witness.ticket.cancelled and not witness.ends) == 1
        assert witness.late == 0
        assert witness.steps == sorted(witness.steps)
        error = witness.ends[0] if witness.ends else None
        if not witness.ends:
            outcomes["cancelled"] += 1
        elif error is None:
            outcomes["done"] += 1
            assert witness.pictures == Counter(range(len(witness.ticket.order.seeds)))
            assert witness.steps[-1] == witness.ticket.order.taken
            assert not witness.fail
        else:
            outcomes["failed"] += 1
            assert witness.fail or isinstance(error, torch.OutOfMemoryError)
    assert sum(outcomes.values()) == REQUESTS
    assert min(outcomes["done"] - 350, outcomes["failed"], outcomes["cancelled"]) > 0, outcomes
    assert not any(witness.ticket.rows for witness in crowd)
    del crowd, cancelled, warm, witness, chosen
    assert tensors(engine) <= before + 2  # a loop variable may hold the last one
