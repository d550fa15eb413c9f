"""The words that the bot and its job engine share: a job, its states, the five verbs, and a courier.

Whoever wants a job done talks to `Jobs`; whoever answers the user is a
`Courier`. Knows neither the engine behind the first (DBOS today) nor the
messenger behind the second.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from generation.request import Progress


class State(StrEnum):
    """How far a job is. `problem` tells more about a failed one."""

    QUEUED = "queued"
    DRAWING = "drawing"
    DRAWN = "drawn"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        return self in FINAL


LATER = 200
"""For how many jobs of others each further wish of the same user makes room."""
EARLIER = 1_000
"""How many jobs that came before one of a user with priority may find themselves behind it."""


def turn(number: int, waiting: int, priority: int) -> int:
    """A job's place in the line: as if it had come so many jobs later, or earlier. Lower is drawn first.

    number: it is the so-many-th job of all. waiting: how many of its user's are not answered yet; each
    lets LATER others go first, so nobody's many delay another's first, and nobody waits for ever.
    """
    return max(1, number + LATER * waiting - (EARLIER if priority else 0))


WAITING = (State.QUEUED, State.DRAWING)
LIVE = (State.QUEUED, State.DRAWING, State.DRAWN, State.SENDING)
FINAL = (State.DELIVERED, State.FAILED, State.CANCELLED)

CRASHED = "crashed"
"""Problem of a job that took the process down with it again and again."""
UNAVAILABLE = "unavailable"
"""Problem of a job that the studio could not draw for a reason of its own."""
UNREACHABLE = "unreachable"
"""Problem of a job whose user cannot be written to (blocked the bot, deleted the account)."""


@dataclass(frozen=True, slots=True)
class Job:
    """One accepted wish, as the database has it.

    photos, init: SHA-256 of pictures on the shelf of photos. weights: the ratio of a mix of photos.
    garment: what the wish asks for, seen: what its photos show (`bot.stylist.garment`, as JSON).
    parent_id: the job that it goes on from. status_id, buttons_id: messages of the bot.
    priority: 1 for users whom an operator lets go first, else 0. turn: the place in the line, see `turn`.
    """

    id: int
    update_id: int
    message_id: int
    user_id: int
    chat_id: int
    reply_to: int
    language: str
    prompt: str
    photos: tuple[str, ...]
    count: int
    seed: int
    state: State
    problem: str | None
    status_id: int | None
    created_at: datetime
    size: int | None = None
    weights: tuple[float, ...] | None = None
    init: str | None = None
    strength: float | None = None
    negative: str | None = None
    garment: dict[str, Any] | None = None
    seen: dict[str, Any] | None = None
    parent_id: int | None = None
    buttons_id: int | None = None
    priority: int = 0
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """One picture of a job: where its file is, and where it was sent."""

    id: int
    job_id: int
    position: int
    sha256: str
    telegram_id: int | None
    file_id: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A picture that reached the chat."""

    telegram_id: int
    file_id: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A job seen from outside: `ahead` jobs come before it; `progress` is known while it is drawn."""

    state: State
    ahead: int = 0
    progress: Progress | None = None


class Jobs(Protocol):
    """The job engine."""

    @property
    def at_once(self) -> int:
        """How many jobs it has drawn side by side."""
        ...

    async def submit(self, job: Job) -> None:
        """Have it done, surely and once; the same job twice is the same job."""

    async def cancel(self, job: Job) -> bool:
        """Stop it if it is not being sent yet; says whether it was stopped."""
        ...

    async def status(self, job_id: int) -> State | None:
        """None: no such job."""
        ...

    def progress(self, job_id: int) -> Progress | None:
        """How far the drawing is; None when it is not being drawn here."""
        ...

    def subscribe(self, job_id: int) -> AsyncIterator[Snapshot]:
        """Every change until a final state, the last one included; slow readers miss intermediate ones."""
        ...


class Unreachable(Exception):
    """The user can never be reached (403): no use in trying again."""


class Courier(Protocol):
    """Brings a finished job to its user."""

    async def bring(self, job: Job, pictures: Sequence[Drawn]) -> list[Sent]:
        """Send the pictures; raises Unreachable, or anything else to be tried again."""
        ...

    async def offer(self, job: Job, pictures: Sequence[Drawn]) -> int | None:
        """Buttons for pictures that carry none themselves; returns their message's id. Raises as `bring`."""

    async def apologise(self, job: Job) -> None:
        """Tell the user that the job failed, and why (`job.problem`); raises as `bring`."""

    async def tidy(self, job: Job) -> None:
        """Take the status message away; never raises."""
