"""Settings: what is read, what is refused, and that nothing secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

import generation.worker.__main__ as worker
from bot.__main__ import main
from bot.premises import Premises, SettingsError, WorkerSettings, read
from bot.settings import Settings, load_settings
from bot.shelves import open_shelves

NAMES = [name.upper() for name in {**Settings.model_fields, **WorkerSettings.model_fields}]


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("BOT_TOKEN=1:file\nADMIN_IDS=7, 8\nDATABASE_URL=\nOTHER=ignored\n")
    monkeypatch.setenv("BOT_TOKEN", "2:environment")
    monkeypatch.setenv("TELEGRAM_API_URL", "http://localhost:8081/")
    settings = load_settings()
    assert settings.bot_token.get_secret_value() == "2:environment"
    assert settings.admin_ids == (7, 8)
    assert settings.telegram_api_url == "http://localhost:8081"
    assert settings.database_url == "sqlite+aiosqlite:///data/bot.sqlite3"
    assert settings.model == "atelier"
    assert "environment" not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "BOT_TOKEN is not set"),
        ({"BOT_TOKEN": ""}, "BOT_TOKEN is not set"),
        ({"BOT_TOKEN": "nonsense"}, "BOT_TOKEN is not a token"),
        ({"BOT_TOKEN": "1:a", "ADMIN_IDS": "anna"}, "ADMIN_IDS must be numbers"),
        ({"BOT_TOKEN": "1:a", "DEFAULT_LANGUAGE": "xx"}, "DEFAULT_LANGUAGE must be one of"),
        ({"BOT_TOKEN": "1:a", "TELEGRAM_API_URL": "telegram"}, "TELEGRAM_API_URL must start with"),
        ({"BOT_TOKEN": "1:a", "DATABASE_URL": "bot.db"}, "DATABASE_URL is not a database URL"),
        ({"BOT_TOKEN": "1:a", "DATABASE_URL": "mysql://db/lekalo"}, "DATABASE_URL must begin with"),
        ({"BOT_TOKEN": "1:a", "WEBHOOK_URL": "https://shop"}, "WEBHOOK_URL needs HTTP_PORT"),
    ],
)
def test_wrong_settings_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    sentence: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert len(said.strip().splitlines()) == 1
    assert "nonsense" not in said


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({}, "DATABASE_URL must be the bot's PostgreSQL"),
        ({"DATABASE_URL": "postgresql+asyncpg://db/lekalo", "ROWS": "0"}, "ROWS "),
    ],
)
def test_a_worker_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    sentence: str,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert worker.main([]) == 2
    said = capsys.readouterr().err
    assert said.startswith(sentence)
    assert len(said.strip().splitlines()) == 1


def test_a_place_for_pictures_that_there_is_not_is_one_sentence() -> None:
    with pytest.raises(SettingsError, match=r"^PICTURES_URL cannot be used: .+$"):
        open_shelves(Premises(pictures_url="nowhere://x"))


def test_the_job_engine_shares_the_bots_postgres(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql+asyncpg://anna:s%40fe@db:5433/lekalo?ssl=require")
    settings = read(WorkerSettings)
    assert settings.jobs_database == "postgresql+psycopg://anna:s%40fe@db:5433/lekalo?sslmode=require"
    assert "s%40fe" not in repr(settings)


def test_every_setting_is_explained() -> None:
    example = (Path(__file__).resolve().parents[2] / ".env.example").read_text()
    assert [name for name in NAMES if f"\n{name}=" not in example] == []
