"""The hub, on this machine: what is fetched, what is said beforehand, and going on after a broken line."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import constants, file_download

from generation import hub, kandinsky
from generation.request import BadRequest, Problem
from tests.generation import mini_hub

NAME = "someone/kandinsky-2-1"


@pytest.fixture
def served(tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[mini_hub.Hub]:
    """The tiny model as two repositories, with half-precision twins and unused folders beside."""
    root = tmp_path / "served"
    for part in ("prior", "decoder"):
        shutil.copytree(tiny_folder / part, root / part)
    (root / "decoder/unet/diffusion_pytorch_model.fp16.safetensors").write_bytes(b"twin")
    (root / "decoder/unet/diffusion_pytorch_model.bin").write_bytes(b"pickle")
    (root / "decoder/ddpm_scheduler").mkdir()
    (root / "decoder/ddpm_scheduler/scheduler_config.json").write_text("{}")
    (root / "decoder/README.md").write_text("a card")
    with mini_hub.serve({f"{NAME}-prior": root / "prior", NAME: root / "decoder"}) as found:
        monkeypatch.setattr(constants, "ENDPOINT", found.url)
        template = found.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", template, raising=False)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield found


def refused(call: object, *arguments: object) -> str:
    with pytest.raises(BadRequest) as caught:
        call(*arguments)  # type: ignore[operator]
    assert caught.value.problem == Problem.UNKNOWN_MODEL and "\n" not in str(caught.value)
    return str(caught.value)


def test_a_pair_is_fetched_once_and_its_size_said_beforehand(
    served: mini_hub.Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    model = kandinsky.load(NAME, "cpu")
    assert model.name == NAME and model.revision == mini_hub.SHA[:10]
    said = capsys.readouterr().err
    assert f"Fetching {NAME}-prior, {NAME}: " in said and " MB" in said.splitlines()[0]
    files = {name for name, _ in served.asked}
    assert "unet/diffusion_pytorch_model.safetensors" in files
    assert not any("fp16" in f or f.endswith((".bin", ".md")) or "ddpm" in f for f in files)
    served.asked.clear()
    kandinsky.load(f"{NAME}@v1", "cpu")
    assert served.asked == [] and "Fetching" not in capsys.readouterr().err


def test_after_a_broken_line_the_download_goes_on_where_it_stopped(
    served: mini_hub.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = "unet/diffusion_pytorch_model.safetensors"
    served.breaks[file] = 50_000
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 10_000)
    for _ in range(2):  # the library may try again by itself; if not, it is one sentence
        try:
            kandinsky.find(NAME)
            break
        except BadRequest as error:
            said = str(error)
            if "goes on where it stopped" not in said:
                raise
    ranges = [wanted for name, wanted in served.asked if name == file]
    assert ranges[0] == "" and ranges[-1].startswith("bytes=") and ranges[-1] != "bytes=0-", ranges
    kandinsky.load(NAME, "cpu")


def test_without_a_network_the_whole_cache_serves_and_half_of_it_does_not(
    served: mini_hub.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    kandinsky.find(NAME)
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    prior, decoder, _ = kandinsky.find(NAME)
    assert (prior / "model_index.json").is_file()
    file = decoder / "unet/diffusion_pytorch_model.safetensors"
    file.unlink()
    said = refused(kandinsky.find, NAME)
    assert "cannot be reached" in said and "what was fetched is kept" in said


def test_what_the_hub_does_not_have(served: mini_hub.Hub) -> None:
    assert "there is no model" in refused(kandinsky.find, "someone/nothing")
    assert "no revision 'v2'" in refused(kandinsky.find, f"{NAME}@v2")


def test_too_little_room_is_said_before_anything_is_fetched(
    served: mini_hub.Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage("/")._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "are free in" in refused(kandinsky.find, NAME)
    assert served.asked == []


def test_one_set_of_weights_is_chosen() -> None:
    files = [
        "model_index.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "unet/diffusion_pytorch_model.bin",
        "text_encoder/pytorch_model.bin",
        "big/model-00001-of-00002.safetensors",
        "tokenizer/sentencepiece.bpe.model",
        "ddpm_scheduler/scheduler_config.json",
    ]
    assert hub.choose(files) == tuple(files[i] for i in (0, 1, 2, 5, 6, 7))
