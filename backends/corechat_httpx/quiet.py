"""Keep the debug log of httpcore from repeating what a server sent: it may hold the key."""

import logging
from contextvars import ContextVar

# httpcore logs the heads of responses, hpack the heads of requests
_PARTS = ("connection", "http11", "http2", "proxy", "socks")
_LOGGERS = [f"{engine}.{part}" for engine in ("httpcore", "httpcore2") for part in _PARTS]
CARRIES_A_CALL = ContextVar("CARRIES_A_CALL", default=False)
"""Whether a call of ours is being carried, by this thread."""


def is_of_others(_: logging.LogRecord) -> bool:
    """Tell whether a record is not of a call of ours, by where it is logged: a filter."""
    return not CARRIES_A_CALL.get()


def install() -> None:
    """Drop what is logged while a call of ours is carried."""
    for name in (*_LOGGERS, "hpack.hpack", "hpack.table"):
        logging.getLogger(name).addFilter(is_of_others)
