"""The denoising engine: many requests share every UNet pass.

A thread of its own draws step by step. A newcomer joins at the next step, a
finished picture leaves at once, a cancelled request leaves within a step, a
failing one fails alone; when memory runs out, fewer rows share a pass, and no
request is lost. This module knows turns, memory and callers; the arithmetic of a
step is `generation.denoiser`'s. It does not know asyncio, files or chats.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import torch
from PIL import Image

from generation.conditioning import Conditioner
from generation.denoiser import Denoiser, Row
from generation.kandinsky import Kandinsky
from generation.orders import Closed, Order, Pixels, Ticket
from generation.room import Room, out_of_memory, patiently
from generation.studies import Studies, decode
from generation.style import see
from generation.tuning import Tuning
from generation.turns import Turns, victim
from generation.vocabulary import Wish

DECODED_TOGETHER = 4
"""Pictures of the model's own size that MOVQ decodes between two steps of the others."""
POLITENESS = 5
"""How much nicer than its process the drawing thread is (Linux): an event loop beside it stays quick."""

log = logging.getLogger(__name__)


class Engine:
    """Draws orders with one model, in one thread."""

    def __init__(self, load: Callable[[], Kandinsky], tuning: Tuning | None = None) -> None:
        """load: makes the model; called in the engine's thread."""
        self.tuning = tuning or Tuning()
        self._load = load
        self._inbox: deque[Ticket] = deque()
        self._errands: deque[tuple[Future[Wish], Sequence[Image.Image]]] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._kandinsky: Kandinsky | None = None
        self._turns = Turns()
        self._waiting: list[Ticket] = []
        self._active: list[Row] = []
        self._finished: deque[Row] = deque()
        self._room = Room(self.tuning.max_rows)
        self._steps_behind: deque[torch.cuda.Event] = deque()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    @property
    def kandinsky(self) -> Kandinsky:
        """The loaded model; only after `start`."""
        if self._kandinsky is None:
            raise Closed("the engine has no model")
        return self._kandinsky

    @property
    def passes(self) -> int:
        """UNet passes so far."""
        return self._denoiser.passes

    @property
    def evaluated(self) -> tuple[int, int]:
        """Rows that went through the UNet so far, wholly and shallowly."""
        whole, shallow = self._denoiser.evaluated
        return whole, shallow

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is being drawn."""
        return not (self._inbox or self._errands or self._waiting or self._active or self._finished)

    def start(self) -> None:
        """Load and warm up; blocks. Raises what loading raised."""
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure

    def submit(self, ticket: Ticket) -> None:
        """Take an order; returns at once. Raises Closed."""
        with self._wake:
            if self._closing:
                raise Closed("the engine is closed")
            self._inbox.append(ticket)
            self._wake.notify()

    def describe(self, photos: Sequence[Image.Image]) -> Future[Wish]:
        """What RGB photos show together; answered between two steps. Raises Closed."""
        future: Future[Wish] = Future()
        with self._wake:
            if self._closing:
                raise Closed("the engine is closed")
            self._errands.append((future, photos))
            self._wake.notify()
        return future

    def cancel(self, ticket: Ticket) -> None:
        """Take an order out within a step; on_end is not called any more."""
        ticket.cancelled = True
        with self._wake:
            self._wake.notify()

    def close(self) -> None:
        """Stop after the current step, end open orders with Closed, free the model; blocks."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join()

    # everything below runs in the engine's thread

    def _run(self) -> None:
        try:
            be_polite()
            if self.tuning.threads is not None:
                torch.set_num_threads(self.tuning.threads)
            with torch.inference_mode():
                self._kandinsky = self._load()
                self._conditioner = Conditioner(
                    self._kandinsky,
                    self.tuning.prior_steps,
                    self.tuning.prior_guidance,
                    graphs=self.tuning.graphs and not self.tuning.offload,
                )
                self._studies = Studies(self._conditioner)
                self._denoiser = Denoiser(self._kandinsky, self.tuning)
                self._warm_up()
                self._ready.set()
                self._loop()
        except BaseException as error:  # nobody above can hear it
            self._failure = error
            if self._ready.is_set():
                log.exception("the engine stopped")
        finally:
            self._give_up()
            self._ready.set()

    def _give_up(self) -> None:
        with self._wake:
            self._closing = True
            open_ = [*self._inbox, *self._waiting, *(r.ticket for r in (*self._active, *self._finished))]
            self._inbox.clear()
        for ticket in open_:
            ticket.end(Closed("the studio was closed before the picture was drawn"))
        for future, _ in self._errands:
            if future.set_running_or_notify_cancel():
                future.set_exception(Closed("the studio was closed before the photos were looked at"))
        self._errands.clear()
        self._waiting, self._active, self._kandinsky = [], [], None
        self._finished.clear()
        self._conditioner = self._studies = None  # type: ignore[assignment]
        if hasattr(self, "_denoiser"):
            self._denoiser.kandinsky = None  # type: ignore[assignment]

    def _warm_up(self) -> None:
        """Run every part once, so that a broken model shows before the first request does.

        Compiled, once for every bucket of rows, which takes its time now and none later.
        """
        side, reuse = self.kandinsky.side, self.tuning.reuse
        counts = [1]
        while self.tuning.compile is not None and counts[-1] < self.tuning.max_rows:
            counts.append(2 * counts[-1])
        for guidance in (1.0, 4.0) if self.tuning.compile is not None else (4.0,):
            order = Order("", (0,), side, side, 2 * reuse, guidance)
            ticket = Ticket(order, _nothing, _nothing, _nothing)
            for count in counts if guidance != 1 else counts[:1]:
                rows = [row for _ in range(count) for row in self._studies.rows(ticket)]
                for _ in range(reuse):
                    self._denoiser.advance(rows)
        decode(self.kandinsky, [rows[0].latents])

    def _loop(self) -> None:
        while True:
            with self._wake:
                while self.idle and not self._closing:
                    self._wake.wait()
                if self._closing:
                    return
                for ticket in self._inbox:
                    self._turns.arrive(ticket)
                self._waiting.extend(self._inbox)
                self._inbox.clear()
            self._look()
            self._drop_cancelled()
            self._admit()
            self._step()
            self._drop_cancelled()
            self._finish()

    def _look(self) -> None:
        while self._errands:
            future, photos = self._errands.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(see(self._conditioner, photos))
            except Exception as error:
                future.set_exception(error)

    def _drop_cancelled(self) -> None:
        for ticket in (*self._waiting, *(row.ticket for row in self._active)):
            if ticket.over:
                ticket.rows.clear()
        self._waiting = [ticket for ticket in self._waiting if not ticket.over]
        self._active = [row for row in self._active if not row.ticket.over]

    def _area(self, order: Order) -> float:
        """In pictures of the model's own size."""
        return order.width * order.height / self.kandinsky.side**2

    def _cost(self, ticket: Ticket) -> float:
        order = ticket.order
        return self._area(order) * (order.steps - order.start) * (2 if order.guidance != 1 else 1)

    def _admit(self) -> None:
        """Fill the free rows by turns; whoever holds more than his share makes room for who has less."""
        chosen: list[Ticket] = []
        taken: dict[Ticket, int] = {}
        held = [(row.ticket, self._area(row.ticket.order), row.step) for row in self._active]
        waiting = list(self._waiting)
        while waiting:
            ticket = self._turns.next(waiting, self._cost)
            area = self._area(ticket.order)
            room = self._room.now - sum(one for _, one, _ in held)
            if held and area > room:
                index = victim(ticket, area, held)
                if index is None or index >= len(self._active) or area > room + held[index][1]:
                    break
                self._pause(self._active.pop(index))
                held.pop(index)
            number = taken.get(ticket, 0)
            if not ticket.prepared or ticket.rows[number].step == 0:  # else it was paused, and has paid
                self._turns.serve(ticket, self._cost(ticket), waiting)
            chosen.append(ticket)
            ticket.drawing += 1
            taken[ticket] = number + 1
            # rows to be admitted stand behind the active ones, so that `victim` tells them apart
            held.append((ticket, area, 0))
            left = len(ticket.rows) if ticket.prepared else len(ticket.order.seeds)
            if taken[ticket] >= left:
                waiting.remove(ticket)
        self._prepare([ticket for ticket in taken if not ticket.prepared])
        for ticket in chosen:
            if not ticket.over:
                self._active.append(ticket.rows.popleft())
        self._waiting = [t for t in self._waiting if t.rows or not (t.prepared or t.over)]

    def _pause(self, row: Row) -> None:
        """Set a row aside as it is; it goes on when its turn comes."""
        ticket = row.ticket
        ticket.rows.appendleft(row)
        ticket.drawing -= 1
        if ticket not in self._waiting:
            self._waiting.append(ticket)

    def _prepare(self, tickets: Sequence[Ticket]) -> None:
        """Embeddings and first latents of newcomers, together if possible: one prior serves them all."""
        if len(tickets) > 1:
            try:
                self._studies.foresee([ticket.order for ticket in tickets])
            except Exception as error:  # whoever is at fault fails below, alone
                log.info("newcomers are prepared one by one: %s", error)
        for ticket in tickets:
            order = ticket.order
            try:
                ticket.on_progress(0, order.taken)
                ticket.rows.extend(patiently(partial(self._studies.rows, ticket)))
            except Exception as error:
                ticket.end(error)
                continue
            ticket.left, ticket.prepared = len(order.seeds), True

    def _step(self) -> None:
        buckets: dict[tuple[int, int, bool], list[Row]] = {}
        for row in self._active:
            buckets.setdefault(self._denoiser.bucket(row), []).append(row)
        for rows in buckets.values():
            size = max(1, int(self._room.now / self._area(rows[0].ticket.order)))
            for i in range(0, len(rows), size):
                self._advance([row for row in rows[i : i + size] if not row.ticket.over])
        self._keep_pace()

    def _advance(self, rows: list[Row]) -> None:
        """Move rows a step on; if a pass fails, halve it, until the one at fault is alone."""
        if not rows:
            return
        try:
            if len(rows) == 1:
                patiently(lambda: self._denoiser.advance(rows))
            else:
                self._denoiser.advance(rows)
        except Exception as error:
            if len(rows) == 1:
                rows[0].ticket.end(error)
                return
            if out_of_memory(error):
                self._room.shrink(len(rows) * self._area(rows[0].ticket.order))
            half = len(rows) // 2
            for some in (rows[:half], rows[half:]):
                self._advance([row for row in some if not row.ticket.over])
            return
        self._room.grow()
        for row in rows:
            ticket = row.ticket
            ticket.done_steps += 1
            if not ticket.over:
                ticket.on_progress(ticket.done_steps, ticket.order.taken)

    def _keep_pace(self) -> None:
        """Stay at most one step ahead of a GPU, so that progress is true and a cancellation counts."""
        if self.kandinsky.device.type != "cuda" or not self._active:
            return
        event = torch.cuda.Event()
        event.record()
        self._steps_behind.append(event)
        if len(self._steps_behind) > 1:
            self._steps_behind.popleft().synchronize()

    def _finish(self) -> None:
        """Free the rows of what is drawn, and decode some of it; all of it, where nobody waits for a step."""
        for row in self._active:
            if row.done:
                row.ticket.drawing -= 1
                self._finished.append(row)
        self._active = [row for row in self._active if not row.done]
        while self._finished:
            self._hand_over(self._chunk())
            if self._active or self._waiting or self._inbox:
                return

    def _chunk(self) -> list[Row]:
        """The next finished rows of one size, as many as are decoded at once."""
        first = self._finished.popleft()
        size = max(1, int(min(DECODED_TOGETHER, self._room.now) / self._area(first.ticket.order)))
        same = [row for row in self._finished if row.latents.shape == first.latents.shape][: size - 1]
        for row in same:
            self._finished.remove(row)
        return [row for row in (first, *same) if not row.ticket.over]

    def _hand_over(self, rows: list[Row]) -> None:
        if not rows:
            return
        latents = [row.latents for row in rows]
        try:
            if len(rows) == 1:
                pictures = patiently(lambda: decode(self.kandinsky, latents))
            else:
                pictures = decode(self.kandinsky, latents)
        except Exception as error:
            if len(rows) == 1:
                rows[0].ticket.end(error)
            else:
                for row in rows:
                    self._hand_over([row])
            return
        for row, pixels in zip(rows, pictures, strict=True):
            self._deliver(row, pixels)

    def _deliver(self, row: Row, pixels: Pixels | None) -> None:
        ticket = row.ticket
        if ticket.over:
            return
        if pixels is None:
            ticket.end(ArithmeticError("the model drew a picture with values that are no numbers"))
            return
        ticket.on_picture(row.index, pixels)
        ticket.left -= 1
        if ticket.left == 0:
            ticket.end(None)


def _nothing(*_: Any) -> None:
    return None


def be_polite() -> None:
    """Lower this thread's priority where threads have one; the threads that torch starts here inherit it."""
    if sys.platform != "linux":  # elsewhere a priority is a whole process's, a thread's number may be one's
        return
    try:
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, min(19, os.getpriority(os.PRIO_PROCESS, me) + POLITENESS))
    except OSError:
        return
