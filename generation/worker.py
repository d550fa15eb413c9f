"""The asyncio worker: a Studio in this process, with the engine in a thread of its own.

It checks requests, decodes their photos, hands them to the engine and brings
progress and pictures back into the caller's event loop, which is never blocked.
Torch is imported when the studio starts, not before. It does not know how a
picture is drawn, nor who asks for it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from generation import photos, pictures
from generation.orders import Order, Pixels, Sampler, Ticket
from generation.request import BadRequest, OnProgress, Picture, Problem, Progress, Request, check, tidy
from generation.studio import Studio

if TYPE_CHECKING:
    from generation.engine import Engine

STEPS = 20
GUIDANCE = 4.0
RANDOM_SEEDS = 2**31
"""A seed drawn at random is below this, short enough to be retyped."""


class LocalStudio:
    """Draws in this process."""

    def __init__(
        self,
        model: str = "atelier",
        *,
        device: str | None = None,
        max_rows: int = 8,
        threads: int | None = None,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
        sampler: Sampler = "dpm++",
        prior_steps: int | None = None,
        prior_guidance: float | None = None,
        dtype: str | None = None,
        adapters: str = "",
        fuse: bool = False,
        translator: str = "auto",
    ) -> None:
        """model: "atelier", a folder or a hub name. max_rows: pictures in flight together.

        threads: torch's, None leaves them. steps, guidance: for requests that name none.
        prior_steps, prior_guidance: None: as `generation.conditioning` has them.
        dtype: "float32", "bfloat16" or "float16"; None: what is fastest on the device.
        adapters, fuse, translator: as `generation.kandinsky.load` takes them.
        """
        self.model = model
        self._extras: dict[str, Any] = {"adapters": adapters, "fuse": fuse, "translator": translator}
        self._device, self._dtype = device, dtype
        self._max_rows, self._threads = max_rows, threads
        self._steps, self._guidance, self._sampler = steps, guidance, sampler
        self._prior_steps, self._prior_guidance = prior_steps, prior_guidance
        self._engine: Engine | None = None

    async def start(self) -> None:
        """Load and warm up the model; raises BadRequest (UNKNOWN_MODEL, BROKEN_MODEL)."""
        if self._engine is None:
            self._engine = await asyncio.to_thread(self._open)

    @property
    def title(self) -> str:
        """The model's name and revision; only between `start` and `close`."""
        return self._running().kandinsky.title

    async def draw(self, request: Request, on_progress: OnProgress | None = None) -> list[Picture]:
        """Draw `request.count` pictures, as Studio says."""
        start = time.perf_counter()
        check(request)
        engine = self._running()
        side = self._side(engine, request.size)
        images = await asyncio.gather(
            *(asyncio.to_thread(photos.open_photo, data) for data in request.photos)
        )
        seed = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
        order = Order(
            prompt=tidy(request.prompt),
            seeds=tuple(range(seed, seed + request.count)),
            side=side,
            steps=self._steps if request.steps is None else request.steps,
            guidance=self._guidance if request.guidance is None else float(request.guidance),
            photos=tuple(images),
            photo_weight=request.photo_weight,
            sampler=self._sampler,
        )
        title = engine.kandinsky.title
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()
        drawn: dict[int, tuple[Pixels, float]] = {}

        def tell(call: Callable[..., Any], *args: Any) -> None:
            try:
                loop.call_soon_threadsafe(call, *args)
            except RuntimeError:  # the caller's loop is gone, and with it who asked
                ticket.cancelled = True

        def report(step: int, steps: int) -> None:
            if on_progress is not None and not end.done():
                on_progress(Progress(step, steps))

        def finish(error: BaseException | None) -> None:
            if end.done():
                return
            if error is None:
                end.set_result(None)
            else:
                end.set_exception(error)

        def keep(index: int, pixels: Pixels) -> None:
            drawn[index] = pixels, time.perf_counter() - start

        ticket = Ticket(
            order=order,
            on_progress=lambda step, steps: tell(report, step, steps),
            on_picture=keep,
            on_end=lambda error: tell(finish, error),
        )
        engine.submit(ticket)
        try:
            await end
        finally:
            if not end.done() or end.cancelled():
                engine.cancel(ticket)

        def picture(index: int) -> Picture:
            pixels, seconds = drawn[index]
            facts: dict[str, str | int | float] = {
                "Prompt": order.prompt,
                "Seed": order.seeds[index],
                "Model": title,
                "Steps": order.steps,
                "Guidance": order.guidance,
                **({"Photos": len(images), "Photo weight": order.photo_weight} if images else {}),
            }
            png = pictures.encode(pixels, facts)
            return Picture(png, order.seeds[index], order.side, seconds, title, order.prompt)

        return await asyncio.to_thread(lambda: [picture(index) for index in range(request.count)])

    async def close(self) -> None:
        """Stop drawing and free the model."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(engine.close)

    def _open(self) -> Engine:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # read when it is first imported
        import torch

        from generation import conditioning, kandinsky
        from generation.engine import Engine

        dtype = None if self._dtype is None else getattr(torch, self._dtype)
        engine = Engine(
            lambda: kandinsky.load(self.model, self._device, dtype, **self._extras),
            max_rows=self._max_rows,
            threads=self._threads,
            prior_steps=self._prior_steps or conditioning.PRIOR_STEPS,
            prior_guidance=self._prior_guidance or conditioning.PRIOR_GUIDANCE,
        )
        try:
            engine.start()
        except (BadRequest, MemoryError):
            raise
        except Exception as error:
            raise BadRequest(
                Problem.BROKEN_MODEL, f"the model {self.model!r} cannot draw: {error}"
            ) from error
        return engine

    def _running(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the studio is not open: call start() first")
        return self._engine

    def _side(self, engine: Engine, size: int | None) -> int:
        if size is None:
            return engine.kandinsky.side
        grid = engine.kandinsky.grid
        if size % grid:
            raise BadRequest(
                Problem.BAD_SIZE, f"the size must be a multiple of {grid} pixels with this model"
            )
        return size


def open_studio(model: str = "atelier", **settings: Any) -> Studio:
    """The studio that a client wants: today one in this process, see LocalStudio for the settings."""
    return LocalStudio(model, **settings)
