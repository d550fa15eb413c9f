"""Where every wish of the chat is handed in: filled up with the user's settings, accepted, shown as waiting.

A handler never waits for a picture: it hands the wish in, a status message
with a Stop button appears, and it is done. Knows no engine, no model and no
kind of message.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from bot.chat import buttons, phrases
from bot.chat.board import Board
from bot.chat.memory import Memory
from bot.chat.speech import Speech
from bot.jobs.desk import Desk
from bot.jobs.port import Courier, Drawn, Job
from bot.store.journal import Full, Heard, Limited, Wish
from bot.store.people import Profile
from bot.store.tables import now
from bot.stylist.garment import Garment
from bot.stylist.wording import for_whom, negative, say
from generation.request import MAX_PHOTOS, MAX_PROMPT_CHARACTERS

PICTURES = 2
"""How many pictures answer one wish unless the user has chosen another number."""
STRENGTH = 0.55
"""How much of a picture its variations draw anew: the garment stays, its details do not."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, what was heard, and in which language the answer is."""

    heard: Heard
    profile: Profile
    language: str


class Reception:
    def __init__(
        self,
        *,
        desk: Desk,
        memory: Memory,
        board: Board,
        courier: Courier,
        speech: Speech,
    ) -> None:
        self._desk = desk
        self._ledger = memory.ledger
        self._photos = memory.photos
        self._pictures = memory.pictures
        self._board = board
        self._courier = courier
        self._speech = speech

    async def draw(
        self,
        visitor: Visitor,
        prompt: str,
        garment: Garment,
        *,
        photos: tuple[str, ...] = (),
        weights: tuple[float, ...] | None = None,
        parent: Job | None = None,
    ) -> None:
        """Something new, from words, photos or both."""
        if len(prompt) > MAX_PROMPT_CHARACTERS:
            await self._speech.answer(visitor.heard, phrases.too_long())
            return
        wish = self._wish(visitor, for_whom(prompt, visitor.profile.clothes_for), garment, parent)
        photos = photos[:MAX_PHOTOS]
        await self._hand_in(
            visitor, replace(wish, photos=photos, weights=weights, negative=negative(garment) or None)
        )

    async def change(self, visitor: Visitor, job: Job, garment: Garment) -> None:
        """The same wish with another garment: its photos stay."""
        await self.draw(
            visitor,
            say(garment, visitor.language),
            garment,
            photos=job.photos,
            weights=job.weights,
            parent=job,
        )

    async def again(self, visitor: Visitor, job: Job) -> None:
        """The very same wish, drawn by other seeds."""
        wish = self._wish(visitor, job.prompt, Garment.from_json(job.garment), job)
        await self._hand_in(
            visitor,
            replace(
                wish,
                photos=job.photos,
                weights=job.weights,
                init=job.init,
                strength=job.strength,
                negative=job.negative,
            ),
        )

    async def vary(self, visitor: Visitor, job: Job, picture: Drawn) -> None:
        """Variations of one picture."""
        wish = self._wish(visitor, job.prompt, Garment.from_json(job.garment), job)
        init = await self.as_photo(picture)
        await self._hand_in(visitor, replace(wish, init=init, strength=STRENGTH, negative=job.negative))

    async def remix(self, visitor: Visitor, job: Job, share: int) -> None:
        """The same two photos in another ratio: `share` per cent of the first; by the same seeds."""
        wish = self._wish(visitor, job.prompt, Garment.from_json(job.garment), job)
        await self._hand_in(
            visitor,
            replace(
                wish,
                photos=job.photos,
                weights=weights_of(share),
                seed=job.seed,
                negative=job.negative,
            ),
        )

    async def mix(self, visitor: Visitor, job: Job | None, first: str, second: str) -> None:
        """Two photos of the shelf, half and half; `job` is where the first came from."""
        wish = self._wish(visitor, "", Garment(), job)
        await self._hand_in(visitor, replace(wish, photos=(first, second), weights=weights_of(50)))

    async def as_photo(self, picture: Drawn) -> str:
        """One of the bot's pictures as a photo of the shelf."""
        return await self._photos.put(await self._pictures.get(picture.sha256))

    def _wish(self, visitor: Visitor, prompt: str, garment: Garment, parent: Job | None) -> Wish:
        profile = visitor.profile
        return Wish(
            prompt=prompt,
            photos=(),
            count=profile.pictures or PICTURES,
            seed=secrets.randbits(62),
            language=visitor.language,
            size=profile.size,
            garment=garment.to_json() or None,
            parent_id=parent.id if parent else None,
        )

    async def _hand_in(self, visitor: Visitor, wish: Wish) -> None:
        heard = visitor.heard
        try:
            job, ahead = await self._desk.accept(heard, wish)
        except Limited as limited:
            enough = (
                phrases.enough_at_once(limited.waiting)
                if limited.until is None
                else phrases.enough_for_today(limited.until, now())
            )
            await self._speech.answer(heard, enough)
            return
        except Full as full:
            # not one place, for which others wait as well, but a good part of the line
            wait = self._board.wait(max(1, full.waiting // 10))
            await self._speech.answer(heard, phrases.queue_is_full(wait))
            return
        if job.state.final or job.status_id is not None:
            return  # an update that came twice
        words = phrases.queued(ahead, self._board.wait(ahead))
        status = await self._speech.post(
            heard.chat_id, words, reply_to=heard.telegram_id, buttons=buttons.status(job.id)
        )
        self._board.posted(job, words)
        await self._ledger.set_status_message(job.id, status.message_id)
        seen = await self._ledger.job(job.id)
        if seen is None or seen.state.final:  # it was faster than the status message
            await self._courier.tidy(seen or replace(job, status_id=status.message_id))


def weights_of(share: int) -> tuple[float, float]:
    return share / 100, 1 - share / 100
