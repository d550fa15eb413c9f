"""`make demo`: nine pictures, a progress bar, and where to go from there."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from generation import demo, tiny


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.write(tmp_path_factory.mktemp("tiny"))


def test_draws_both_examples(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "a folder"
    assert demo.main(["--model", str(model), "-o", str(folder)]) == 0
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(
        [*(f"jeans-{i}.png" for i in range(1, 5)), *(f"blazer-{i}.png" for i in range(1, 5)), "photo.png"]
    )
    for path in folder.iterdir():
        with Image.open(path) as picture:
            picture.load()
            assert picture.size == (tiny.SIDE, tiny.SIDE)
    out, err = capsys.readouterr()
    assert str(folder) in out and "python -m bot" in out
    assert "100%" in err


def test_an_unknown_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.main(["--model", str(tmp_path / "nothing"), "-o", str(tmp_path)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
