"""The operators' rooms, built beside the chat's: the counter where they ask, the task that sends."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from aiogram import Bot, Router

from bot.chat import memory as chat
from bot.chat.board import Board
from bot.chat.reception import Reception
from bot.chat.speech import Speech
from bot.i18n import Catalogues
from bot.jobs.desk import Desk
from bot.jobs.port import Courier
from bot.operator.card import Card
from bot.operator.counter import Counter, IsOperator
from bot.operator.favours import Favours
from bot.operator.hours import Hours
from bot.operator.mailing import Mailing
from bot.store.campaigns import Campaigns


class Memory(chat.Memory, Protocol):
    """What is kept, as the operators' rooms see it."""

    campaigns: Campaigns


@dataclass(frozen=True, slots=True)
class Rooms:
    routers: list[Router]
    mailing: Mailing


def build_rooms(
    *,
    bot: Bot,
    memory: Memory,
    catalogues: Catalogues,
    desk: Desk,
    board: Board,
    courier: Courier,
    hours: Hours,
    admins: Collection[int],
) -> Rooms:
    speech = Speech(bot, memory.journal)
    reception = Reception(memory=memory, desk=desk, board=board, courier=courier, speech=speech)
    card = Card(bot, catalogues, memory.campaigns, memory.people, hours)
    mailing = Mailing(memory.campaigns, memory.ledger, card, hours)
    counter = Counter(
        campaigns=memory.campaigns,
        ledger=memory.ledger,
        people=memory.people,
        photos=memory.photos,
        reception=reception,
        speech=speech,
        card=card,
        mailing=mailing,
        hours=hours,
        admins=admins,
    )
    favours = Favours(memory.people, speech, IsOperator(admins))
    return Rooms([counter.router(), favours.router()], mailing)
