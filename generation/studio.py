"""Studio: where requests become pictures, as the bot sees it.

The bot knows this protocol and nothing of torch. It does not say where the
model runs: in this process (`generation.worker.LocalStudio`) or elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from generation.request import OnProgress, Picture, Request
from generation.vocabulary import Wish


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

    async def describe(self, photos: Sequence[bytes]) -> Wish:
        """What encoded photos show together: type, colour and pattern in the vocabulary's ids.

        It is what `draw` completes a text by. Wish() without photos. Raises BadRequest
        (NOT_A_PICTURE, BROKEN_PICTURE, PICTURE_TOO_LARGE, TOO_MANY_PHOTOS).
        """
        ...

    async def close(self) -> None:
        """Stop drawing and free the model."""
