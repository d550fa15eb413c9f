"""Looks: a balanced draw of colour, pattern and ink for a garment type.

It knows the vocabulary's ids; it does not know pictures or captions.
"""

from __future__ import annotations

import random

from generation.vocabulary import COLOURS, Look

PATTERN_SHARES = {
    "plain": 0.34,
    "leopard": 0.12,
    "zebra": 0.05,
    "striped": 0.13,
    "checked": 0.12,
    "dotted": 0.08,
    "floral": 0.08,
    "camouflage": 0.04,
    "denim": 0.04,
}
_LIGHT = ("white", "beige", "yellow", "pink", "lightblue", "light_blue")
_NATURAL = {
    "leopard": ("beige", "beige", "brown", "yellow", "orange"),
    "zebra": ("white",),
    "camouflage": ("olive", "khaki", "green"),
    "denim": ("blue", "navy", "light_blue", "lightblue", "black", "grey"),
}
"""The colours that a pattern has when nobody asks for another."""


def random_look(type_: str, rng: random.Random) -> Look:
    """A look of this type; each pattern by its share, most colours equally often."""
    pattern = rng.choices(list(PATTERN_SHARES), list(PATTERN_SHARES.values()))[0]
    colours = list(COLOURS)
    natural = [c for c in _NATURAL.get(pattern, ()) if c in COLOURS]
    usual = 0.85 if pattern == "denim" else 0.6
    colour = rng.choice(natural) if natural and rng.random() < usual else rng.choice(colours)
    second = None
    if pattern in ("striped", "checked", "dotted", "floral"):
        ink = [c for c in colours if c != colour]
        dark = sum(COLOURS[colour].rgb) < 330
        contrast = "white" if dark else rng.choice(("black", "navy"))
        second = contrast if rng.random() < 0.6 and contrast in ink else rng.choice(ink)
        if _distance(colour, second) < 150:
            second = "white" if dark else "black"
    return Look(type_, colour, pattern, second)


def _distance(one: str, other: str) -> float:
    pairs = zip(COLOURS[one].rgb, COLOURS[other].rgb, strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)
