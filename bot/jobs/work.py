"""What is done for a job, one step after the other: draw, keep, send.

Every step may be run again after a crash, here or on another machine, and
then finds what is already done. Knows the studio, the ledger and a courier;
it does not know who calls the steps, when, or how often (`bot.jobs.engine`
does).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import Any

import structlog

from bot.jobs.port import UNREACHABLE, Courier, Job, State, Unreachable
from bot.jobs.pulse import Pulse
from bot.store.archive import Archive
from bot.store.files import Shelf
from bot.store.ledger import Ledger
from generation.request import BadRequest, Request
from generation.studio import Studio
from generation.vocabulary import Wish

log = structlog.stdlib.get_logger(__name__)

IN_TURN_SECONDS = 10.0
"""So long pictures wait for those that were asked for before them and are drawn, or nearly: what is drawn
together would come in any order. Longer no Telegram takes, unless it fails."""
NEARLY_DRAWN = 0.5
"""The share of its steps after which a drawing is waited for. Wishes taken up together may enter the studio
in any order and then are a step or two apart."""
LOOK_SECONDS = 0.1


class Work:
    def __init__(
        self,
        ledger: Ledger,
        studio: Studio | None,
        courier: Courier | None,
        pulse: Pulse,
        *,
        pictures: Shelf,
        photos: Shelf,
        archive: Archive,
        concerning: Callable[[int, str], AbstractContextManager[None]] = lambda chat, language: nullcontext(),
    ) -> None:
        """studio None: others draw; courier None: others bring.

        concerning: entered, with a chat and its language, around all that is done for a job.
        """
        self._ledger = ledger
        self._studio = studio
        self._courier = courier
        self._pulse = pulse
        self._pictures = pictures
        self._photos = photos
        self._archive = archive
        self._concerning = concerning

    async def draw(self, job_id: int) -> str:
        """Draw, keep the files, mark the job drawn; returns the job's state afterwards.

        Whatever the studio raises goes through, to be tried again, but for
        BadRequest, which marks the job failed with the problem's name.
        """
        assert self._studio is not None
        job = await self._ledger.job(job_id)
        if job is None:
            return State.CANCELLED
        if not await self._ledger.start_drawing(job_id):
            return job.state
        self._pulse.stir(job_id)
        with self._concerning(job.chat_id, job.language):
            return await self._draw(job, self._studio)

    async def _draw(self, job: Job, studio: Studio) -> str:
        job_id = job.id
        request = await self._request(job)
        drawing = asyncio.ensure_future(
            studio.draw(request, lambda progress: self._pulse.report(job_id, progress))
        )
        with self._pulse.drawing(job_id, drawing):
            try:
                pictures = await drawing
            except BadRequest as error:
                await self._ledger.failed(job_id, error.problem)
                return State.FAILED
            except asyncio.CancelledError:
                now = await self._ledger.job(job_id)
                if now is None or now.state is State.CANCELLED:
                    return State.CANCELLED
                raise
            # still within the block: until they are kept, later pictures see that these are nearly there
            kept = [(await self._pictures.put(picture.png), picture) for picture in pictures]
            seen = pictures[0].seen
            drawn = await self._ledger.keep_pictures(job_id, kept, None if seen is None else _said(seen))
        self._pulse.stir(job_id)
        if drawn:
            log.info("drawn", job=job_id, pictures=len(kept), seconds=round(pictures[-1].seconds, 2))
            return State.DRAWN
        # Stopped, or its user has had everything deleted, or another machine was faster, in the last moment.
        for sha256 in await self._archive.unneeded_pictures(sha256 for sha256, _ in kept):
            await self._pictures.remove(sha256)
        now = await self._ledger.job(job_id)
        return State.CANCELLED if now is None else now.state

    async def look(self, photos: Sequence[str]) -> dict[str, Any]:
        """What photos of the shelf show; raises what the studio raises."""
        assert self._studio is not None
        return _said(await self._studio.describe([await self._photos.get(photo) for photo in photos]))

    async def give_up(self, job_id: int, problem: str) -> None:
        """Mark the job failed, unless it is finished."""
        if await self._ledger.failed(job_id, problem):
            log.error("gave up", job=job_id, problem=problem)
        self._pulse.stir(job_id)

    async def bring(self, job_id: int) -> None:
        """Send the pictures, or the apology of a failed job; raises what should be tried again.

        Before sending a marker is set and afterwards the ids are kept: a
        crash in between may send twice (Telegram knows no idempotency key),
        a crash anywhere else does not.
        """
        assert self._courier is not None
        job = await self._ledger.job(job_id)
        if job is None or job.state is State.CANCELLED:
            return
        try:
            if job.state is State.DELIVERED:
                await self._offer(job, self._courier)
            elif job.state is State.FAILED:
                await self._courier.apologise(job)
            else:
                await self._in_turn(job)
                if await self._ledger.start_sending(job_id):
                    await self._send(job, self._courier)
        except Unreachable:
            log.warning("user unreachable", job=job_id)
            await self.give_up(job_id, UNREACHABLE)
        await self._courier.tidy(job)
        self._pulse.stir(job_id)

    async def _in_turn(self, job: Job) -> None:
        """Let what the same user asked for earlier in the chat go first, if it is nearly drawn."""
        for _ in range(round(IN_TURN_SECONDS / LOOK_SECONDS)):
            before = await self._ledger.owed_before(job)
            if not any(state is not State.DRAWING or self._nearly_drawn(one) for one, state in before):
                return
            await asyncio.sleep(LOOK_SECONDS)

    def _nearly_drawn(self, job_id: int) -> bool:
        progress = self._pulse.progress(job_id)
        return progress is not None and progress.share >= NEARLY_DRAWN

    async def _send(self, job: Job, courier: Courier) -> None:
        pictures = await self._ledger.pictures(job.id)
        sent = await courier.bring(job, pictures)
        await self._ledger.delivered(job.id, list(zip(pictures, sent, strict=True)))
        log.info("delivered", job=job.id)
        await self._offer(job, courier)

    async def _offer(self, job: Job, courier: Courier) -> None:
        """The buttons, unless they are there: sent after the mark, so that a crash costs no second album."""
        pictures = await self._ledger.pictures(job.id)
        if job.buttons_id is None and pictures:
            message_id = await courier.offer(job, pictures)
            if message_id is not None:
                await self._ledger.set_buttons_message(job.id, message_id)

    async def _request(self, job: Job) -> Request:
        return Request(
            prompt=job.prompt,
            photos=tuple([await self._photos.get(photo) for photo in job.photos]),
            count=job.count,
            seed=job.seed,
            size=job.size,
            photo_weights=job.weights,
            init=None if job.init is None else await self._photos.get(job.init),
            strength=job.strength,
            negative=job.negative or "",
            owner=str(job.user_id),
            priority=job.priority,
        )


def _said(seen: Wish) -> dict[str, Any]:
    """What was seen in the photos, as it is kept: only what there is."""
    return {name: value for name, value in asdict(seen).items() if value}
