"""What the Bot API demands of texts, keyboards and pictures, with Telegram's own words of refusal.

Sources: core.telegram.org/bots/api, sections "Formatting options",
"sendMessage", "sendPhoto", "sendMediaGroup", "InlineKeyboardButton". Knows
no chat and no HTTP.
"""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser
from typing import Any

from PIL import Image

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_BYTES = 64
PHOTO_BYTES = 10_000_000
FILE_BYTES = 50_000_000
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
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
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
}
ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+|#x[0-9a-fA-F]+);)")
STRAY = re.compile(r"<(?!/?[a-zA-Z])")


class Refused(Exception):
    """The server answers with this code and description."""

    def __init__(self, description: str, code: int = 400, retry_after: int | None = None) -> None:
        prefix = {400: "Bad Request: ", 403: "Forbidden: ", 409: "Conflict: "}.get(code, "")
        super().__init__(prefix + description)
        self.code = code
        self.retry_after = retry_after


def utf16(text: str) -> int:
    """Telegram counts in UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.plain = ""
        self.entities: list[dict[str, Any]] = []
        self._open: list[tuple[str, int, dict[str, Any]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise Refused(f'can\'t parse entities: Unsupported start tag "{tag}"')
        href = dict(attrs).get("href")
        extra = {"url": href} if tag == "a" and href else {}
        self._open.append((tag, utf16(self.plain), extra))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            raise Refused(f'can\'t parse entities: Unexpected end tag "{tag}"')
        _, offset, extra = self._open.pop()
        length = utf16(self.plain) - offset
        if length:
            self.entities.append({"type": TAGS[tag], "offset": offset, "length": length, **extra})

    def handle_data(self, data: str) -> None:
        self.plain += data

    def finish(self) -> None:
        self.close()
        if self._open:
            raise Refused(
                f"can't parse entities: Can't find end tag corresponding to start tag \"{self._open[-1][0]}\""
            )


def formatted(text: str, parse_mode: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The text as it is shown, and its entities; refuses what Telegram refuses."""
    if parse_mode is None:
        return text.strip(), []
    if parse_mode.lower() != "html":
        raise Refused("unsupported parse_mode")
    if ENTITY.search(text) or STRAY.search(text):
        raise Refused("can't parse entities: a bare < or & must be written as an entity")
    parser = _Html()
    parser.feed(text)
    parser.finish()
    return parser.plain.strip(), sorted(parser.entities, key=lambda entity: entity["offset"])


def text_of(params: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    plain, entities = formatted(params.get("text", ""), params.get("parse_mode"))
    if not plain:
        raise Refused("message text is empty")
    if utf16(plain) > TEXT_LIMIT:
        raise Refused("message is too long")
    return plain, entities


def caption_of(params: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    plain, entities = formatted(params.get("caption") or "", params.get("parse_mode"))
    if utf16(plain) > CAPTION_LIMIT:
        raise Refused("message caption is too long")
    return plain, entities


def keyboard_of(markup: Any) -> dict[str, Any] | None:
    """An inline keyboard whose every button does exactly one thing."""
    if markup is None:
        return None
    if not isinstance(markup, dict) or not isinstance(markup.get("inline_keyboard"), list):
        raise Refused("object expected as reply markup")
    for row in markup["inline_keyboard"]:
        for button in row:
            if not button.get("text"):
                raise Refused("text buttons are unallowed in the inline keyboard")
            actions = [key for key in button if key not in ("text", "style", "icon_custom_emoji_id")]
            if len(actions) != 1:
                raise Refused("BUTTON_TYPE_INVALID")
            if actions == ["callback_data"]:
                size = len(button["callback_data"].encode())
                if not 1 <= size <= CALLBACK_BYTES:
                    raise Refused("BUTTON_DATA_INVALID")
    return markup


def photo_size(content: bytes) -> tuple[int, int]:
    """Width and height of a picture that may be sent as a photo."""
    if len(content) > PHOTO_BYTES:
        raise Refused("file is too big")
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            width, height = picture.size
    except Exception:
        raise Refused("IMAGE_PROCESS_FAILED") from None
    if width + height > 10_000 or max(width, height) > 20 * min(width, height):
        raise Refused("PHOTO_INVALID_DIMENSIONS")
    return width, height
