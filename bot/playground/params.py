"""A request of the bot as typed parameters and uploads, in any of the forms that the Bot API takes.

Source: core.telegram.org/bots/api, "Making requests". Knows the types of the
fields, not the methods.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.playground.markup import Json
from bot.playground.refusal import Refused

NUMBERS = frozenset(
    {
        "cache_time",
        "draft_id",
        "limit",
        "max_connections",
        "message_id",
        "offset",
        "timeout",
    }
)
FLAGS = frozenset(
    {
        "can_stop",
        "disable_content_type_detection",
        "disable_notification",
        "drop_pending_updates",
        "has_spoiler",
        "is_big",
        "is_personal",
        "keep_on_stop",
        "ok",
        "protect_content",
        "show_alert",
        "show_caption_above_media",
    }
)
STRUCTURES = frozenset(
    {
        "allowed_updates",
        "button",
        "caption_entities",
        "commands",
        "entities",
        "link_preview_options",
        "media",
        "message_ids",
        "prices",
        "reaction",
        "reply_markup",
        "reply_parameters",
        "results",
        "scope",
    }
)


@dataclass(frozen=True)
class Upload:
    content: bytes
    name: str
    mime_type: str


@dataclass
class Params:
    """Fields by name, each of its type (text where no other is known), and uploads by name."""

    fields: Json = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]

    def __contains__(self, name: object) -> bool:
        return name in self.fields

    def get(self, name: str, default: Any = None) -> Any:
        return self.fields.get(name, default)


async def read(request: web.Request) -> Params:
    """Raises Refused where a field is not of its type or the whole is too large."""
    params = Params(dict(request.query))
    try:
        if request.content_type == "application/json":
            body = await request.json()
            if not isinstance(body, dict):
                raise Refused("can't parse request body JSON object")
            params.fields.update(body)
        elif request.can_read_body:
            for name, value in (await request.post()).items():
                if isinstance(value, web.FileField):
                    content = value.file.read()
                    params.uploads[name] = Upload(content, value.filename, value.content_type)
                else:
                    params.fields[name] = value
    except web.HTTPRequestEntityTooLarge:
        raise Refused("Request Entity Too Large", 413) from None
    except ValueError:
        raise Refused("can't parse request body JSON object") from None
    params.fields = {name: _typed(name, value) for name, value in params.fields.items() if value is not None}
    return params


def _typed(name: str, value: Any) -> Any:
    if name in NUMBERS:
        try:
            return int(value)
        except (TypeError, ValueError):
            raise Refused(f"can't parse {name}: a number is expected") from None
    if name in FLAGS:
        return value if isinstance(value, bool) else str(value).lower() in ("true", "yes", "1")
    if name in STRUCTURES and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise Refused(f"can't parse {name} JSON object") from None
    return value
