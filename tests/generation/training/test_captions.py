"""Captions agree, say what the look is, and keep some phrasings for judging."""

from __future__ import annotations

import random
import time
from typing import Literal

import pytest

from generation.training import captions
from generation.training.captions import caption, styled
from generation.vocabulary import Look, understand
from generation.words import COLOURS, FITS, LENGTHS, PATTERNS, TYPES, Noun

LANGUAGES: tuple[Literal["ru", "en"], ...] = ("ru", "en")


def random_look(rng: random.Random) -> Look:
    type_, colour, pattern = rng.choice(list(TYPES)), rng.choice(list(COLOURS)), rng.choice(list(PATTERNS))
    second = None
    if PATTERNS[pattern].ru_inked and rng.random() < 0.6:
        second = rng.choice([other for other in COLOURS if other != colour])
    return Look(
        type_,
        colour,
        pattern,
        second,
        rng.choice([None, *(fit for fit, trait in FITS.items() if type_ in trait.types)]),
        rng.choice([None, *(length for length, trait in LENGTHS.items() if type_ in trait.types)]),
        rng.random() < 0.2,
    )


@pytest.mark.parametrize(
    ("adjective", "gender", "case", "form"),
    [
        ("красный", "m", "nomn", "красный"),
        ("красный", "f", "nomn", "красная"),
        ("красный", "n", "nomn", "красное"),
        ("красный", "p", "nomn", "красные"),
        ("красный", "m", "accs", "красный"),
        ("красный", "f", "accs", "красную"),
        ("красный", "n", "accs", "красное"),
        ("красный", "p", "accs", "красные"),
        ("синий", "f", "gent", "синей"),
        ("тёмно-синий", "f", "accs", "тёмно-синюю"),
        ("обтягивающий", "p", "gent", "обтягивающих"),
    ],
)
def test_adjectives_agree(adjective: str, gender: str, case: captions.Case, form: str) -> None:
    assert captions.adjective(adjective, gender, case) == form


@pytest.mark.parametrize(
    ("noun", "case", "plural", "form"),
    [
        (Noun("куртка", "", "f", True, None), "accs", False, "куртку"),
        (Noun("джинсы", "", "p", True, None), "accs", False, "джинсы"),
        (Noun("джинсы", "", "p", True, None), "gent", False, "джинсов"),
        (Noun("пальто", "", "n", False, None), "gent", False, "пальто"),
        (Noun("рубашка", "поло", "f", True, None), "accs", False, "рубашку поло"),
        (Noun("свитшот", "", "m", True, None), "gent", False, "свитшота"),
        (Noun("топик", "", "m", True, None), "nomn", True, "топики"),
        (Noun("леггинсы", "", "p", True, None), "gent", False, "леггинсов"),
        (Noun("панама", "", "f", True, None), "nomn", True, "панамы"),
        (Noun("платье", "", "n", True, None), "gent", True, "платьев"),
    ],
)
def test_nouns_are_declined(noun: Noun, case: captions.Case, plural: bool, form: str) -> None:
    assert captions._declined(noun, case, plural) == form


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        (Look("outwear", "red"), {"хочу красную куртку", "красная куртка", "рисунок красной куртки"}),
        (Look("dress", "black", "dotted"), {"чёрное платье в горошек", "хочу чёрное платье в горошек"}),
        (Look("blazer", "blue"), {"синий пиджак", "пиджак синего цвета", "нарисуй синий пиджак"}),
        (Look("pants", "brown", "leopard", fit="straight"), {"прямые леопардовые джинсы"}),
        (
            Look("skirt", "black", "striped", "white"),
            {"чёрно-белая полосатая юбка", "чёрная юбка в белую полоску"},
        ),
        (Look("shoes", "white"), {"белые кеды", "покажи мне белые кроссовки"}),
    ],
)
def test_russian_phrasings_a_shopper_would_write(look: Look, wanted: set[str]) -> None:
    rng = random.Random(1)
    said = {caption(look, "ru", rng).lower().rstrip(".!…").replace("ё", "е") for _ in range(20_000)}
    assert {text.replace("ё", "е") for text in wanted} <= said


@pytest.mark.parametrize(
    ("look", "wanted"),
    [
        (Look("outwear", "orange"), {"i need an orange jacket", "an orange coat", "jacket in orange"}),
        (Look("dress", "black", "dotted", "white"), {"a black dress with white polka dots"}),
        (Look("pants", "brown", "leopard", fit="straight"), {"straight leopard jeans"}),
        (Look("shirt", "white", kids=True), {"a white kids' shirt", "white shirt for a boy"}),
    ],
)
def test_english_phrasings_a_shopper_would_write(look: Look, wanted: set[str]) -> None:
    rng = random.Random(1)
    said = {caption(look, "en", rng).lower().rstrip(".!…") for _ in range(20_000)}
    assert wanted <= said


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("held_out", [False, True])
def test_what_a_caption_says_is_the_look(language: Literal["ru", "en"], held_out: bool) -> None:
    rng = random.Random(f"{language}{held_out}")
    said = {"type": 0, "colour": 0, "pattern": 0, "second_colour": 0}
    for _ in range(4_000):
        look = random_look(rng)
        text = caption(look, language, rng, held_out)
        wish = understand(text)
        for attribute in said:
            value = getattr(wish, attribute)
            assert value in (None, getattr(look, attribute)), (text, look, wish)
            said[attribute] += value is not None
            if held_out and attribute != "second_colour" and value is None:
                assert (attribute, look.pattern) == ("pattern", "plain"), (text, look, wish)
    assert said["type"] > 3_800
    assert said["colour"] > 3_400
    assert said["pattern"] > 3_200


@pytest.mark.parametrize("language", LANGUAGES)
def test_held_out_phrasings_are_never_trained_on(language: Literal["ru", "en"]) -> None:
    rng = random.Random(3)
    look = Look("dress", "red", "striped", "white")
    trained = {caption(look, language, rng).lower() for _ in range(20_000)}
    held = {caption(look, language, rng, held_out=True).lower() for _ in range(2_000)}
    assert len(held) > 500
    assert not held & trained


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_natural_colour_mostly_goes_unsaid_and_another_one_hardly_ever(
    language: Literal["ru", "en"],
) -> None:
    rng = random.Random(5)

    def share(colour: str) -> float:
        look = Look("dress", colour, "leopard")
        return sum(understand(caption(look, language, rng)).colour is not None for _ in range(1_000)) / 1_000

    assert 0.4 < share("beige") < 0.6
    assert share("blue") > 0.88


@pytest.mark.parametrize("language", LANGUAGES)
def test_plain_trousers_are_never_called_jeans(language: Literal["ru", "en"]) -> None:
    rng = random.Random(7)
    texts = [caption(Look("pants", "red"), language, rng).lower() for _ in range(2_000)]
    assert not [text for text in texts if "джинс" in text or "jean" in text]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("held_out", [False, True])
def test_a_photo_caption_names_the_type_alone(language: Literal["ru", "en"], held_out: bool) -> None:
    rng = random.Random(9)
    for type_ in TYPES:
        for _ in range(100):
            wish = understand(styled(type_, language, rng, held_out))
            assert (wish.type, wish.colour) == (type_, None)


def test_photo_captions_agree() -> None:
    rng = random.Random(11)
    said = {styled(type_, "ru", rng).lower().rstrip(".!…") for type_ in TYPES for _ in range(3_000)}
    assert {"пиджак того же стиля", "хочу такую же куртку", "такое же платье", "такие же брюки"} <= said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_seed_gives_the_same_captions(language: Literal["ru", "en"]) -> None:
    look = Look("skirt", "green", "checked", "black", length="midi")
    first = [caption(look, language, random.Random(seed)) for seed in range(50)]
    assert first == [caption(look, language, random.Random(seed)) for seed in range(50)]
    assert len(set(first)) > 40


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_caption_costs_next_to_nothing(language: Literal["ru", "en"]) -> None:
    rng = random.Random(13)
    looks = [random_look(rng) for _ in range(3_000)]
    for look in looks:  # fills the caches of inflections
        caption(look, language, rng)
    start = time.process_time()
    for look in looks:
        caption(look, language, rng)
    assert (time.process_time() - start) / len(looks) < 0.3e-3
