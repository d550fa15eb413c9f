"""Starting the playground: apart from the real bot's data, and absent unless it is asked for."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import bot
from bot.__main__ import FAULTS, main
from bot.playground.faults import NAMED
from bot.playground.run import playground_settings
from bot.playground.server import TOKEN


def test_a_real_bots_token_and_data_are_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOT_TOKEN", "123456:real")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://real/bot")
    monkeypatch.setenv("ADMIN_IDS", "9")
    settings = playground_settings()
    assert settings.bot_token.get_secret_value() == TOKEN
    assert settings.data_dir == tmp_path / "data" / "playground"
    assert settings.database_url.endswith("playground/bot.sqlite3")
    assert settings.admin_ids == (9,)


def test_it_needs_no_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("BOT_TOKEN", raising=False)
    assert playground_settings().bot_token.get_secret_value() == TOKEN


def test_the_ordinary_bot_does_not_load_it() -> None:
    told = "import sys, bot.__main__, bot.app; print([m for m in sys.modules if m.startswith('bot.play')])"
    done = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"


def test_every_named_fault_can_be_asked_for() -> None:
    assert tuple(NAMED) == FAULTS


@pytest.mark.parametrize(
    "arguments", [["--fault", "slow"], ["--port", "9"], ["--playground", "--fault", "fire"]]
)
def test_its_options_go_with_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "--fault" in capsys.readouterr().err


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "bot", "--playground", f"--port={port}"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(Path(bot.__file__).parents[1])},
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert f"127.0.0.1:{port}" in line and "--port" in line
