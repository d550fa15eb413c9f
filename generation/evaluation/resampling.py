"""Resampling: how much a distance or a mean would vary with other products, by the bootstrap.

Products are drawn again with replacement (Efron 1979), the same ones for both
models and both languages, so that differences are of pairs. A product drawn twice
is not compared with itself in the kernel distance, which would make it smaller.
This module knows features and numbers only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

RESAMPLES = 1_000
FEW = 40
"""For distances that cost more."""
LEVEL = 0.95

Field = NDArray[np.float64]


def counts(products: int, resamples: int, seed: int = 0) -> Field:
    """How often each product is drawn, (resamples, products)."""
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(products, np.full(products, 1 / products), resamples).astype(np.float64)
    drawn[(drawn > 0).sum(1) < 2] = 1  # one product alone has no distance within
    return drawn


def interval(values: Field) -> tuple[float, float]:
    """The middle LEVEL of resampled values."""
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


class Kernel:
    """KID's kernel between drawn and real features, for weighted resampling."""

    def __init__(self, drawn: Tensor, real: Tensor) -> None:
        """drawn, real: (N, D), row i of both being product i."""
        one, other = drawn.double(), real.double()
        width = one.shape[1]

        def kernel(a: Tensor, b: Tensor) -> Field:
            found: Field = ((a @ b.T / width + 1) ** 3).numpy()
            return found

        self._drawn, self._real, self._across = kernel(one, one), kernel(other, other), kernel(one, other)

    def __call__(self, weights: Field) -> Field:
        """The unbiased squared MMD for each row of weights, (R, N)."""
        total = weights.sum(1)

        def within(table: Field) -> Field:
            own = (weights**2) @ np.diag(table)
            pairs: Field = total**2 - (weights**2).sum(1)
            found: Field = (((weights @ table) * weights).sum(1) - own) / pairs
            return found

        # drawing i and photo i are of one product: as independent as any two, so they stay in
        across: Field = ((weights @ self._across) * weights).sum(1) / total**2
        result: Field = within(self._drawn) + within(self._real) - 2 * across
        return result


def means(values: Field, weights: Field) -> Field:
    """The weighted mean of (N,) for each row of weights, without what is NaN."""
    known = ~np.isnan(values)
    share = weights[:, known]
    found: Field = share @ values[known] / np.maximum(share.sum(1), 1e-9)
    return found


def repeated(distance: Callable[[NDArray[np.int64]], float], weights: Field) -> Field:
    """A distance of drawn-again rows for the first FEW rows of weights."""
    rows = [np.repeat(np.arange(weights.shape[1]), w.astype(int)) for w in weights[:FEW]]
    return np.array([distance(row) for row in rows])
