"""Steps between embeddings, kept in the model's folder."""

from pathlib import Path

import pytest
import torch

from generation import attributes
from generation.vocabulary import Look


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    assert attributes.load(tmp_path) == attributes.Attributes()
    step = torch.tensor([1.0, 0.0, 2.0])
    attributes.save(tmp_path, attributes.Attributes({"hat": step}))
    found = attributes.load(tmp_path)
    assert torch.equal(found.steps["hat"], step)
    assert not found.garment_by_text and not found.table_words
    for name in attributes.FACTS:
        attributes.save(tmp_path, attributes.Attributes(**{name: True}))
        found = attributes.load(tmp_path)
        assert [getattr(found, fact) for fact in attributes.FACTS] == [
            fact == name for fact in attributes.FACTS
        ]


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / attributes.FILE).write_bytes(b"hello")
    with pytest.raises(ValueError, match="broken"):
        attributes.load(tmp_path)


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
