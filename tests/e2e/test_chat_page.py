"""The chat page in a browser: what it shows of a message, and what keys, fingers and trouble do to it."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.async_api import Browser, Route, expect

from tests.bot.house import jpeg
from tests.e2e.browser import PATIENCE_MS, Playground, box, looking, say

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]
expect.set_options(timeout=PATIENCE_MS)

COUNT_WHAT_IS_TOLD = """
    window.told = 0;
    const Plain = window.EventSource;
    window.EventSource = class extends Plain {
        constructor(...where) {
            super(...where);
            const count = () => window.told++;
            for (const kind of ["message", "answer", "offers"]) this.addEventListener(kind, count);
        }
    };
"""


async def test_what_is_written_before_the_page_knows_its_words_is_sent(
    playground: Playground, browser: Browser
) -> None:
    """A quick hand presses Enter while the page still asks who she is."""
    async with looking(browser) as page:
        known = asyncio.Event()

        async def later(route: Route) -> None:
            await known.wait()
            await route.continue_()

        await page.route("**/words/*.json", later)
        await page.route("**/chat/state?*", later)
        await page.goto(playground.at(playground.somebody()))
        await box(page).fill("/help")
        await page.keyboard.press("Enter")
        await expect(box(page)).to_have_value("")
        known.set()
        await expect(page.locator("li.out .text")).to_have_text("/help")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()


async def test_commands_that_are_asked_for_too_early_come_later(
    playground: Playground, browser: Browser
) -> None:
    async with looking(browser) as page:
        known = asyncio.Event()

        async def later(route: Route) -> None:
            await known.wait()
            await route.continue_()

        await page.route("**/chat/state?*", later)
        await page.goto(playground.at(playground.somebody()))
        await box(page).fill("/he")
        known.set()
        await expect(page.get_by_role("option")).to_have_count(1)
        await page.keyboard.press("Enter")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()
        await expect(page.get_by_role("option")).to_have_count(0)


async def test_what_happens_while_the_page_loads_is_shown(playground: Playground, browser: Browser) -> None:
    """The bot speaks, changes and takes back while the answer with the chat so far is on its way."""
    async with looking(browser) as page:
        user = playground.somebody()
        await page.add_init_script(COUNT_WHAT_IS_TOLD)
        await page.goto(playground.at(user))
        await say(page, "/help")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()
        asked = 0

        async def overtaken(route: Route) -> None:
            """The second time, which is when the page listens, the answer comes after the news."""
            nonlocal asked
            asked += 1
            response = await route.fetch()
            if asked == 2:
                kept, lost = [playground.call("sendMessage", chat_id=user, text=t) for t in ("раз", "два")]
                playground.call("editMessageText", chat_id=user, message_id=kept["message_id"], text="три")
                playground.call("deleteMessage", chat_id=user, message_id=lost["message_id"])
                await page.wait_for_function("window.told >= 2")
            await route.fulfill(response=response)

        await page.route("**/chat/state?*", overtaken)
        await page.reload()
        await expect(page.locator("li.in .text").last).to_have_text("три")
        await expect(page.locator("li.in .text")).to_have_count(2)
        assert asked == 2


async def test_a_button_that_is_answered_at_once_does_not_wait(
    playground: Playground, browser: Browser
) -> None:
    """The bot's answer may overtake the page's own request."""
    async with looking(browser) as page:
        user = playground.somebody()
        await page.add_init_script(COUNT_WHAT_IS_TOLD)
        await page.goto(playground.at(user))
        await say(page, "/settings")
        button = page.locator("li.in").get_by_role("button", name="✓ 2")  # changes nothing, so it stays
        await expect(button).to_be_visible()

        async def overtaken(route: Route) -> None:
            before = await page.evaluate("window.told")
            response = await route.fetch()
            await page.wait_for_function("before => window.told > before", arg=before)
            await route.fulfill(response=response)

        await page.route("**/chat/press?*", overtaken)
        await page.route("**/chat/inline?*", overtaken)
        await button.click()
        await expect(page.locator(".key[data-query]")).to_have_count(1)
        await expect(page.locator(".key.waiting")).to_have_count(0)
        await box(page).fill("@lekalo_bot платье")
        await expect(page.locator("#offers")).to_have_text("Боту нечего предложить.")


async def test_edits_and_everything_that_a_message_has(playground: Playground, browser: Browser) -> None:
    user = playground.somebody()
    async with looking(browser) as page:
        await page.goto(playground.at(user))
        await say(page, "/help")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()
        keyboard = [[{"text": "Ещё", "callback_data": "more"}, {"text": "Удалить", "callback_data": "x"}]]
        said = playground.call(
            "sendMessage",
            chat_id=user,
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
        playground.call("answerCallbackQuery", callback_query_id=query, text="Рисую ещё")
        await expect(page.locator(".toast")).to_have_text("Рисую ещё")

        at = {"chat_id": user, "message_id": said["message_id"]}
        playground.call("editMessageText", **at, text="Готово")
        await expect(bubble.locator(".text")).to_have_text("Готово")
        await expect(bubble.get_by_role("button", name="Ещё")).to_have_count(0)
        await bubble.click(button="right")
        await page.get_by_role("menuitem", name="Ответить").click()
        await say(page, "спасибо")
        await expect(page.locator("li.out .quoted")).to_contain_text("Готово")
        playground.call("deleteMessage", **at)
        await expect(bubble).to_have_count(0)
        await page.locator("li.in .command", has_text="/cancel").first.click()
        await expect(page.get_by_text("Останавливать нечего")).to_be_visible()


async def test_two_people_side_by_side(playground: Playground, browser: Browser) -> None:
    async with looking(browser, viewport={"width": 1200, "height": 700}) as page:
        anna, vera = playground.somebody(), playground.somebody()
        await page.goto(f"{playground.url}/?user={anna},{vera}")
        hers, other = page.frame_locator("iframe").nth(0), page.frame_locator("iframe").nth(1)
        await other.get_by_role("combobox").fill("/privacy")
        await other.get_by_role("combobox").press("Enter")
        await hers.get_by_role("combobox").fill("/help")
        await hers.get_by_role("combobox").press("Enter")
        await expect(hers.locator("li.in", has_text="Что я умею")).to_be_visible()
        await expect(other.locator("li.in", has_text="Что я о вас храню")).to_be_visible()
        await expect(hers.locator("li.out")).to_have_count(1)
        await expect(other.locator("li.out")).to_have_count(1)


async def test_keyboard_alone_and_names_for_screen_readers(playground: Playground, browser: Browser) -> None:
    user = playground.somebody()
    async with looking(browser) as page:
        await page.goto(playground.at(user))
        await expect(box(page)).to_be_focused()
        await page.keyboard.type("/")
        await expect(page.get_by_role("option")).not_to_have_count(0)
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_role("option", selected=True)).to_contain_text("/help")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()
        await page.keyboard.type("две")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("строки")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.out .text").last).to_have_text("две\nстроки")
        await page.keyboard.press("ArrowUp")
        await expect(box(page)).to_have_value("две\nстроки")
        await page.keyboard.type("!")
        await page.keyboard.press("Enter")
        await expect(page.locator("li.out .text").last).to_have_text("две\nстроки!")
        await expect(page.get_by_role("log")).to_have_attribute("aria-label", "Переписка с ботом")
        for button in await page.locator("button:visible, a:visible").all():
            name = await button.get_attribute("aria-label") or (await button.text_content() or "").strip()
            assert name, await button.evaluate("node => node.outerHTML")


async def test_photos_are_dropped_and_pasted(playground: Playground, browser: Browser) -> None:
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
    user = playground.somebody()
    async with looking(browser) as page:
        await page.goto(playground.at(user))
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_phones_width(playground: Playground, browser: Browser, scheme: str) -> None:
    user = playground.somebody()
    async with looking(
        browser, viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True, color_scheme=scheme
    ) as page:
        await page.goto(playground.at(user))
        await say(page, "/help")
        await expect(page.locator("li.in", has_text="Что я умею")).to_be_visible()
        playground.call("sendMessage", chat_id=user, text="оченьдлинноеслово" * 30)
        await expect(page.get_by_text("оченьдлинноеслово").last).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        assert await page.locator("#log").evaluate("log => log.scrollWidth <= log.clientWidth")
        await expect(box(page)).to_be_in_viewport()
        shot = Image.open(io.BytesIO(await page.screenshot())).convert("L").resize((1, 1))
        brightness = shot.getpixel((0, 0))
        assert isinstance(brightness, int)
        assert (brightness > 128) is (scheme == "light")


async def test_who_reads_what_was_said_before_is_left_there(playground: Playground, browser: Browser) -> None:
    user = playground.somebody()
    async with looking(browser, viewport={"width": 700, "height": 600}) as page:
        await page.goto(playground.at(user))
        await expect(page.locator("#status")).to_have_text("в сети")
        for number in range(3):
            playground.call("sendMessage", chat_id=user, text=f"{number}\n" + "строка\n" * 40)
        said = page.locator("li.in")
        await expect(said).to_have_count(3)
        await expect(said.last).to_be_in_viewport()
        await expect(page.locator("#down")).to_be_hidden()
        await page.locator("#log").evaluate("log => log.scrollTo(0, 0)")
        await expect(page.locator("#down")).to_be_visible()
        playground.call("sendMessage", chat_id=user, text="новое")
        await expect(page.locator("#unread")).to_have_text("1")
        await expect(said.first).to_be_in_viewport()
        await page.get_by_role("button", name="К последнему сообщению").click()
        await expect(said.last).to_be_in_viewport()
        await expect(page.locator("#down")).to_be_hidden()


@pytest.fixture
def mended(playground: Playground) -> Iterator[Playground]:
    yield playground
    playground.mend()


async def test_trouble_is_rehearsed_and_told_kindly(mended: Playground, browser: Browser) -> None:
    user = mended.somebody()
    async with looking(browser) as page:
        await page.goto(mended.at(user))
        await expect(page.locator("#status")).to_have_text("в сети")
        await page.get_by_role("button", name="Настройки примерочной").click()
        await page.get_by_text("Telegram отклоняет каждый третий вызов").click()
        await page.keyboard.press("Escape")
        await expect(page.locator("#fault")).to_contain_text("Репетиция")
        for _ in range(3):
            await say(page, "/help")
        told = page.locator("li.in", has_text="Что я умею")
        await expect(told).to_have_count(3)  # the bot waits and tries again
        await page.locator("#fault").get_by_role("button").click()
        await expect(page.locator("#fault")).to_be_hidden()
        await say(page, "x" * 4097)
        await expect(page.locator(".toast.bad")).to_contain_text("слишком длинное")
        await expect(box(page)).to_have_value("x" * 4097)
