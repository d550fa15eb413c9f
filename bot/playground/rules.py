"""What the Bot API demands of texts, keyboards and pictures, with Telegram's own words of refusal.

Sources: core.telegram.org/bots/api, sections "sendMessage", "sendPhoto",
"sendMediaGroup", "InlineKeyboardButton", "Sending files". Knows no chat and
no HTTP.
"""

from __future__ import annotations

import io
from collections.abc import Collection
from typing import Any

from PIL import Image, ImageOps

from bot.playground.markup import Json, formatted, trimmed, utf16
from bot.playground.refusal import Refused

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
CALLBACK_BYTES = 64
PHOTO_BYTES = 10_000_000
UPLOAD_BYTES = 50_000_000
DOWNLOAD_BYTES = 20_000_000
"""getFile gives no more."""
ALBUM = (2, 10)
SIZES = (90, 320, 800, 1280)
"""The longer sides, in pixels, in which Telegram keeps a photo."""
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
BUTTON_ACTIONS = frozenset(
    {
        "callback_data",
        "url",
        "copy_text",
        "switch_inline_query",
        "switch_inline_query_current_chat",
        "web_app",
        "pay",
    }
)
BUTTON_STYLES = frozenset({"danger", "success", "primary"})


def only(given: Json, known: Collection[str], where: str) -> None:
    """Refuse fields that this server does not know, rather than to ignore them as Telegram does."""
    for name in given:
        if name not in known:
            raise Refused(f"unknown field {name!r} in {where}")


def text_of(params: Json) -> tuple[str, list[Json]]:
    """A message's text and entities."""
    plain, entities = _formatted(params.get("text", ""), params, "entities")
    if not plain:
        raise Refused("message text is empty")
    if utf16(plain) > TEXT_LIMIT:
        raise Refused("message is too long")
    return plain, entities


def caption_of(params: Json) -> tuple[str, list[Json]]:
    """A caption, maybe empty, and its entities."""
    plain, entities = _formatted(params.get("caption") or "", params, "caption_entities")
    if utf16(plain) > CAPTION_LIMIT:
        raise Refused("message caption is too long")
    return plain, entities


def _formatted(text: str, params: Json, field: str) -> tuple[str, list[Json]]:
    given = params.get(field)
    if given and not params.get("parse_mode"):
        return trimmed(text, [dict(entity) for entity in given])
    return formatted(text, params.get("parse_mode"))


def keyboard_of(markup: Any) -> Json | None:
    """An inline keyboard whose every button does exactly one thing; None where there are no buttons."""
    if markup is None:
        return None
    if not isinstance(markup, dict):
        raise Refused("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if not isinstance(rows, list) or len(markup) != 1:
        raise Refused("inline keyboard expected: this server knows no other reply markup")
    count = 0
    for row in rows:
        if not isinstance(row, list):
            raise Refused("can't parse inline keyboard button: Field must be of type Array")
        for button in row:
            _check_button(button)
            count += 1
    if count > 100:
        raise Refused("reply markup is too long")
    filled = [row for row in rows if row]
    return {"inline_keyboard": filled} if filled else None


def _check_button(button: Any) -> None:
    if not isinstance(button, dict) or not str(button.get("text", "")).strip():
        raise Refused("text buttons are unallowed in the inline keyboard")
    only(button, BUTTON_ACTIONS | {"text", "style", "icon_custom_emoji_id"}, "an inline button")
    if "style" in button and button["style"] not in BUTTON_STYLES:
        raise Refused("BUTTON_STYLE_INVALID")
    actions = [key for key in button if key in BUTTON_ACTIONS]
    if not actions:
        raise Refused("text buttons are unallowed in the inline keyboard")
    if len(actions) != 1:
        raise Refused("BUTTON_TYPE_INVALID")
    [action] = actions
    if action == "callback_data" and not 1 <= len(str(button[action]).encode()) <= CALLBACK_BYTES:
        raise Refused("BUTTON_DATA_INVALID")
    if action == "url" and not str(button[action]).startswith(("http://", "https://", "tg://")):
        raise Refused(f"inline keyboard button URL '{button[action]}' is invalid: Wrong HTTP URL")
    if action == "copy_text" and not 1 <= len(button[action].get("text", "")) <= 256:
        raise Refused("BUTTON_COPY_TEXT_INVALID")


def photo_size(content: bytes) -> tuple[int, int]:
    """Width and height of a picture that may be sent as a photo."""
    if len(content) > PHOTO_BYTES:
        raise Refused(
            f"file of size {len(content)} bytes is too big for a photo; at most {PHOTO_BYTES} are allowed"
        )
    try:
        with Image.open(io.BytesIO(content)) as picture:
            width, height = picture.size
            if width + height > 10_000 or max(width, height) > 20 * min(width, height):
                raise Refused("PHOTO_INVALID_DIMENSIONS")
            picture.load()
    except Refused:
        raise
    except Exception:
        raise Refused("IMAGE_PROCESS_FAILED") from None
    return width, height


def sizes_of(content: bytes) -> list[tuple[int, int, bytes]]:
    """Width, height and JPEG of each size that Telegram would keep of the photo, the smallest first.

    As in Telegram nothing else survives: no metadata, no transparency, no
    original.
    """
    photo_size(content)
    with Image.open(io.BytesIO(content)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    made = []
    longest = max(picture.size)
    for side in SIZES:
        smaller = picture.copy()
        smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
        encoded = io.BytesIO()
        smaller.save(encoded, "JPEG", quality=87)
        made.append((*smaller.size, encoded.getvalue()))
        if side >= longest:
            break
    return made
