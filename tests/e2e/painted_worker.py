"""`python -m tests.e2e.painted_worker`: the real worker with a painter for a studio; see `painted_bot`."""

from __future__ import annotations

import sys

import generation.worker.__main__ as entry
from tests.e2e.painted_bot import open_studio

if __name__ == "__main__":
    entry.open_studio = open_studio
    sys.exit(entry.main())
