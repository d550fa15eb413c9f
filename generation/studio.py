"""Studio: where requests become pictures, as the bot sees it.

The bot knows this protocol and nothing of torch. It does not say where the
model runs: in this process (`generation.worker.LocalStudio`) or elsewhere.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from generation.request import OnProgress, Picture, Request


@runtime_checkable
class Studio(Protocol):
    """Draws requests. One instance serves many callers at the same time."""

    async def start(self) -> None:
        """Load and warm up the model; raises BadRequest (UNKNOWN_MODEL, BROKEN_MODEL)."""

    async def draw(self, request: Request, on_progress: OnProgress | None = None) -> list[Picture]:
        """Draw `request.count` pictures.

        Cancelling the awaiting task takes the request out within one denoising
        step. Raises BadRequest when the request itself is at fault.
        """
        ...

    async def close(self) -> None:
        """Stop drawing and free the model."""
