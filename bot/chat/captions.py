"""What a job is called, what is said under its pictures, and the buttons there; in the current language.

Knows jobs and sentences; it sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from aiogram.types import InlineKeyboardMarkup

from bot.chat import buttons, names, phrases
from bot.jobs.port import Drawn, Job
from bot.stylist.garment import Garment, merged
from bot.stylist.reading import read
from bot.stylist.wording import say


def share_of(job: Job) -> int | None:
    """Per cent of the first photo when the job is a mix of two, else None."""
    if len(job.photos) != 2 or job.init is not None:
        return None
    first, second = job.weights or (0.5, 0.5)
    return round(100 * first / (first + second))


def garment_of(job: Job) -> Garment:
    """What the job's pictures show, as far as it is known: the wish, or what was seen in its photos."""
    garment = Garment.from_json(job.garment)
    if garment.type is None and job.seen:
        seen = Garment.from_json(job.seen)
        return replace(
            garment,
            type=seen.type,
            colour=garment.colour or seen.colour,
            pattern=garment.pattern or seen.pattern,
        )
    return garment


def then_of(job: Job) -> Garment | None:
    """The other garment that the wish named in the same breath: «... и белая блузка»; None without one."""
    words = Garment.from_json(job.garment).then
    if not words:
        return None
    reading = read(words)
    if not reading.garment.type:
        return None
    return merged(Garment(), reading.garment, reading.without, reading.steps)


def title_of(job: Job) -> str:
    """What the job's pictures are called: the wish, else what was seen in its photos."""
    if job.prompt:
        return job.prompt
    garment = garment_of(job)
    return say(garment, job.language) if garment.type else phrases.untitled()


def understood_of(job: Job) -> str:
    return names.understood(Garment.from_json(job.garment), job.language)


def caption_of(job: Job) -> str:
    share, title, understood = share_of(job), title_of(job), understood_of(job)
    garment, seen = Garment.from_json(job.garment), Garment.from_json(job.seen)
    only_type = garment == Garment(garment.type, garment.noun)
    if only_type and title.lower() == names.shown(garment, "type", job.language):
        understood = ""  # it would say the title once more
    if garment.then and then_of(job) is None:
        understood = " · ".join(part for part in (understood, phrases.not_mine(garment.then)) if part)
    return phrases.caption(
        title,
        understood,
        photos=len(job.photos),
        seen=say(seen, job.language) if seen.type and job.photos and job.prompt else None,
        ratio=None if share is None or job.weights is None else (share, 100 - share),
        varied=job.init is not None,
    )


def result_buttons(
    job: Job, pictures: Sequence[Drawn], picked: int | None = None, liked: bool | None = None
) -> InlineKeyboardMarkup:
    ids = [picture.id for picture in pictures]
    other = then_of(job)
    then = "" if other is None else say(other, job.language)
    return buttons.result(job.id, ids, ids[0] if picked is None else picked, liked, share_of(job), then)
