"""Captions of products in both languages, and the folders and tables that they come from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.training import bilingual, catalogue
from generation.training.fashiongen import Unreadable
from generation.training.rows import Row, read
from generation.training.sources import open_source

ROW = Row(
    0,
    "7",
    "Long sleeve suede jacket in black. Tonal grained leather paneling throughout. Zip closu",
    "Black Suede Jacket",
    "JACKETS & COATS",
)


def test_captions_are_the_first_sentences_the_name_and_the_bare_thing() -> None:
    said = bilingual.captions([ROW])[0]
    assert said.en == (
        "Long sleeve suede jacket in black.",
        "Long sleeve suede jacket in black. Tonal grained leather paneling throughout.",
        "Black Suede Jacket",
        "black suede long sleeve jacket",
        "black jacket",
    )
    assert said.ru == ("чёрная замшевая куртка с длинным рукавом", "чёрная куртка")


def test_a_translator_adds_captions_and_own_russian_comes_first() -> None:
    def translate(texts: Sequence[str]) -> list[str]:
        return [f"перевод {len(text)}" for text in texts]

    said = bilingual.captions([ROW, ROW], translate)
    assert said[0] == said[1] and said[0].ru[0] == "перевод 34" and "чёрная куртка" in said[0].ru
    own = Row(0, "7", "Black jacket.", russian="Чёрная куртка из магазина")
    assert bilingual.captions([own], translate)[0].ru[0] == "Чёрная куртка из магазина"


@pytest.mark.parametrize(
    ("text", "russian"),
    [
        ("Turtle Check Men Navy Blue Shirt", "тёмно-синяя мужская рубашка"),
        ("Black and white striped sneakers", "чёрно-белые полосатые кроссовки"),
        ("Leopard print skirt", "леопардовая юбка"),
        ("Sports sandals in pink", "розовые сандалии"),
        ("Silver Watch", "серые часы"),
        ("Gizmo 3000", ""),
    ],
)
def test_russian_adjectives_agree(text: str, russian: str) -> None:
    assert bilingual.russian_phrase(bilingual.sighting(Row(0, "", name=text)), 1) == russian


@pytest.mark.parametrize(
    ("text", "russian", "english"),
    [
        ("Buckaroo Boys Green Shirts", "зелёная рубашка для мальчика", "green boys' shirt"),
        ("Men White Striped Shirt", "белая мужская полосатая рубашка", "white men's striped shirt"),
        (
            "Women Casual Brown Casual Shoes",
            "коричневые женские повседневные туфли",
            "brown women's casual shoes",
        ),
        ("Navy skinny jeans", "тёмно-синие узкие джинсы", "navy skinny jeans"),
    ],
)
def test_models_are_asked_for_the_same_in_both_languages(text: str, russian: str, english: str) -> None:
    row = Row(0, "", "Sold by the piece. In green, too.", text)
    assert bilingual.prompts(row, bilingual.captions([row])[0]) == (russian, english)


def test_what_is_translated_is_asked_for_beside_its_translation() -> None:
    row = Row(0, "", "A shirt of finest poplin. With cuffs.", "Green shirt")
    said = bilingual.captions([row], lambda texts: [f"перевод: {text}" for text in texts])[0]
    asked = bilingual.prompts(row, said)
    assert asked == ("перевод: A shirt of finest poplin.", "A shirt of finest poplin.")
    own = Row(0, "", "A shirt.", russian="Рубашка из поплина")
    assert bilingual.prompts(own, bilingual.captions([own])[0]) == ("Рубашка из поплина", "A shirt.")
    gizmo = Row(0, "", name="Gizmo 3000")
    assert bilingual.prompts(gizmo, bilingual.captions([gizmo])[0]) == ("", "Gizmo 3000")


def test_a_language_that_a_row_lacks_is_lent_by_the_other() -> None:
    said = bilingual.captions([Row(0, "", name="Gizmo 3000")])[0]
    assert said.ru == () and said.of("ru") == said.en == ("Gizmo 3000",)


def test_columns_are_found_by_many_names() -> None:
    row = read(4, {"ID": 7.0, "Title": "A &amp; B", "baseColour": "Red", "articleType": "Shirts"})
    assert (row.number, row.product, row.name, row.colour, row.subcategory) == (
        4,
        "7",
        "A & B",
        "Red",
        "Shirts",
    )
    assert read(5, {"title": "x"}).product == "row 5"


def picture(path: Path, size: tuple[int, int] = (30, 60), colour: str = "red") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_folder_of_pictures_with_metadata(tmp_path: Path, kind: str) -> None:
    picture(tmp_path / "a/1.png")
    picture(tmp_path / "a/2.jpg", (60, 30), "white")
    rows = [
        {"file_name": "a/1.png", "text": "Red dress, long"},
        {"file_name": "a/2.jpg", "text": "White hat"},
    ]
    if kind == "csv":
        text = 'file_name,text\na/1.png,"Red dress, long"\na/2.jpg,White hat\n'
    else:
        text = "\n".join(map(json.dumps, rows))
    (tmp_path / f"metadata.{kind}").write_text(text)
    made = catalogue.convert(open_source(tmp_path, 64), tmp_path / "out")
    assert [row.description for row in made.rows] == ["Red dress, long", "White hat"]
    assert made.side == 64 and (made.pictures([0])[0, 32, 32] == (255, 0, 0)).all()


def test_folders_named_by_their_label(tmp_path: Path) -> None:
    for label in ("Dresses", "Hats"):
        picture(tmp_path / label / "1.png")
    source = open_source(tmp_path, 32)
    rows, pixels = next(source.blocks())
    assert [bilingual.captions([row])[0].ru[0] for row in rows] == ["платье", "шляпа"]
    assert pixels.shape == (2, 32, 32, 3) and pixels.dtype == np.uint8


def test_a_damaged_picture_is_named(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"no picture")
    with pytest.raises(Unreadable, match=r"1\.png is no readable picture"):
        next(open_source(tmp_path, 32).blocks())
    (tmp_path / "empty").mkdir()
    with pytest.raises(Unreadable, match="holds no pictures"):
        open_source(tmp_path / "empty")
