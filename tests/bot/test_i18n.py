"""Both catalogues are complete, nothing is said outside them, and Russian counts as Russians do."""

from __future__ import annotations

import ast
import re
import shutil
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from bot.chat import labels, phrases
from bot.i18n import LOCALES, languages, open_catalogues

ROOT = Path(__file__).resolve().parents[2]


def _used() -> set[Any]:
    found = extract_from_dir(
        ROOT / "bot", method_map=[("**.py", "python")], keywords={"_": None, "_n": (1, 2), "N_": None}
    )
    return {message for _, _, message, _, _ in found}


@pytest.mark.parametrize("language", languages())
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


SPOKEN = {
    *("answer", "reply", "post", "toast", "rebutton", "send_message", "send_photo", "send_document"),
    *("edit_message_text", "edit_message_caption", "answer_photo", "answer_callback_query", "button"),
    *("InputMediaPhoto", "InlineKeyboardButton", "InlineQueryResultsButton", "BotCommand"),
}
"""Calls that put something before a user's eyes."""
SILENT = {"callback_data", "url", "start_parameter", "media", "command", "filename"}
"""Their arguments that nobody reads."""


def _literals(node: ast.AST) -> Iterator[str]:
    """The texts written out in an expression, but for those of calls inside it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            yield from _literals(child)


def test_nothing_is_said_outside_the_catalogues() -> None:
    """Conversations hand over sentences of `phrases` and `labels`, never literal ones."""
    literal = []
    for path in (ROOT / "bot").rglob("*.py"):
        if "playground" in path.parts:
            continue  # people, not the bot, speak there
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name not in SPOKEN:
                continue
            spoken = [*node.args, *[k.value for k in node.keywords if k.arg not in SILENT]]
            literal += [
                f"{path.name}:{node.lineno} {text!r}"
                for argument in spoken
                for text in _literals(argument)
                if any(letter.isalpha() for letter in text)
            ]
    assert literal == []


@pytest.mark.parametrize("module", ["phrases", "labels", "names"])
def test_every_sentence_goes_through_gettext(module: str) -> None:
    """In the modules that speak, texts are arguments of gettext, markup, keys, or docstrings."""
    tree = ast.parse((ROOT / "bot" / "chat" / f"{module}.py").read_text())
    translated = {
        id(constant)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_", "_n", "N_")
        for constant in ast.walk(node)
    }
    silent = {
        id(constant)
        for node in ast.walk(tree)
        for part in (
            node.keys
            if isinstance(node, ast.Dict)
            else [node.slice, *ast.walk(node.value)]
            if isinstance(node, ast.Subscript)
            else node.args
            if isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) not in ("_",)
            else [node.left, *node.comparators]
            if isinstance(node, ast.Compare)
            else [node.value]
            if isinstance(node, ast.Expr)
            else node.elts
            if isinstance(node, ast.Tuple)
            else []
        )
        if part is not None
        for constant in ast.walk(part)
    }
    said = [
        f"{node.lineno} {node.value!r}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in translated | silent
        and re.search(r"[^\W\d_]", re.sub(r"</?\w+>", "", node.value))
    ]
    assert said == []


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
        assert "&lt;script&gt;" in phrases.caption("<script>")


def test_a_caption_never_outgrows_telegram() -> None:
    with open_catalogues().speaking("ru"):
        assert len(phrases.caption("<" * 2000, "описание", photos=1)) < 4096
        assert phrases.caption("ж" * 2000, "описание", photos=1).count("ж") < 400


def test_a_third_language_is_one_file(tmp_path: Path) -> None:
    for language in languages():
        shutil.copytree(LOCALES / language, tmp_path / language)
    english = (LOCALES / "en" / "LC_MESSAGES" / "messages.po").read_text()
    spanish = english.replace("Language: en", "Language: es").replace('msgstr "Stopped."', 'msgstr "Parado."')
    file = tmp_path / "es" / "LC_MESSAGES" / "messages.po"
    file.parent.mkdir(parents=True)
    file.write_text(spanish)
    catalogues = open_catalogues("en", tmp_path)
    assert catalogues.choose("es-MX") == "es"
    assert catalogues.name("es") == "Español"
    with catalogues.speaking("es"):
        assert phrases.stopped() == "Parado."
        assert labels.stop().endswith("Stop")


def test_spans_of_time_are_said_roughly() -> None:
    with open_catalogues().speaking("ru"):
        assert phrases.drawing(0.5, 41) == "Рисую… ▓▓▓▓▓░░░░░ 50 %, осталось около 45 с"
        assert phrases.queued(2, 130).endswith("Начну примерно через 3 мин.")
        assert phrases.queued(0) == "Понятно, начинаю рисовать…"
    with open_catalogues().speaking("en"):
        assert phrases.drawing(0.999, 7500) == "Drawing… ▓▓▓▓▓▓▓▓▓░ 99%, about 2 h 5 min left"
