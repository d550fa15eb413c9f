"""A Studio for tests of everything around the drawing: real PNG files, no model."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.request import OnProgress, Picture, Progress, Request, check


class Painter:
    """Paints a plain square whose colour follows from prompt and seed, in `steps` of `pause` seconds."""

    def __init__(self, pause: float = 0.0, steps: int = 10, size: int = 64) -> None:
        self.pause = pause
        self.steps = steps
        self.size = size
        self.requests: list[Request] = []
        self.stopped = 0
        self.before: Callable[[Request], None] | None = None
        """Called with every request; what it raises, the drawing raises."""

    async def start(self) -> None:
        """There is no model to load."""

    async def draw(self, request: Request, on_progress: OnProgress | None = None) -> list[Picture]:
        self.requests.append(request)
        check(request)
        if self.before is not None:
            self.before(request)
        try:
            for step in range(self.steps):
                await asyncio.sleep(self.pause)
                if on_progress is not None:
                    on_progress(Progress(step + 1, self.steps))
        except asyncio.CancelledError:
            self.stopped += 1
            raise
        seed = request.seed or 0
        return [self._picture(request, seed + index) for index in range(request.count)]

    async def close(self) -> None:
        """Nothing to free."""

    def _picture(self, request: Request, seed: int) -> Picture:
        value = (hash((len(request.prompt), seed)) * 2654435761) & 0xFFFFFF
        image = Image.new("RGB", (self.size, self.size), (value >> 16, value >> 8 & 255, value & 255))
        note = PngInfo()
        note.add_itxt("prompt", request.prompt)
        note.add_itxt("seed", str(seed))
        encoded = io.BytesIO()
        image.save(encoded, "PNG", pnginfo=note)
        seconds = self.pause * self.steps
        return Picture(encoded.getvalue(), seed, self.size, seconds, "painter", request.prompt)
