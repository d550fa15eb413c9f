"""Whose turn it is: shares by weight, no credit for absence, no starving, and who makes room."""

from __future__ import annotations

from collections import Counter
from typing import Any

from generation.orders import Order, Ticket
from generation.turns import MOST, Turns, victim


def ticket(owner: str = "", priority: int = 0, count: int = 1000) -> Ticket:
    order = Order("", tuple(range(count)), 64, 64, 10, 4.0, owner=owner, priority=priority)
    return Ticket(order, _nothing, _nothing, _nothing)


def _nothing(*_: Any) -> None:
    return None


def arrived(turns: Turns, *tickets: Ticket) -> list[Ticket]:
    for one in tickets:
        turns.arrive(one)
    return list(tickets)


def serve(turns: Turns, waiting: list[Ticket], rounds: int) -> Counter[str]:
    served: Counter[str] = Counter()
    for _ in range(rounds):
        next_ = turns.next(waiting, lambda _: 1.0)
        turns.serve(next_, 1.0, waiting)
        served[next_.order.owner] += 1
    return served


def test_owners_share_evenly_however_many_requests_each_has() -> None:
    turns = Turns()
    waiting = arrived(turns, *[ticket("anna") for _ in range(5)], ticket("boris"))
    assert serve(turns, waiting, 100) == {"anna": 50, "boris": 50}


def test_a_priority_doubles_the_share_and_starves_nobody() -> None:
    turns = Turns()
    waiting = arrived(turns, ticket("anna", 1), ticket("boris"), ticket("clara", -1))
    served = serve(turns, waiting, 70)
    assert abs(served["anna"] - 40) <= 1
    assert abs(served["boris"] - 20) <= 1
    assert abs(served["clara"] - 10) <= 1
    background = Turns()
    waiting = arrived(background, ticket("digest", -10), ticket("anna"))
    assert serve(background, waiting, 500) == {"anna": 500}
    assert serve(background, waiting, 1600)["digest"] >= 1


def test_who_was_away_has_saved_nothing_and_owes_nothing() -> None:
    turns = Turns()
    (anna,) = arrived(turns, ticket("anna"))
    serve(turns, [anna], 100)
    (boris,) = arrived(turns, ticket("boris"))
    served = serve(turns, [anna, boris], 20)
    assert abs(served["anna"] - served["boris"]) <= 2


def test_first_come_first_served_among_equals() -> None:
    turns = Turns()
    waiting = arrived(turns, ticket(), ticket(), ticket())
    for expected in list(waiting):
        next_ = turns.next(waiting, lambda _: 1.0)
        assert next_ is expected
        turns.serve(next_, 1.0, waiting)
        waiting.remove(next_)


def test_a_stream_of_newcomers_does_not_starve_who_is_there() -> None:
    turns = Turns()
    (anna,) = arrived(turns, ticket("anna"))
    turns.serve(anna, 1.0, [anna])
    served = 0
    for _ in range(40):
        waiting = [anna, *arrived(turns, ticket(count=1), ticket(count=1))]
        next_ = turns.next(waiting, lambda _: 1.0)
        turns.serve(next_, 1.0, waiting)
        served += next_ is anna
    assert served >= 40 // 4


def test_what_is_remembered_is_bounded() -> None:
    turns = Turns()
    for _ in range(3 * MOST):
        (one,) = arrived(turns, ticket())
        turns.serve(one, 1.0, [])
    assert len(turns._paid) <= MOST + 1


def test_only_who_holds_more_than_the_newcomer_will_makes_room() -> None:
    turns = Turns()
    anna, boris, clara = arrived(turns, ticket("anna"), ticket("boris"), ticket("clara"))
    assert victim(clara, 1.0, [(anna, 1.0, 5), (boris, 1.0, 2)]) is None
    assert victim(clara, 1.0, [(anna, 1.0, 5), (anna, 1.0, 1), (boris, 1.0, 0)]) == 1
    assert victim(anna, 1.0, [(anna, 1.0, 5), (boris, 1.0, 1), (boris, 1.0, 0)]) is None
    urgent = arrived(turns, ticket("dora", 3))[0]
    assert victim(urgent, 1.0, [(anna, 1.0, 5), (boris, 1.0, 2)]) == 1
