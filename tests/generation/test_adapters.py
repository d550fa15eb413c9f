"""Adapters: the same picture for the same seed in the shell, in the worker and in stock diffusers."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import KandinskyPipeline, KandinskyPriorPipeline
from peft import LoraConfig
from PIL import Image

from generation import __main__ as shell
from generation import adapters, kandinsky
from generation.conditioning import Conditioner
from generation.kandinsky import quietly
from generation.request import BadRequest, Picture, Problem, Request
from generation.worker import LocalStudio

PROMPT = "red dress"
SEED = 5


@pytest.fixture(scope="module")
def tuned(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What fine-tuning leaves: LoRA weights that are far from nothing, for prior and decoder."""
    out = tmp_path_factory.mktemp("runs") / "fashion"
    with torch.inference_mode(False):
        model = kandinsky.load(str(tiny_folder), "cpu", torch.float32)
        torch.manual_seed(3)
        for part, attribute in adapters.PARTS.items():
            module = getattr(model, attribute)
            layers = ["to_q", "to_k", "to_v", "to_out.0", "conv1", "conv2"]  # the prior has no such two
            module.add_adapter(LoraConfig(r=4, lora_alpha=8, target_modules=layers))
            for name, parameter in module.named_parameters():
                if "lora_" in name:
                    torch.nn.init.normal_(parameter, std=0.15)
            module.save_lora_adapter(out / "adapter" / part, weight_name=adapters.WEIGHTS)
    return out


def pixels(picture: Picture) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(picture.png)).convert("RGB")).astype(int)


async def drawn(model: Path, **extras: object) -> Picture:
    studio = LocalStudio(
        str(model),
        device="cpu",
        dtype="float32",
        sampler="ddim",
        **extras,  # type: ignore[arg-type]
    )
    await studio.start()
    try:
        return (await studio.draw(Request(PROMPT, seed=SEED, steps=4)))[0]
    finally:
        await studio.close()


def stock(model: Path, tuned: Path) -> np.ndarray:
    """The same with diffusers alone: the prior's embedding, then the decoder's pixels."""
    named = {"prefix": None, "weight_name": adapters.WEIGHTS}
    with quietly():
        prior = KandinskyPriorPipeline.from_pretrained(model / "prior", torch_dtype=torch.float32)
        decoder = KandinskyPipeline.from_pretrained(model / "decoder", torch_dtype=torch.float32)
        prior.prior.load_lora_adapter(str(tuned / "adapter/prior"), **named)
        decoder.unet.load_lora_adapter(str(tuned / "adapter/decoder"), **named)
        for pipeline in (prior, decoder):
            pipeline.set_progress_bar_config(disable=True)
        seen = prior(
            PROMPT, num_inference_steps=5, guidance_scale=4.0, generator=torch.Generator().manual_seed(SEED)
        )
        out = decoder(
            PROMPT,
            image_embeds=seen.image_embeds,
            negative_image_embeds=seen.negative_image_embeds,
            guidance_scale=4.0,
            num_inference_steps=4,
            height=64,
            width=64,
            generator=torch.Generator().manual_seed(SEED),
            output_type="np",
        )
    return (out.images[0] * 255).round().astype(int)


async def test_the_same_picture_in_the_worker_in_the_shell_and_in_stock_diffusers(
    tiny_folder: Path, tuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = await drawn(tiny_folder)
    ours = await drawn(tiny_folder, adapters=str(tuned))
    assert abs(pixels(ours) - pixels(bare)).mean() > 2, "the adapter changes the picture"
    assert ours.model.startswith("tiny+fashion@") and ours.model.split("@")[1] != bare.model.split("@")[1]
    difference = abs(pixels(ours) - stock(tiny_folder, tuned))
    assert difference.mean() < 0.02 and difference.max() <= 3, (difference.mean(), difference.max())
    fused = await drawn(tiny_folder, adapters=str(tuned), fuse=True)
    difference = abs(pixels(ours) - pixels(fused))
    assert difference.mean() < 0.02 and difference.max() <= 3, (difference.mean(), difference.max())


def test_the_shell_takes_them(
    tiny_folder: Path, tuned: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "one.png"
    arguments = [PROMPT, "--model", str(tiny_folder), "--seed", str(SEED), "--steps", "4", "-o", str(out)]
    assert shell.main([*arguments, "--adapters", str(tuned), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["model"].startswith("tiny+fashion@")
    changed = np.asarray(Image.open(out)).astype(int)
    assert shell.main(arguments) == 0
    bare = np.asarray(Image.open(out)).astype(int)
    assert abs(changed - bare).mean() > 2
    assert shell.main([*arguments, "--adapters", f"{tuned}:0"]) == 0
    assert abs(np.asarray(Image.open(out)).astype(int) - bare).max() <= 1


def test_weights_can_be_changed_while_the_model_is_loaded(tiny_folder: Path, tuned: Path) -> None:
    model = kandinsky.load(str(tiny_folder), "cpu", torch.float32)
    bare = Conditioner(model).dream([(PROMPT, SEED)])
    model = adapters.attach(model, adapters.parse(f"{tuned}:0.5"))
    half = Conditioner(model).dream([(PROMPT, SEED)])
    adapters.weigh(model, {"fashion": 1.0})
    whole = Conditioner(model).dream([(PROMPT, SEED)])
    adapters.weigh(model, {})
    none = Conditioner(model).dream([(PROMPT, SEED)])
    torch.testing.assert_close(none, bare)
    assert (whole - bare).norm() > (half - bare).norm() > 1e-3


def refused(call: object) -> str:
    with pytest.raises(BadRequest) as caught:
        call()  # type: ignore[operator]
    assert caught.value.problem == Problem.BROKEN_MODEL and "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_no_adapter_is_said_in_one_sentence(tiny_folder: Path, tuned: Path, tmp_path: Path) -> None:
    assert "no such folder" in refused(lambda: adapters.parse("nowhere/at/all"))
    assert "neither prior/" in refused(lambda: adapters.parse(str(tmp_path)))
    assert "is no weight" in refused(lambda: adapters.parse(f"{tuned}:much"))
    copy = Path(shutil.copytree(tuned, tmp_path / "copy"))
    file = copy / "adapter/prior" / adapters.WEIGHTS
    file.write_bytes(file.read_bytes()[:500])
    model = kandinsky.load(str(tiny_folder), "cpu", torch.float32)
    assert "half copied" in refused(lambda: adapters.attach(model, adapters.parse(str(copy))))
    shutil.copy(copy / "adapter/decoder" / adapters.WEIGHTS, file)
    said = refused(lambda: adapters.attach(model, adapters.parse(str(copy))))
    assert "was trained on another model" in said
