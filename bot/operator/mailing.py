"""The task that sends broadcasts: at their time, not in quiet hours, one message after the other.

Only one message is ever on its way, so that a crash makes at most one come
twice; the rate is therefore what one round trip to Telegram allows, and never
more than the gate does. It begins where the last process ended. Knows no
handler.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog
from aiogram.exceptions import (
    TelegramAPIError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramNetworkError,
    TelegramServerError,
)

from bot.operator.card import Card
from bot.operator.hours import Hours
from bot.sender.gate import broadcasting, plain
from bot.store.campaigns import MAX_ATTEMPTS, Broadcast, Campaigns, Fate, Recipient, Stage
from bot.store.ledger import Ledger
from bot.store.tables import now

log = structlog.stdlib.get_logger(__name__)

TICK_SECONDS = 1.0
SHOW_SECONDS = 5.0
"""How often an operator's card is edited."""
LOST_PAUSE = 1.0
REFUSALS = 5
"""So many 400 in a row mean that the message is wrong, not its readers."""


class Mailing:
    def __init__(
        self,
        campaigns: Campaigns,
        ledger: Ledger,
        card: Card,
        hours: Hours,
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._campaigns = campaigns
        self._ledger = ledger
        self._card = card
        self._hours = hours
        self._clock = clock
        self._stopping = False
        self._stirred = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    def stir(self) -> None:
        """Something has changed: look at once."""
        self._stirred.set()

    async def stop(self, seconds: float = 2.0) -> None:
        """Let the message that is on its way arrive and be marked."""
        self._stopping = True
        self._stirred.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=seconds)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        recovered = False
        while not self._stopping:
            try:
                if not recovered:
                    await self._campaigns.recover()
                    recovered = True
                await self._tick()
            except Exception:
                log.exception("mailing failed")
            self._stirred.clear()
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stirred.wait(), TICK_SECONDS)

    async def _tick(self) -> None:
        moment = self._clock()
        for draft in await self._campaigns.all_in([Stage.DRAFT]):
            if draft.job_id is not None and draft.file_id is None:
                await self._hang(draft)
        if self._hours.is_quiet(moment):
            return
        for due in await self._campaigns.all_in([Stage.SCHEDULED]):
            if (due.start_at is None or due.start_at <= moment) and await self._campaigns.launch(due.id):
                log.info("broadcast begins", broadcast=due.id)
                await self._card.refresh(due.id)
        for running in await self._campaigns.all_in([Stage.RUNNING]):
            await self._send_out(running)

    async def _hang(self, draft: Broadcast) -> None:
        """Take the picture that was drawn for the draft, once the operator has it."""
        assert draft.job_id is not None
        job = await self._ledger.job(draft.job_id)
        if job is not None and not job.state.final:
            return
        drawn = [picture for picture in await self._ledger.pictures(draft.job_id) if picture.file_id]
        await self._campaigns.write(draft.id, job_id=None, file_id=drawn[0].file_id if drawn else None)
        await self._card.put(draft.id)

    async def _send_out(self, broadcast: Broadcast) -> None:
        before: tuple[Recipient, Fate, int | None] | None = None
        refusals = 0
        shown = time.monotonic()
        while True:
            moment = self._clock()
            if self._stopping or self._hours.is_quiet(moment):
                await self._mark(broadcast, before)
                break
            recipient = await self._campaigns.next(broadcast.id, self._hours.day(moment), before)
            before = None
            if recipient is None:
                if await self._ended(broadcast):
                    return
                break
            fate, telegram_id, reason = await self._send(broadcast, recipient)
            before = (recipient, fate, telegram_id)
            refusals = refusals + 1 if fate is Fate.FAILED and reason else 0
            if refusals >= REFUSALS:
                await self._campaigns.advance(broadcast.id, [Stage.RUNNING], Stage.PAUSED, problem=reason)
            if time.monotonic() - shown >= SHOW_SECONDS:
                shown = time.monotonic()
                await self._card.refresh(broadcast.id)
        if not self._stopping:
            await self._card.refresh(broadcast.id)

    async def _mark(self, broadcast: Broadcast, before: tuple[Recipient, Fate, int | None] | None) -> None:
        if before is not None:
            await self._campaigns.mark(broadcast.id, *before)

    async def _send(self, broadcast: Broadcast, recipient: Recipient) -> tuple[Fate, int | None, str | None]:
        """What became of it, the message's id, and why it was refused."""
        try:
            with broadcasting():
                message = await self._card.send(broadcast, recipient.user_id, recipient.language)
            return Fate.SENT, message.message_id, None
        except TelegramForbiddenError:
            return Fate.GONE, None, None
        except TelegramBadRequest as error:
            if "chat not found" in error.message or "deactivated" in error.message:
                return Fate.GONE, None, None
            return Fate.FAILED, None, plain(error)
        except (TelegramNetworkError, TelegramServerError):
            await asyncio.sleep(LOST_PAUSE)
            return (Fate.FAILED if recipient.attempts >= MAX_ATTEMPTS else Fate.PENDING), None, None
        except TelegramAPIError as error:
            return Fate.FAILED, None, plain(error)

    async def _ended(self, broadcast: Broadcast) -> bool:
        """Close the broadcast if nobody is left, and hand its operator the report."""
        count = await self._campaigns.count(broadcast.id)
        if count[Fate.PENDING] or count[Fate.SENDING]:
            return False
        if not await self._campaigns.advance(broadcast.id, [Stage.RUNNING], Stage.DONE):
            return False
        log.info("broadcast done", broadcast=broadcast.id, sent=count[Fate.SENT], recipients=count.total)
        await self._card.put(broadcast.id)
        return True
