"""What shoppers really write, and what is made of it: slang, slips, stories, refusals, and no garment at all.

Each line stands for a class of messages; what is drawn is said again in the garment's own words.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.stylist.foreign import is_foreign, language_of
from bot.stylist.garment import Garment, merged
from bot.stylist.kin import kin_of
from bot.stylist.reading import read
from bot.stylist.smalltalk import Talk, chat_about, despite_a_garment, smalltalk
from bot.stylist.tidying import has_link, in_cyrillic, without_links
from bot.stylist.wording import negative, say


def new(text: str) -> Garment:
    reading = read(text)
    return merged(Garment(), reading.garment, reading.without, reading.steps)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # diminutives, slang, borrowed words
        ("худак оверсайз чёрный", "чёрный худак оверсайз"),
        ("кроссы найк белые", "белые кроссы найк"),
        ("чёрненькие туфельки", "чёрные туфельки"),
        ("синенькая юбочка", "синяя юбочка"),
        ("велосипедки", "велосипедки"),
        ("куртка-бомбер хаки", "оливковая куртка-бомбер"),
        ("a sick lbd", "lbd"),
        ("слыш нарисуй косуху", "косуха"),
        ("кепон красный", "красный кепон"),
        ("хочу плащик как у детектива", "плащик как у детектива"),
        ("сделай юбку А-силуэта", "расклешённая юбка"),
        ("tartan kilt", "checked kilt"),
        # slips of the finger, and Russian in Latin letters
        ("чорное платте", "чёрное платье"),
        ("blakc dress", "black dress"),
        ("swetshirt grey", "grey sweatshirt"),
        ("a strpied shirt", "striped shirt"),
        ("krasnoe plat'e", "красное платье"),
        ("chernye dzhinsy", "чёрные джинсы"),
        ("юпка в палоску", "полосатая юбка"),
        ("краснае плате", "красное платье"),
        ("чорная касуха", "чёрная косуха"),
        ("курточька с капюшёном", "курточка с капюшоном"),
        ("red drss", "red dress"),
        ("blck shrt", "black shirt"),
        ("lether jaket", "leather jacket"),
        ("a single-breasted blazer", "single breasted blazer"),
        ("pencil skirt black", "black pencil skirt"),
        ("a shirt w/ puffy sleeves, white", "white shirt with puffy sleeves"),
        ("tight jeans", "skinny jeans"),
        # for whom
        ("платье для дочки 5 лет на утренник", "детское платье на утренник"),
        ("пальто маме на осень", "женское пальто на осень"),
        ("men's navy overcoat", "navy men's overcoat"),
        ("princess dress for a 5 year old girl", "kids' princess dress"),
        ("kids raincoat yellow", "yellow kids' raincoat"),
        # colours and patterns that have another name here
        ("свитер под ёлочку", "полосатый свитер"),
        ("платье под леопарда", "леопардовое платье"),
        ("мятный свитшот", "бирюзовый свитшот"),
        ("платье цвета шампань", "бежевое платье"),
        ("хочу тёмно-оранжевую куртку", "оранжевая куртка"),
        ("dusty lilac dress", "lilac dress"),
        ("salmon polo", "pink polo"),
        ("коралловая блузка", "оранжевая блузка"),
        ("rose gold dress", "pink dress"),
        ("гусиная лапка пиджак", "клетчатый пиджак"),
        ("houndstooth blazer", "checked blazer"),
        ("сарафан льняной", "сарафан из льна"),
        # a colour that is not the garment's
        ("у меня рыжие волосы и зелёные глаза, какое платье мне пойдёт?", "платье"),
        ("чёрное платье с белым воротничком", "чёрное платье с белым воротничком"),
        ("блузка к синей юбке", "блузка"),
        ("под синюю юбку нужна блузка", "блузка"),
        ("нарисуй девушку в красном платье", "красное платье"),
        ("would it go with white sneakers?", "white sneakers"),
        ("туфли к этому чёрному платью", "туфли"),
        # what is said of the second of two garments is not said of the first
        ("белые кеды и джинсы клёш", "белые кеды"),
        ("skirt and matching top", "skirt"),
        ("красные туфли и чёрная сумочка", "красные туфли"),
        ("red shoes and a black handbag", "red shoes"),
        # signs and words together
        ("красное 👗", "красное платье"),
        # refusals
        ("не хочу ничего розового, хочу платье", "платье"),
        ("кофта любого цвета кроме чёрного", "кофта"),
        ("i don't want anything pink, i want a dress", "dress"),
        ("платье без полосок", "однотонное платье"),
        ("не красное, а синее платье", "синее платье"),
        ("юбка не в клетку, а в горошек", "юбка в горошек"),
        ("any colour but black, a coat", "coat"),
        ("джинсы, только не скинни", "джинсы"),
        # a change of mind in one breath
        ("платье, нет, лучше юбка", "юбка"),
        ("not a dress but a skirt", "skirt"),
        ("instead of a dress a skirt", "skirt"),
        ("Красное платье или синее?", "красное платье"),
        # a garment amid a story
        (
            "Вчера была на дне рождения у подруги, там была девушка в потрясающем изумрудном платье в пол, "
            "и я теперь хочу такое же",
            "потрясающее зелёное платье макси",
        ),
        (
            "My grandma turns 80 and the dress code is cocktail. I hate pink. I'd love an emerald dress!",
            "green dress",
        ),
        ("надо юбку ну такую знаешь ну чтоб прям до колена и чтобы чёрная", "чёрная юбка миди"),
        ("смотри https://www.lamoda.ru/p/abc хочу такое платье", "платье"),
    ],
)
def test_what_is_drawn(text: str, said: str) -> None:
    assert say(new(text), language_of(text) or "ru") == said


@pytest.mark.parametrize(
    ("text", "away"),
    [
        ("платье без полосок", ""),
        ("тёплое пальто, но не чёрное и не серое", "black, grey"),
        ("куртка без капюшона и карманов", "hood, pockets"),
        ("не красное, а синее платье", ""),
        ("I hate pink, a dress please", "pink"),
        ("розовый мне не нужен, без розового, платье", "pink"),
        ("красное платье", ""),
    ],
)
def test_what_the_model_is_steered_away_from(text: str, away: str) -> None:
    assert negative(new(text)) == away


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("не такое длинное", "синее платье миди в горошек"),
        ("not so long", "midi blue polka-dot dress"),
        ("длинновато", "синее платье миди в горошек"),
        ("not so bright", "long navy polka-dot dress"),
        ("сделай поскромнее", "длинное тёмно-синее платье в горошек"),
        ("давай посмотрим в жёлтом", "длинное жёлтое платье в горошек"),
        ("could we see it in yellow", "long yellow polka-dot dress"),
        ("how about green?", "long green polka-dot dress"),
        ("супер, а теперь чёрное", "длинное чёрное платье в горошек"),
        ("great, now black", "long black polka-dot dress"),
        ("can you make the sleeves longer", "long blue polka-dot dress with long sleeves"),
        ("мне не идёт синий", "длинное платье в горошек"),
        ("blue doesn't suit me", "long polka-dot dress"),
        ("anything but blue", "long polka-dot dress"),
        ("нет, лучше юбка", "длинная синяя юбка в горошек"),
        ("no, a skirt", "long blue polka-dot skirt"),
        ("as a skirt", "long blue polka-dot skirt"),
        ("нет, я имела в виду красное", "длинное красное платье в горошек"),
        ("i asked for red", "long red polka-dot dress"),
        ("с бантом", "длинное синее платье в горошек с бантом"),
        ("with a bow", "long blue polka-dot dress with a bow"),
        ("на лето", "длинное синее платье в горошек на лето"),
        ("smaller dots", "long blue polka-dot smaller dress"),
        ("сделай на девочку 3 года", "длинное синее детское платье в горошек"),
        ("жёлтое как солнце", "длинное жёлтое платье в горошек как солнце"),
        ("поменьше рукав", "длинное синее платье в горошек с коротким рукавом"),
        ("to the floor", "maxi blue polka-dot dress"),
        ("red as the sun", "long red polka-dot dress as the sun"),
        ("nah too bright", "long navy polka-dot dress"),
        ("make it cozy", "long warm blue polka-dot dress"),
        ("рукава слишком длинные", "длинное синее платье в горошек с коротким рукавом"),
        ("the sleeves are too long", "long blue polka-dot dress with short sleeves"),
    ],
)
def test_what_a_follow_up_makes_of_a_dress(text: str, said: str) -> None:
    base, reading = new("длинное синее платье в горошек"), read(text)
    assert reading.changes or reading.adds
    assert reading.continues or not (reading.garment.type or reading.vague or reading.stranger)
    if text.isascii():
        base = replace(base, noun="dress")
    assert say(merged(base, reading.garment, reading.without, reading.steps), "ru") == said


def test_a_refusal_lasts_until_it_is_taken_back() -> None:
    garment = new("платье, только не красное")
    for text, away in (("длиннее", "red"), ("без карманов", "red, pockets"), ("а теперь красное", "pockets")):
        reading = read(text)
        garment = merged(garment, reading.garment, reading.without, reading.steps)
        assert negative(garment) == away
    assert Garment.from_json(garment.to_json()) == garment
    hooded = merged(new("куртка с капюшоном"), Garment(), read("lose the hood").without)
    assert hooded.details == () and hooded.without == ("hood",)
    blue = merged(new("синее платье"), Garment(), read("не красное").without)
    assert blue.colour == "blue"  # what is refused was not what it has


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("красная юбка и белая блузка", "белая блузка"),
        ("красные туфли и чёрная сумочка", "чёрная сумочка"),
        ("a blue shirt and black trousers", "black trousers"),
        ("блузка к синей юбке", ""),
        ("красная юбка", ""),
    ],
)
def test_the_second_of_two_garments_is_kept_for_later(text: str, then: str) -> None:
    assert new(text).then == then


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("тёмно-синий костюм", "blazer"),
        ("jumpsuit in emerald", "body"),
        ("купальник в горошек", "body"),
        ("шарф красный", "hat"),
        ("сумка через плечо", None),
    ],
)
def test_what_is_not_drawn_has_kin(text: str, types: str | None) -> None:
    kin = kin_of(text)
    assert kin is not None and read(text).stranger
    assert next(iter(kin.types), None) == types
    assert kin_of("платье") is None and kin_of("what suits me?") is None


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("спасибо за платье!", Talk.THANKS),
        ("где купить такое платье?", Talk.SHOP),
        ("how much is this coat?", Talk.SHOP),
        ("платье ужасное", Talk.DISLIKE),
        ("чем отличается блузка от рубашки?", Talk.EXPLAIN),
        ("what's the difference between a blouse and a shirt?", Talk.EXPLAIN),
        ("какие платья ты умеешь рисовать?", Talk.RANGE),
        ("I love this dress", Talk.PRAISE),
        ("есть платье 46 размера?", Talk.SHOP),
        ("do you have a red dress?", None),
        ("красное платье", None),
        ("хочу купить белые кроссовки", None),
        ("a nice dress", None),
        ("какое-нибудь платье в горошек", None),
    ],
)
def test_talk_about_a_garment_is_no_wish(text: str, talk: Talk | None) -> None:
    assert despite_a_garment(text) is talk


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("❤️", Talk.PRAISE),
        ("👗❤️", None),
        ("удиви меня", Talk.SURPRISE),
        ("surprise me", Talk.SURPRISE),
        ("@somebody привет", Talk.HELLO),
        ("ты тут?", Talk.HELLO),
        ("ок, спасибо", Talk.THANKS),
        ("ладно, спасибо", Talk.THANKS),
        ("tysm", Talk.THANKS),
        ("👍🏽", Talk.PRAISE),
        ("you're the best!", Talk.PRAISE),
        ("yes please", Talk.YES),
        ("yes pls", Talk.YES),
        ("ну такое", Talk.DISLIKE),
        ("спасибо, ты супер!", Talk.PRAISE),
        ("а первый вариант был лучше", Talk.BACK),
        ("the first one was better", Talk.BACK),
        ("нууу", Talk.DISLIKE),
        ("hmmm", Talk.DISLIKE),
        ("ну", None),
        ("Класс! Ещё", Talk.MORE),
        ("thanks, bye!", Talk.BYE),
        ("see ya", Talk.BYE),
        ("couple more", Talk.MORE),
        ("привет, красное платье", None),
        ("meh", Talk.DISLIKE),
        ("obsessed!!", Talk.PRAISE),
        ("давай попробуем", Talk.YES),
        ("forget it", Talk.NO),
        ("извини", Talk.SORRY),
        ("верни как было", Talk.BACK),
        ("undo", Talk.BACK),
        ("a few more", Talk.MORE),
        ("скучно", Talk.UNSURE),
        ("idk", Talk.UNSURE),
        ("почему бы не в красном", None),
        ("верни карманы", None),
    ],
)
def test_small_talk(text: str, talk: Talk | None) -> None:
    assert smalltalk(text) is talk


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("ты тупой", Talk.RUDE),
        ("you are useless", Talk.RUDE),
        ("какая погода в москве", Talk.ELSE),
        ("tell me a joke", Talk.ELSE),
        ("what colours can you draw?", Talk.RANGE),
        ("лол", Talk.LAUGH),
        ("это не джинсы", Talk.DISLIKE),
        ("какие размеры есть?", Talk.SHOP),
        ("do you ship to Germany", Talk.SHOP),
        ("are you real", Talk.WHO),
        ("ты живой?", Talk.WHO),
        ("на модели", Talk.SCENE),
        ("white background", Talk.SCENE),
        ("погода", Talk.ELSE),
        ("шо за дичь", Talk.DISLIKE),
        ("цвет норм, а фасон не очень", Talk.DISLIKE),
        ("color is fine but the cut isn't great", Talk.DISLIKE),
        ("сколько тебе лет", Talk.WHO),
        ("how old are you", Talk.WHO),
        ("wtf is that", Talk.DISLIKE),
        ("что сейчас модно?", Talk.UNSURE),
        ("what's in fashion now?", Talk.UNSURE),
        ("i'm a size 14, what suits me?", Talk.UNSURE),
        ("что думаешь?", Talk.OPINION),
        ("what do you think?", Talk.OPINION),
        ("фывапр", None),
    ],
)
def test_talk_beside_the_point(text: str, talk: Talk | None) -> None:
    assert not read(text).garment.type
    assert chat_about(text) is talk


@pytest.mark.parametrize(
    "text",
    [
        "smth for the office",
        "розовое чё-нибудь",
        "во что одеться на собеседование",
        "лук на осень",
        "нужен аутфит",
        "what should I wear to a funeral",
    ],
)
def test_a_wish_that_leaves_the_garment_open(text: str) -> None:
    assert read(text).vague and not read(text).garment.type


def test_languages() -> None:
    assert is_foreign("хочу червону сукню") and is_foreign("Ich möchte ein rotes Kleid")
    assert [language_of(text) for text in ("хочу jeans", "I want a coat", "jeans", "une robe rouge")] == [
        *("ru", "en", None, None)
    ]
    assert is_foreign("қызыл көйлек") and is_foreign("чорна сукня")
    assert not read("ein rotes Kleid").garment.named


def test_links_are_no_words() -> None:
    assert has_link("https://example.com/dress") and without_links("https://example.com/dress") == ""
    assert not read("https://example.com/dress").garment.type
    assert in_cyrillic("sinyaya yubka") == "синяя юбка"
    assert in_cyrillic("синяя yubka") == ""
    assert not read("a stapler and a plate").garment.type


def test_ordinary_words_are_no_slips() -> None:
    for text in ("my parts of the show", "books on the block", "plants while I write", "a great street"):
        assert not read(text).garment.named, text


def test_a_second_garment_makes_no_follow_up_of_what_comes_after() -> None:
    base = new("блузка и рубашка")
    assert base.then == "рубашка"
    assert not read("сколько тебе лет").changes_words(base)
    assert read("без банта").changes_words(new("блузка с бантом и юбка"))
