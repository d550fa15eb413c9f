"""Every statement on what is kept of a user in the long run: history, opinions, export, deletion.

Files are removed by whoever calls; here it is said which ones nobody needs
any more. Knows no sentence and no folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.jobs.port import FINAL, Drawn, State
from bot.store.database import Database
from bot.store.journal import insert
from bot.store.ledger import drawn_of
from bot.store.patience import all_patient
from bot.store.tables import dialogues, jobs, messages, now, opinions, pictures, recipients, users

_PICTURE = [pictures.c[name] for name in Drawn.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Unneeded:
    """Files that no row names any more, by SHA-256."""

    pictures: list[str]
    photos: list[str]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is kept of a user."""

    messages: int
    requests: int
    pictures: int
    photos: int


@all_patient
class Archive:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def history(self, user_id: int) -> list[int]:
        """The user's delivered jobs that still have a picture, newest first."""
        query = (
            sa.select(jobs.c.id)
            .where(jobs.c.user_id == user_id, jobs.c.state == State.DELIVERED)
            .where(
                sa.exists().where(pictures.c.job_id == jobs.c.id, pictures.c.deleted_at.is_(None)),
            )
            .order_by(jobs.c.id.desc())
        )
        async with self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def gallery(self, user_id: int, limit: int = 500) -> list[tuple[Drawn, str, dict[str, Any] | None]]:
        """The user's newest pictures that Telegram has, each with its job's prompt and garment."""
        query = (
            sa.select(*_PICTURE, jobs.c.prompt.label("asked"), jobs.c.garment)
            .join(jobs, pictures.c.job_id == jobs.c.id)
            .where(
                jobs.c.user_id == user_id, pictures.c.file_id.is_not(None), pictures.c.deleted_at.is_(None)
            )
            .order_by(pictures.c.id.desc())
            .limit(limit)
        )
        async with self._database.reading() as connection:
            rows = (await connection.execute(query)).all()
        return [(drawn_of(row), row.asked, row.garment) for row in rows]

    async def judge(self, user_id: int, picture_id: int, liked: bool) -> bool | None:
        """Keep the user's opinion; the same a second time takes it back. Returns what holds now."""
        async with self._database.writing() as connection:
            mine = sa.and_(opinions.c.user_id == user_id, opinions.c.picture_id == picture_id)
            before = (await connection.execute(sa.select(opinions.c.liked).where(mine))).scalar_one_or_none()
            if before is liked:
                await connection.execute(sa.delete(opinions).where(mine))
                return None
            await connection.execute(
                insert(connection, opinions)
                .values(user_id=user_id, picture_id=picture_id, liked=liked)
                .on_conflict_do_update(
                    index_elements=[opinions.c.user_id, opinions.c.picture_id],
                    set_={"liked": liked, "changed_at": now()},
                )
            )
            return liked

    async def opinion(self, user_id: int, picture_id: int) -> bool | None:
        query = sa.select(opinions.c.liked).where(
            opinions.c.user_id == user_id, opinions.c.picture_id == picture_id
        )
        async with self._database.reading() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def delete_picture(self, picture_id: int) -> Unneeded:
        """Forget one picture; its row stays as a gap in the job's numbering, without its file."""
        async with self._database.writing() as connection:
            row = (
                await connection.execute(sa.select(pictures.c.sha256).where(pictures.c.id == picture_id))
            ).one_or_none()
            if row is None:
                return Unneeded([], [])
            await connection.execute(sa.delete(opinions).where(opinions.c.picture_id == picture_id))
            await connection.execute(
                sa.update(pictures).where(pictures.c.id == picture_id).values(deleted_at=now(), file_id=None)
            )
            return Unneeded(await _unused_pictures(connection, [row.sha256]), [])

    async def delete_drawn_before(self, when: datetime) -> list[str]:
        """Forget all pictures of finished jobs that are so old; returns the files that nobody needs."""
        finished = sa.select(jobs.c.id).where(jobs.c.state.in_(FINAL))
        old = sa.and_(
            pictures.c.created_at < when, pictures.c.deleted_at.is_(None), pictures.c.job_id.in_(finished)
        )
        async with self._database.writing() as connection:
            hashes = list((await connection.execute(sa.select(pictures.c.sha256).where(old))).scalars())
            drawn = sa.select(pictures.c.id).where(old)
            await connection.execute(sa.delete(opinions).where(opinions.c.picture_id.in_(drawn)))
            await connection.execute(sa.update(pictures).where(old).values(deleted_at=now(), file_id=None))
            return await _unused_pictures(connection, hashes)

    async def unneeded_pictures(self, hashes: Iterable[str]) -> list[str]:
        """Those of the pictures' files that no row names."""
        async with self._database.reading() as connection:
            return await _unused_pictures(connection, hashes)

    async def amounts(self, user_id: int) -> Amounts:
        counts = {
            "messages": sa.select(sa.func.count()).where(messages.c.user_id == user_id),
            "requests": sa.select(sa.func.count()).where(jobs.c.user_id == user_id),
            "pictures": sa.select(sa.func.count())
            .select_from(pictures.join(jobs, pictures.c.job_id == jobs.c.id))
            .where(jobs.c.user_id == user_id, pictures.c.deleted_at.is_(None)),
            "photos": sa.select(sa.func.count(sa.distinct(messages.c.photo))).where(
                messages.c.user_id == user_id, messages.c.photo.is_not(None)
            ),
        }
        async with self._database.reading() as connection:
            return Amounts(
                **{name: (await connection.execute(query)).scalar_one() for name, query in counts.items()}
            )

    async def export(self, user_id: int) -> dict[str, list[dict[str, Any]]]:
        """Every row about the user, by table."""
        own = sa.select(jobs.c.id).where(jobs.c.user_id == user_id)
        queries = {
            "profile": sa.select(users).where(users.c.id == user_id),
            "messages": sa.select(messages).where(messages.c.user_id == user_id).order_by(messages.c.id),
            "requests": sa.select(jobs).where(jobs.c.user_id == user_id).order_by(jobs.c.id),
            "pictures": sa.select(pictures)
            .where(pictures.c.job_id.in_(own), pictures.c.deleted_at.is_(None))
            .order_by(pictures.c.id),
            "opinions": sa.select(opinions).where(opinions.c.user_id == user_id),
            "trends": sa.select(recipients).where(recipients.c.user_id == user_id),
        }
        async with self._database.reading() as connection:
            return {
                name: [dict(row._mapping) for row in await connection.execute(query)]
                for name, query in queries.items()
            }

    async def sent_messages(self, user_id: int) -> list[tuple[int, int]]:
        """(chat, message) of everything that the bot has said to the user."""
        query = sa.select(messages.c.chat_id, messages.c.telegram_id).where(
            messages.c.user_id == user_id, messages.c.direction == "out"
        )
        async with self._database.reading() as connection:
            return [(row.chat_id, row.telegram_id) for row in await connection.execute(query)]

    async def forget(self, user_id: int) -> Unneeded:
        """Delete every row about the user; returns the files that are not needed any more."""
        async with self._database.writing() as connection:
            own = sa.select(jobs.c.id).where(jobs.c.user_id == user_id)
            drawn = sa.select(pictures.c.id).where(pictures.c.job_id.in_(own))
            hashes = list(
                (
                    await connection.execute(sa.select(pictures.c.sha256).where(pictures.c.job_id.in_(own)))
                ).scalars()
            )
            photos = await _photos_of(connection, user_id)
            for statement in (
                sa.delete(dialogues).where(
                    sa.or_(dialogues.c.user_id == user_id, dialogues.c.job_id.in_(own))
                ),
                sa.delete(opinions).where(
                    sa.or_(opinions.c.user_id == user_id, opinions.c.picture_id.in_(drawn))
                ),
                sa.delete(pictures).where(pictures.c.job_id.in_(own)),
                sa.update(jobs).where(jobs.c.user_id == user_id).values(parent_id=None),
                sa.update(jobs).where(jobs.c.parent_id.in_(own)).values(parent_id=None),
                sa.delete(jobs).where(jobs.c.user_id == user_id),
                sa.delete(messages).where(messages.c.user_id == user_id),
                sa.delete(users).where(users.c.id == user_id),
            ):
                await connection.execute(statement)
            return Unneeded(
                await _unused_pictures(connection, hashes), await _unused_photos(connection, photos)
            )


async def _photos_of(connection: AsyncConnection, user_id: int) -> set[str]:
    sent = sa.select(messages.c.photo).where(messages.c.user_id == user_id, messages.c.photo.is_not(None))
    used = sa.select(jobs.c.photos, jobs.c.init).where(jobs.c.user_id == user_id)
    photos = set((await connection.execute(sent)).scalars())
    for row in await connection.execute(used):
        photos.update(row.photos, [row.init] if row.init else [])
    return photos


async def _unused_pictures(connection: AsyncConnection, hashes: Iterable[str]) -> list[str]:
    unused = []
    for sha256 in dict.fromkeys(hashes):
        used = sa.select(sa.func.count()).where(pictures.c.sha256 == sha256, pictures.c.deleted_at.is_(None))
        if not (await connection.execute(used)).scalar_one():
            unused.append(sha256)
    return unused


async def _unused_photos(connection: AsyncConnection, hashes: Iterable[str]) -> list[str]:
    unused = []
    for sha256 in dict.fromkeys(hashes):
        named = sa.cast(jobs.c.photos, sa.Text).contains(sha256)
        used = sa.select(
            sa.select(sa.func.count()).where(messages.c.photo == sha256).scalar_subquery()
            + sa.select(sa.func.count()).where(sa.or_(named, jobs.c.init == sha256)).scalar_subquery()
        )
        if not (await connection.execute(used)).scalar_one():
            unused.append(sha256)
    return unused
