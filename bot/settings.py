"""Every setting of the bot, from the environment or from `.env`.

A wrong setting becomes one sentence (`SettingsError`) that says what to do.
This module opens no file but `.env`, connects to nothing and never shows the
token.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from aiogram.utils.token import TokenValidationError, validate_token
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.i18n import languages


class SettingsError(Exception):
    """The bot cannot start with these settings; the message is one sentence for the operator."""


class Settings(BaseSettings):
    """What an operator may choose; `.env.example` shows all of it."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", env_ignore_empty=True
    )

    bot_token: SecretStr
    telegram_api_url: str = "https://api.telegram.org"
    data_dir: Path = Path("data")
    database_url: str = ""
    model: str = "atelier"
    adapters: str = ""
    adapters_fused: bool = False
    translator: str = "auto"
    admin_ids: Annotated[tuple[int, ...], NoDecode] = Field(default=())
    default_language: str = "en"

    @field_validator("bot_token")
    @classmethod
    def _token(cls, value: SecretStr) -> SecretStr:
        try:
            validate_token(value.get_secret_value())
        except TokenValidationError:
            raise ValueError("is not a token as @BotFather gives it, such as 123456:AbC-dEf") from None
        return value

    @field_validator("telegram_api_url")
    @classmethod
    def _api_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @field_validator("admin_ids", mode="before")
    @classmethod
    def _admins(cls, value: object) -> object:
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(",") if part.strip()]
            if not all(part.isdecimal() for part in parts):
                raise ValueError("must be numbers separated by commas")
            return tuple(int(part) for part in parts)
        return value

    @field_validator("default_language")
    @classmethod
    def _language(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(f"must be one of {', '.join(languages())}")
        return value

    @field_validator("database_url")
    @classmethod
    def _database(cls, value: str) -> str:
        if value:
            try:
                make_url(value)
            except ArgumentError:
                raise ValueError(
                    "is not a database URL such as sqlite+aiosqlite:///data/bot.sqlite3"
                ) from None
        return value

    @model_validator(mode="after")
    def _place_database(self) -> Settings:
        if not self.database_url:
            file = str(self.data_dir / "bot.sqlite3")
            self.database_url = URL.create("sqlite+aiosqlite", database=file).render_as_string()
        return self

    @property
    def jobs_file(self) -> Path:
        """Where the job engine keeps its own SQLite file, apart from the bot's tables."""
        return self.data_dir / "jobs.sqlite3"


def load_settings() -> Settings:
    """Read the settings; raises SettingsError with one sentence."""
    try:
        return Settings.model_validate({})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = str(first["loc"][0]).upper() if first["loc"] else "a setting"
        if first["type"] == "missing":
            raise SettingsError(
                f"{name} is not set: get a token from @BotFather in Telegram "
                "and put it into the environment or into .env (see .env.example)."
            ) from None
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"{name} {reason}.") from None
