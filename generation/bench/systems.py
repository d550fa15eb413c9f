"""Systems: four ways to serve the same requests, behind the same three calls.

Stock pipelines one request after another or with those that wait taken together,
and this engine. All draw in a thread beside the event loop and end with a PNG.
This module knows pipelines and the studio; it does not know loads or clocks.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from generation import pictures
from generation.bench.models import stock
from generation.engine import Engine, be_polite
from generation.hub import quietly
from generation.kandinsky import Kandinsky
from generation.request import Progress, Request, Sampler
from generation.tuning import Tuning
from generation.worker import GUIDANCE, LocalStudio

STOCK_STEPS, STOCK_PRIOR_STEPS = 100, 25
"""The defaults of diffusers' pipelines; the guidance of both is 4, as here."""

OnNews = Callable[[int], None]
"""Called with the denoising steps that a picture has behind it: 0 when drawing begins, where that is said."""


class System(Protocol):
    """Something that draws pictures of texts."""

    name: str

    async def start(self) -> None:
        """Get ready."""

    async def draw(self, prompt: str, seed: int, on_news: OnNews) -> None:
        """Draw one picture; on_news is called in the event loop after each denoising step."""

    async def close(self) -> None:
        """Stop."""


class SharedStudio(LocalStudio):
    """A LocalStudio on a model that is loaded already and is used by others after it."""

    def __init__(self, kandinsky: Kandinsky, **settings: Any) -> None:
        super().__init__(kandinsky.name, **settings)
        self._kandinsky = kandinsky

    def _load(self) -> Kandinsky:
        return self._kandinsky


class Ours:
    """This engine."""

    def __init__(self, kandinsky: Kandinsky, name: str = "this engine", **settings: Any) -> None:
        self.name = name
        self.studio = SharedStudio(kandinsky, **settings)

    async def start(self) -> None:
        """Start the engine's thread and warm it up."""
        await self.studio.start()

    async def draw(self, prompt: str, seed: int, on_news: OnNews) -> None:
        """One picture through the studio, as the bot asks for it."""

        def report(progress: Progress) -> None:
            on_news(progress.step)

        await self.studio.draw(Request(prompt, seed=seed), report)

    async def close(self) -> None:
        """End the engine; the model stays."""
        await self.studio.close()

    @property
    def engine(self) -> Engine:
        """The engine, for its counters; only after `start`."""
        return self.studio._running()


@dataclass(slots=True)
class _Job:
    prompt: str
    seed: int
    on_step: Callable[[int], None]
    done: Callable[[BaseException | None], None]


class Stock:
    """diffusers' two pipelines in a thread; of the requests that wait, up to `together` share a call."""

    def __init__(
        self,
        kandinsky: Kandinsky,
        name: str,
        *,
        steps: int = STOCK_STEPS,
        prior_steps: int = STOCK_PRIOR_STEPS,
        together: int = 1,
        dtype: torch.dtype | None = None,
    ) -> None:
        self.name = name
        self._kandinsky = kandinsky
        self._steps, self._prior_steps, self._together = steps, prior_steps, together
        self._dtype = dtype or kandinsky.dtype
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._thread = threading.Thread(target=self._run, name="stock", daemon=True)

    async def start(self) -> None:
        """Build the pipelines and start the thread."""
        with quietly():
            self._prior, self._decoder = await asyncio.to_thread(stock, self._kandinsky, self._dtype)
        self._thread.start()

    async def draw(self, prompt: str, seed: int, on_news: OnNews) -> None:
        """One picture; waits for its turn."""
        loop = asyncio.get_running_loop()
        end: asyncio.Future[None] = loop.create_future()

        def finish(error: BaseException | None) -> None:
            if not end.done():
                end.set_exception(error) if error else end.set_result(None)

        def stepped(step: int) -> None:
            loop.call_soon_threadsafe(on_news, step)

        def done(error: BaseException | None) -> None:
            loop.call_soon_threadsafe(finish, error)

        self._jobs.put(_Job(prompt, seed, stepped, done))
        await end

    async def close(self) -> None:
        """End the thread."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        del self._prior, self._decoder

    def _run(self) -> None:
        be_polite()  # as the engine's thread is, so that other work on the machine slows both alike
        while (job := self._jobs.get()) is not None:
            batch = [job]
            while len(batch) < self._together and not self._jobs.empty():
                following = self._jobs.get()
                if following is None:
                    self._jobs.put(None)
                    break
                batch.append(following)
            try:
                self._draw(batch)
            except Exception as error:
                for one in batch:
                    one.done(error)

    def _draw(self, batch: list[_Job]) -> None:
        dice = [torch.Generator().manual_seed(job.seed) for job in batch]
        prompts = [job.prompt for job in batch]

        def step(number: int, *_: Any) -> None:
            for job in batch:
                job.on_step(number + 1)

        embeds = self._prior(prompts, num_inference_steps=self._prior_steps, generator=dice)
        images = self._decoder(
            prompts,
            image_embeds=embeds.image_embeds,
            negative_image_embeds=embeds.negative_image_embeds,
            height=self._kandinsky.side,
            width=self._kandinsky.side,
            num_inference_steps=self._steps,
            guidance_scale=GUIDANCE,
            generator=dice,
            callback=step,
        ).images
        for job, image in zip(batch, images, strict=True):
            pictures.encode(np.asarray(image), {"Prompt": job.prompt, "Seed": job.seed})
            job.done(None)


def systems(
    kandinsky: Kandinsky, steps: int, sampler: Sampler, tuning: dict[str, Any], dtype: torch.dtype | None
) -> dict[str, System]:
    """The four, by their letters: stock with its defaults, with our steps, batched, and this engine."""
    filled = Tuning(**tuning)
    ours: dict[str, Any] = {"steps": steps, "prior_steps": filled.prior_steps, "dtype": dtype}
    return {
        "a": Stock(kandinsky, f"stock, {STOCK_STEPS} steps", dtype=dtype),
        "b": Stock(kandinsky, f"stock, {steps} steps", **ours),
        "c": Stock(kandinsky, f"stock, {steps} steps, batched", together=filled.max_rows, **ours),
        "d": Ours(kandinsky, steps=steps, sampler=sampler, **tuning),
    }
