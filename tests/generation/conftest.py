"""A random tiny Kandinsky 2.1 for everything, and the embedded one where it is in the checkout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from generation import kandinsky, tiny

torch.set_num_threads(1)  # a tiny model gains nothing from more, and parallel test processes lose much


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model's folder; not to be written to."""
    return tiny.write(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def tiny_model(tiny_folder: Path) -> kandinsky.Kandinsky:
    """The tiny model in fp32, in which it agrees with stock pipelines."""
    return kandinsky.load(str(tiny_folder), "cpu", torch.float32)


@pytest.fixture(autouse=True)
def _impolite(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody talks to an event loop beside the tests: the drawing thread need not stand back."""
    monkeypatch.setattr("generation.engine.POLITENESS", 0)


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield
