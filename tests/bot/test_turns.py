"""Two long conversations over HTTP, with every button, command and kind of input, before a strict server.

The playground refuses whatever Telegram would refuse: a text too long, bad
markup, a button with too much in it, an edit that changes nothing.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from bot.playground.server import TelegramServer
from tests.bot.house import jpeg, running
from tests.bot.painter import Painter
from tests.bot.talk import Talk

VIDEO = {"file_id": "v", "file_unique_id": "v", "width": 9, "height": 16, "duration": 2}


@pytest.mark.slow
async def test_a_conversation_in_russian(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        anna = telegram.world.person(1, "<Анна> & Co", "ru")
        talk = Talk(anna)
        await talk.says("/start", "Здравствуйте, <Анна> & Co! Я Лекало")
        await talk.says("/help", "Что я умею")
        await talk.says("привет", "Что нарисовать?")
        await talk.says("что ты умеешь?", "Я рисую одежду")
        await talk.says("/cancel", "Останавливать нечего")
        await talk.says("/history", "Здесь пока пусто")
        # words, and what is made of them
        first = await talk.draws("прямые леопардовые джинсы", "Прямые леопардовые джинсы\nвещь: джинсы")
        assert "рисунок: леопардовый · крой: прямой" in first["caption"]
        await talk.draws("а теперь в красном", "Прямые красные леопардовые джинсы")
        await talk.draws("то же, но с карманами", "джинсы с карманами")
        await talk.draws("без рисунка", "Прямые однотонные красные джинсы с карманами")
        await talk.draws("темнее", "Прямые однотонные бордовые джинсы")
        await talk.draws("в синем", "Прямые синие леопардовые джинсы", reply_to=first)
        await talk.draws("юбка того же стиля", "Прямая синяя леопардовая юбка")
        await talk.says("спасибо!", "Пожалуйста")
        await talk.says("не нравится", "Давайте исправим")
        await talk.draws("ещё", "Прямая синяя леопардовая юбка")
        # the buttons
        await talk.taps_and_sees("2", "· 2 ·")
        await talk.taps("👍", "вам нравится")
        await talk.taps("👎", "не ваш стиль")
        await talk.taps("💔", "Оценка снята")
        await talk.taps_and_sees("Изменить", "вещь: юбка", "цвет: синий", "длина: —", "Назад")
        await talk.taps_and_sees("цвет", "✓ синий", "зелёный", "Неважно")
        await talk.taps_and_sees("Назад", "вещь: юбка")
        await talk.taps_and_sees("рисунок", "✓ леопардовый", "горошек")
        await talk.taps_and_gets("горошек", "Прямая синяя юбка в горошек")
        await talk.taps_and_gets("Ещё", "Прямая синяя юбка в горошек")
        await talk.taps_and_gets("Вариации", "Вариации вашей картинки.")
        assert painter.requests[-1].init is not None
        await talk.taps("Файлом", "Отправляю файл")
        await telegram.world.until(lambda: "document" in anna.from_bot[-1])
        shown = len(anna.pictures)
        await talk.taps("Удалить", "Удалено")
        await telegram.world.until(lambda: len(anna.pictures) == shown - 1)
        await telegram.world.until(lambda: talk.buttons.get("text") == "Что дальше?")
        # a mix of a picture and a photo
        await talk.asks("Смешать", "С чем смешать?")
        await talk.says("/cancel", "Хорошо, забыли")
        await talk.asks("Смешать", "С чем смешать?")
        await talk.taps("Смешать", "та же самая картинка")
        await talk.shows(lambda: anna.send_photo(jpeg()), "Смесь, 50 : 50.")
        await talk.taps_and_gets("70 : 30", "Смесь, 70 : 30.")
        assert painter.requests[-1].photo_weights == (0.7, 1 - 0.7)
        # photos
        question = await talk.does("Вижу: коричневые леопардовые брюки", lambda: anna.send_photo(jpeg()))
        await talk.taps_and_sees("Другие вещи", "боди", "поло", message=question)
        await talk.taps_and_sees("Назад", "Другие вещи", message=question)
        await talk.taps_and_gets("пиджак", "Пиджак\nВ стиле вашего фото.", message=question)
        await talk.taps_and_gets("Вариации", "Коричневые леопардовые брюки", message=question)
        await talk.shows(lambda: anna.send_photo(jpeg(), "платье того же стиля"), "На фото вижу: коричневые")
        await talk.draws("а теперь в зелёном", "Зелёное платье")
        assert len(painter.requests[-1].photos) == 1
        album = [jpeg(), jpeg(colour="navy")]
        await talk.does("Из двух фото", lambda: anna.send_album(album))
        await talk.taps_and_gets("30 : 70", "Смесь, 30 : 70.")
        await talk.shows(lambda: anna.send_album([*album, jpeg(colour="red")], "юбка"), "В стиле ваших фото")
        assert len(painter.requests[-1].photos) == 3
        await talk.shows(lambda: anna.send_file(jpeg(), "a.jpg", "image/jpeg", "пальто"), "Пальто")
        await talk.says("/new", "Чистый лист")
        await talk.says("худи как на фото", "пришлите фото")
        await talk.shows(lambda: anna.send_photo(jpeg(), "вот фото"), "Худи как на фото")
        await talk.draws("красный плащ", "Красный плащ")
        await talk.shows(lambda: anna.send_photo(jpeg(), "вот фото"), "Красный плащ")
        assert len(painter.requests[-1].photos) == 1
        # words without a garment
        await talk.says("/new", "Чистый лист")
        await talk.says("красное", "«красное»: какая это будет вещь?")
        await talk.draws("пальто", "Красное пальто")
        await talk.says("что надеть на свадьбу?", "Какую вещь нарисовать?")
        await talk.taps_and_gets("платье", "Платье на свадьбу")
        await talk.says("сумка с бахромой", "не по моей части")
        await talk.taps_and_gets("Нарисовать как есть", "Сумка с бахромой")
        await talk.draws("в чёрном", "Чёрная сумка с бахромой")
        await talk.draws("👗❤️", "Красное платье")
        await talk.says("🌵", "Некоторые эмодзи я понимаю")
        # what is under way is stopped, what is edited is drawn anew, elsewhere it goes on
        await _stops(talk, painter, "жёлтая панама", "начинаю рисовать", "Остановить", "Остановлен")
        await _edits(talk, "синяя панама", "зелёная панама", "Зелёная панама")
        await talk.draws("красная юбка и белая блузка", "Красная юбка")
        await talk.taps_and_gets("✨ белая блузка", "Белая блузка")
        await talk.says("красота!", "Попробуем в другом цвете?")
        await talk.says("давай", "Выберите: цвет")
        await talk.taps_and_gets("зелёный", "Зелёная блузка")
        await talk.says("верни как было", "Продолжаем: «белая блузка»")
        await _elsewhere(talk, "жёлтый плащ", "Жёлтый плащ", "These buttons belong to someone else")
        # manners
        await talk.does("Чудесный стикер", lambda: anna.send_sticker())
        await talk.does("Слушать я пока не умею", lambda: anna.send_voice())
        await talk.sends("Видео я не смотрю", video=VIDEO)
        await talk.sends("только слова и фотографии", location={"latitude": 55.7, "longitude": 37.6})
        await talk.does("больше 20 МБ", lambda: anna.send_file(jpeg(), "l.png", "image/png", size=25_000_000))
        await talk.does("как картинку", lambda: anna.send_file(b"%PDF", "a.pdf", "application/pdf"))
        await talk.does("повреждено", lambda: anna.send_file(jpeg()[:300], "a.jpg", "image/jpeg"))
        await talk.does("2000 символов", lambda: [anna.write("платье " * 500) for _ in range(3)])
        await talk.does("пересланное сообщение", lambda: anna.forward_post("Скидки! Серое худи — 990 ₽"))
        await talk.taps_and_gets("Нарисовать", "Серое худи")
        await talk.does("не вижу одежды", lambda: anna.forward_post("Погода на завтра"))
        await talk.does("Вижу: ", lambda: anna.forward_post("Распродажа пальто", jpeg()))
        await talk.says("赤いドレス", "Пока я читаю только")
        await talk.says("қызыл көйлек керек", "Пока я читаю только")
        await talk.does("Вижу: ", lambda: anna.send_photo(jpeg(), "  "))
        await talk.says("/fly", "Такой команды я не знаю")
        await talk.says("ghbdtn", "Что нарисовать?")
        # history, settings, privacy
        await talk.shows(lambda: anna.write("белая юбка"), "Белая юбка")
        page = await _page(talk, "/history", "Белая юбка")
        await talk.taps_and_sees("Раньше", "Новее", "Раньше", message=page)
        assert "Серое худи" in page["caption"]
        await talk.asks("Продолжить", "Продолжаем: «серое худи»", page)
        await talk.draws("в горошек", "Серое худи в горошек")
        settings = await talk.says("/settings", "Картинок на запрос: 2")
        await talk.taps_and_sees("4", "✓ 4", message=settings)
        await talk.taps_and_sees("женская", "✓ женская", message=settings)
        await talk.taps_and_sees("256", "✓ 256", message=settings)
        await talk.draws("белое поло", "Белое поло для женщин")
        assert (painter.requests[-1].count, painter.requests[-1].size) == (4, 256)
        await talk.taps_and_sees("English", "✓ English", "women's", message=settings)
        await talk.says("/help", "What I can do")
        await talk.taps_and_sees("Русский", "✓ Русский", message=settings)
        privacy = await talk.says("/privacy", "Что я о вас храню")
        await talk.taps("Прислать мне всё", "Собираю архив", message=privacy)
        await telegram.world.until(lambda: "document" in anna.from_bot[-1])
        _check_archive(telegram.world.files[anna.from_bot[-1]["document"]["file_id"]].content)
        await talk.asks("Удалить всё", "Вернуть их будет нельзя", privacy)
        await talk.asks("Да, удалить всё", "Готово")
        assert not anna.pictures
        assert not list((tmp_path / "pictures").rglob("*.png"))
        assert not list((tmp_path / "photos").rglob("*.png"))
        await talk.says("/history", "Здесь пока пусто")
    assert talk.turns >= 60


@pytest.mark.slow
async def test_a_conversation_in_english(tmp_path: Path) -> None:
    painter = Painter()
    async with TelegramServer() as telegram, running(telegram, tmp_path, painter):
        boris = telegram.world.person(2, "Boris", "en-GB")
        talk = Talk(boris)
        await talk.says("/start", "Hello, Boris! I am Lekalo")
        await talk.says("/help", "What I can do")
        await talk.says("hi", "What shall I draw?")
        await talk.says("what can you do?", "I draw clothes")
        await talk.says("who are you?", "I am Lekalo")
        await talk.says("how are you?", "my pencils are sharp")
        await talk.says("stop", "nothing to stop")
        await talk.says("more", "More of what?")
        await talk.says("/history", "Nothing here yet")
        first = await talk.draws("a long red dress", "A long red dress\ngarment: dress · colour: red")
        await talk.draws("make it warmer", "Long warm red dress")
        await talk.draws("shorter", "Midi warm red dress")
        await talk.draws("the same, but with long sleeves", "Midi warm red dress with long sleeves")
        await talk.draws("without sleeves", "red sleeveless dress")
        await talk.draws("make it striped", "red striped sleeveless dress")
        await talk.draws("without the pattern", "plain red sleeveless dress")
        await talk.draws("a skirt in the same style", "Midi warm plain red skirt")
        await talk.draws("in navy", "Long navy dress", reply_to=first)
        await talk.draws("another one please", "Long navy dress")
        await talk.says("great!", "I'm glad you like it")
        await talk.says("where can I buy it?", "You can't buy what I draw")
        await talk.says("I don't like it", "Let's make it better")
        await talk.says("ok", "Tell me what to draw")
        await talk.says("no", "Write when you have an idea")
        await talk.says("bye", "See you!")
        await talk.taps_and_sees("2", "· 2 ·")
        await talk.taps("👍", "you like it")
        await talk.taps("❤️", "Taken back")
        await talk.taps("👎", "not your style")
        await talk.taps_and_sees("Change", "garment: dress", "colour: navy", "fit: —", "Back")
        await talk.taps_and_sees("length", "✓ long", "midi", "Any")
        await talk.taps_and_gets("Any", "Navy dress")
        await talk.taps_and_sees("Change", "garment: dress")
        await talk.taps_and_sees("garment", "✓ 👗 dress", "hoodie")
        await talk.taps_and_gets("hoodie", "Navy hoodie")
        await talk.taps_and_sees("Change", "garment: hoodie")
        await talk.taps_and_sees("Back", "👍")
        await talk.taps_and_gets("More", "Navy hoodie")
        await talk.taps_and_gets("Variations", "Variations of your picture.")
        await talk.taps("As a file", "Sending the file")
        await talk.asks("Mix", "What shall I mix it with?")
        older = next(m for m in boris.from_bot if any("More" in label for label in talk.labels(m)))
        await talk.taps_and_gets("Mix", "A mix, 50 : 50.", message=older)
        await talk.taps_and_gets("30 : 70", "A mix, 30 : 70.")
        shown = len(boris.pictures)
        await talk.taps("Delete", "Deleted")
        await telegram.world.until(lambda: talk.buttons.get("text") == "What next?")
        await talk.taps("Delete", "Deleted")
        await telegram.world.until(lambda: len(boris.pictures) == shown - 2)
        question = await talk.does("I see: brown leopard trousers", lambda: boris.send_photo(jpeg()))
        await talk.taps_and_sees("Other garments", "bodysuit", message=question)
        await talk.taps_and_gets("blouse", "Blouse\nIn the style of your photo.", message=question)
        await talk.does("I see: ", lambda: boris.send_photo(jpeg(colour="red")))
        second = await talk.does("I see: ", lambda: boris.send_photo(jpeg(colour="blue")))
        await talk.taps_and_gets("Mix with the photo before", "A mix, 50 : 50.", message=second)
        await talk.does("Two photos", lambda: boris.send_album([jpeg(), jpeg(colour="blue")]))
        await talk.taps_and_gets("shirt", "In the style of your photos.")
        await talk.shows(lambda: boris.send_photo(jpeg(), "a coat like this"), "A coat like this")
        await talk.says("/new", "A clean sheet")
        await talk.says("a jacket in the same style", "send me the photo")
        await talk.shows(lambda: boris.send_photo(jpeg()), "A jacket in the same style")
        await talk.draws("a green coat", "A green coat")
        question = await talk.does("I see: ", lambda: boris.send_photo(jpeg()))
        await talk.taps_and_gets("a green coat", "A green coat\ngarment: coat", message=question)
        await talk.says("something for a wedding", "Which garment shall I draw?")
        await talk.taps_and_sees("Other garments", "polo")
        await talk.taps_and_gets("blazer", "Wedding blazer")
        await talk.says("a scarf with tassels", "is not in my repertoire")
        await talk.taps_and_gets("Draw it as is", "A scarf with tassels")
        await talk.draws("👖🐆", "Leopard trousers")
        await talk.says("🌵", "I can read some emoji")
        await talk.says("une robe rouge", "I only read English and Russian")
        await talk.does("A lovely sticker", lambda: boris.send_sticker())
        await talk.does("I can't listen", lambda: boris.send_voice())
        await talk.sends("I can't watch videos", animation=VIDEO)
        await talk.does("at most 20 MB", lambda: boris.send_file(b"", "a.mov", "x/y", size=25_000_000))
        await talk.does("cannot open this file", lambda: boris.send_file(b"zip", "a.zip", "application/zip"))
        await talk.does("is damaged", lambda: boris.send_file(jpeg()[:300], "a.jpg", "image/jpeg"))
        await talk.says("x" * 4000, "2000 characters")
        await talk.does("forwarded post", lambda: boris.forward_post("Sale: the coziest grey hoodie"))
        await talk.taps_and_gets("Draw", "Grey hoodie")
        await _stops(talk, painter, "a yellow hat", "starting to draw", "Stop", "Stopped")
        await _edits(talk, "a blue hat", "a green hat", "A green hat")
        await talk.draws("a red skirt and a white blouse", "Red skirt")
        await talk.taps_and_gets("✨ white blouse", "White blouse")
        await talk.says("beautiful!", "Shall we try it in another colour?")
        await talk.says("yes please", "Choose: colour")
        await talk.taps_and_gets("green", "Green blouse")
        await talk.says("go back", "We go on with “white blouse”")
        await _elsewhere(talk, "a yellow coat", "A yellow coat", "Это кнопки другого человека")
        page = await _page(talk, "/history", "A yellow coat")
        await talk.taps_and_sees("Older", "Newer", message=page)
        await talk.asks("Go on", "We go on with", page)
        await talk.does("I see: ", lambda: boris.send_photo(jpeg(), "  "))
        settings = await talk.says("/settings", "Pictures per request: 2")
        await talk.taps_and_sees("1", "✓ 1", message=settings)
        one = await talk.draws("a white shirt", "A white shirt")
        assert "👍" in talk.labels(one)  # one picture carries its buttons itself
        await talk.taps_and_sees("Change", "garment: shirt", message=one)
        await talk.taps("Back", message=one)
        privacy = await talk.says("/privacy", "What I keep about you")
        await talk.asks("Delete everything", "cannot be undone", privacy)
        kept = talk.buttons
        await talk.taps("No, keep it", message=kept)
        await boris.hears("everything stays as it is")
        await talk.says("/nonsense", "I do not know this command")
    assert talk.turns >= 60


async def _stops(talk: Talk, painter: Painter, wish: str, status: str, stop: str, stopped: str) -> None:
    """A wish is stopped while it is drawn, by the button and by the command."""
    painter.held = lambda: True
    drawn = len(talk.person.pictures)
    for press in (True, False):
        shown = await talk.says(wish, status)
        if press:
            await talk.taps(stop, stopped, message=shown)
        else:
            await talk.says("/cancel", stopped)
        await talk.person.world.until(lambda shown=shown: shown not in talk.person.messages)
    painter.held = lambda: False
    assert len(talk.person.pictures) == drawn


async def _edits(talk: Talk, wish: str, edited: str, caption: str) -> None:
    await talk.draws(wish, wish.capitalize())
    written = next(m for m in reversed(talk.person.messages) if m.get("text") == wish)
    await talk.shows(lambda: talk.person.edit(written, edited), caption)


async def _elsewhere(talk: Talk, wish: str, caption: str, refused: str) -> None:
    """In a group the bot is mentioned, replied to and commanded, another presses the buttons; inline."""
    world, person = talk.person.world, talk.person
    other = world.person(9, "Eve", "en" if person.user["language_code"] == "ru" else "ru")
    here = Talk(person.at(world.group("Club", person, other)))
    await here.draws(f"@lekalo_bot {wish}", caption)
    stranger = other.at(here.person.chat)
    answer = await stranger.answered(stranger.tap(here.buttons, "👍"))
    assert refused in answer["text"] and answer["show_alert"]
    assert {offer["title"] for offer in await person.offered(person.inline(wish))} == {caption}
    talk.turns += here.turns + 2


async def _page(talk: Talk, command: str, caption: str) -> dict[str, Any]:
    """The message in which the history is turned over."""
    talk.turns += 1
    person = talk.person
    seen = len(person.messages)
    person.write(command)
    found: dict[str, Any] = await person.world.until(
        lambda: next((m for m in person.messages[seen:] if caption in m.get("caption", "")), None), 60
    )
    return found


def _check_archive(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        [profile] = json.loads(archive.read("profile.json"))
        requests = json.loads(archive.read("requests.json"))
    assert profile["first_name"] == "<Анна> & Co"
    assert "прямые леопардовые джинсы" in [request["prompt"] for request in requests]
    assert any(name.startswith("pictures/") for name in names)
    assert any(name.startswith("photos/") for name in names)
