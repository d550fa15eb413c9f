"""The asyncio worker: a Studio in this process, with the engine in a thread of its own.

It checks requests, decodes their pictures, hands them to the engine and brings
progress and pictures back into the caller's event loop, which is never blocked.
Torch is imported when the studio starts, not before. It does not know how a
picture is drawn, nor who asks for it.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image

from generation import fitting, pictures
from generation.orders import Order, Pixels, Places, Ticket
from generation.photos import open_photo
from generation.request import (
    STRENGTH,
    BadRequest,
    OnProgress,
    Picture,
    Problem,
    Progress,
    Request,
    Sampler,
    check,
    tidy,
)
from generation.studio import Studio
from generation.tuning import Tuning
from generation.vocabulary import Wish

if TYPE_CHECKING:
    from generation.engine import Engine
    from generation.kandinsky import Kandinsky

STEPS = 20
GUIDANCE = 4.0
PHOTO_GUIDANCE = 6.0
"""The default with photos and a text, where the decoder takes the garment from the text: of 237 phone photos
80 % then become the garment asked for instead of 78, in the photo's colour or print 61 instead of 59."""
RANDOM_SEEDS = 2**31
"""A seed drawn at random is below this, short enough to be retyped."""


class LocalStudio:
    """Draws in this process."""

    def __init__(
        self,
        model: str = "atelier",
        *,
        device: str | None = None,
        dtype: str | None = None,
        steps: int = STEPS,
        guidance: float = GUIDANCE,
        sampler: Sampler = "dpm++",
        adapters: str = "",
        fuse: bool = False,
        translator: str = "auto",
        **tuning: Any,
    ) -> None:
        """model: "atelier", a folder or a hub name.

        dtype: "float32", "bfloat16" or "float16"; None: what is fastest on the device.
        adapters, fuse, translator: as `generation.kandinsky.load` takes them.
        steps, guidance, sampler: for requests that name none (see PHOTO_GUIDANCE).
        tuning: fields of `generation.tuning.Tuning`.
        """
        self.model = model
        self._extras: dict[str, Any] = {"adapters": adapters, "fuse": fuse, "translator": translator}
        self._device, self._dtype = device, dtype
        self._steps, self._guidance, self._sampler = steps, guidance, sampler
        self._tuning = Tuning(**tuning)
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
        order = await self._order(request, engine)
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
            if order.init is not None and order.mask is not None:
                pixels = fitting.put_back(pixels, order.init, order.mask)
            facts = _facts(order) | {"Seed": order.seeds[index], "Model": title}
            return Picture(
                png=pictures.encode(pixels, facts),
                seed=order.seeds[index],
                size=max(order.width, order.height),
                seconds=seconds,
                model=title,
                prompt=order.prompt,
                width=order.width,
                height=order.height,
                seen=ticket.seen,
            )

        return await asyncio.to_thread(lambda: [picture(index) for index in range(request.count)])

    async def describe(self, photos: Sequence[bytes]) -> Wish:
        """What photos show together, as Studio says."""
        check(Request("", tuple(photos) or (b"",)))
        engine = self._running()
        if not photos:
            return Wish()
        images = await asyncio.gather(*(asyncio.to_thread(open_photo, data) for data in photos))
        return await asyncio.wrap_future(engine.describe(images))

    async def close(self) -> None:
        """Stop drawing and free the model."""
        engine, self._engine = self._engine, None
        if engine is not None:
            await asyncio.to_thread(engine.close)

    async def _order(self, request: Request, engine: Engine) -> Order:
        """The request with everything decoded, fitted and filled in. Raises BadRequest."""
        frame = fitting.Frame(engine.kandinsky.side, engine.kandinsky.grid)
        fitting.shape(request, frame, None)  # what is wrong with the size is said before pictures are opened
        images = await asyncio.gather(*(asyncio.to_thread(open_photo, data) for data in request.photos))
        (width, height), init, mask = await asyncio.to_thread(_own, request, frame)
        seed = secrets.randbelow(RANDOM_SEEDS) if request.seed is None else request.seed
        strength = (STRENGTH if mask is None else 1.0) if request.strength is None else request.strength
        return Order(
            prompt=tidy(request.prompt),
            seeds=tuple(range(seed, seed + request.count)),
            width=width,
            height=height,
            steps=self._steps if request.steps is None else request.steps,
            guidance=float(
                self._usual_guidance(request, engine) if request.guidance is None else request.guidance
            ),
            photos=tuple(images),
            photo_weight=request.photo_weight,
            photo_weights=request.photo_weights,
            sampler=request.sampler or self._sampler,
            negative=tidy(request.negative),
            init=init,
            strength=strength,
            mask=mask,
            owner=request.owner,
            priority=request.priority,
        )

    def _usual_guidance(self, request: Request, engine: Engine) -> float:
        worded = request.photos and tidy(request.prompt) and engine.kandinsky.attributes.garment_by_text
        return PHOTO_GUIDANCE if worded and self._guidance == GUIDANCE else self._guidance

    def _open(self) -> Engine:
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")  # read when it is first imported
        from generation.engine import Engine

        engine = Engine(self._load, self._tuning)
        try:
            engine.start()
        except (BadRequest, MemoryError):
            raise
        except Exception as error:
            raise BadRequest(
                Problem.BROKEN_MODEL, f"the model {self.model!r} cannot draw: {error}"
            ) from error
        return engine

    def _load(self) -> Kandinsky:
        import torch

        from generation import kandinsky

        dtype = None if self._dtype is None else getattr(torch, self._dtype)
        return kandinsky.load(self.model, self._device, dtype, self._tuning.offload, **self._extras)

    def _running(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("the studio is not open: call start() first")
        return self._engine


def _own(request: Request, frame: fitting.Frame) -> tuple[tuple[int, int], Image.Image | None, Places | None]:
    """Width and height, and the request's own picture and mask fitted to them."""
    if request.init is None:
        return fitting.shape(request, frame, None), None, None
    picture = open_photo(request.init)
    size = fitting.shape(request, frame, picture)
    fitted = fitting.fit(picture, size)
    if request.mask is None:
        return size, fitted, None
    return size, fitted, fitting.places(open_photo(request.mask, ground="black"), picture, size)


def _facts(order: Order) -> dict[str, str | int | float]:
    """What a picture's metadata says beside its seed and the model."""
    facts: dict[str, str | int | float] = {
        "Prompt": order.prompt,
        "Steps": order.steps,
        "Guidance": order.guidance,
        "Sampler": order.sampler,
    }
    if order.photos:
        facts |= {"Photos": len(order.photos), "Photo weight": order.photo_weight}
    if order.negative:
        facts["Negative prompt"] = order.negative
    if order.init is not None:
        facts["Strength"] = order.strength
    return facts


def open_studio(model: str = "atelier", **settings: Any) -> Studio:
    """The studio that a client wants: today one in this process, see LocalStudio for the settings."""
    return LocalStudio(model, **settings)
