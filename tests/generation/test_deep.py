"""The cut UNet against diffusers' own forward pass, and parts that come to the device only when called."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from generation import deep, tiny
from generation.graphs import Graphed
from generation.kandinsky import Kandinsky
from generation.offload import Guest, GuestRoom


@pytest.fixture
def inputs(tiny_model: Kandinsky) -> dict[str, Tensor]:
    dice = torch.Generator().manual_seed(0)
    width = tiny.WIDTH
    return {
        "sample": torch.randn(3, 4, 8, 12, generator=dice),
        "timestep": torch.tensor([1, 400, 951]),
        "hidden": torch.randn(3, 77, width, generator=dice),
        "pooled": torch.randn(3, width, generator=dice),
        "image": torch.randn(3, width, generator=dice),
    }


def test_the_whole_pass_is_the_unets_own(tiny_model: Kandinsky, inputs: dict[str, Tensor]) -> None:
    out, features = deep.whole(tiny_model.unet, **inputs)
    theirs = tiny_model.unet(
        inputs["sample"],
        inputs["timestep"],
        inputs["hidden"],
        added_cond_kwargs={"text_embeds": inputs["pooled"], "image_embeds": inputs["image"]},
    ).sample
    assert torch.equal(out, theirs)
    assert features.shape[-2:] == (8, 12)


def test_a_shallow_pass_on_its_own_features_is_the_whole_pass(
    tiny_model: Kandinsky, inputs: dict[str, Tensor]
) -> None:
    out, features = deep.whole(tiny_model.unet, **inputs)
    assert torch.equal(deep.shallow(tiny_model.unet, features, **inputs), out)
    assert not torch.allclose(deep.shallow(tiny_model.unet, features + 1, **inputs), out, atol=1e-3)


def test_guests_come_when_called_one_at_a_time_and_compute_the_same() -> None:
    with torch.inference_mode(False):
        first, second = nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4).eval())
    x = torch.ones(2, 4)
    before = first(x), second(x)
    room = GuestRoom([first, second], torch.device("cpu"))  # copies are made here as they are on a GPU
    a, b = room._guests
    assert (a.present, b.present) == (False, False)
    for _ in range(2):
        assert torch.equal(first(x), before[0])
        assert (a.present, b.present) == (True, False)
        assert torch.equal(second(x), before[1])
        assert (a.present, b.present) == (False, True)
    home = Guest(nn.Linear(2, 2), torch.device("cpu"))
    home.come()
    address = home.module.weight.data_ptr()
    home.come()
    assert home.module.weight.data_ptr() == address
    home.leave()
    assert not home.present


def test_without_cuda_a_graph_is_the_function_itself() -> None:
    calls = []
    graphed = Graphed(lambda x: (calls.append(1), x + 1)[1])
    assert torch.equal(graphed(torch.ones(2)), torch.full((2,), 2.0))
    assert calls == [1]
