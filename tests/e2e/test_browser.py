"""A newcomer's conversations in a browser, with the whole bot behind it; only the painter is a stand-in."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.bot.house import jpeg
from tests.e2e.browser import PATIENCE_MS, Playground, box, looking, say

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
expect.set_options(timeout=PATIENCE_MS)

WISH = re.compile("красное платье в горошек", re.IGNORECASE)
DRAWING = re.compile("Рисую|начинаю рисовать")
HALF = re.compile("▓{5}░{5} 50")


def _drawn(page: Page) -> Locator:
    """The pictures that the bot has sent."""
    return page.locator("li.in [data-picture] img")


async def _send_photo(page: Page, caption: str, photo: bytes) -> None:
    chosen = [{"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": photo}]
    await page.locator("#files").set_input_files(chosen)  # type: ignore[arg-type]
    dialog = page.get_by_role("dialog")
    await dialog.locator("input[type=text]").fill(caption)
    await page.keyboard.press("Enter")


async def test_a_newcomer_gets_pictures_and_finds_them_again(
    playground: Playground, browser: Browser
) -> None:
    async with looking(browser) as page:
        await page.goto(playground.url)
        await expect(page.get_by_role("heading", name="Напишите, что хотели бы надеть")).to_be_visible()
        await page.get_by_role("button", name="Начать").click()
        await expect(page.get_by_text("Я Лекало")).to_be_visible()

        with playground.holding():
            await say(page, "красное платье в горошек")
            await expect(page.get_by_text(DRAWING)).to_be_visible()
            await expect(page.get_by_text(HALF)).to_be_visible()
            await expect(page.locator("#status")).to_have_text("отправляет картинку…")
            await expect(_drawn(page)).to_have_count(0)
        await expect(_drawn(page)).to_have_count(2)
        await expect(page.locator("li.in strong", has_text=WISH)).to_be_visible()
        await expect(page.get_by_text(DRAWING)).to_have_count(0)
        seen = await _drawn(page).first.evaluate("image => image.decode().then(() => image.naturalWidth)")
        assert seen > 0

        await page.reload()
        await expect(_drawn(page)).to_have_count(2)
        await expect(page.locator("li.out")).to_have_count(2)

        await page.locator("li.in [data-picture]").first.click()
        viewer = page.locator("#box").get_by_role("img")
        await expect(viewer).to_be_visible()
        first = await viewer.get_attribute("src")
        await page.keyboard.press("ArrowRight")
        await expect(viewer).not_to_have_attribute("src", first or "")
        await page.keyboard.press("Escape")
        await expect(page.locator("#box")).to_be_hidden()

    async with looking(browser, locale="en-GB") as page:
        await page.goto(playground.at(playground.somebody()))
        await page.get_by_role("button", name="red polka dot dress").click()
        await expect(page.get_by_text("an idea, not a product")).to_be_visible()
        await expect(page.get_by_text("красное")).to_have_count(0)


async def test_a_photo_with_a_caption_becomes_pictures(playground: Playground, browser: Browser) -> None:
    async with looking(browser) as page:
        await page.goto(playground.at(playground.somebody()))
        await _send_photo(page, "пиджак того же стиля", jpeg(2400, 3200))
        await expect(page.locator("li.out [data-picture]")).to_have_count(1)
        await expect(page.locator("li.out")).to_contain_text("пиджак того же стиля")
        await expect(_drawn(page)).to_have_count(2)
        await expect(page.get_by_text("В стиле вашего фото")).to_be_visible()
        await expect(page.locator("li.in .quoted").first).to_contain_text("пиджак того же стиля")


async def test_the_buttons_of_the_bot(playground: Playground, browser: Browser) -> None:
    """Stop while it draws; under the result: another, a choice, a like, a change; delete."""
    async with looking(browser) as page:
        await page.goto(playground.at(playground.somebody()))
        with playground.holding():
            await say(page, "зелёный свитер")
            await page.get_by_role("button", name="Остановить").click()
            await expect(page.locator(".toast", has_text="Остановлено")).to_be_visible()
            await expect(page.get_by_text(DRAWING)).to_have_count(0)
        await say(page, "красное платье в горошек")
        await expect(_drawn(page)).to_have_count(2)
        under = page.locator("li.in:has(.keys)")
        await expect(under).to_have_count(1)
        await under.get_by_role("button", name="Ещё").click()
        await expect(page.locator(".toast", has_text="Принято")).to_be_visible()
        await expect(_drawn(page)).to_have_count(4)
        await expect(under).to_have_count(2)
        await expect(page.locator("li.in strong", has_text=WISH)).to_have_count(2)
        await expect(page.get_by_text("свитер")).to_have_count(1)  # what was stopped never came

        await expect(page.get_by_text(DRAWING)).to_have_count(0)  # when it goes, what is below moves
        newest = under.last
        await newest.get_by_role("button", name="2", exact=True).click()
        await expect(newest).to_contain_text("Картинка 2 из 2")
        await newest.get_by_role("button", name="👍").click()
        await expect(newest.get_by_role("button", name="❤️")).to_be_visible()
        await newest.get_by_role("button", name="Изменить").click()
        await newest.get_by_role("button", name="цвет: красный").click()
        await newest.get_by_role("button", name="синий", exact=True).click()
        await expect(_drawn(page)).to_have_count(6)
        await expect(page.locator("li.in strong", has_text=re.compile("синее платье", re.I))).to_be_visible()
        await under.last.get_by_role("button", name="Удалить").click()
        await expect(_drawn(page)).to_have_count(5)
        await expect(page.locator(".key.waiting")).to_have_count(0)


async def test_settings_change_the_language_of_the_bot(playground: Playground, browser: Browser) -> None:
    async with looking(browser) as page:
        await page.goto(playground.at(playground.somebody()))
        await say(page, "/settings")
        card = page.locator("li.in", has_text="Настройки")
        await card.get_by_role("button", name="English").click()
        await expect(page.locator("li.in", has_text="Settings")).to_contain_text("Language: English")
        await say(page, "/help")
        await expect(page.locator("li.in", has_text="What I can do")).to_be_visible()
        await page.get_by_role("button", name="Команды бота").click()
        await expect(page.get_by_role("option", name="What is kept about you")).to_be_visible()
        await page.keyboard.press("Escape")
        await say(page, "a red dress")
        await expect(page.get_by_text("an idea, not a product")).to_be_visible()


async def test_the_language_of_the_page_is_changed(playground: Playground, browser: Browser) -> None:
    async with looking(browser) as page:
        await page.goto(playground.at(playground.somebody()))
        await say(page, "/help")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()
        await page.get_by_role("button", name="Настройки примерочной").click()
        await page.get_by_text("English").click()
        await expect(page.get_by_role("button", name="Settings of the playground")).to_be_visible()
        await page.keyboard.press("Escape")
        await say(page, "what can you do?")  # what is written says more than the language of the phone
        await expect(page.locator("li.in").last).to_contain_text("I draw")
        await page.reload()
        await expect(box(page)).to_have_attribute("placeholder", "Describe a garment…")


@pytest.mark.timeout(600)  # two starts of the bot, each of which may take a minute on a busy machine
async def test_a_restart_loses_nothing_and_ctrl_c_ends_cleanly(tmp_path: Path, browser: Browser) -> None:
    with Playground(tmp_path) as first:
        port = int(first.url.rpartition(":")[2])
        async with looking(browser) as page:
            await page.goto(first.url)
            await say(page, "синее пальто")
            await expect(page.get_by_text(DRAWING)).to_be_visible()
            first.end(signal.SIGKILL)
            await expect(page.locator("#status")).to_have_text("нет связи")
            await say(page, "и ещё")
            await expect(page.locator(".toast.bad")).to_contain_text("Примерочная не отвечает")
            await expect(box(page)).to_have_value("и ещё")
            with Playground(tmp_path, port=port) as second:
                await expect(page.locator("li.in [data-picture]")).to_have_count(2)
                await expect(page.locator("#status")).to_have_text("в сети")
                assert second.end(signal.SIGINT) == 0, second.log
                assert "Traceback" not in second.log
