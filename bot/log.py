"""One way of logging for the bot, aiogram, DBOS and SQLAlchemy: structlog behind stdlib.

On a terminal the lines are for people, elsewhere they are JSON, one object a
line. Knows nothing of users; the token is cut out of every line, whoever
wrote it.
"""

from __future__ import annotations

import logging
import sys

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger


class Redact:
    """Replaces the token in every string of a log line."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __call__(self, logger: WrappedLogger, name: str, event: EventDict) -> EventDict:
        for key, value in event.items():
            if self._secret and isinstance(value, str) and self._secret in value:
                event[key] = value.replace(self._secret, "<token>")
        return event


class Calm(logging.Filter):
    """DBOS reports a workflow that was stopped as a crash, with a traceback; it is what somebody wanted."""

    STOPPED = ("DBOSWorkflowCancelledError", "DBOSAwaitedWorkflowCancelledError")
    BEFORE_IT = "no longer owned by this execution"
    """Said as well when another worker has taken over; the reaper tells that."""

    def filter(self, record: logging.LogRecord) -> bool:
        if self.BEFORE_IT in record.getMessage():
            return False
        error = record.exc_info[1] if record.exc_info else None
        if type(error).__name__ in self.STOPPED:
            record.msg, record.args = f"workflow stopped: {error}", ()
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.exc_info = None
        return True


def set_up_logging(secret: str = "", *, json: bool | None = None, level: int = logging.INFO) -> None:
    """Send everything to stderr, without `secret`; json=None: JSON unless stderr is a terminal."""
    as_json = not sys.stderr.isatty() if json is None else json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[Processor] = (
        [
            structlog.processors.format_exc_info,
            Redact(secret),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
        if as_json
        else [structlog.processors.format_exc_info, Redact(secret), structlog.dev.ConsoleRenderer()]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    # DBOS adds a handler of its own unless it finds one; it is chatty about its launch.
    dbos = logging.getLogger("dbos")
    dbos.handlers[:] = [logging.NullHandler()]
    dbos.propagate = True
    dbos.filters[:] = [Calm()]
    for chatty in ("dbos", "alembic", "aiogram.event", "sqlalchemy", "aiosqlite", "asyncio", "pymorphy3"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
