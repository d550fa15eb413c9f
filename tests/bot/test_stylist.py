"""Small talk is told from wishes, and a wish can be said in the other language."""

from __future__ import annotations

import pytest

from bot.stylist.smalltalk import Talk, smalltalk
from bot.stylist.words import describe


@pytest.mark.parametrize(
    ("text", "talk"),
    [
        ("Привет!", Talk.HELLO),
        ("добрый день :)", Talk.HELLO),
        ("hi there", Talk.HELLO),
        ("Спасибо большое!!!", Talk.THANKS),
        ("thx", Talk.THANKS),
        ("привет, нарисуй джинсы", None),
        ("a hello kitty t-shirt", None),
        ("", None),
    ],
)
def test_small_talk(text: str, talk: Talk | None) -> None:
    assert smalltalk(text) is talk


@pytest.mark.parametrize(
    ("text", "language", "described"),
    [
        ("прямые леопардовые джинсы", "en", "leopard jeans"),
        ("синие джинсы", "en", "blue jeans"),
        ("a red checked skirt", "ru", "красная клетчатая юбка"),
        ("голубая джинсовая куртка", "en", "light blue denim jacket"),
        ("dark green hoodie", "ru", "тёмно-зелёное худи"),
        ("striped trousers", "ru", "полосатые брюки"),
        ("красное платье", "ru", None),
        ("something nice", "ru", None),
        ("ünder wäre", "en", None),
    ],
)
def test_a_wish_in_the_other_language(text: str, language: str, described: str | None) -> None:
    assert describe(text, language) == described
