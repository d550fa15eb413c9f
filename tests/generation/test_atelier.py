"""The embedded model, where its weights are in the checkout."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import KandinskyPipeline, KandinskyPriorPipeline
from PIL import Image

from generation import kandinsky
from generation.request import Request
from generation.worker import LocalStudio

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (kandinsky.EMBEDDED_FOLDER / "decoder" / "model_index.json").is_file(),
        reason="the embedded model is not in this checkout",
    ),
]
PROMPT = "прямые леопардовые джинсы"


@pytest.fixture
async def studio() -> AsyncIterator[LocalStudio]:
    it = LocalStudio()
    await it.start()
    yield it
    await it.close()


def pixels(png: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(png))).astype(float)


def test_its_folders_are_half_precision_and_small() -> None:
    files = list(kandinsky.EMBEDDED_FOLDER.rglob("*.safetensors"))
    assert all(file.stat().st_size < 50_000_000 for file in files)
    assert sum(file.stat().st_size for file in kandinsky.EMBEDDED_FOLDER.rglob("*.*")) < 100_000_000


def test_stock_pipelines_load_it_and_draw() -> None:
    with kandinsky.quietly():
        prior: Any = KandinskyPriorPipeline.from_pretrained(kandinsky.EMBEDDED_FOLDER / "prior")
        decoder: Any = KandinskyPipeline.from_pretrained(kandinsky.EMBEDDED_FOLDER / "decoder")
    for pipeline in (prior, decoder):
        pipeline.set_progress_bar_config(disable=True)
    side = kandinsky.load(device="cpu").side
    embeds = prior(PROMPT, num_inference_steps=5, generator=torch.Generator().manual_seed(0))
    drawn = decoder(
        PROMPT,
        image_embeds=embeds.image_embeds.clone(),
        negative_image_embeds=embeds.negative_image_embeds.clone(),
        height=side,
        width=side,
        num_inference_steps=10,
        generator=torch.Generator().manual_seed(0),
        output_type="np",
    ).images[0]
    assert drawn.shape == (side, side, 3)
    assert drawn[: side // 16, : side // 16].mean() > 0.6, (
        "the corner of a garment's picture is its light ground"
    )


async def test_the_same_seed_draws_the_same_picture_and_company_hardly_shows(studio: LocalStudio) -> None:
    """In bf16 a row of a larger batch may round another way at every layer."""
    alone = (await studio.draw(Request(PROMPT, seed=11)))[0]
    again = (await studio.draw(Request(PROMPT, seed=11)))[0]
    beside = (await studio.draw(Request(PROMPT, seed=10, count=3)))[1]
    assert alone.png == again.png
    assert np.abs(pixels(alone.png) - pixels(beside.png)).mean() < 3


async def test_a_photo_and_a_text(studio: LocalStudio) -> None:
    photo = (await studio.draw(Request(PROMPT, seed=1)))[0]
    styled = (await studio.draw(Request("пиджак того же стиля", photos=(photo.png,), seed=1)))[0]
    assert pixels(styled.png).std() > 10


async def test_it_reads_what_a_photo_shows(studio: LocalStudio) -> None:
    drawn = (await studio.draw(Request("красная клетчатая рубашка", seed=3)))[0]
    seen = await studio.describe([drawn.png])
    assert (seen.colour, seen.pattern) == ("red", "checked")
