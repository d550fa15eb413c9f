"""Both catalogues are complete, nothing is said outside them, and Russian counts as Russians do."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.chat import phrases
from bot.i18n import LOCALES, open_catalogues

ROOT = Path(__file__).resolve().parents[2]


def _used() -> set[Any]:
    found = extract_from_dir(
        ROOT / "bot", method_map=[("**.py", "python")], keywords={"_": None, "_n": (1, 2)}
    )
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", ["ru", "en"])
def test_a_catalogue_has_every_sentence_and_no_other(language: str) -> None:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    assert {message.id for message in catalogue if message.id} == _used()
    for message in catalogue:
        if not message.id:
            continue
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if isinstance(message.id, tuple):
            assert len(forms) == catalogue.num_plurals, message.id
        for form in forms:
            assert form, message.id
            assert "fuzzy" not in message.flags
            assert _fields(str(form)) == _fields(str(ids[0])), message.id


def _fields(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_nothing_is_said_outside_the_catalogues() -> None:
    """Conversations hand over sentences of `bot.chat.phrases`, never literal ones."""
    speaking = {"answer", "reply", "send_message", "edit_message_text", "answer_photo"}
    literal = []
    for path in (ROOT / "bot").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in speaking:
                literal += [
                    f"{path.name}:{node.lineno}"
                    for argument in [*node.args, *[keyword.value for keyword in node.keywords]]
                    if isinstance(argument, ast.JoinedStr)
                    or (isinstance(argument, ast.Constant) and isinstance(argument.value, str))
                ]
    assert literal == []


def test_russian_plurals() -> None:
    with open_catalogues("ru").speaking("ru"):
        said = [phrases.queued(n).removeprefix("Понятно! Перед вами ") for n in (1, 2, 5, 11, 21, 104)]
    assert said == ["1 запрос.", "2 запроса.", "5 запросов.", "11 запросов.", "21 запрос.", "104 запроса."]


@pytest.mark.parametrize(
    ("code", "text", "language"),
    [
        ("ru", None, "ru"),
        ("en-GB", "джинсы", "en"),
        ("de", "джинсы", "ru"),
        ("de", "jeans", "en"),
        (None, None, "en"),
        ("", "👗", "en"),
    ],
)
def test_the_language_to_answer_in(code: str | None, text: str | None, language: str) -> None:
    assert open_catalogues("en").choose(code, text) == language


def test_names_and_words_are_escaped() -> None:
    with open_catalogues().speaking("en"):
        assert "&lt;b&gt;Tom &amp; Jerry" in phrases.greeting("<b>Tom & Jerry")
        assert "&lt;script&gt;" in phrases.caption("<script>", None, 0)


def test_a_caption_never_outgrows_telegram() -> None:
    with open_catalogues().speaking("ru"):
        assert len(phrases.caption("<" * 2000, "описание", 1)) < 4096
        assert phrases.caption("ж" * 2000, "описание", 1).count("ж") < 400
