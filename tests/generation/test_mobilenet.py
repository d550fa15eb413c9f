"""MobileNetV2 in plain torch has the packaged weights and the paper's shapes."""

from __future__ import annotations

import numpy as np
import torch

from generation import mobilenet


def test_the_packaged_weights_load_and_the_maps_have_the_papers_shapes() -> None:
    network = mobilenet.load()
    pictures = mobilenet.prepare(np.full((1, 128, 128, 3), 127, np.uint8))
    assert pictures.shape == (1, 3, 160, 160)
    shapes = [tuple(maps.shape[1:]) for maps in network.maps(pictures, (3, 6, 13, 18))]
    assert shapes == [(24, 40, 40), (32, 20, 20), (96, 10, 10), (1280, 5, 5)]
    assert not any(parameter.requires_grad for parameter in network.parameters())


def test_features_are_of_the_picture_and_of_nothing_else() -> None:
    network = mobilenet.load()
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (3, 64, 64, 3)).astype(np.uint8)
    together = mobilenet.features(network, pixels, batch=2)
    alone = mobilenet.features(network, pixels[2:])
    assert together.shape == (3, mobilenet.WIDTH)
    torch.testing.assert_close(together[2:], alone, rtol=1e-4, atol=1e-4)
    assert float((together[0] - together[1]).abs().mean()) > 0.01
    assert mobilenet.features(network, pixels[:0]).shape == (0, mobilenet.WIDTH)
