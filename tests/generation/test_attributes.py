"""Heads over image embeddings: kept in the model's folder, and sober about prints."""

from pathlib import Path

import pytest
import torch

from generation import attributes
from generation.vocabulary import Look

TAUGHT = {"plain": 0.4, "leopard": 0.35, "striped": 0.25}


def head() -> attributes.Head:
    return attributes.Head(tuple(TAUGHT), torch.eye(3), torch.zeros(3))


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    assert attributes.load(tmp_path) == attributes.Attributes()
    step = torch.tensor([1.0, 0.0, 2.0])
    attributes.save(tmp_path, attributes.Attributes({"pattern": head()}, {"hat": step}))
    found = attributes.load(tmp_path)
    assert torch.equal(found.steps["hat"], step)
    loaded = found.heads["pattern"]
    assert loaded.name(torch.tensor([0.0, 2.0, 1.0])) == "leopard"
    assert loaded.names == tuple(TAUGHT) and not found.garment_by_text
    attributes.save(tmp_path, attributes.Attributes(garment_by_text=True))
    assert attributes.load(tmp_path).garment_by_text


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / attributes.FILE).write_bytes(b"hello")
    with pytest.raises(ValueError, match="broken"):
        attributes.load(tmp_path)


def test_prints_are_worn_more_rarely_than_they_are_taught() -> None:
    sober = attributes.for_what_is_worn(head(), TAUGHT)
    doubtful, sure = torch.tensor([1.0, 1.5, 0.0]), torch.tensor([0.0, 4.0, 0.0])
    assert head().name(doubtful) == "leopard" and sober.name(doubtful) == "plain"
    assert sober.name(sure) == "leopard"
    shares = sober.bias.exp() * torch.tensor(list(TAUGHT.values()))
    torch.testing.assert_close(shares, torch.tensor([0.8, 0.2 * 0.35 / 0.6, 0.2 * 0.25 / 0.6]))


def test_a_step_is_what_the_type_adds_and_nothing_of_its_usual_colour() -> None:
    looks = [Look("pants", "blue"), Look("pants", "blue"), Look("pants", "red"), Look("hat", "red")]
    looks += [Look("hat", "red"), Look("hat", "blue")]
    types = {"pants": torch.tensor([20.0, 0.0]), "hat": torch.tensor([-20.0, 0.0])}
    colours = {"blue": torch.tensor([0.0, 30.0]), "red": torch.tensor([0.0, -30.0])}
    embeddings = torch.stack([types[look.type] + colours[look.colour] for look in looks])
    steps = attributes.steps_towards(embeddings, looks)
    torch.testing.assert_close(steps["pants"], types["pants"], atol=1e-2, rtol=1e-3)
    faint = attributes.steps_towards(embeddings / 20, looks)
    torch.testing.assert_close(faint["hat"], types["hat"] / 20 * attributes.STRETCH, atol=1e-2, rtol=1e-3)
