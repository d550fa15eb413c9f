"""What 1, 4, 16 and 64 workers carry: a discrete-event simulation of queue, workers and Telegram's gate.

    python tools/simulate_fleet.py                          # a worker with a GPU, 0.11 s a picture
    python tools/simulate_fleet.py --picture-seconds 5      # two CPU cores and the embedded model

Wishes arrive by chance (Poisson). Each of them is a status message, waits in
one queue, is taken by a worker that looks into the queue every POLL seconds
and has a place free, is drawn beside the worker's other pictures (all of them
share its rate evenly), and leaves through the one gate to Telegram: an album
and the buttons below it. Answers wait there in their order; edits of status
messages fill what is left and are not simulated.

The largest rate is searched at which, over an hour, 95 % of the wishes are
answered within --patience seconds. The database is not a queue here: its load
is counted in transactions, from what `python -m tests.e2e.measure_fleet`
measured. Nothing of the bot is imported; every number can be set.
"""

from __future__ import annotations

import argparse
import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

POLL = 0.2
"""Seconds, as bot.jobs.engine has it."""
GATE = 25.0
BURST = 5.0
"""Messages a second and at once, as bot.sender.turnstile has them; Telegram's own limit is 30."""


@dataclass(frozen=True, slots=True)
class Model:
    """pictures: of a wish. picture_seconds: of a full worker; one picture alone takes `alone` times that."""

    workers: int
    at_once: int = 4
    pictures: int = 2
    picture_seconds: float = 0.11
    alone: float = 1.5
    gate: float = GATE

    @property
    def drawn(self) -> float:
        """Wishes a second that the workers draw, all of them busy."""
        return self.workers / (self.picture_seconds * self.pictures)

    @property
    def sent(self) -> float:
        """Wishes a second that pass the gate: a status message, an album (each picture counts), buttons."""
        return self.gate / (1 + self.pictures + (1 if self.pictures > 1 else 0))


@dataclass(slots=True)
class Worker:
    """Pictures left of each of its wishes; all advance evenly."""

    left: dict[int, float] = field(default_factory=dict)
    at: float = 0.0
    version: int = 0

    def rate(self, model: Model) -> float:
        """Pictures a second of each wish in it: full speed from four pictures side by side on."""
        together = len(self.left) * model.pictures
        slow = model.alone + (1 - model.alone) * min(1.0, (together - 1) / 3)
        return 1 / (model.picture_seconds * slow * max(1, len(self.left)))

    def advance(self, now: float, model: Model) -> None:
        if self.left:
            done = (now - self.at) * self.rate(model)
            self.left = {wish: max(0.0, pictures - done) for wish, pictures in self.left.items()}
        self.at = now


class Fleet:
    """One run; `answers` are the seconds from a wish to its last message."""

    def __init__(self, model: Model, rate: float, seconds: float, seed: int) -> None:
        self.model = model
        self.answers: list[float] = []
        self.asked = 0
        self.busy = 0.0
        self._rate, self._seconds = rate, seconds
        self._chance = random.Random(seed)
        self._events: list[tuple[float, int, Callable[..., None], tuple[int, ...]]] = []
        self._number = count()
        self._came: dict[int, float] = {}
        self._queue: deque[int] = deque()
        self._workers = [Worker() for _ in range(model.workers)]
        self._gate_at, self._tokens = 0.0, BURST
        self.now = 0.0

    def run(self) -> Fleet:
        self._at(self._chance.expovariate(self._rate), self._arrive)
        for index in range(len(self._workers)):
            self._at(self._chance.random() * POLL, self._poll, index)
        end = self._seconds
        while self._events and self._events[0][0] <= end:
            self.now, _, call, args = heapq.heappop(self._events)
            call(*args)
        return self

    def share(self, quantile: float) -> float:
        """This quantile of the answers; wishes still open at the end have waited until then at the least."""
        waited = sorted([*self.answers, *(self._seconds - came for came in self._came.values())])
        return waited[min(len(waited) - 1, int(quantile * len(waited)))] if waited else 0.0

    def _at(self, when: float, call: Callable[..., None], *args: int) -> None:
        heapq.heappush(self._events, (when, next(self._number), call, args))

    def _arrive(self) -> None:
        wish = self.asked
        self.asked += 1
        self._came[wish] = self.now
        self._pass_gate(1)
        self._queue.append(wish)
        self._at(self.now + self._chance.expovariate(self._rate), self._arrive)

    def _poll(self, index: int) -> None:
        worker = self._workers[index]
        free = self.model.at_once - len(worker.left)
        if free and self._queue:
            worker.advance(self.now, self.model)
            for _ in range(min(free, len(self._queue))):
                worker.left[self._queue.popleft()] = float(self.model.pictures)
            self._plan(index)
        self._at(self.now + POLL * self._chance.uniform(0.95, 1.05), self._poll, index)

    def _plan(self, index: int) -> None:
        """When the next wish of the worker will be drawn, if nothing joins before."""
        worker = self._workers[index]
        worker.version += 1
        if worker.left:
            soonest = min(worker.left.values()) / worker.rate(self.model)
            self._at(self.now + soonest, self._drawn, index, worker.version)

    def _drawn(self, index: int, version: int) -> None:
        worker = self._workers[index]
        if version != worker.version:
            return
        before = worker.at
        worker.advance(self.now, self.model)
        self.busy += self.now - before
        for wish in [wish for wish, pictures in worker.left.items() if pictures < 1e-9]:
            del worker.left[wish]
            self._pass_gate(self.model.pictures)
            sent = self._pass_gate(1) if self.model.pictures > 1 else self._gate_at
            self._at(max(sent, self.now), self._answered, wish)
        self._plan(index)

    def _answered(self, wish: int) -> None:
        self.answers.append(self.now - self._came.pop(wish))

    def _pass_gate(self, cost: int) -> float:
        """When a call of this cost starts, first come, first served; an album may overdraw the bucket."""
        start = max(self.now, self._gate_at)
        tokens = min(BURST, self._tokens + (start - self._gate_at) * self.model.gate)
        wait = max(0.0, (1 - tokens) / self.model.gate)
        self._gate_at = start + wait
        self._tokens = tokens + wait * self.model.gate - cost
        return self._gate_at


def carried(model: Model, patience: float, seconds: float, seed: int) -> tuple[float, Fleet]:
    """The largest rate (wishes a second, to 2 %) that is answered in time, and the run that shows it."""
    low, high = 0.0, 1.2 * min(model.drawn, model.sent)
    best = Fleet(model, high / 1000, seconds, seed).run()
    while high - low > 0.02 * high:
        rate = (low + high) / 2
        run = Fleet(model, rate, seconds, seed).run()
        if run.share(0.95) <= patience:
            low, best = rate, run
        else:
            high = rate
    return low, best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 4, 16, 64])
    parser.add_argument("--rows", type=int, default=8, help="of a worker (default: 8)")
    parser.add_argument("--pictures", type=int, default=2, help="of a wish (default: 2)")
    parser.add_argument("--picture-seconds", type=float, default=0.11, help="per picture, of a full worker")
    parser.add_argument("--alone", type=float, default=1.5, help="how much longer one picture alone takes")
    parser.add_argument("--gate", type=float, default=GATE, help="messages a second to Telegram")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds in which 95 %% are answered")
    parser.add_argument("--seconds", type=float, default=3600.0, help="that are simulated")
    parser.add_argument("--per-wish", type=float, default=0.0, help="transactions of the database a wish")
    parser.add_argument(
        "--per-worker", type=float, default=0.0, help="transactions a second of an idle worker"
    )
    parser.add_argument("--bot", type=float, default=0.0, help="transactions a second of an idle bot")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    heads = ["workers", "wishes/s", "an hour", "median, 95 % (s)", "workers busy", "gate busy"]
    print("|", " | ".join([*heads, "database, tx/s", "limit"]), "|")
    print("|---" * 8 + "|")
    for workers in options.workers:
        model = Model(
            workers,
            max(1, options.rows // 2),
            options.pictures,
            options.picture_seconds,
            options.alone,
            options.gate,
        )
        rate, run = carried(model, options.patience, options.seconds, options.seed)
        limit = "the workers" if model.drawn < model.sent else "Telegram's gate"
        load = options.per_wish * rate + options.per_worker * workers + options.bot
        print(
            f"| {workers} | {rate:.2f} | {rate * 3600:,.0f} | {run.share(0.5):.1f}, {run.share(0.95):.1f} |"
            f" {rate / model.drawn:.0%} | {rate / model.sent:.0%} | {load:,.0f} | {limit} |"
        )


if __name__ == "__main__":
    main()
