"""The bot's own port, from outside: a webhook with a secret, health, numbers; and a backup meanwhile."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.app import assemble
from bot.backup import back_up
from bot.playground.server import TOKEN, TelegramServer
from bot.settings import SettingsError, load_settings
from bot.telegram import open_bot
from bot.web import SECRET_HEADER, WEBHOOK
from tests.bot.house import settings
from tests.bot.painter import Painter

SECRET = "a-secret-of-24-characters"


async def test_a_webhook_with_a_secret_and_replays(tmp_path: Path) -> None:
    async with TelegramServer() as telegram, open_bot(TOKEN, telegram.url, rate=0) as bot:
        chosen = settings(tmp_path, telegram.url, webhook_secret=SECRET)
        async with assemble(chosen, Painter(), bot) as house, house.web.listening("127.0.0.1", 0) as port:
            url = f"http://127.0.0.1:{port}"
            await bot.set_webhook(url + WEBHOOK, secret_token=SECRET)
            anna = telegram.world.person(1)
            anna.write("/help")
            first = telegram.world.updates[0]
            await telegram.world.until(lambda: anna.texts)
            async with aiohttp.ClientSession() as http:

                async def post(body: bytes, secret: str | None) -> int:
                    headers = {SECRET_HEADER: secret} if secret is not None else {}
                    async with http.post(url + WEBHOOK, data=body, headers=headers) as answer:
                        return answer.status

                again = json.dumps(first).encode()
                forged = json.dumps({**first, "update_id": 1}).encode()
                assert [await post(forged, secret) for secret in (None, "", SECRET[:-1], SECRET + "é")] == [
                    403
                ] * 4
                assert [await post(again, SECRET) for _ in range(3)] == [200] * 3
                assert await post(b"[1]", SECRET) == await post(b"{", SECRET) == 400
                assert await post(b"[" * 100_000, SECRET) == 400
                assert len(anna.texts) == 1

                async with http.get(url + "/healthz") as answer:
                    assert (answer.status, await answer.json()) == (200, {"database": "ok"})
                anna.write("красное платье")
                await anna.gets_pictures(2)
                async with http.get(url + "/metrics") as answer:
                    page = await answer.text()
                assert 'lekalo_jobs{state="' in page
                assert 'lekalo_telegram_calls_total{method="sendMessage",outcome="ok"}' in page
                assert "lekalo_updates_total 2.0" in page
                assert "Anna" not in page and "платье" not in page and TOKEN not in page


async def test_health_says_when_the_database_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        TelegramServer() as telegram,
        open_bot(TOKEN, telegram.url, rate=0) as bot,
        assemble(settings(tmp_path, telegram.url), Painter(), bot) as house,
        house.web.listening("127.0.0.1", 0) as port,
        aiohttp.ClientSession() as http,
    ):
        with monkeypatch.context() as broken:
            broken.setattr(AsyncEngine, "connect", _refuse)
            async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                assert answer.status == 503
        async with http.post(f"http://127.0.0.1:{port}{WEBHOOK}") as answer:
            assert answer.status == 404  # no secret, no webhook


def _refuse(engine: AsyncEngine) -> None:
    raise OSError("no such file")


async def test_a_backup_while_the_bot_writes(tmp_path: Path) -> None:
    chosen = settings(tmp_path / "data")
    copy = tmp_path / "copy.sqlite3"
    async with (
        TelegramServer() as telegram,
        open_bot(TOKEN, telegram.url, rate=0) as bot,
        assemble(settings(tmp_path / "data", telegram.url), Painter(), bot) as house,
    ):
        anna = telegram.world.person(1)
        anna.write("/help")
        await house.polling.receive(telegram.world.updates)
        await telegram.world.until(lambda: anna.texts)
        back_up(chosen, copy)
    connection = sqlite3.connect(copy)
    try:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (1,)
    finally:
        connection.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.sqlite3", "data"]


def test_a_backup_of_nothing_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="There is no database"):
        back_up(settings(tmp_path), tmp_path / "copy.sqlite3")


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"webhook_url": "https://example.org"}, "needs HTTP_PORT and WEBHOOK_SECRET"),
        ({"webhook_secret": "ключ"}, "must be 1 to 256 letters"),
        ({"time_zone": "Mars/Base"}, "is not a time zone"),
        ({"quiet_hours": "late"}, "must be two hours"),
    ],
)
def test_a_wrong_setting_is_one_sentence(chosen: dict[str, object], told: str) -> None:
    with pytest.raises(SettingsError, match=told):
        load_settings(bot_token=TOKEN, **chosen)
