"""The contract's own rules, which need no model."""

from __future__ import annotations

import pytest

from generation.request import BadRequest, Problem, Progress, Request, check, tidy


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        ("  прямые\n\tджинсы ", "прямые джинсы"),
        ("a\0b", "a b"),
        ("\u200b\ufeff", ""),
        ("\ud800юбка", "юбка"),
        ("платье 👗!", "платье 👗!"),
    ],
)
def test_tidy(raw: str, read: str) -> None:
    assert tidy(raw) == read


def test_a_photo_needs_no_text() -> None:
    check(Request("", photos=(b"x",)))
    with pytest.raises(BadRequest) as caught:
        check(Request(""))
    assert caught.value.problem == Problem.EMPTY_PROMPT


def test_progress() -> None:
    assert Progress(0, 0).share == 0
    assert Progress(3, 4).share == 0.75
