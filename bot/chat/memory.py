"""What is kept, as the conversations see it. Knows the stores' names, not what is in them."""

from __future__ import annotations

from typing import Protocol

from bot.store.archive import Archive
from bot.store.files import Shelf
from bot.store.journal import Journal
from bot.store.ledger import Ledger
from bot.store.people import People


class Memory(Protocol):
    """The tables, each by its statements, and the files."""

    journal: Journal
    ledger: Ledger
    people: People
    archive: Archive
    pictures: Shelf
    photos: Shelf
