"""The status messages: a place in the queue, then a bar with the time left, edited now and then.

One task looks at all live jobs once a second and edits at most one message a
chat every EDIT_SECONDS; what changed twice meanwhile is edited once. While
something is drawn the chat shows "sending a photo". The message is taken
away by whoever ends the job. It is no `sendMessageDraft`: a draft is gone after
30 seconds and takes no buttons, and a place in the queue may last longer and
wants one to stop. Knows no engine but its `progress`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

from aiogram import Bot
from aiogram.enums import ChatAction
from aiogram.exceptions import TelegramAPIError

from bot.chat import buttons, phrases
from bot.i18n import Catalogues
from bot.jobs.port import LIVE, WAITING, Job, Jobs, State
from bot.store.ledger import Ledger
from bot.ticker import Ticker

TICK_SECONDS = 1.0
PACE_SECONDS = 30.0
"""How often it is looked up how long drawings take."""
SURE = 0.04
"""The share of a drawing after which its beginning tells the time that is left."""
EDIT_SECONDS = 3.0
ACTION_SECONDS = 4.5
"""Telegram shows a chat action for five seconds (Bot API, "sendChatAction")."""
SHOWN = 200
"""How many of the oldest jobs are kept up to date; the rest wait longer than one minute anyway."""


class Board:
    def __init__(self, bot: Bot, catalogues: Catalogues, ledger: Ledger, jobs: Jobs) -> None:
        self._bot = bot
        self._catalogues = catalogues
        self._ledger = ledger
        self._jobs = jobs
        self._shown: dict[int, str] = {}
        self._edited: dict[int, float] = {}
        self._told: dict[int, float] = {}
        self._acted: dict[int, float] = {}
        self._began: dict[int, tuple[float, float]] = {}
        """When a drawing was first seen to go on, and its share then."""
        self._pace: float | None = None
        self._pace_at = float("-inf")
        self.ticker = Ticker(self._tick, TICK_SECONDS)

    def wait(self, ahead: int) -> float | None:
        """Seconds until a wish begins that has so many before it, about; None: nothing to tell it by."""
        return None if self._pace is None else ahead * self._pace / self._jobs.at_once

    def posted(self, job: Job, text: str) -> None:
        """A status message has just been sent by somebody else."""
        self._shown[job.id] = text
        self._edited[job.chat_id] = self._told[job.id] = time.monotonic()

    async def _tick(self) -> None:
        now = time.monotonic()
        if now - self._pace_at >= PACE_SECONDS:
            self._pace, self._pace_at = await self._ledger.pace(), now
        live = await self._ledger.jobs_in(LIVE)
        self._forget(live)
        line = [job for job in live if job.state in WAITING]
        line.sort(key=lambda job: (job.state is State.QUEUED, job.turn, job.id))
        place = {job.id: number for number, job in enumerate(line)}
        live = sorted(live, key=lambda job: place.get(job.id, -1))[:SHOWN]
        live.sort(key=lambda job: self._told.get(job.id, 0.0))  # of a chat's messages the oldest news first
        changes: dict[int, tuple[Job, str]] = {}
        drawing: set[int] = set()
        for job in live:
            text = self._text(job, place.get(job.id, 0), now)
            if job.state is State.DRAWING:
                drawing.add(job.chat_id)
            due = now - self._edited.get(job.chat_id, 0.0) >= EDIT_SECONDS
            if job.status_id is not None and due and self._shown.get(job.id) != text:
                changes.setdefault(job.chat_id, (job, text))
        await asyncio.gather(
            *(self._edit(job, text) for job, text in changes.values()),
            *(self._act(chat_id, now) for chat_id in drawing),
        )

    def _text(self, job: Job, ahead: int, now: float) -> str:
        with self._catalogues.speaking(job.language):
            if job.state is State.QUEUED:
                return phrases.queued(ahead, self.wait(ahead))
            if job.state is State.DRAWING:
                progress = self._jobs.progress(job.id)
                share = progress.share if progress is not None else 0.0
                return phrases.drawing(share, self._left(job.id, share, now))
            return phrases.sending()

    def _left(self, job_id: int, share: float, now: float) -> float | None:
        """Seconds until the drawing is done, from how fast it has gone so far."""
        if share <= 0:
            return None
        began, first = self._began.setdefault(job_id, (now, share))
        done = share - first
        return (now - began) * (1 - share) / done if done >= SURE else None

    async def _edit(self, job: Job, text: str) -> None:
        assert job.status_id is not None
        self._shown[job.id] = text
        self._edited[job.chat_id] = self._told[job.id] = time.monotonic()
        with self._catalogues.speaking(job.language):
            stoppable = buttons.status(job.id) if job.state in WAITING else None
        with suppress(TelegramAPIError):  # gone, unchanged, or too many: the next edit will do
            await self._bot.edit_message_text(
                text, chat_id=job.chat_id, message_id=job.status_id, reply_markup=stoppable
            )

    async def _act(self, chat_id: int, now: float) -> None:
        if now - self._acted.get(chat_id, 0.0) < ACTION_SECONDS:
            return
        self._acted[chat_id] = now
        with suppress(TelegramAPIError):
            await self._bot.send_chat_action(chat_id, ChatAction.UPLOAD_PHOTO)

    def _forget(self, live: list[Job]) -> None:
        jobs = {job.id for job in live}
        chats = {job.chat_id for job in live}
        self._shown = {key: text for key, text in self._shown.items() if key in jobs}
        self._told = {key: when for key, when in self._told.items() if key in jobs}
        self._began = {key: when for key, when in self._began.items() if key in jobs}
        self._edited = {key: when for key, when in self._edited.items() if key in chats}
        self._acted = {key: when for key, when in self._acted.items() if key in chats}
