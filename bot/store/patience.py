"""Waits out what a disk or a database does for a while: full, read-only, locked, not there.

Whatever is to be kept is tried again until it is kept; meanwhile `fault` says
what is wrong, so that somebody can be told (`bot.alarm`). A mistake in a
statement is no such fault and is raised. Knows no table and no sentence.
"""

from __future__ import annotations

import asyncio
import errno
import functools
import inspect
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, ParamSpec, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

log = structlog.stdlib.get_logger(__name__)

FIRST_PAUSE = 0.25
LONGEST_PAUSE = 3.0

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound=type)


class Fault(StrEnum):
    """What is wrong with a disk or a database."""

    FULL = "full"
    READ_ONLY = "read_only"
    BUSY = "busy"
    BROKEN = "broken"


_ERRNOS = {
    errno.ENOSPC: Fault.FULL,
    errno.EDQUOT: Fault.FULL,
    errno.EFBIG: Fault.FULL,
    errno.EROFS: Fault.READ_ONLY,
    errno.EACCES: Fault.READ_ONLY,
    errno.EPERM: Fault.READ_ONLY,
    errno.EIO: Fault.BROKEN,
    errno.ENOTDIR: Fault.BROKEN,
    errno.ECONNREFUSED: Fault.BROKEN,
}
_SQLITE = {
    "SQLITE_FULL": Fault.FULL,
    "SQLITE_READONLY": Fault.READ_ONLY,
    "SQLITE_BUSY": Fault.BUSY,
    "SQLITE_LOCKED": Fault.BUSY,
    "SQLITE_IOERR": Fault.BROKEN,
    "SQLITE_CANTOPEN": Fault.BROKEN,
}
"""By the beginning of SQLite's own names of errors (sqlite.org/rescode.html)."""
_SQLSTATES = {"53100": Fault.FULL, "25006": Fault.READ_ONLY, "08": Fault.BROKEN, "57P": Fault.BROKEN}
"""Of PostgreSQL (its documentation, appendix A), by their beginning."""


def fault_of(error: BaseException) -> Fault | None:
    """What an error says of the disk or the database; None: it has another cause."""
    if isinstance(error, DBAPIError):
        original = error.orig
        name = getattr(original, "sqlite_errorname", None) or ""
        state = getattr(original, "sqlstate", None) or ""
        for table, code in ((_SQLITE, name), (_SQLSTATES, state)):
            for beginning, fault in table.items():
                if code.startswith(beginning):
                    return fault
        return Fault.BROKEN if error.connection_invalidated else None
    if isinstance(error, OSError):
        return _ERRNOS.get(error.errno or 0)
    return None


class Patience:
    """One for all that is kept in one place."""

    def __init__(self) -> None:
        self._waiting: dict[object, Fault] = {}

    @property
    def fault(self) -> Fault | None:
        """What keeps somebody waiting right now."""
        return next(reversed(self._waiting.values()), None)

    async def wait_out(self, call: Callable[[], Awaitable[T]]) -> T:
        """What `call` returns, as soon as it meets no fault; any other error is raised."""
        pause = FIRST_PAUSE
        with self._place() as place:
            while True:
                try:
                    return await call()
                except Exception as error:
                    fault = fault_of(error)
                    if fault is None:
                        raise
                    if self._waiting.get(place) is not fault:
                        log.error("cannot be kept yet", fault=fault, error=type(error).__name__)
                    self._waiting[place] = fault
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    @contextmanager
    def _place(self) -> Iterator[object]:
        place = object()
        try:
            yield place
        finally:
            self._waiting.pop(place, None)


def patient(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """A method of an object with `patience`: one transaction, or one file."""

    @functools.wraps(method)
    async def waits(*args: P.args, **kwargs: P.kwargs) -> T:
        own: Any = args[0]
        return await own.patience.wait_out(lambda: method(*args, **kwargs))

    return waits


def all_patient(stores: C) -> C:
    """Make every public coroutine method of a class patient; it has `_database`, which has `patience`."""
    for name, method in list(vars(stores).items()):
        if not name.startswith("_") and inspect.iscoroutinefunction(method):
            setattr(stores, name, patient(method))
    stores.patience = property(lambda self: self._database.patience)  # type: ignore[attr-defined]
    return stores
