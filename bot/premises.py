"""The settings that a bot and its workers must agree on: database, files, model; and how any setting is read.

A wrong setting becomes one sentence (`SettingsError`) that says what to do.
Knows no messenger and no token, so that a machine with nothing but a GPU can
read it.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

SQLITE, POSTGRES = "sqlite+aiosqlite", "postgresql+asyncpg"
Read = TypeVar("Read", bound="Premises")


class SettingsError(Exception):
    """The process cannot start with these settings; the message is one sentence for the operator."""


class Premises(BaseSettings):
    """What both sides read; `.env.example` shows all of it."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    data_dir: Path = Path("data")
    database_url: str = Field(default="", repr=False)
    pictures_url: str = ""
    model: str = "atelier"
    adapters: str = ""
    adapters_fused: bool = False
    translator: str = "auto"

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value:
            try:
                driver = make_url(value).drivername
            except (ArgumentError, NoSuchModuleError):
                raise ValueError(
                    "is not a database URL such as sqlite+aiosqlite:///data/bot.sqlite3"
                    " or postgresql+asyncpg://user:password@host/database"
                ) from None
            if driver not in (SQLITE, POSTGRES):
                raise ValueError(f"must begin with {SQLITE}:// or {POSTGRES}://")
            if driver == POSTGRES and find_spec("asyncpg") is None:
                raise ValueError("needs one more package: pip install 'lekalo[postgres]'")
        return value

    @model_validator(mode="after")
    def _place_database(self) -> Premises:
        if not self.database_url:
            file = str(self.data_dir / "bot.sqlite3")
            self.database_url = URL.create(SQLITE, database=file).render_as_string()
        return self

    @property
    def many_machines(self) -> bool:
        """With PostgreSQL the bot delivers and workers draw; with SQLite one process does both."""
        return make_url(self.database_url).drivername == POSTGRES

    @property
    def jobs_database(self) -> str | Path:
        """Where the job engine keeps its own tables: beside the bot's, or a SQLite file of its own."""
        if not self.many_machines:
            return self.data_dir / "jobs.sqlite3"
        url = make_url(self.database_url)
        query = {"sslmode" if name == "ssl" else name: value for name, value in url.query.items()}
        return url.set(drivername="postgresql+psycopg", query=query).render_as_string(hide_password=False)


class WorkerSettings(Premises):
    """What a process that only draws may be told."""

    worker_name: str = Field(default="", max_length=100)
    rows: int = Field(default=8, ge=1, le=256)

    @model_validator(mode="after")
    def _fleet(self) -> WorkerSettings:
        if not self.many_machines:
            raise ValueError(
                "DATABASE_URL must be the bot's PostgreSQL (postgresql+asyncpg://…);"
                " with SQLite the bot draws by itself"
            )
        return self


def read(kind: type[Read], **chosen: object) -> Read:
    """Read the settings, those in `chosen` before all others; raises SettingsError with one sentence."""
    try:
        return kind.model_validate(chosen)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = f"{first['loc'][0]} ".upper() if first["loc"] else ""
        if first["type"] == "missing" and name == "BOT_TOKEN ":
            raise SettingsError(
                "BOT_TOKEN is not set: get a token from @BotFather in Telegram "
                "and put it into the environment or into .env (see .env.example)."
            ) from None
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"{name}{reason}.") from None
