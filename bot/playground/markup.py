"""Telegram's HTML: what of it is shown, which entities it makes, and what is refused in Telegram's words.

Source: core.telegram.org/bots/api, "HTML style". One rule is stricter than
the server that Telegram runs and follows the page instead: a bare `&` is
refused, for the page demands that it be written as an entity. Offsets and
lengths count UTF-16 code units.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any

from bot.playground.refusal import Refused

Json = dict[str, Any]

TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "tg-emoji": "custom_emoji",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
TAG = re.compile(
    r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)?((?:\s+[a-zA-Z-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*(>?)"
)
ATTRIBUTE = re.compile(r"([a-zA-Z-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
ENTITY = re.compile(r"&(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);")
SPOTTED = re.compile(
    r"(?P<url>https?://[^\s<>«»]+[^\s<>«».,:;!?()'\"])"
    r"|(?<![\w@/])(?P<mention>@[A-Za-z][A-Za-z0-9_]{3,31})\b"
    r"|(?<![\w/])(?P<bot_command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)\b"
    r"|(?<![\w#])(?P<hashtag>#\w*[^\W\d]\w*)"
)


def utf16(text: str) -> int:
    """Length in UTF-16 code units, in which Telegram counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


@dataclass
class _Open:
    tag: str
    offset: int
    attributes: dict[str, str]


def formatted(text: str, parse_mode: str | None) -> tuple[str, list[Json]]:
    """The text as it is shown, trimmed, and its entities; raises Refused as Telegram does."""
    if not parse_mode:
        return trimmed(text, [])
    if parse_mode.lower() == "html":
        return trimmed(*_parsed(text))
    raise Refused("unsupported parse_mode: this server knows HTML")


def trimmed(plain: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Without white space at both ends; entities move along, what is spotted joins them."""
    shown = plain.strip()
    lead, end = utf16(plain[: len(plain) - len(plain.lstrip())]), utf16(shown)
    kept = []
    for entity in entities:
        start = max(0, entity["offset"] - lead)
        stop = min(end, entity["offset"] + entity["length"] - lead)
        if stop > start:
            kept.append({**entity, "offset": start, "length": stop - start})
    return shown, sorted(kept + spotted(shown, kept), key=lambda e: (e["offset"], -e["length"]))


def spotted(text: str, taken: list[Json]) -> list[Json]:
    """Links, mentions, commands and hashtags that Telegram finds by itself, where nothing else stands."""
    found = []
    solid = [e for e in taken if e["type"] in ("text_link", "code", "pre")]
    for match in SPOTTED.finditer(text):
        offset, length = utf16(text[: match.start()]), utf16(match.group())
        if not any(e["offset"] < offset + length and offset < e["offset"] + e["length"] for e in solid):
            found.append({"type": str(match.lastgroup), "offset": offset, "length": length})
    return found


def _parsed(text: str) -> tuple[str, list[Json]]:
    plain: list[str] = []
    length = 0
    entities: list[Json] = []
    stack: list[_Open] = []
    at = 0
    while at < len(text):
        if text[at] == "&":
            entity = ENTITY.match(text, at)
            if entity is None:
                raise _unparsed("a bare & must be written as &amp;", text, at)
            character = html.unescape(entity.group())
            plain.append(character)
            length += utf16(character)
            at = entity.end()
        elif text[at] == "<":
            at = _tag(text, at, length, stack, entities)
        else:
            stop = min((i for i in (text.find("<", at), text.find("&", at)) if i >= 0), default=len(text))
            plain.append(text[at:stop])
            length += utf16(text[at:stop])
            at = stop
    if stack:
        raise Refused(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{stack[-1].tag}\""
        )
    for made in entities:
        if made["type"] == "code":
            made.pop("language", None)
    return "".join(plain), entities


def _tag(text: str, at: int, length: int, stack: list[_Open], entities: list[Json]) -> int:
    """Read the tag at `at`; returns where it ends."""
    match = TAG.match(text, at)
    assert match is not None  # a "<" always matches
    closing, name, attributes, end = match.groups()
    tag = (name or "").lower()
    if closing:
        if not stack:
            raise _unparsed("Unexpected end tag", text, at)
        if stack[-1].tag != tag:
            expected, found = f'expected "</{stack[-1].tag}>"', f'found "</{tag}>"'
            raise _unparsed("Unmatched end tag", text, at, f", {expected}, {found}")
    elif tag not in TAGS:
        raise _unparsed(f'Unsupported start tag "{tag}"', text, at)
    if not end:
        raise _unparsed("Unclosed end tag" if closing else "Unclosed start tag", text, at)
    if not closing:
        named = {
            m[1].lower(): html.unescape(m[2] or m[3] or m[4] or "") for m in ATTRIBUTE.finditer(attributes)
        }
        if tag == "span" and named.get("class") != "tg-spoiler":
            raise _unparsed('Tag "span" must have class "tg-spoiler"', text, at)
        stack.append(_Open(tag, length, named))
        return match.end()
    opened = stack.pop()
    if length > opened.offset:
        entity = _entity(opened, length)
        if entity is not None:
            inner = entities[-1] if entities else None
            if entity["type"] == "pre" and inner == {**(inner or {}), **entity, "type": "code"}:
                entities.pop()  # <pre><code class="language-x">: one entity, with a language
                entity = {**(inner or {}), "type": "pre"}
            entities.append(entity)
    return match.end()


def _entity(opened: _Open, end: int) -> Json | None:
    kind = TAGS[opened.tag]
    entity: Json = {"type": kind, "offset": opened.offset, "length": end - opened.offset}
    if kind == "text_link":
        url = opened.attributes.get("href", "")
        return {**entity, "url": url} if re.match(r"(https?|tg|mailto|tel):", url) else None
    if kind == "custom_emoji":
        return {**entity, "custom_emoji_id": opened.attributes.get("emoji-id", "")}
    if kind == "blockquote" and "expandable" in opened.attributes:
        return {**entity, "type": "expandable_blockquote"}
    if kind == "code" and opened.attributes.get("class", "").startswith("language-"):
        return {**entity, "language": opened.attributes["class"].removeprefix("language-")}
    return entity


def _unparsed(what: str, text: str, at: int, more: str = "") -> Refused:
    return Refused(f"can't parse entities: {what} at byte offset {len(text[:at].encode())}{more}")
