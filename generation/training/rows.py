"""Rows: one picture of a product and what a catalogue says of it, whatever file it came from.

Columns are found by the names that FashionGen, the Hugging Face "imagefolder"
convention and shops use. Products, not pictures, are split into a training and
a held-out part: several views of one garment must not fall on both sides. This
module knows names and texts; it does not know files, pictures or models.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

HELD_OUT = 0.1
"""The share of products that is not trained on."""

_NAMES = {
    "description": ("input_description", "description", "text", "caption", "prompt", "txt"),
    "name": ("input_name", "name", "title", "productdisplayname"),
    "category": ("input_category", "category", "label", "mastercategory"),
    "subcategory": ("input_subcategory", "article_type", "articletype", "subcategory"),
    "gender": ("input_gender", "gender"),
    "composition": ("input_composition", "composition", "material"),
    "colour": ("colour", "color", "basecolour"),
    "product": ("input_productid", "product_id", "productid", "product", "id"),
    "pose": ("input_pose", "pose", "view"),
    "russian": ("text_ru", "caption_ru", "description_ru", "title_ru", "russian"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """What is known of one picture; "" where nothing is.

    number: of the row in its file. product: groups the views of one garment.
    """

    number: int
    product: str
    description: str = ""
    name: str = ""
    category: str = ""
    subcategory: str = ""
    gender: str = ""
    composition: str = ""
    colour: str = ""
    pose: str = ""
    russian: str = ""

    @property
    def held_out(self) -> bool:
        """Whether the product is kept for judging."""
        return held_out(self.product)

    @property
    def text(self) -> str:
        """Everything that may name the garment and its colour, the shortest first."""
        return ". ".join(t for t in (self.name, self.description, self.colour, self.subcategory) if t)


def held_out(product: str, share: float = HELD_OUT) -> bool:
    """Whether a product belongs to the held-out part: by its id's hash, the same in every file and run."""
    digest = hashlib.sha256(f"lekalo {product}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def tidy(text: str) -> str:
    """One line without entities, control characters and replacement characters."""
    plain = html.unescape(text).replace("\ufffd", " ")
    shown = "".join(c if c.isprintable() else " " for c in plain)
    return " ".join(shown.split())


def read(number: int, values: Mapping[str, Any]) -> Row:
    """A row of named values; a product without an id is a product of its own."""
    folded = {name.lower(): value for name, value in values.items()}
    found = {}
    for field, names in _NAMES.items():
        given = (folded[name] for name in names if folded.get(name) not in (None, ""))
        value = next(given, "")
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        found[field] = tidy(str(value))
    product = found.pop("product") or f"row {number}"
    return Row(number, product, **found)
