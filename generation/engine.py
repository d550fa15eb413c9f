"""The denoising engine: many requests share every UNet pass.

A thread of its own draws step by step. The UNet takes a timestep a row, so rows
of different requests at different steps go through one pass; a newcomer joins
at the next step, a finished picture is decoded and leaves at once, a cancelled
request leaves within a step, a failing one fails alone. This module knows
embeddings and latents; it does not know who asks, asyncio, files or settings.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from generation import samplers
from generation.conditioning import PRIOR_GUIDANCE, PRIOR_STEPS, Condition, Conditioner
from generation.kandinsky import Kandinsky
from generation.orders import Closed, Order, Pixels, Ticket
from generation.style import compose, mean, recognise
from generation.vocabulary import Wish

MAX_ROWS = 8
"""Pictures of the model's own size in flight together; larger ones count by their area."""
DECODED_TOGETHER = 4
POLITENESS = 5
"""How much nicer than its process the drawing thread is (Linux): an event loop beside it stays quick."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Row:
    """One picture on its way."""

    ticket: Ticket
    index: int
    condition: Condition
    table: samplers.Table
    latents: Tensor
    x0: Tensor
    step: int = 0


class Engine:
    """Draws orders with one model, in one thread."""

    def __init__(
        self,
        load: Callable[[], Kandinsky],
        max_rows: int = MAX_ROWS,
        threads: int | None = None,
        prior_steps: int = PRIOR_STEPS,
        prior_guidance: float = PRIOR_GUIDANCE,
    ) -> None:
        """load: makes the model; called in the engine's thread. threads: torch's, None leaves them."""
        self._prior = prior_steps, prior_guidance
        self._load = load
        self._max_rows = max(1, max_rows)
        self._threads = threads
        self._inbox: deque[Ticket] = deque()
        self._errands: deque[tuple[Future[Wish], Sequence[Image.Image]]] = deque()
        self._wake = threading.Condition()
        self._closing = False
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._kandinsky: Kandinsky | None = None
        self._waiting: list[Ticket] = []
        self._active: list[_Row] = []
        self._tables: dict[tuple[str, int], samplers.Table] = {}
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self.passes = 0
        """UNet passes so far."""

    @property
    def kandinsky(self) -> Kandinsky:
        """The loaded model; only after `start`."""
        if self._kandinsky is None:
            raise Closed("the engine has no model")
        return self._kandinsky

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
            _be_polite()
            if self._threads is not None:
                torch.set_num_threads(self._threads)
            with torch.inference_mode():
                self._kandinsky = self._load()
                self._conditioner = Conditioner(self._kandinsky, *self._prior)
                self._warm_up()
                self._ready.set()
                self._loop()
        except BaseException as error:  # nobody above can hear it
            self._failure = error
            if self._ready.is_set():
                log.exception("the engine stopped")
        finally:
            with self._wake:
                self._closing = True
                leftover = [*self._inbox, *self._waiting, *(row.ticket for row in self._active)]
                self._inbox.clear()
            for future, _ in self._errands:
                if future.set_running_or_notify_cancel():
                    future.set_exception(Closed("the studio was closed before the photos were looked at"))
            self._errands.clear()
            for ticket in leftover:
                if not ticket.cancelled:
                    ticket.end(Closed("the studio was closed before the picture was drawn"))
            self._waiting, self._active, self._kandinsky = [], [], None
            self._conditioner = None  # type: ignore[assignment]
            self._ready.set()

    def _warm_up(self) -> None:
        """Run every part once, so that a broken model shows before the first request does."""
        kandinsky = self.kandinsky
        condition = self._condition(Order("", (0,), kandinsky.side, 1, 1.0))[0]
        self._unet(
            [
                self._row(
                    Ticket(Order("", (0,), kandinsky.side, 1, 4.0), _nothing, _nothing, _nothing),
                    0,
                    condition,
                )
            ]
        )
        self._decode([torch.zeros(kandinsky.channels, *(2 * [kandinsky.side // kandinsky.factor]))])

    def _loop(self) -> None:
        while True:
            with self._wake:
                while not (self._inbox or self._errands or self._waiting or self._active or self._closing):
                    self._wake.wait()
                if self._closing:
                    return
                self._waiting.extend(self._inbox)
                self._inbox.clear()
            self._look()
            self._drop_cancelled()
            self._admit()
            sides = dict.fromkeys(row.ticket.order.side for row in self._active)
            for side in sides:
                self._draw([row for row in self._active if row.ticket.order.side == side])
            self._finish()

    def _look(self) -> None:
        while self._errands:
            future, photos = self._errands.popleft()
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(recognise(self._conditioner, mean([*map(self._conditioner.look, photos)])))
            except Exception as error:
                future.set_exception(error)

    def _drop_cancelled(self) -> None:
        self._waiting = [t for t in self._waiting if not (t.cancelled or t.ended)]
        self._active = [r for r in self._active if not (r.ticket.cancelled or r.ticket.ended)]

    def _area(self, side: int) -> float:
        return (side / self.kandinsky.side) ** 2

    def _admit(self) -> None:
        """Fill the free rows; who has the fewest pictures in flight comes first, then who came first."""
        busy = sum(self._area(row.ticket.order.side) for row in self._active)
        while self._waiting:
            ticket = min(self._waiting, key=lambda t: t.drawing)
            if self._active and busy + self._area(ticket.order.side) > self._max_rows:
                return
            if not ticket.prepared and not self._prepare(ticket):
                self._waiting.remove(ticket)
                continue
            row = ticket.rows.popleft()
            if not ticket.rows:
                self._waiting.remove(ticket)
            ticket.drawing += 1
            busy += self._area(ticket.order.side)
            self._active.append(row)

    def _prepare(self, ticket: Ticket) -> bool:
        order = ticket.order
        try:
            ticket.on_progress(0, order.steps * len(order.seeds))
            conditions = self._condition(order)
            ticket.rows.extend(self._row(ticket, i, condition) for i, condition in enumerate(conditions))
        except Exception as error:
            self._fail(ticket, error)
            return False
        ticket.left, ticket.prepared = len(order.seeds), True
        return True

    def _condition(self, order: Order) -> list[Condition]:
        images, words = compose(
            self._conditioner, order.prompt, order.photos, order.photo_weight, order.seeds
        )
        pooled, hidden = self._conditioner.text(words)
        return [Condition(image, pooled, hidden) for image in images]

    def _row(self, ticket: Ticket, index: int, condition: Condition) -> _Row:
        order, kandinsky = ticket.order, self.kandinsky
        side = order.side // kandinsky.factor
        noise = torch.Generator().manual_seed(order.seeds[index])
        latents = torch.randn(1, kandinsky.channels, side, side, generator=noise)[0].to(kandinsky.device)
        return _Row(ticket, index, condition, self._table(order), latents, torch.zeros_like(latents))

    def _table(self, order: Order) -> samplers.Table:
        key = (order.sampler, order.steps)
        if key not in self._tables:
            table = samplers.table(order.sampler, self.kandinsky.decoder_schedule, order.steps)
            if len(self._tables) > 64:
                self._tables.clear()
            device = self.kandinsky.device
            self._tables[key] = samplers.Table(table.timesteps.to(device), table.rows.to(device))
        return self._tables[key]

    def _draw(self, rows: list[_Row]) -> None:
        """Move rows of one size a step on; if a pass fails, halve it, until the one at fault is alone."""
        if not rows:
            return
        try:
            output = self._unet(rows)
        except Exception as error:
            if len(rows) == 1:
                self._fail(rows[0].ticket, error)
                return
            if _out_of_memory(error):
                self._max_rows = max(1, self._max_rows // 2)
            half = len(rows) // 2
            self._draw([r for r in rows[:half] if not r.ticket.ended])
            self._draw([r for r in rows[half:] if not r.ticket.ended])
            return
        coefficients = torch.stack([row.table.rows[row.step] for row in rows])
        latents = torch.stack([row.latents for row in rows])
        x0 = torch.stack([row.x0 for row in rows])
        latents, x0 = samplers.advance(coefficients, latents, output, x0)
        self.passes += 1
        for i, row in enumerate(rows):
            row.latents, row.x0, row.step = latents[i], x0[i], row.step + 1
            ticket = row.ticket
            ticket.done_steps += 1
            if not (ticket.cancelled or ticket.ended):
                ticket.on_progress(ticket.done_steps, ticket.order.steps * len(ticket.order.seeds))

    def _unet(self, rows: list[_Row]) -> Tensor:
        """The guided noise prediction (N, C, h, w) fp32 of every row."""
        kandinsky = self.kandinsky
        guided = [i for i, row in enumerate(rows) if row.ticket.order.guidance != 1]
        blank = self._conditioner.blank()
        conditions = [row.condition for row in rows] + [blank] * len(guided)
        which = [*range(len(rows)), *guided]
        out = kandinsky.unet(
            sample=torch.stack([rows[i].latents for i in which]).to(kandinsky.dtype),
            timestep=torch.stack([rows[i].table.timesteps[rows[i].step] for i in which]),
            encoder_hidden_states=torch.stack([c.hidden for c in conditions]).to(kandinsky.dtype),
            added_cond_kwargs={
                "text_embeds": torch.stack([c.pooled for c in conditions]).to(kandinsky.dtype),
                "image_embeds": torch.stack([c.image for c in conditions]).to(kandinsky.dtype),
            },
            return_dict=False,
        )[0]
        noise: Tensor = out[:, : kandinsky.channels].float()  # the rest is the learned variance
        wanted = noise[: len(rows)]
        if not guided:
            return wanted
        scale = torch.tensor([rows[i].ticket.order.guidance for i in guided], device=noise.device).view(
            -1, 1, 1, 1
        )
        steered = noise[len(rows) :] + scale * (wanted[guided] - noise[len(rows) :])
        return wanted.index_copy(0, torch.tensor(guided, device=noise.device), steered)

    def _finish(self) -> None:
        """Decode what is ready, hand it over and free its rows."""
        self._drop_cancelled()
        ready = [row for row in self._active if row.step == len(row.table)]
        self._active = [row for row in self._active if row.step < len(row.table)]
        for row in ready:
            row.ticket.drawing -= 1
        for side in dict.fromkeys(row.ticket.order.side for row in ready):
            same = [row for row in ready if row.ticket.order.side == side]
            chunk = max(1, math.floor(DECODED_TOGETHER / self._area(side)))
            for i in range(0, len(same), chunk):
                self._hand_over(same[i : i + chunk])

    def _hand_over(self, rows: list[_Row]) -> None:
        try:
            pictures = self._decode([row.latents for row in rows])
        except Exception as error:
            if len(rows) == 1:
                self._fail(rows[0].ticket, error)
            else:
                for row in rows:
                    self._hand_over([row])
            return
        for row, pixels in zip(rows, pictures, strict=True):
            ticket = row.ticket
            if ticket.cancelled or ticket.ended:
                continue
            if pixels is None:
                self._fail(
                    ticket, ArithmeticError("the model drew a picture with values that are no numbers")
                )
                continue
            ticket.on_picture(row.index, pixels)
            ticket.left -= 1
            if ticket.left == 0:
                ticket.end(None)

    def _decode(self, latents: list[Tensor]) -> list[Pixels | None]:
        """Latents (C, h, w) to pictures (H, W, 3) uint8; None where one is not finite."""
        kandinsky = self.kandinsky
        stacked = torch.stack(latents).to(kandinsky.device, kandinsky.dtype)
        pictures = kandinsky.movq.decode(stacked, force_not_quantize=True).sample.float()
        finite = torch.isfinite(pictures).flatten(1).all(1).tolist()
        pixels = (
            ((pictures.clamp(-1, 1) + 1) * 127.5)
            .round()
            .byte()
            .permute(0, 2, 3, 1)
            .contiguous()
            .cpu()
            .numpy()
        )
        return [picture if fine else None for picture, fine in zip(pixels, finite, strict=True)]

    def _fail(self, ticket: Ticket, error: Exception) -> None:
        if not ticket.cancelled:
            ticket.end(error)


def _nothing(*_: Any) -> None:
    return None


def _out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def _be_polite() -> None:
    """Lower this thread's priority where threads have one; the threads that torch starts here inherit it."""
    if (
        sys.platform != "linux"
    ):  # elsewhere a priority is a whole process's, and a thread's number may be one's
        return
    try:
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, min(19, os.getpriority(os.PRIO_PROCESS, me) + POLITENESS))
    except OSError:
        return
