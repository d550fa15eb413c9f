"""python -m generation: its files, its JSON, and one clear line for every bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from generation.__main__ import main
from tests.generation.test_photos import png_header

Shell = Callable[..., tuple[int, str, str]]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def shell(
    tiny_folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """Run the command in an empty folder with the tiny model: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, model: str = str(tiny_folder)) -> tuple[int, str, str]:
        code = main([*arguments, "--model", model])
        out, err = capfd.readouterr()
        return code, out, err

    return run


def test_a_sentence_becomes_a_picture(shell: Shell, tmp_path: Path) -> None:
    code, out, err = shell("прямые леопардовые джинсы", "--seed", "7", "--steps", "4")
    assert (code, out) == (0, "out/прямые-леопардовые-джинсы-7.png\n")
    assert "drawing" in err
    image = Image.open(tmp_path / out.strip())
    assert (image.info["Prompt"], image.info["Seed"]) == ("прямые леопардовые джинсы", "7")


def test_the_same_seed_gives_the_same_picture(shell: Shell, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        assert shell("blue dress", "--seed", "5", "--steps", "4", "-o", name)[0] == 0
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_json_is_the_last_line(shell: Shell, tmp_path: Path) -> None:
    code, out, _ = shell(
        *("юбка", "--count", "2", "--seed", "1", "--steps", "2", "--size", "96", "--json"),
        *("-o", "новая папка/юбки.png"),
    )
    said = json.loads(out.splitlines()[-1])
    assert code == 0
    assert said["files"] == ["новая папка/юбки-1.png", "новая папка/юбки-2.png"]
    assert all(Image.open(tmp_path / file).size == (96, 96) for file in said["files"])
    assert {key: said[key] for key in ("seed", "size", "prompt")} == {"seed": 1, "size": 96, "prompt": "юбка"}
    assert said["seconds"] > 0
    assert said["model"].startswith("tiny@")


def test_photos(shell: Shell, tmp_path: Path) -> None:
    Image.new("RGB", (50, 70), "red").save(tmp_path / "фото.jpg")
    assert shell("пиджак того же стиля", "--photo", "фото.jpg", "--photo", "фото.jpg", "--steps", "2")[0] == 0
    assert shell("--photo", "фото.jpg", "--steps", "2", "-o", "x.png")[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        [""],
        [],
        ["  "],
        ["x", "--count", "0"],
        ["x", "--count", "many"],
        ["x", "--seed", "-1"],
        ["x", "--seed", "1.5"],
        ["x", "--seed", "9" * 5000],
        ["x", "--size", "100"],
        ["x", "--size", "7"],
        ["x", "--steps", "0"],
        ["x", "--guidance", "nan"],
        ["x", "--guidance", "0"],
        ["x", "--photo-weight", "2"],
        ["x", "--photo", "nowhere.jpg"],
        ["x", "--photo", "."],
        ["x", "--photo", "text.txt"],
        ["x", "--photo", "empty.png"],
        ["x", "--photo", "cut.jpg"],
        ["x", "--photo", "bomb.png"],
        ["x", *(["--photo", "fine.jpg"] * 5)],
        ["x", "-o", "text.txt/out.png"],
        ["x", "-o", "picture.jpg"],
        ["x", "-o", "/dev/null/out"],
        ["x", "-o", "n" * 300 + ".png"],
        ["x", "y"],
        ["x", "--nonsense"],
    ],
    ids=lambda arguments: " ".join(arguments)[:40] or "nothing",
)
def test_bad_input_is_one_line_and_exit_code_2(shell: Shell, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "text.txt").write_text("not a picture")
    (tmp_path / "empty.png").write_bytes(b"")
    Image.effect_noise((200, 200), 50).convert("RGB").save(tmp_path / "fine.jpg")
    data = (tmp_path / "fine.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    (tmp_path / "bomb.png").write_bytes(png_header(30_000, 30_000))
    code, out, err = shell(*arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert err.startswith("python -m generation: ")


def test_a_bad_model_is_one_line_too(shell: Shell, tmp_path: Path) -> None:
    for model in ("nothing", "", str(tmp_path), str(tmp_path / "x" / "y")):
        code, out, err = shell("x", model=model)
        assert (code, out, err.count("\n")) == (2, "", 1)


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    assert "--photo FILE" in capsys.readouterr().out


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "generation", *arguments]


@pytest.mark.slow
def test_nothing_but_the_line_from_a_process_of_its_own(tmp_path: Path) -> None:
    """Warnings of the libraries at import would show only here."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command("юбка", "--model", str(tmp_path)),
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


@pytest.mark.slow
def test_interrupted(tmp_path: Path, tiny_folder: Path, request: pytest.FixtureRequest) -> None:
    # a shell has what it runs in the background ignore Ctrl-C, and whoever is started inherits that
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    request.addfinalizer(lambda: signal.signal(signal.SIGINT, before))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    arguments = command(
        "юбка", "--model", str(tiny_folder), "--steps", "200", "--count", "10", "--size", "256"
    )
    with subprocess.Popen(
        arguments, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stderr is not None
        read = b""
        deadline = time.monotonic() + 60
        while b"drawing" not in read and time.monotonic() < deadline:
            read += os.read(process.stderr.fileno(), 1000)
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in rest
    assert rest.rstrip().endswith(b"interrupted")
    assert not list(tmp_path.rglob("*.p*"))
