"""A garment for somebody who leaves it to the stylist. Knows taste, such as it is."""

from __future__ import annotations

import random

from bot.stylist.garment import Garment
from generation.vocabulary import COLOURS

TYPES = ("dress", "skirt", "blouse", "blazer", "outwear", "pants", "tshirt", "hoodie", "shoes", "shirt")
PATTERNS = (None, None, None, "striped", "checked", "dotted", "floral", "leopard")


def surprise(chance: random.Random) -> Garment:
    """A type and a colour, now and then a pattern that goes with any."""
    return Garment(
        type=chance.choice(TYPES), colour=chance.choice(list(COLOURS)), pattern=chance.choice(PATTERNS)
    )
