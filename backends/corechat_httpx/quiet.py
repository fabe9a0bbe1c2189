"""Keep httpcore's debug log from repeating what a server sent: it may hold the key."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

# httpcore logs the heads of responses, hpack the heads of requests
_LOGGERS = (
    *(
        f"{engine}.{part}"
        for engine in ("httpcore", "httpcore2")
        for part in ("connection", "http11", "http2", "proxy", "socks")
    ),
    "hpack.hpack",
    "hpack.table",
)
_CARRIES_A_CALL = ContextVar("_CARRIES_A_CALL", default=False)


def is_of_others(record: logging.LogRecord) -> bool:
    """Tell whether a record is not of a call of ours; a filter of loggers."""
    del record  # whose it is, is known by where it is logged
    return not _CARRIES_A_CALL.get()


def install() -> None:
    """Filter the loggers; more than once does no harm."""
    for name in _LOGGERS:
        logging.getLogger(name).addFilter(is_of_others)


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what is logged while a call of ours is carried."""
    before = _CARRIES_A_CALL.set(True)
    try:
        yield
    finally:
        _CARRIES_A_CALL.reset(before)
