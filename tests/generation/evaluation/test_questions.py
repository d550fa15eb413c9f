"""The exam asks the same in both languages, in words that no training caption has."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from generation.evaluation import judges, questions
from generation.vocabulary import COLOURS, PATTERNS, TYPES, understand

SHARED = Path(__file__).parents[4] / "shared" / "data"


def test_groups_and_patterns_cover_the_vocabulary() -> None:
    assert sorted(judges.GROUP_OF) == sorted(TYPES)
    assert sorted(judges.PATTERN_OF) == sorted(PATTERNS)


def test_pairs_share_look_and_seed_and_differ_in_language() -> None:
    asked = questions.from_text(40, seed=1)
    assert asked == questions.from_text(40, seed=1)
    assert asked != questions.from_text(40, seed=2)
    russian, english = asked[::2], asked[1::2]
    for ru, en in zip(russian, english, strict=True):
        assert (ru.language, en.language) == ("ru", "en")
        assert (ru.look, ru.seed, ru.group, ru.colours) == (en.look, en.seed, en.group, en.colours)
        assert not ru.prompt.isascii() and en.prompt.replace("—", "").replace("…", "").isascii()


def test_prompts_name_what_is_judged() -> None:
    asked = questions.from_text(100, seed=3)
    wishes = [(q, understand(q.prompt)) for q in asked]
    assert sum(w.type is not None and judges.GROUP_OF[w.type] == q.group for q, w in wishes) > 190
    assert sum(w.colour in q.colours for q, w in wishes) > 190
    assert sum(judges.PATTERN_OF[w.pattern or "plain"] == q.pattern for q, w in wishes) > 190


def test_types_are_asked_for_equally_often_and_patterns_by_quota() -> None:
    looks = questions.looks(17 * 16, seed=0)
    types = Counter(look.type for look in looks)
    patterns = Counter(look.pattern for look in looks)
    assert max(types.values()) - min(types.values()) < 12  # denim is only asked of what is made of it
    assert patterns["plain"] == 17 * 5 and patterns["leopard"] == patterns["checked"] == 17 * 2
    assert all(look.type in questions.DENIM for look in looks if look.pattern == "denim")


def test_what_was_seen_in_the_photos_is_in_the_vocabulary() -> None:
    seen = questions.eyed()
    assert len(seen) == 240
    for one in seen.values():
        assert set(one["colours"]) <= set(COLOURS) and len(one["colours"]) <= 2
        assert one["pattern"] is None or one["pattern"] in PATTERNS


@pytest.mark.skipif(not (SHARED / "photos.parquet").exists(), reason=f"{SHARED}/photos.parquet is not here")
def test_photo_questions_ask_for_another_group_than_the_photos() -> None:
    asked = questions.from_photos(SHARED / "photos.parquet", 10, seed=1)
    assert len(asked) == 20
    for ru, en in zip(asked[::2], asked[1::2], strict=True):
        assert ru.photo is not None and ru.photo == en.photo
        assert (ru.group, ru.colours, ru.seed) == (en.group, en.colours, en.seed)
        assert ru.group in judges.GROUPS and ru.colours
    assert questions.photo_colour(asked[0].photo or b"") in COLOURS
