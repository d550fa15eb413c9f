"""Slips of the pen and of the keyboard: what is mended, and what is left as it stands."""

from __future__ import annotations

import pytest

from generation.dictionaries import is_a_word
from generation.slips import Speller, distance, retyped, sound
from generation.vocabulary import misspelt, understand


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [
        ("drss", "dress", 1),
        ("blakc", "black", 1),
        ("shirt", "skirt", 1),
        ("coat", "coat", 0),
        ("hat", "coat", 2),
    ],
)
def test_slips_are_counted(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == distance(other, one) == slips


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("юпка", "юбка"), ("рубажка", "рубашка"), ("чорный", "черный"), ("крософки", "кроссовки")),
        *(("краснова", "красного"), ("джынсы", "джинсы"), ("пальто", "польто"), ("шолковый", "шелковый")),
    ],
)
def test_what_sounds_the_same(written: str, meant: str) -> None:
    assert sound(written) == sound(meant)


@pytest.mark.parametrize("pair", [("юбка", "шубка"), ("топ", "тапки"), ("белый", "беж"), ("шапка", "шуба")])
def test_what_does_not(pair: tuple[str, str]) -> None:
    assert sound(pair[0]) != sound(pair[1])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        *(("drss", "dress"), ("caot", "coat"), ("hsirt", "shirt"), ("swetshrit", "sweatshirt")),
        *(("nuke", None), ("red", None), ("xylophone", None)),
    ],
)
def test_the_nearest_word(written: str, meant: str | None) -> None:
    assert Speller(["dress", "coat", "shirt", "nude", "sweatshirt", "red"]).meant(written) == meant


@pytest.mark.parametrize(
    "word",
    [
        *("single", "coast", "boost", "tight", "paint", "good", "peace", "tonic", "point", "shift"),
        *("плате", "тюбетейка", "курица", "рубаха", "бабушка", "кошка", "полено"),
    ],
)
def test_a_word_is_no_slip(word: str) -> None:
    assert is_a_word(word) and not misspelt(word)


@pytest.mark.parametrize(
    ("text", "type_", "colour"),
    [
        *(("краснае плате с юпкой", "skirt", "red"), ("белыи крософки", "shoes", "white")),
        *(("a blck shrt", "shirt", "black"), ("grean jaket", "outwear", "green")),
        *(("a single-breasted blazer", "blazer", None), ("for a walk on the coast", None, None)),
    ],
)
def test_a_wish_with_slips(text: str, type_: str | None, colour: str | None) -> None:
    wish = understand(text)
    assert (wish.type, wish.colour) == (type_, colour)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ghbdtn", "привет"),
        ("rhfcyjt gkfnmt", "красное платье"),
        ("Gkfnmt!", "платье!"),
        ("вкуыы", "dress"),
        ("кув сщфе", "red coat"),
    ],
)
def test_the_other_keyboard_layout(text: str, meant: str) -> None:
    assert retyped(text) == meant


@pytest.mark.parametrize(
    "text", ["привет", "red dress", "/help", "фывапр", "ахаха", "asdfgh", "drss", "юпка", "k", "46", ""]
)
def test_what_was_typed_as_it_was_meant(text: str) -> None:
    assert retyped(text) == text
