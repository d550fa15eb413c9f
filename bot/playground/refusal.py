"""How the Bot API says no. Knows nothing else."""

from __future__ import annotations

PREFIXES = {
    400: "Bad Request: ",
    403: "Forbidden: ",
    409: "Conflict: ",
    429: "Too Many Requests: ",
}


class Refused(Exception):
    """The server answers with this code and description."""

    def __init__(self, description: str, code: int = 400, retry_after: int | None = None) -> None:
        super().__init__(PREFIXES.get(code, "") + description)
        self.code = code
        self.retry_after = retry_after


def too_many(seconds: int) -> Refused:
    return Refused(f"retry after {seconds}", 429, seconds)
