"""ADAPTERS= in the bot: a shopper's picture is the shell's and stock diffusers', seed for seed."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.state import AcceleratorState, PartialState
from diffusers import DPMSolverMultistepScheduler, KandinskyPipeline, KandinskyPriorPipeline
from PIL import Image

from bot.playground.server import TelegramServer
from generation import adapters
from generation.hub import quietly
from generation.training.finetune import shell
from tests.e2e.process import ROOT, BotProcess
from tests.generation.training import goods

WISH = "красное платье"


MODEL = ROOT / "generation" / "atelier"  # a random model's pictures are of noise, and magnify all rounding


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the training command leaves."""
    folder = tmp_path_factory.mktemp("runs")
    data = goods.write(folder / "goods.h5", 80)
    for stage in adapters.PARTS:
        arguments = [stage, "--base", str(MODEL), "--data", str(data), "--out", str(folder / "fashion")]
        arguments += ["--lora", "4", "--steps", "6", "--batch", "4", "--rate", "0.004", "--warmup", "0"]
        arguments += ["--cache", str(folder / "cache"), "--device", "cpu", "--sheet-every", "0"]
        # the goods are squares of colour, in which a reader sees no garment, and rehearsing takes minutes
        arguments += ["--no-sift", "--rehearse", "0"]
        arguments += ["--convolutions"] if stage == "decoder" else []
        assert shell.main(arguments) == 0
    AcceleratorState._reset_state(True)
    PartialState._reset_state()
    return folder / "fashion"


def _pixels(file: Path) -> np.ndarray:
    with Image.open(file) as picture:
        return np.asarray(picture.convert("RGB")).astype(int)


def _shell(seed: int, out: Path, *more: str) -> list[np.ndarray]:
    """Two pictures together, as the bot draws them."""
    command = [sys.executable, "-m", "generation", WISH, "--model", str(MODEL), "--seed", str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command += ["--count", "2", "-o", str(out / "it.png"), *more]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)
    return [_pixels(out / f"it-{number}.png") for number in (1, 2)]


def _stock(tuned: Path, seed: int) -> np.ndarray:
    """diffusers alone; the sampler is the engine's, DPM-Solver++ built from the model's own schedule."""
    named = {"prefix": None, "weight_name": adapters.WEIGHTS}
    with quietly(), torch.inference_mode():
        prior = KandinskyPriorPipeline.from_pretrained(MODEL / "prior", torch_dtype=torch.float32)
        decoder = KandinskyPipeline.from_pretrained(MODEL / "decoder", torch_dtype=torch.float32)
        prior.prior.load_lora_adapter(str(tuned / "adapter/prior"), **named)
        decoder.unet.load_lora_adapter(str(tuned / "adapter/decoder"), **named)
        decoder.scheduler = DPMSolverMultistepScheduler.from_config(decoder.scheduler.config)
        for pipeline in (prior, decoder):
            pipeline.set_progress_bar_config(disable=True)
        seen = prior(
            WISH, num_inference_steps=5, guidance_scale=4.0, generator=torch.Generator().manual_seed(seed)
        )
        out = decoder(
            WISH,
            image_embeds=seen.image_embeds,
            negative_image_embeds=seen.negative_image_embeds,
            guidance_scale=4.0,
            num_inference_steps=20,
            height=128,
            width=128,
            generator=torch.Generator().manual_seed(seed),
            output_type="np",
        )
    return (out.images[0] * 255).round().astype(int)


@pytest.mark.slow
async def test_one_seed_is_one_picture_in_the_bot_the_shell_and_diffusers(
    tuned: Path, tmp_path: Path
) -> None:
    async with TelegramServer() as telegram:
        bot = BotProcess(telegram, tmp_path, "bot", MODEL=str(MODEL), ADAPTERS=str(tuned))
        async with bot:
            anna = telegram.world.person(1, "Анна", "ru")
            anna.write(WISH)
            await anna.gets_pictures(2, timeout=240)
            assert await bot.terminate() == 0, bot.log
    database = sqlite3.connect(tmp_path / "data/bot.sqlite3")
    seeds = [seed for (seed,) in database.execute("SELECT seed FROM pictures ORDER BY seed")]
    database.close()
    files = {}
    for file in (tmp_path / "data/pictures").rglob("*.png"):
        with Image.open(file) as picture:
            facts = {str(k).lower(): str(v) for k, v in picture.info.items()}
        files[int(facts["seed"])] = file
        assert facts["model"].startswith("atelier+fashion@"), facts
        assert facts["prompt"].lower() == WISH
    assert sorted(files) == seeds and len(seeds) == 2
    both = _shell(seeds[0], tmp_path / "typed", "--adapters", str(tuned))
    for seed, typed, bare in zip(seeds, both, _shell(seeds[0], tmp_path / "bare"), strict=True):
        given = _pixels(files[seed])
        assert abs(typed - bare).mean() > 2, "the adapter changes the picture"
        assert (given == typed).all(), abs(given - typed).max()
        apart = abs(typed - _stock(tuned, seed)).mean()  # the engine may compute in bf16, diffusers in fp32
        print(seed, "adapter against bare", abs(typed - bare).mean(), "against stock", apart)
        assert apart < 0.25 * abs(typed - bare).mean()
