"""Products: what two models are asked for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from generation.evaluation.products import Product, chosen, open_catalogue, pairs
from generation.training.rows import Row
from tests.generation.training import goods


def held(*groups: str | None) -> list[Product]:
    photo = np.zeros((8, 8, 3), dtype=np.uint8)
    return [
        Product(Row(i, f"p{i}"), photo, "", "", group, frozenset(), seed=i) for i, group in enumerate(groups)
    ]


def test_every_kind_is_asked_for_alike_often_and_no_product_again_before_the_others() -> None:
    usable = held(*["shoes"] * 12, *["tshirt"] * 4, *["pants"] * 4, "dress", "dress", None)
    found = pairs(usable, 16)
    assert [pair.shown for pair in found] == usable[:16], "photos in their own order"
    assert all(pair.shown.group != pair.wanted.group for pair in found)
    kinds = Counter(pair.wanted.group for pair in found)
    assert max(kinds.values()) - min(kinds.values()) <= 1 and len(kinds) == 4
    times = Counter(id(pair.wanted) for pair in found if pair.wanted.group == "tshirt")
    assert max(times.values()) - min(times.values()) <= 1


def test_one_kind_alone_makes_no_pairs() -> None:
    assert pairs(held("shoes", "shoes", None), 3) == []


def test_those_after_the_first_are_the_same_products_in_the_same_order(tmp_path: Path) -> None:
    catalogue = open_catalogue(goods.write(tmp_path / "goods.h5", 40), tmp_path / "cache")
    first, later = (chosen(catalogue, n, 1, True, skip=skip) for n, skip in ((6, 0), (3, 3)))
    assert [p.row for p in later] == [p.row for p in first[3:]]
    with pytest.raises(ValueError, match="after the first 1000"):
        chosen(catalogue, 3, 1, True, skip=1000)
