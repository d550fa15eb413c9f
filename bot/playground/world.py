"""The small Telegram with people in it: who is there, and in which chats. Knows no HTTP."""

from __future__ import annotations

from bot.playground.person import Person
from bot.playground.state import Chat, State


class World(State):
    def person(self, user_id: int, first_name: str = "Анна", language_code: str | None = "ru") -> Person:
        """A user, new or renamed, in her private chat with the bot."""
        return Person(self, user_id, self.meet(user_id, first_name, language_code))

    def group(self, title: str, *people: Person, chat_id: int = -1001000000002) -> Chat:
        """A group into which the first of the people has just taken the bot."""
        return self.gather(chat_id, title, [person.id for person in people])
