"""A Place in a bucket: of S3 and of what speaks its language, of Google or Azure; by obstore.

Keys and regions come from the environment, as obstore reads them (for S3:
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT,
AWS_ALLOW_HTTP). Errors of the service become OSError; it repeats what is worth
repeating by itself. Knows neither pictures nor tables.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from obstore.store import ObjectStore


class Bucket:
    """prefix: of every name, without slashes at its ends; "" for none."""

    def __init__(self, store: ObjectStore, prefix: str = "") -> None:
        self._store = store
        self._prefix = f"{prefix}/" if prefix else ""

    def has(self, name: str) -> bool:
        try:
            with _as_oserror():
                self._store.head(self._prefix + name)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> bytes:
        with _as_oserror():
            return bytes(self._store.get(self._prefix + name).bytes())

    def write(self, name: str, content: bytes) -> None:
        with _as_oserror():
            self._store.put(self._prefix + name, content)

    def remove(self, name: str) -> None:
        try:
            with _as_oserror():
                self._store.delete(self._prefix + name)
        except FileNotFoundError:
            return


@contextmanager
def _as_oserror() -> Iterator[None]:
    from obstore.exceptions import BaseError, NotFoundError

    try:
        yield
    except NotFoundError as error:
        raise FileNotFoundError("there is no such file in the bucket") from error
    except BaseError as error:
        # Only the kind: the service's answer names keys and hosts.
        raise OSError(errno.EIO, f"the bucket failed: {type(error).__name__}") from error
