"""Every setting of the bot, from the environment or from `.env`.

A wrong setting becomes one sentence (`SettingsError`) that says what to do.
This module opens no file but `.env`, connects to nothing and never shows the
token.
"""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiogram.utils.token import TokenValidationError, validate_token
from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from bot.i18n import languages
from bot.operator.hours import Hours
from bot.premises import Premises, SettingsError, read
from generation.request import MAX_SIZE, MIN_SIZE

__all__ = ["Settings", "SettingsError", "load_settings"]


class Settings(Premises):
    """What an operator may choose; `.env.example` shows all of it."""

    bot_token: SecretStr
    telegram_api_url: str = "https://api.telegram.org"
    telegram_rate: float = Field(default=1.0, ge=0)
    admin_ids: Annotated[tuple[int, ...], NoDecode] = Field(default=())
    default_language: str = "en"
    wishes_at_once: int = Field(default=5, ge=0)
    pictures_a_day: int = Field(default=100, ge=0)
    queue_limit: int = Field(default=200, ge=0)
    picture_sizes: Annotated[tuple[int, ...], NoDecode] = Field(default=(128, 256, 512))

    pictures_kept_days: int = Field(default=0, ge=0)
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=0, ge=0, le=65535)
    webhook_url: str = ""
    webhook_secret: SecretStr = SecretStr("")
    time_zone: str = "UTC"
    quiet_hours: str = "22-9"

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

    @field_validator("admin_ids", "picture_sizes", mode="before")
    @classmethod
    def _numbers(cls, value: object) -> object:
        if isinstance(value, str):
            parts = [part.strip() for part in value.split(",") if part.strip()]
            if not all(part.isdecimal() for part in parts):
                raise ValueError("must be numbers separated by commas")
            return tuple(int(part) for part in parts)
        return value

    @field_validator("picture_sizes")
    @classmethod
    def _sizes(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not all(MIN_SIZE <= side <= MAX_SIZE for side in value):
            raise ValueError(f"must be from {MIN_SIZE} to {MAX_SIZE} pixels")
        return value

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, ZoneInfoNotFoundError):
            raise ValueError("is not a time zone such as Europe/Moscow") from None
        return value

    @field_validator("quiet_hours")
    @classmethod
    def _quiet(cls, value: str) -> str:
        begin, _, end = value.partition("-")
        if not all(part.isdecimal() and int(part) < 24 for part in (begin, end)):
            raise ValueError("must be two hours such as 22-9, or 0-0 for none")
        return value

    @field_validator("default_language")
    @classmethod
    def _language(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(f"must be one of {', '.join(languages())}")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _secret(cls, value: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", value.get_secret_value()):
            raise ValueError("must be 1 to 256 letters, digits, - and _ (Bot API, setWebhook)")
        return value

    @model_validator(mode="after")
    def _door(self) -> Settings:
        if self.webhook_url and not (self.http_port and self.webhook_secret.get_secret_value()):
            raise ValueError("WEBHOOK_URL needs HTTP_PORT and WEBHOOK_SECRET")
        return self

    @property
    def hours(self) -> Hours:
        """When operators' broadcasts may be sent."""
        begin, end = self.quiet_hours.split("-")
        return Hours(ZoneInfo(self.time_zone), (int(begin), int(end)))


def load_settings(**chosen: object) -> Settings:
    """Read the settings, those in `chosen` before all others; raises SettingsError with one sentence."""
    return read(Settings, **chosen)
