"""The playground as a newcomer meets it: in a browser, with the whole bot behind it."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from PIL import Image
from playwright.async_api import Locator, Page, expect

from bot.playground.server import TOKEN
from tests.bot.house import jpeg
from tests.e2e.browser import PATIENCE_MS, Playground, chromium, looking
from tests.e2e.process import ROOT

pytestmark = pytest.mark.slow
expect.set_options(timeout=PATIENCE_MS)

WISH = re.compile("красное платье в горошек", re.IGNORECASE)
DRAWING = re.compile("Рисую|начинаю рисовать")


@pytest.fixture(scope="module")
def playground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    chromium()
    with Playground(tmp_path_factory.mktemp("playground"), PAINTER_PAUSE="0.5") as running:
        yield running


def _box(page: Page) -> Locator:
    return page.get_by_role("combobox")


def _bot(playground: Playground, method: str, **fields: Any) -> Any:
    """What the bot might say: a call of the Bot API past the bot."""
    body = json.dumps(fields).encode()
    request = Request(f"{playground.url}/bot{TOKEN}/{method}", body, {"Content-Type": "application/json"})
    with urlopen(request) as response:
        return json.load(response)["result"]


async def _say(page: Page, text: str) -> None:
    await _box(page).fill(text)
    await page.keyboard.press("Enter")


async def test_a_newcomer_gets_pictures_and_finds_them_again(playground: Playground) -> None:
    async with looking() as page:
        await page.goto(playground.url)
        await expect(page.get_by_role("heading", name="Напишите, что хотели бы надеть")).to_be_visible()
        await page.get_by_role("button", name="Начать").click()
        await expect(page.get_by_text("Я Лекало")).to_be_visible()

        await _say(page, "красное платье в горошек")
        await expect(page.get_by_text(DRAWING)).to_be_visible()
        await expect(page.locator("#status")).to_have_text("отправляет картинку…")
        drawn = page.locator("li.in [data-picture] img")
        await expect(drawn).to_have_count(2)
        await expect(page.locator("li.in strong", has_text=WISH)).to_be_visible()
        await expect(page.get_by_text(DRAWING)).to_have_count(0)
        assert await drawn.first.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0

        await page.locator("#files").set_input_files(
            [{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": jpeg(2400, 3200)}]
        )
        await page.get_by_label("Подпись").fill("пиджак того же стиля")
        await page.get_by_role("dialog").get_by_role("button", name="Отправить").click()
        await expect(page.locator("li.out [data-picture]")).to_have_count(1)
        await expect(drawn).to_have_count(4)
        await expect(page.get_by_text("В стиле вашего фото")).to_be_visible()

        await page.reload()
        await expect(drawn).to_have_count(4)
        await expect(page.locator("li.out")).to_have_count(3)

        await page.locator("li.in [data-picture]").first.click()
        viewer = page.locator("#box")
        await expect(viewer.get_by_role("img")).to_be_visible()
        first = await viewer.get_by_role("img").get_attribute("src")
        await page.keyboard.press("ArrowRight")
        assert await viewer.get_by_role("img").get_attribute("src") != first
        await page.keyboard.press("Escape")
        await expect(viewer).to_be_hidden()

    async with looking(locale="en-GB") as page:  # another person, at the same time
        await page.goto(f"{playground.url}/?user=2")
        await page.get_by_role("button", name="red polka dot dress").click()
        await expect(page.get_by_text("an idea, not a product")).to_be_visible()
        await expect(page.get_by_text("красное")).to_have_count(0)


@pytest.mark.soak
async def test_buttons_edits_and_everything_that_a_message_has(playground: Playground) -> None:
    async with looking() as page:
        await page.goto(f"{playground.url}/?user=3")
        await _say(page, "/help")
        await expect(page.get_by_text("Что я умею")).to_be_visible()
        keyboard = [[{"text": "Ещё", "callback_data": "more"}, {"text": "Удалить", "callback_data": "x"}]]
        said = _bot(
            playground,
            "sendMessage",
            chat_id=3,
            parse_mode="HTML",
            text='<b>Жир<i>ный</i></b> <code>code</code> <tg-spoiler>тайна</tg-spoiler> <a href="https://t.me">t</a>'
            " &lt;img src=x onerror=alert(1)&gt; /cancel",
            reply_markup={"inline_keyboard": keyboard},
        )
        bubble = page.locator(f'[data-id="{said["message_id"]}"]')
        await expect(bubble.locator("strong em")).to_have_text("ный")
        await expect(bubble.locator(".text")).to_contain_text("<img src=x onerror=alert(1)>")
        await expect(bubble.locator("img")).to_have_count(0)
        await expect(bubble.locator("a")).to_have_attribute("href", "https://t.me")
        await bubble.locator(".spoiler").click()
        await expect(bubble.locator(".spoiler")).to_have_class("spoiler shown")

        async with page.expect_response("**/chat/press?*") as pressed:
            await bubble.get_by_role("button", name="Ещё").click()
        query = (await (await pressed.value).json())["query"]
        _bot(playground, "answerCallbackQuery", callback_query_id=query, text="Рисую ещё")
        await expect(page.locator(".toast")).to_have_text("Рисую ещё")

        at = {"chat_id": 3, "message_id": said["message_id"]}
        _bot(playground, "editMessageText", **at, text="Готово")
        await expect(bubble.locator(".text")).to_have_text("Готово")
        await expect(bubble.get_by_role("button", name="Ещё")).to_have_count(0)
        await bubble.click(button="right")
        await page.get_by_role("menuitem", name="Ответить").click()
        await _say(page, "спасибо")
        await expect(page.locator("li.out .quoted")).to_contain_text("Готово")
        _bot(playground, "deleteMessage", **at)
        await expect(bubble).to_have_count(0)
        await bubble.page.locator("li.in .command", has_text="/cancel").first.click()
        await expect(page.get_by_text("Останавливать нечего")).to_be_visible()


@pytest.mark.soak
async def test_the_language_is_changed(playground: Playground) -> None:
    async with looking() as page:
        await page.goto(f"{playground.url}/?user=4")
        await _say(page, "/help")
        await expect(page.get_by_text("Что я умею")).to_be_visible()
        await page.get_by_role("button", name="Настройки примерочной").click()
        await page.get_by_text("English").click()
        await expect(page.get_by_role("button", name="Settings of the playground")).to_be_visible()
        await page.keyboard.press("Escape")
        await _say(page, "/help")
        await expect(page.get_by_text("What I can do")).to_be_visible()
        await page.reload()
        await expect(_box(page)).to_have_attribute("placeholder", "Describe a garment…")


@pytest.mark.soak
async def test_keyboard_alone_and_names_for_screen_readers(playground: Playground) -> None:
    async with looking() as page:
        await page.goto(f"{playground.url}/?user=5")
        await expect(_box(page)).to_be_focused()
        await page.keyboard.type("/")
        await expect(page.get_by_role("option")).not_to_have_count(0)
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("option", selected=True)).to_contain_text("/help")
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("Что я умею")).to_be_visible()
        await page.keyboard.type("две")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("строки")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.out .text").last).to_have_text("две\nстроки")
        await page.keyboard.press("ArrowUp")
        await expect(_box(page)).to_have_value("две\nстроки")
        await page.keyboard.type("!")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.out .text").last).to_have_text("две\nстроки!")
        await expect(page.get_by_role("log")).to_have_attribute("aria-label", "Переписка с ботом")
        for button in await page.locator("button:visible, a:visible").all():
            name = await button.get_attribute("aria-label") or (await button.text_content() or "").strip()
            assert name, await button.evaluate("node => node.outerHTML")


@pytest.mark.soak
async def test_photos_are_dropped_and_pasted(playground: Playground) -> None:
    put = """([bytes, kind]) => {
        const file = new File([new Uint8Array(bytes)], "photo.jpg", {type: "image/jpeg"});
        const data = new DataTransfer();
        data.items.add(file);
        if (kind === "drop") {
            window.dispatchEvent(new DragEvent("dragenter", {dataTransfer: data}));
            window.dispatchEvent(new DragEvent("drop", {dataTransfer: data, cancelable: true}));
        } else {
            const paste = new ClipboardEvent("paste", {clipboardData: data, cancelable: true});
            document.getElementById("text").dispatchEvent(paste);
        }
    }"""
    async with looking() as page:
        await page.goto(f"{playground.url}/?user=6")
        await expect(page.locator("#status")).to_have_text("в сети")
        for number, kind in enumerate(("drop", "paste"), 1):
            await page.evaluate(put, [list(jpeg(200, 200)), kind])
            dialog = page.get_by_role("dialog")
            await expect(dialog.locator(".preview img")).to_be_visible()
            await dialog.get_by_role("button", name="Отправить").click()
            await expect(page.locator("li.out [data-picture]")).to_have_count(number)
        await page.locator("#files").set_input_files(
            [{"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}]
        )
        await page.get_by_role("dialog").get_by_role("button", name="Отправить").click()
        await expect(page.locator(".toast.bad")).to_contain_text("нельзя показать как фото")


@pytest.mark.soak
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phones_width(playground: Playground, scheme: str) -> None:
    async with looking(
        viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, color_scheme=scheme
    ) as page:
        await page.goto(f"{playground.url}/?user=7")
        await _say(page, "/help")
        await expect(page.get_by_text("Что я умею").last).to_be_visible()
        _bot(playground, "sendMessage", chat_id=7, text="оченьдлинноеслово" * 30)
        await expect(page.get_by_text("оченьдлинноеслово").last).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert await page.locator("#log").evaluate("log => log.scrollWidth <= log.clientWidth")
        await expect(_box(page)).to_be_in_viewport()
        shot = Image.open(io.BytesIO(await page.screenshot())).convert("L").resize((1, 1))
        brightness = shot.getpixel((0, 0))
        assert isinstance(brightness, int)
        assert (brightness > 128) is (scheme == "light")


@pytest.mark.soak
async def test_trouble_is_rehearsed_and_told_kindly(playground: Playground) -> None:
    async with looking() as page:
        await page.goto(f"{playground.url}/?user=8")
        await expect(page.locator("#status")).to_have_text("в сети")
        await page.get_by_role("button", name="Настройки примерочной").click()
        await page.get_by_text("Telegram отклоняет каждый третий вызов").click()
        await page.keyboard.press("Escape")
        await expect(page.locator("#fault")).to_contain_text("Репетиция")
        for _ in range(3):
            await _say(page, "/help")
        await expect(page.get_by_text("Что я умею")).to_have_count(3)  # the bot waits and tries again
        await page.locator("#fault").get_by_role("button").click()
        await expect(page.locator("#fault")).to_be_hidden()
        await _say(page, "x" * 4097)
        await expect(page.locator(".toast.bad")).to_contain_text("слишком длинное")
        await expect(_box(page)).to_have_value("x" * 4097)


@pytest.mark.soak
async def test_a_restart_loses_nothing_and_ctrl_c_ends_cleanly(tmp_path: Path) -> None:
    chromium()
    with Playground(tmp_path, PAINTER_PAUSE="0.8") as first:
        port = int(first.url.rpartition(":")[2])
        async with looking() as page:
            await page.goto(first.url)
            await _say(page, "синее пальто")
            await expect(page.get_by_text(DRAWING)).to_be_visible()
            first.end(signal.SIGKILL)
            await expect(page.locator("#status")).to_have_text("нет связи")
            await _say(page, "и ещё")
            await expect(page.locator(".toast.bad")).to_contain_text("Примерочная не отвечает")
            await expect(_box(page)).to_have_value("и ещё")
            with Playground(tmp_path, port=port) as second:
                await expect(page.locator("li.in [data-picture]")).to_have_count(2)
                await expect(page.locator("#status")).to_have_text("в сети")
                assert second.end(signal.SIGINT) == 0, second.log
                assert "Traceback" not in second.log


@pytest.mark.soak
def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "bot", "--playground", f"--port={port}"],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 2
    [line] = done.stderr.strip().splitlines()
    assert f"127.0.0.1:{port}" in line and "--port" in line
