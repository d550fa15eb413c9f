"""Telegram's HTML: what it shows, what it refuses, and in which units it counts."""

from __future__ import annotations

from typing import Any

import pytest

from bot.playground.markup import formatted
from bot.playground.refusal import Refused


def _entities(html: str) -> list[tuple[Any, ...]]:
    return [(e["type"], e["offset"], e["length"]) for e in formatted(html, "HTML")[1]]


def test_every_tag_of_the_page_makes_its_entity() -> None:
    for tag, kind in (
        ("b", "bold"),
        ("strong", "bold"),
        ("i", "italic"),
        ("em", "italic"),
        ("u", "underline"),
        ("ins", "underline"),
        ("s", "strikethrough"),
        ("del", "strikethrough"),
        ("tg-spoiler", "spoiler"),
        ("code", "code"),
        ("pre", "pre"),
        ("blockquote", "blockquote"),
    ):
        assert _entities(f"a <{tag}>bc</{tag}>") == [(kind, 2, 2)]
    assert _entities('<span class="tg-spoiler">x</span>') == [("spoiler", 0, 1)]
    assert _entities("<blockquote expandable>x</blockquote>") == [("expandable_blockquote", 0, 1)]
    [code] = formatted('<pre><code class="language-python">1</code></pre>', "HTML")[1]
    assert code == {"type": "pre", "offset": 0, "length": 1, "language": "python"}
    [link] = formatted('<a href="https://t.me/x?a=1&amp;b=2">x</a>', "HTML")[1]
    assert link["url"] == "https://t.me/x?a=1&b=2"


def test_offsets_count_utf16_units_and_survive_trimming() -> None:
    text, entities = formatted("\n  👗👗 <b> жакет </b>\n", "HTML")
    assert text == "👗👗  жакет"
    assert [(e["offset"], e["length"]) for e in entities] == [(5, 6)]
    assert formatted("<b>  </b>", "HTML") == ("", [])
    assert _entities("<b>a<i>b</i></b>") == [("bold", 0, 2), ("italic", 1, 1)]


def test_what_telegram_finds_by_itself() -> None:
    assert _entities("/start@lekalo_bot: @lekalo_bot #мода https://t.me/x, и/или 1/2") == [
        ("bot_command", 0, 17),
        ("mention", 19, 11),
        ("hashtag", 31, 5),
        ("url", 37, 14),
    ]
    assert _entities("<code>/start</code>") == [("code", 0, 6)]


@pytest.mark.parametrize(
    ("html", "refusal"),
    [
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("ж</b>", "Unexpected end tag at byte offset 2"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<h1>x</h1>", 'Unsupported start tag "h1" at byte offset 0'),
        ("1 < 2", 'Unsupported start tag "" at byte offset 2'),
        ("<b x", "Unclosed start tag at byte offset 0"),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler"'),
        ("Tom & Jerry", "a bare & must be written as &amp; at byte offset 4"),
        ("&nbsp;", "a bare &"),
    ],
)
def test_malformed_html_is_refused_in_telegrams_words(html: str, refusal: str) -> None:
    with pytest.raises(Refused, match="Bad Request: can't parse entities: ") as caught:
        formatted(html, "HTML")
    assert refusal in str(caught.value)


def test_other_parse_modes_are_refused() -> None:
    with pytest.raises(Refused, match="unsupported parse_mode"):
        formatted("*x*", "MarkdownV2")
    assert formatted("*x* & <y>", None) == ("*x* & <y>", [])
