"""What messages ask for, in both languages: garments, changes of them, talk; and garments said in words."""

from __future__ import annotations

import pytest

from bot.stylist.foreign import is_foreign
from bot.stylist.garment import Garment, changed, merged, stepped
from bot.stylist.ownwords import manner
from bot.stylist.reading import is_asked, read
from bot.stylist.smalltalk import Talk, chat_about, smalltalk
from bot.stylist.wording import for_whom, negative, say


def new(text: str) -> Garment:
    reading = read(text)
    return merged(Garment(), reading.garment, reading.without, reading.steps)


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("Привет!", Talk.HELLO),
        ("добрый день :)", Talk.HELLO),
        ("hi there", Talk.HELLO),
        ("Спасибо большое!!!", Talk.THANKS),
        ("thx", Talk.THANKS),
        ("Класс!", Talk.PRAISE),
        ("I love it", Talk.PRAISE),
        ("Покажи ещё варианты", Talk.MORE),
        ("another one please", Talk.MORE),
        ("хватит", Talk.STOP),
        ("привет, нарисуй джинсы", None),
        ("a hello kitty t-shirt", None),
        ("", None),
    ],
)
def test_small_talk(text: str, talk: Talk | None) -> None:
    assert smalltalk(text) is talk


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("Что ты умеешь?", Talk.ABILITIES),
        ("what can you do?", Talk.ABILITIES),
        ("а кто ты такой", Talk.WHO),
        ("сколько стоит такое?", Talk.SHOP),
        ("фу, не нравится", Talk.DISLIKE),
        ("сумка с бахромой", None),
    ],
)
def test_what_a_message_without_a_garment_is_about(text: str, talk: Talk | None) -> None:
    assert chat_about(text) is talk


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("прямые леопардовые джинсы", "прямые леопардовые джинсы"),
        ("Хочу купить белые кроссовки", "белые кроссовки"),
        ("красную юбку в клетку", "красная клетчатая юбка"),
        ("белая рубашка в узкую синюю полоску", "белая рубашка в синюю полоску"),
        ("чёрно-белая футболка", "чёрно-белая футболка"),
        ("длинное вечернее платье из шёлка с бахромой", "длинное вечернее шёлковое платье с бахромой"),
        ("свободное худи с капюшоном без рисунка", "свободное однотонное худи с капюшоном"),
        ("строгий чёрный пиджак на одной пуговице", "строгий чёрный пиджак на одной пуговице"),
        ("платье не красное", "платье"),
        ("👗❤️", "красное платье"),
        ("👖🐆", "леопардовые брюки"),
        ("could you draw me a navy coat with big buttons", "navy coat with big buttons"),
        ("a warm knitted sweater", "warm knitted sweater"),
        ("a blue striped shirt", "blue striped shirt"),
        ("платье без рукавов", "платье без рукавов"),
    ],
)
def test_a_wish_is_read_and_said_again(text: str, said: str) -> None:
    assert say(new(text), "ru") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("а теперь в красном", "длинная красная юбка в белый горошек"),
        ("без рисунка", "длинная однотонная чёрная юбка"),
        ("убери горошек", "длинная однотонная чёрная юбка"),
        ("короче", "чёрная юбка миди в белый горошек"),
        ("сделай потеплее", "длинная тёплая чёрная юбка в белый горошек"),
        ("пиджак того же стиля", "длинный чёрный пиджак в белый горошек"),
        ("и джинсы такие же", "чёрные джинсы в белый горошек"),
        ("светлее", "длинная серая юбка в белый горошек"),
        ("с карманами", "длинная чёрная юбка в белый горошек с карманами"),
        ("лучше в белую клетку", "длинная чёрная юбка в белую клетку"),
        ("в цветочек", "длинная чёрная цветочная юбка"),
        ("из кожи", "длинная чёрная кожаная юбка в белый горошек"),
        ("make it red", "длинная красная юбка в белый горошек"),
        ("слишком тёмная", "длинная серая юбка в белый горошек"),
        ("слишком длинная", "чёрная юбка миди в белый горошек"),
        ("а можно в синем цвете?", "длинная синяя юбка в белый горошек"),
    ],
)
def test_a_follow_up_changes_only_what_it_names(text: str, said: str) -> None:
    reading = read(text)
    assert reading.changes
    base = new("длинная чёрная юбка в белый горошек")
    assert say(merged(base, reading.garment, reading.without, reading.steps), "ru") == said


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("make it warmer", "shorter"), "midi warm red dress"),
        (("now with long sleeves", "as a skirt"), "long red skirt"),
        (("the same in blue", "without the pattern"), "long plain blue dress"),
        (("add pockets", "without pockets"), "long red dress"),
        (("darker", "looser"), "loose long burgundy dress"),
    ],
)
def test_follow_ups_follow_each_other(texts: tuple[str, ...], said: str) -> None:
    garment = new("a long red dress")
    for text in texts:
        reading = read(text)
        garment = merged(garment, reading.garment, reading.without, reading.steps)
    assert say(garment, "en") == said


def test_own_words_are_taken_away_again() -> None:
    base = new("белая блузка с бантом и жабо")
    for text in ("убери бант", "только без банта", "remove бант"):
        reading = read(text)
        assert reading.changes_words(base)
        changed_ = merged(base, reading.garment, reading.without, reading.steps)
        assert "бант" not in say(changed_, "ru"), text
    one = new("пиджак на одной пуговице с хлястиком")
    assert say(merged(one, Garment(), read("убери пуговицу").without), "ru") == "пиджак с хлястиком"
    sewn = new("embroidered flared jeans")
    assert say(merged(sewn, Garment(), read("no embroidery").without), "en") == "flared jeans"
    assert not read("без тебя скучно").changes_words(base)
    assert not read("без тебя скучно").changes
    assert say(new("кеды без шнурков"), "ru") == "кеды без шнурков"


def test_of_two_garments_the_first_is_drawn() -> None:
    assert say(new("розовый пиджак и белые брюки"), "ru") == "розовый пиджак"
    assert say(new("платье-рубашка в мелкую полоску"), "ru") == "полосатое платье-рубашка"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Хочу красную юбку", True),
        ("Привет! Нарисуй мне, пожалуйста, свитер", True),
        ("I'd like a red dress", True),
        ("could you draw me a coat", True),
        ("красная юбка", False),
        ("a red dress", False),
    ],
)
def test_a_request_is_told_from_a_name(text: str, asked: bool) -> None:
    assert is_asked(text) is asked


def test_something_unknown_is_no_follow_up() -> None:
    assert read("чёрная сумка").stranger and read("men's navy suit").stranger
    assert not read("что если из шёлка?").stranger
    assert not read("с бантом").stranger
    assert read("в другом цвете").asks == "colour" and read("another pattern").asks == "pattern"


def test_what_is_not_wanted_steers_the_model_away() -> None:
    assert negative(new("пальто без карманов и без капюшона")) == "hood, pockets"
    assert negative(new("платье без рисунка")) == ""
    assert negative(new("платье не красное и без полосок")) == "red"
    assert negative(new("блузка без банта")) == "бант"
    assert negative(new("I don't want pink, a dress")) == "pink"


def test_what_a_message_refers_to() -> None:
    assert read("пиджак того же стиля").style and not read("пиджак того же стиля").pictured
    assert read("пиджак как на фото").pictured
    assert read("a blazer in the same style").style
    assert read("вот фото").photo and read("here is the photo").photo
    assert not read("вот фото красного платья").photo
    assert read("а теперь платье").continues and not read("красное платье").continues
    assert read("something for a wedding").vague and not read("a dress for a wedding").vague
    assert not read("сумка").changes and read("сумка").garment.rest == "сумка"
    assert read("хочу уже новое платье").steps == () and read("поуже").steps == ("tighter",)


def test_words_that_no_table_has_are_kept_and_agree() -> None:
    bag = new("сумка с бахромой")
    assert say(changed(bag, "colour", "black"), "ru") == "чёрная сумка с бахромой"
    coat = new("строгое серое пальто с меховым воротником")
    assert say(changed(coat, "type", "skirt"), "ru") == "строгая серая юбка с меховым воротником"
    assert manner("надеть на свадьбу") == "на свадьбу"
    assert manner("наряд") == ""


def test_a_garment_survives_its_json_and_tables_that_have_changed() -> None:
    garment = new("длинное вечернее красное платье в белый горошек с бахромой")
    assert Garment.from_json(garment.to_json()) == garment
    old = Garment.from_json({"type": "crinoline", "colour": "red", "details": ["lace", "whalebone"]})
    assert old == Garment(colour="red", details=("lace",))
    assert Garment.from_json(None) == Garment()


def test_steps_end_somewhere() -> None:
    garment = new("юбка макси")
    for _ in range(5):
        garment = stepped(garment, "shorter")
    assert garment.length == "mini"
    for _ in range(9):
        garment = stepped(garment, "darker")
    assert garment.colour == "black"


def test_clothes_for_women_or_men_unless_it_is_said() -> None:
    assert for_whom("красное пальто", "women") == "красное пальто для женщин"
    assert for_whom("a red coat", "men") == "a red coat for men"
    assert for_whom("мужское пальто", "women") == "мужское пальто"
    assert for_whom("", "women") == ""
    assert for_whom("пальто", None) == "пальто"


@pytest.mark.parametrize(
    ("words", "foreign"),
    [
        ("une robe rouge s'il vous plaît", True),
        ("ein rotes Kleid bitte", True),
        ("червона сукня, будь ласка, і капелюх", True),
        ("赤いドレス", True),
        ("صورة فستان", True),
        ("сумка", False),
        ("a scarf with tassels", False),
        ("blah", False),
    ],
)
def test_other_languages(words: str, foreign: bool) -> None:
    assert is_foreign(words) is foreign


def test_what_is_picked_from_the_buttons_is_called_as_there() -> None:
    picked = changed(new("тёплое зелёное худи"), "type", "longsleeve")
    assert say(picked, "ru") == "тёплый зелёный свитер"
    assert say(changed(new("a green skirt"), "type", "longsleeve"), "en") == "green sweater"
    assert say(changed(new("a green skirt"), "type", "pants"), "en") == "green trousers"


def test_english_keeps_its_articles() -> None:
    assert say(new("a jacket for the office"), "en") == "jacket for the office"
    bow = new("draw me a green blouse with a bow please")
    assert say(bow, "en") == "green blouse with a bow"
    assert say(merged(bow, Garment(), read("remove the bow").without), "en") == "green blouse"
