"""Turns: whose picture is drawn next, and whose makes room.

Weighted fair queueing over owners (Demers, Keshav, Shenker 1989): the next row
is the one that would be finished first if all owners who wait were served at
once, each in proportion to its weight. A virtual clock says how far such a
service would be; an owner who was away has saved nothing up, one who asks for
much waits for himself, and nobody starves. Knows owners and costs; it
does not know models, memory or time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from generation.orders import Ticket

MOST = 1_000
"""Owners remembered at the least; those who are not behind the clock any more are forgotten first."""


def owner(ticket: Ticket) -> str | int:
    """Whom a ticket is for; nobody's ticket is an owner of its own."""
    return ticket.order.owner or ticket.number


def weight(ticket: Ticket) -> float:
    """The owner's share while this ticket is served."""
    return float(2.0**ticket.order.priority)


class Turns:
    """The order of service. Costs are in any one unit, such as a picture's area times its steps."""

    def __init__(self) -> None:
        self._clock = 0.0
        self._paid: dict[str | int, float] = {}
        self._arrived = 0

    def arrive(self, ticket: Ticket) -> None:
        """Note a new ticket, before anything else is asked about it."""
        self._arrived += 1
        ticket.number, ticket.since = self._arrived, self._clock

    def next(self, waiting: Iterable[Ticket], cost: Callable[[Ticket], float]) -> Ticket:
        """Whose turn it is, where each ticket's next row costs so much; `waiting` must not be empty."""

        def key(ticket: Ticket) -> tuple[float, int, int, int]:
            finish = self._start(ticket) + cost(ticket) / weight(ticket)
            return finish, -ticket.order.priority, ticket.drawing, ticket.number

        return min(waiting, key=key)

    def serve(self, ticket: Ticket, cost: float, waiting: Iterable[Ticket]) -> None:
        """One more row of the ticket is being drawn, while these wait, itself among them or not."""
        start = self._start(ticket)
        shares = {owner(one): weight(one) for one in (*waiting, ticket)}
        self._clock += cost / sum(shares.values())
        self._paid[owner(ticket)] = start + cost / weight(ticket)
        if len(self._paid) > MOST:
            self._paid = {who: paid for who, paid in self._paid.items() if paid > self._clock}

    def _start(self, ticket: Ticket) -> float:
        return max(ticket.since, self._paid.get(owner(ticket), 0.0))


def victim(ticket: Ticket, cost: float, rows: Sequence[tuple[Ticket, float, int]]) -> int | None:
    """Which of the rows in flight, (ticket, cost, step) each, makes room for a ticket's next row.

    Only an owner who has more in flight for his weight than the newcomer will then have gives
    one up, the one least advanced; so nothing is given up twice for the same reason. None: nobody does.
    """
    held: dict[str | int, float] = {}
    for other, area, _ in rows:
        held[owner(other)] = held.get(owner(other), 0.0) + area / weight(other)
    mine = held.get(owner(ticket), 0.0) + cost / weight(ticket)
    over = [
        (held[owner(other)], -step, index)
        for index, (other, _, step) in enumerate(rows)
        if owner(other) != owner(ticket) and held[owner(other)] > mine
    ]
    return max(over)[2] if over else None
