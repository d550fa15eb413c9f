"""A Studio for tests of everything around the drawing: real PNG files, no model."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Sequence

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.request import OnProgress, Picture, Progress, Request, check
from generation.vocabulary import Wish


class Painter:
    """Paints a plain picture whose colour follows from prompt and seed, in `steps` of `pause` seconds.

    Every photo shows what `sees` says.
    """

    def __init__(self, pause: float = 0.0, steps: int = 10, size: int = 64) -> None:
        self.pause = pause
        self.steps = steps
        self.size = size
        self.sees = Wish("pants", "brown", "leopard")
        self.requests: list[Request] = []
        self.described: list[tuple[bytes, ...]] = []
        self.stopped = 0
        self.before: Callable[[Request], None] | None = None
        """Called with every request; what it raises, the drawing raises."""
        self.held: Callable[[], bool] = lambda: False
        """Asked in the middle of every drawing until it says no; another process may be the one to know."""

    async def start(self) -> None:
        """There is no model to load."""

    async def draw(self, request: Request, on_progress: OnProgress | None = None) -> list[Picture]:
        self.requests.append(request)
        check(request)
        if self.before is not None:
            self.before(request)
        try:
            for step in range(self.steps):
                while step == self.steps // 2 and self.held():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
                await asyncio.sleep(self.pause)
                if on_progress is not None:
                    on_progress(Progress(step + 1, self.steps))
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        seed = request.seed or 0
        return [self._picture(request, seed + index) for index in range(request.count)]

    async def describe(self, photos: Sequence[bytes]) -> Wish:
        self.described.append(tuple(photos))
        if not photos:
            return Wish()
        check(Request("", tuple(photos)))
        await asyncio.sleep(self.pause)
        return self.sees

    async def close(self) -> None:
        """Nothing to free."""

    def _picture(self, request: Request, seed: int) -> Picture:
        value = (hash((len(request.prompt), seed)) * 2654435761) & 0xFFFFFF
        shape = (request.width or request.size or self.size, request.height or request.size or self.size)
        image = Image.new("RGB", shape, (value >> 16, value >> 8 & 255, value & 255))
        note = PngInfo()
        note.add_itxt("prompt", request.prompt)
        note.add_itxt("seed", str(seed))
        encoded = io.BytesIO()
        image.save(encoded, "PNG", pnginfo=note)
        return Picture(
            encoded.getvalue(),
            seed,
            max(shape),
            self.pause * self.steps,
            "painter",
            request.prompt,
            width=shape[0],
            height=shape[1],
            seen=self.sees if request.photos else None,
        )
