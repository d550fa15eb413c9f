"""An own picture and its mask: fitted, turned into latents, and put back behind the drawing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers.pipelines.kandinsky.pipeline_kandinsky_inpaint import prepare_mask
from PIL import Image, ImageDraw

from generation import canvas, fitting
from generation.canvas import Canvas
from generation.fitting import Frame
from generation.kandinsky import Kandinsky
from generation.request import BadRequest, Problem, Request

FRAME = Frame(side=128, grid=32)


def test_a_mask_shrinks_as_in_stock() -> None:
    keep = (torch.rand(40, 1, 12, 9, generator=torch.Generator().manual_seed(0)) > 0.15).float()
    theirs = prepare_mask(keep.clone())
    ours = torch.stack([canvas.shrunk(one) for one in keep])
    assert torch.equal(ours, theirs)
    assert 0 < ours.mean() < keep.mean()


def test_a_latent_is_painted_anew_if_any_of_its_pixels_is() -> None:
    mask = np.zeros((64, 48), dtype=bool)
    mask[15, 8] = True
    mask[16:32, 40:] = True
    anew = canvas.places(mask, 8)
    assert anew.shape == (1, 8, 6)
    assert {tuple(place) for place in anew[0].nonzero().tolist()} == {(1, 1), (2, 5), (3, 5)}


def test_what_the_inpainting_unet_reads(tiny_model: Kandinsky) -> None:
    clean = canvas.encode(tiny_model, Image.new("RGB", (64, 64), "red"))
    assert clean.shape == (4, 8, 8)
    anew = torch.zeros(1, 8, 8)
    anew[0, 2:4, 2:4] = 1
    kept = Canvas(clean, anew).kept()
    assert kept.shape == (5, 8, 8)
    assert not kept[:, 2:4, 2:4].any()
    assert torch.equal(kept[:4, 6:], clean[:, 6:])
    with pytest.raises(ValueError, match="mask"):
        Canvas(clean).kept()


@pytest.mark.parametrize(
    ("fields", "own", "drawn"),
    [
        ({}, None, (128, 128)),
        ({"size": 96}, None, (96, 96)),
        ({"width": 96}, None, (96, 128)),
        ({"size": 64, "height": 160}, None, (64, 160)),
        ({}, (500, 500), (128, 128)),
        ({}, (600, 300), (192, 96)),
        ({}, (30, 300), (64, 416)),
        ({"height": 128}, (600, 300), (256, 128)),
        ({"width": 128}, (600, 300), (128, 64)),
        ({"size": 96}, (600, 300), (96, 96)),
    ],
)
def test_the_shape_of_a_drawing(
    fields: dict[str, int], own: tuple[int, int] | None, drawn: tuple[int, int]
) -> None:
    init = None if own is None else Image.new("RGB", own)
    assert fitting.shape(Request("юбка", **fields), FRAME, init) == drawn  # type: ignore[arg-type]


def test_a_side_off_the_grid_is_refused() -> None:
    for fields in ({"size": 100}, {"width": 100}, {"height": 72}):
        with pytest.raises(BadRequest) as caught:
            fitting.shape(Request("юбка", **fields), FRAME, None)  # type: ignore[arg-type]
        assert caught.value.problem == Problem.BAD_SIZE


def test_a_mask_of_any_size_lies_on_its_picture() -> None:
    own = Image.new("RGB", (400, 200))
    mask = Image.new("L", (50, 50))
    ImageDraw.Draw(mask).rectangle((25, 0, 50, 50), fill=255)  # the right half, stretched to the picture's
    anew = fitting.places(mask, own, (128, 64))
    assert anew.shape == (64, 128)
    assert not anew[:, :63].any()
    assert anew[:, 66:].all()
    cut = fitting.places(mask, own, (64, 64))  # the sides are cut off, and the mask's with them
    assert not cut[:, :30].any()
    assert cut[:, 34:].all()


def test_a_mask_without_white_is_refused() -> None:
    with pytest.raises(BadRequest) as caught:
        fitting.places(Image.new("L", (9, 9)), Image.new("RGB", (64, 64)), (64, 64))
    assert caught.value.problem == Problem.BAD_MASK


def test_what_lies_outside_the_mask_stays_pixel_for_pixel() -> None:
    own = Image.effect_noise((64, 64), 80).convert("RGB")
    drawn = np.full((64, 64, 3), 200, dtype=np.uint8)
    anew = np.zeros((64, 64), dtype=bool)
    anew[10:40, 10:40] = True
    anew[50, 5:60] = True
    mixed = fitting.put_back(drawn, own, anew)
    assert np.array_equal(mixed[~anew], np.asarray(own)[~anew])
    assert (mixed[20:30, 20:30] == 200).all()
    stroke = np.abs(mixed[50, 20:40].astype(int) - 200).mean()
    assert stroke < np.abs(np.asarray(own)[50, 20:40].astype(int) - 200).mean()
