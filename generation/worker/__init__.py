"""The worker: a Studio in this process (`local`), or a process of its own (`python -m generation.worker`)."""

from generation.worker.local import GUIDANCE, STEPS, LocalStudio, open_studio

__all__ = ["GUIDANCE", "STEPS", "LocalStudio", "open_studio"]
