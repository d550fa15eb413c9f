"""`python -m tests.e2e.painted_bot`: the real bot with a painter for a studio.

PAINTER_PAUSE: seconds a step (ten steps a request). PAINTER_DIES_OF: a prompt
that contains this takes the process down, as a crash in native code would.
PAINTER_HOLD: a path; while there is a file, no drawing gets further than half.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import bot.app
from bot.__main__ import main
from generation.request import Request
from generation.studio import Studio
from tests.bot.painter import Painter


def open_studio(model: str, **extras: object) -> Studio:
    painter = Painter(pause=float(os.environ.get("PAINTER_PAUSE", "0")))
    poison = os.environ.get("PAINTER_DIES_OF")

    def die(request: Request) -> None:
        if poison and poison in request.prompt:
            os._exit(137)

    painter.before = die
    if hold := os.environ.get("PAINTER_HOLD"):
        painter.held = Path(hold).exists
    return painter


if __name__ == "__main__":
    bot.app.open_studio = open_studio
    sys.exit(main())
