"""Offloading: the parts of a model that are used once a picture wait in main memory.

Of a Kandinsky 2.1 only the UNet and MOVQ work all the time. The encoders and
the prior come to the GPU when they are called and give their place to the next
one; their weights stay in main memory meanwhile (page-locked, where that is to
be had), so leaving costs nothing and coming one copy. In half precision the
largest of them and the residents are 4.7 GB of the whole 6.6. This module knows
modules and devices; it does not know what they are for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn


class Guest:
    """A module whose weights are on the device only while it is a guest there."""

    def __init__(self, module: nn.Module, device: torch.device) -> None:
        self.module = module.to("cpu")
        self.device = device
        self._home: dict[Tensor, Tensor] = {}
        for tensor in (*module.parameters(), *module.buffers()):
            if device.type == "cuda":
                tensor.data = tensor.data.pin_memory()
            self._home[tensor] = tensor.data

    @property
    def present(self) -> bool:
        """Whether it is on the device now."""
        return any(tensor.data.data_ptr() != home.data_ptr() for tensor, home in self._home.items())

    def come(self) -> None:
        """Copy the weights to the device."""
        if not self.present:
            for tensor, home in self._home.items():
                tensor.data = home.to(self.device, non_blocking=True, copy=True)

    def leave(self) -> None:
        """Let go of the copies."""
        for tensor, home in self._home.items():
            tensor.data = home


class GuestRoom:
    """Room for one guest at a time: whoever is called comes, and the one before leaves."""

    def __init__(self, modules: Iterable[nn.Module], device: torch.device) -> None:
        self._guests = [Guest(module, device) for module in modules]
        for guest in self._guests:
            guest.module.register_forward_pre_hook(self._let_in(guest))

    def _let_in(self, guest: Guest) -> Any:
        def hook(*_: Any) -> None:
            if not guest.present:
                for other in self._guests:
                    other.leave()
                guest.come()

        return hook
