"""CUDA graphs: a small network's launches recorded once and replayed at once.

The prior of Kandinsky 2.1 at a few rows is some thousand launches a step with
little work in each. A graph is recorded for every shape of the inputs and
checked once against the eager result; where recording fails or the results
differ, the function runs as it is. This module knows functions of tensors; it
does not know what they compute.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

MOST = 8
"""Shapes with a graph of their own; each holds its memory. Other shapes run eagerly."""
TOLERANCE = 0.02
"""Of a replay against the eager run, relative to the largest value: bf16 keeps 8 bits, and autotuning may
choose another kernel while recording."""

log = logging.getLogger(__name__)

Shape = tuple[tuple[torch.Size, torch.dtype], ...]


@dataclass(slots=True)
class _Recording:
    graph: torch.cuda.CUDAGraph
    inputs: tuple[Tensor, ...]
    output: Tensor


class Graphed:
    """A function of CUDA tensors, replayed from graphs. Inputs elsewhere are computed eagerly."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        self._function = function
        self._recordings: dict[Shape, _Recording] = {}
        self.working = True

    def __call__(self, *inputs: Tensor) -> Tensor:
        """The function's result, a tensor of the caller's own."""
        if not (self.working and all(tensor.is_cuda for tensor in inputs)):
            return self._function(*inputs)
        shape = tuple((tensor.shape, tensor.dtype) for tensor in inputs)
        recording = self._recordings.get(shape)
        if recording is None:
            if len(self._recordings) >= MOST:
                return self._function(*inputs)
            return self._record(shape, inputs)
        for kept, given in zip(recording.inputs, inputs, strict=True):
            kept.copy_(given)
        recording.graph.replay()
        return recording.output.clone()

    def _record(self, shape: Shape, inputs: tuple[Tensor, ...]) -> Tensor:
        kept = tuple(tensor.clone() for tensor in inputs)
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # libraries choose and allocate before anything is recorded
            for _ in range(3):
                eager = self._function(*kept)
        torch.cuda.current_stream().wait_stream(aside)
        try:
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                output = self._function(*kept)
            graph.replay()
            apart = float((output - eager).abs().max() / eager.abs().max().clamp(min=1e-6))
            if not apart <= TOLERANCE:
                raise RuntimeError(f"a replay differs by {apart:.3g} of the largest value")
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            log.warning("CUDA graphs are off: %s", error)
            self.working = False
            self._recordings.clear()
            return eager
        self._recordings[shape] = _Recording(graph, kept, output)
        return output.clone()
