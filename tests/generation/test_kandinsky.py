"""Loading: what a model says of itself, and every way in which it can be missing or broken."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from generation import inspection, kandinsky, tiny
from generation.conditioning import Conditioner
from generation.request import BadRequest, Problem


@pytest.fixture
def copy(tiny_folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_folder, tmp_path / "копия модели"))


def refused(model: str, problem: Problem) -> str:
    with pytest.raises(BadRequest) as caught:
        kandinsky.load(model, "cpu")
    assert caught.value.problem == problem
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_model_says_what_it_draws(tiny_model: kandinsky.Kandinsky) -> None:
    assert (tiny_model.side, tiny_model.grid, tiny_model.factor, tiny_model.channels) == (64, 16, 8, 4)
    assert tiny_model.name == "tiny"
    assert tiny_model.title == f"tiny@{tiny_model.revision}"
    assert tiny_model.decoder_schedule["steps_offset"] == 1
    assert not any(p.requires_grad for p in tiny_model.unet.parameters())


def test_the_decoder_computes_in_the_fast_format_and_the_encoders_in_fp32(tiny_folder: Path) -> None:
    model = kandinsky.load(str(tiny_folder), "cpu", torch.bfloat16)
    assert model.unet.dtype == model.movq.dtype == torch.bfloat16
    parts = (model.prior, model.image_encoder, model.prior_text_encoder, model.text_encoder)
    assert {part.dtype for part in parts} == {torch.float32}


def test_weights_are_stored_in_half(tiny_folder: Path) -> None:
    files = list(tiny_folder.rglob("*.safetensors"))
    assert len(files) == 6
    kinds = {tensor.dtype for file in files for tensor in load_file(file).values()}
    assert kinds <= {torch.float16, torch.int64}


@pytest.mark.parametrize("name", ["", "nothing", "no such/folder/here", "../x", "a b/c", "х" * 5000])
def test_an_unknown_name(name: str) -> None:
    refused(name, Problem.UNKNOWN_MODEL)


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    assert "prior/model_index.json" in refused(str(tmp_path), Problem.BROKEN_MODEL)


@pytest.mark.parametrize(
    "damage",
    [
        "decoder/unet/diffusion_pytorch_model.safetensors",
        "decoder/movq/config.json",
        "decoder/scheduler/scheduler_config.json",
        "prior/text_encoder/model.safetensors",
        "prior/tokenizer/tokenizer.json",
        "prior/image_processor/preprocessor_config.json",
    ],
)
def test_a_damaged_file(copy: Path, damage: str) -> None:
    file = copy / damage
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    refused(str(copy), Problem.BROKEN_MODEL)
    file.unlink()
    refused(str(copy), Problem.BROKEN_MODEL)


@pytest.mark.parametrize("part", ["decoder/unet", "decoder/text_encoder", "prior/prior"])
def test_weights_that_lack_a_tensor_are_not_replaced_by_random_ones(copy: Path, part: str) -> None:
    file = next((copy / part).glob("*.safetensors"))
    weights = load_file(file)
    lost = next(name for name in weights if name.endswith("weight") and "embed" not in name)
    del weights[lost]
    save_file(weights, file, metadata={"format": "pt"})
    refused(str(copy), Problem.BROKEN_MODEL)


def test_the_revision_changes_with_the_weights_and_not_with_the_place(copy: Path, tiny_folder: Path) -> None:
    assert kandinsky.fingerprint(copy) == kandinsky.fingerprint(tiny_folder)
    file = copy / "decoder/scheduler/scheduler_config.json"
    config = json.loads(file.read_text())
    file.write_text(json.dumps({**config, "beta_end": 0.013}))
    assert kandinsky.fingerprint(copy) != kandinsky.fingerprint(tiny_folder)


def test_a_half_downloaded_file_is_named_with_its_sizes(copy: Path) -> None:
    file = copy / "decoder/unet/diffusion_pytorch_model.safetensors"
    whole = file.stat().st_size
    file.write_bytes(file.read_bytes()[:-1000])
    said = refused(str(copy), Problem.BROKEN_MODEL)
    assert f"half downloaded, {whole - 1000:,} of {whole:,} bytes" in said and "fetch it again" in said


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("decoder/model_index.json", {"_class_name": "KandinskyV22Pipeline"}, "Kandinsky 2.2"),
        ("prior/model_index.json", {"_class_name": "StableDiffusionPipeline"}, "another model"),
        ("decoder/unet/config.json", {"_class_name": "UNet2DModel"}, "instead of a UNet2DConditionModel"),
        ("decoder/unet/config.json", {"addition_embed_type": "image"}, "not conditioned as Kandinsky 2.1"),
        ("prior/prior/config.json", {"embedding_dim": 1280}, "they do not fit"),
    ],
)
def test_another_architecture_is_named(copy: Path, file: str, changes: dict[str, object], words: str) -> None:
    config = json.loads((copy / file).read_text())
    (copy / file).write_text(json.dumps(config | changes))
    assert words in refused(str(copy), Problem.BROKEN_MODEL)


def test_too_little_memory_is_said_before_the_weights_are_read(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inspection, "free_memory", lambda device: 1 << 20)
    said = refused(str(tiny_folder), Problem.BROKEN_MODEL)
    assert "GB of memory are free" in said and "MODEL=atelier" in said


def test_a_folder_may_bring_a_unet_that_inpaints(copy: Path, tmp_path: Path) -> None:
    assert kandinsky.load(str(copy), "cpu").inpaint_unet is None
    model = kandinsky.load(str(tiny.write(tmp_path / "inpainting", inpaint=True)), "cpu")
    assert model.inpaint_unet.config.in_channels == 9
    assert model.inpaint_unet.dtype == model.unet.dtype


def test_offloading_draws_the_same(tiny_folder: Path, tiny_model: kandinsky.Kandinsky) -> None:
    model = kandinsky.load(str(tiny_folder), "cpu", torch.float32, offload=True)
    wishes = [("прямые леопардовые джинсы", 1)]
    expected = Conditioner(tiny_model)
    found = Conditioner(model)
    assert torch.equal(found.dream(wishes), expected.dream(wishes))
    assert torch.equal(found.blank().image, expected.blank().image)
    assert torch.equal(found.blank().hidden, expected.blank().hidden)
