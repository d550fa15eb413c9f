"""The contract's own rules, which need no model."""

from __future__ import annotations

from typing import Any

import pytest

from generation.request import BadRequest, Picture, Problem, Progress, Request, check, tidy


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


def test_a_picture_to_start_from_needs_no_text() -> None:
    check(Request("", init=b"x"))
    check(Request("", init=b"x", mask=b"y", strength=1.0))


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"negative": "x" * 2001}, Problem.PROMPT_TOO_LONG),
        ({"width": 63}, Problem.BAD_SIZE),
        ({"height": 1025}, Problem.BAD_SIZE),
        ({"strength": 0.0}, Problem.BAD_STRENGTH),
        ({"strength": 1.01}, Problem.BAD_STRENGTH),
        ({"strength": float("nan")}, Problem.BAD_STRENGTH),
        ({"mask": b"x"}, Problem.BAD_MASK),
        ({"priority": 11}, Problem.BAD_PRIORITY),
        ({"priority": -11}, Problem.BAD_PRIORITY),
        ({"sampler": "euler"}, Problem.BAD_SAMPLER),
        ({"photo_weights": (1.0,)}, Problem.BAD_PHOTO_WEIGHT),
        ({"photos": (b"x", b"y"), "photo_weights": (1.0,)}, Problem.BAD_PHOTO_WEIGHT),
        ({"photos": (b"x", b"y"), "photo_weights": (0.0, 0.0)}, Problem.BAD_PHOTO_WEIGHT),
        ({"photos": (b"x", b"y"), "photo_weights": (1.0, -1.0)}, Problem.BAD_PHOTO_WEIGHT),
        ({"photos": (b"x", b"y"), "photo_weights": (1.0, float("inf"))}, Problem.BAD_PHOTO_WEIGHT),
    ],
)
def test_what_is_wrong_with_a_request(fields: dict[str, Any], problem: Problem) -> None:
    with pytest.raises(BadRequest) as caught:
        check(Request("юбка", **fields))
    assert caught.value.problem == problem


def test_the_shape_of_a_picture() -> None:
    assert Picture(b"", 1, 64, 0.1, "tiny", "юбка").shape == (64, 64)
    assert Picture(b"", 1, 96, 0.1, "tiny", "юбка", width=64, height=96).shape == (64, 96)


def test_progress() -> None:
    assert Progress(0, 0).share == 0
    assert Progress(3, 4).share == 0.75
