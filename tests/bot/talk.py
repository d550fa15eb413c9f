"""A person who talks to the bot turn by turn, and counts the turns."""

from __future__ import annotations

from typing import Any

from bot.playground.person import Person

Json = dict[str, Any]


class Talk:
    """Each turn does something and waits for what the bot does about it."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.turns = 0
        self._seen: set[int] = set()

    @property
    def buttons(self) -> Json:
        """The newest message of the bot's that has buttons."""
        return [message for message in self.person.from_bot if _has_buttons(message)][-1]

    def labels(self, message: Json | None = None) -> list[str]:
        markup = (message or self.buttons).get("reply_markup", {"inline_keyboard": []})
        return [button["text"] for row in markup["inline_keyboard"] for button in row]

    async def says(self, text: str, answer: str, reply_to: Json | None = None) -> Json:
        """Write; the answer is a text."""
        self._mark()
        self.person.write(text, reply_to)
        return await self._hears(answer)

    async def sends(self, answer: str, **content: Any) -> Json:
        """Send anything; the answer is a text."""
        self._mark()
        self.person.send(**content)
        return await self._hears(answer)

    async def does(self, answer: str, act: Any) -> Json:
        """Do something; the answer is a text."""
        self._mark()
        act()
        return await self._hears(answer)

    async def draws(self, text: str, caption: str, reply_to: Json | None = None) -> Json:
        """Write; the answer is pictures and the buttons for them. Returns the first picture."""
        self._mark()
        self.person.write(text, reply_to)
        return await self._gets(caption)

    async def shows(self, act: Any, caption: str) -> Json:
        """Do something; the answer is pictures."""
        self._mark()
        act()
        return await self._gets(caption)

    async def taps(self, label: str, toast: str | None = None, message: Json | None = None) -> Json:
        """Press a button; the answer is a toast, or with None any."""
        self._mark()
        query = await self._press(label, message)
        answer = await self.person.answered(query)
        if toast is not None:
            assert toast in answer.get("text", ""), answer
        return answer

    async def taps_and_gets(self, label: str, caption: str, message: Json | None = None) -> Json:
        """Press a button; the answer is pictures."""
        self._mark()
        await self._press(label, message)
        return await self._gets(caption)

    async def taps_and_sees(self, label: str, *shown: str, message: Json | None = None) -> Json:
        """Press a button; then the message has all of these buttons (or parts of their labels)."""
        self._mark()
        message = message or self.buttons
        await self._press(label, message)
        number = message["message_id"]

        def changed() -> Json | None:
            now = next((m for m in self.person.messages if m["message_id"] == number), None)
            labels = self.labels(now) if now else []
            return now if all(any(part in label for label in labels) for part in shown) else None

        seen: Json = await self._until(changed)
        return seen

    async def asks(self, label: str, answer: str, message: Json | None = None) -> Json:
        """Press a button; the answer is a text."""
        self._mark()
        await self._press(label, message)
        return await self._hears(answer)

    async def _press(self, label: str, message: Json | None) -> str:
        """Press the button as soon as it is there; returns the query's id."""
        await self._until(lambda: any(label in text for text in self.labels(message)))
        return self.person.tap(message or self.buttons, label)

    async def _hears(self, fragment: str) -> Json:
        heard: Json = await self._until(
            lambda: next((m for m in self._new() if fragment in m.get("text", "")), None),
        )
        return heard

    async def _gets(self, caption: str) -> Json:
        def come() -> Json | None:
            new = self._new()
            first = next((m for m in new if "photo" in m and caption in m.get("caption", "")), None)
            return first if first and any(_is_result(m) for m in new) else None

        got: Json = await self._until(come)
        return got

    async def _until(self, condition: Any) -> Any:
        try:
            return await self.person.world.until(condition, 30)
        except TimeoutError:
            last = [m.get("text") or m.get("caption") or m.keys() for m in self._new()]
            raise AssertionError(f"turn {self.turns}: instead the bot said {last}") from None

    def _mark(self) -> None:
        self.turns += 1
        self._seen = {message["message_id"] for message in self.person.messages}

    def _new(self) -> list[Json]:
        return [m for m in self.person.from_bot if m["message_id"] not in self._seen]


def _has_buttons(message: Json) -> bool:
    return bool(message.get("reply_markup", {}).get("inline_keyboard"))


def _is_result(message: Json) -> bool:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return any(button.get("callback_data", "").startswith("r:like") for row in rows for button in row)
