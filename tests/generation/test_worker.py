"""LocalStudio: the contract, from a caller's event loop."""

from __future__ import annotations

import asyncio
import io
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from generation.pictures import NOTE
from generation.request import MAX_COUNT, MAX_PHOTOS, MAX_SEED, BadRequest, Problem, Progress, Request
from generation.studio import Studio
from generation.vocabulary import COLOURS, PATTERNS, TYPES, Wish
from generation.worker import LocalStudio, open_studio


@pytest.fixture
async def studio(tiny_folder: Path) -> AsyncIterator[LocalStudio]:
    it = LocalStudio(str(tiny_folder), dtype="float32", steps=5)
    await it.start()
    yield it
    await it.close()


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


async def test_draws_what_is_asked(studio: LocalStudio) -> None:
    seen: list[Progress] = []
    pictures = await studio.draw(Request(" прямые  леопардовые\nджинсы ", count=2, seed=8), seen.append)
    assert isinstance(studio, Studio)
    assert [(p.seed, p.size, p.prompt) for p in pictures] == [
        (8, 64, "прямые леопардовые джинсы"),
        (9, 64, "прямые леопардовые джинсы"),
    ]
    assert seen[0] == Progress(0, 10)
    assert seen[-1].share == 1.0
    assert [p.step for p in seen] == sorted(p.step for p in seen)
    assert 0 < pictures[0].seconds <= pictures[1].seconds + 1
    image = Image.open(io.BytesIO(pictures[1].png))
    assert image.size == (64, 64)
    assert image.info["Prompt"] == "прямые леопардовые джинсы"
    assert image.info["Seed"] == "9"
    assert image.info["Model"] == pictures[1].model
    assert image.info["Model"].startswith("tiny@")
    assert image.info["Comment"] == NOTE


async def test_the_seed_of_a_picture_draws_it_again(studio: LocalStudio) -> None:
    several = await studio.draw(Request("blue dress", count=3))
    again = await studio.draw(Request("blue dress", seed=several[2].seed))
    assert np.abs(pixels(several[2].png) - pixels(again[0].png)).max() <= 2
    other = await studio.draw(Request("blue dress"))
    assert other[0].seed != several[0].seed


async def test_a_photo_changes_the_picture(studio: LocalStudio) -> None:
    file = io.BytesIO()
    Image.effect_mandelbrot((300, 200), (-2, -1.5, 1, 1.5), 50).save(file, "JPEG")
    photo = file.getvalue()
    plain = await studio.draw(Request("пиджак", seed=1))
    styled = await studio.draw(Request("пиджак того же стиля", photos=(photo,), seed=1))
    varied = await studio.draw(Request("", photos=(photo, photo), seed=1))
    assert not np.array_equal(pixels(plain[0].png), pixels(styled[0].png))
    assert not np.array_equal(pixels(varied[0].png), pixels(styled[0].png))
    assert Image.open(io.BytesIO(styled[0].png)).info["Photos"] == "1"


async def test_describes_photos(studio: LocalStudio) -> None:
    file = io.BytesIO()
    Image.effect_mandelbrot((300, 200), (-2, -1.5, 1, 1.5), 50).save(file, "JPEG")
    seen = await studio.describe([file.getvalue()])
    assert (seen.type in TYPES, seen.colour in COLOURS, seen.pattern in PATTERNS) == (True, True, True)
    assert await studio.describe([]) == Wish()
    with pytest.raises(BadRequest) as caught:
        await studio.describe([b"hello"])
    assert caught.value.problem == Problem.NOT_A_PICTURE


async def test_other_sizes_steps_and_guidance(studio: LocalStudio) -> None:
    picture = (await studio.draw(Request("юбка", size=96, steps=3, guidance=1)))[0]
    assert picture.size == 96
    info = Image.open(io.BytesIO(picture.png)).info
    assert (info["Steps"], info["Guidance"]) == ("3", "1")


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"prompt": " \n\u200b"}, Problem.EMPTY_PROMPT),
        ({"prompt": "x" * 2001}, Problem.PROMPT_TOO_LONG),
        ({"count": 0}, Problem.BAD_COUNT),
        ({"count": MAX_COUNT + 1}, Problem.BAD_COUNT),
        ({"size": 63}, Problem.BAD_SIZE),
        ({"size": 100}, Problem.BAD_SIZE),
        ({"size": 2048}, Problem.BAD_SIZE),
        ({"steps": 0}, Problem.BAD_STEPS),
        ({"steps": 1001}, Problem.BAD_STEPS),
        ({"guidance": 0.5}, Problem.BAD_GUIDANCE),
        ({"guidance": float("nan")}, Problem.BAD_GUIDANCE),
        ({"seed": -1}, Problem.BAD_SEED),
        ({"seed": MAX_SEED, "count": 2}, Problem.BAD_SEED),
        ({"photo_weight": 1.5}, Problem.BAD_PHOTO_WEIGHT),
        ({"photos": (b"",) * (MAX_PHOTOS + 1)}, Problem.TOO_MANY_PHOTOS),
        ({"photos": (b"hello",)}, Problem.NOT_A_PICTURE),
    ],
)
async def test_bad_requests(studio: LocalStudio, fields: dict[str, Any], problem: Problem) -> None:
    with pytest.raises(BadRequest) as caught:
        await studio.draw(Request(**{"prompt": "юбка", **fields}))
    assert caught.value.problem == problem


@pytest.mark.parametrize("prompt", ["👗", "\ud800 юбка", "a\0b", "<s></s>", "юбка " * 400, "裙子"])
async def test_odd_prompts(studio: LocalStudio, prompt: str) -> None:
    (picture,) = await studio.draw(Request(prompt, seed=MAX_SEED, steps=1))
    Image.open(io.BytesIO(picture.png)).load()


async def test_many_callers_at_once(studio: LocalStudio) -> None:
    drawn = await asyncio.gather(*(studio.draw(Request("шорты", seed=i, count=1 + i % 3)) for i in range(8)))
    assert [[p.seed for p in some] for some in drawn] == [list(range(i, i + 1 + i % 3)) for i in range(8)]


async def test_cancelling_the_caller_takes_the_request_out(studio: LocalStudio) -> None:
    started = asyncio.Event()
    task = asyncio.create_task(studio.draw(Request("платье", steps=200, count=10), lambda _: started.set()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    before = time.perf_counter()
    await studio.draw(Request("платье", steps=1))
    assert time.perf_counter() - before < 5
    engine: Any = studio._engine
    assert not engine._active
    assert not engine._waiting


async def test_every_request_of_a_mixed_crowd_ends_once(studio: LocalStudio) -> None:
    rng = random.Random(0)
    photo = io.BytesIO()
    Image.new("RGB", (80, 60), "green").save(photo, "JPEG")

    async def one() -> str:
        request = Request(
            rng.choice(["юбка", "blue dress", "пиджак того же стиля"]),
            photos=rng.choice([(), (photo.getvalue(),), (b"broken",)]),
            count=rng.randint(1, 4),
            size=rng.choice([None, 64, 96, 80, 100]),
            steps=rng.randint(1, 12),
            guidance=rng.choice([1, 2.5, 4]),
        )
        patience = rng.choice([0.01, 0.1, 60])
        await asyncio.sleep(rng.random())
        try:
            pictures = await asyncio.wait_for(studio.draw(request), patience)
        except TimeoutError:
            return "cancelled"
        except BadRequest:
            return "refused"
        assert len(pictures) == request.count
        return "drawn"

    ends = await asyncio.gather(*(one() for _ in range(60)))
    assert set(ends) == {"drawn", "cancelled", "refused"}
    engine: Any = studio._engine
    await studio.draw(Request("юбка", steps=1))
    assert not engine._active
    assert not engine._waiting


async def test_the_event_loop_stays_quick_while_drawing(studio: LocalStudio) -> None:
    task = asyncio.create_task(studio.draw(Request("платье", steps=60, count=4)))
    lags = []
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append(time.perf_counter() - before - 0.005)
    await task
    assert sorted(lags)[len(lags) // 2] < 0.05


async def test_closing_ends_what_is_drawn(tiny_folder: Path) -> None:
    studio = open_studio(str(tiny_folder))
    with pytest.raises(RuntimeError, match="not open"):
        await studio.draw(Request("платье"))
    await studio.start()
    await studio.start()
    started = asyncio.Event()
    task = asyncio.create_task(studio.draw(Request("платье", steps=200), lambda _: started.set()))
    await started.wait()
    await studio.close()
    with pytest.raises(RuntimeError, match="closed"):
        await task
    await studio.close()


async def test_a_model_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadRequest) as unknown:
        await LocalStudio("nothing").start()
    with pytest.raises(BadRequest) as broken:
        await LocalStudio(str(tmp_path)).start()
    assert (unknown.value.problem, broken.value.problem) == (Problem.UNKNOWN_MODEL, Problem.BROKEN_MODEL)
