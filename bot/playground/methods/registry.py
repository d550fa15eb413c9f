"""The methods of the Bot API that the playground serves, with the fields that each takes.

    @method("sendChatAction", "chat_id action", "message_thread_id")
    async def send_chat_action(world: State, params: Params) -> bool: ...

A field that is not named here is refused: it would do nothing, and its author
should know. Knows no method itself.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.playground.params import Params
from bot.playground.refusal import Refused
from bot.playground.state import State

Handler = Callable[[State, Params], Awaitable[Any]]
MISSING = {"chat_id": "chat_id is empty", "text": "message text is empty"}


@dataclass(frozen=True)
class Method:
    name: str
    handler: Handler
    required: tuple[str, ...]
    fields: frozenset[str]

    def check(self, params: Params) -> None:
        """Raises Refused for an unknown or a missing field."""
        for name in params.fields:
            if name not in self.fields:
                raise Refused(f"unknown field {name!r} in {self.name}")
        for name in self.required:
            if name not in params and name not in params.uploads:
                raise Refused(MISSING.get(name, f'parameter "{name}" is required'))
        for name in params.uploads:
            if name not in self.fields and f'"attach://{name}"' not in json.dumps(params.fields):
                raise Refused(f"unknown file {name!r} in {self.name}")


METHODS: dict[str, Method] = {}


def method(name: str, required: str = "", optional: str = "") -> Callable[[Handler], Handler]:
    """Register a handler; fields are separated by spaces."""

    def register(handler: Handler) -> Handler:
        needed = tuple(required.split())
        METHODS[name] = Method(name, handler, needed, frozenset((*needed, *optional.split())))
        return handler

    return register


def some(**fields: Any) -> dict[str, Any]:
    """Only the fields that have something in them."""
    return {name: value for name, value in fields.items() if value}
