"""Keep the engine's debug log from repeating what a server sent: it may hold the key."""

import logging
import threading

# httpcore logs response headers, hpack the headers of requests
_LOGGERS = (
    *(
        f"{engine}.{part}"
        for engine in ("httpcore", "httpcore2")
        for part in ("connection", "http11", "http2", "proxy", "socks")
    ),
    "hpack.hpack",
    "hpack.table",
)


class Quiet(logging.Filter):
    """Drop the engine's records of corechat's own calls; those of other users of it pass.

    Use it as a context manager around a call of the engine.
    """

    def __init__(self) -> None:
        super().__init__()
        self._local = threading.local()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether to let a record pass.

        Args:
            record: one of the engine's.
        """
        del record  # whose call it is, is known by the thread
        return not self._depth()

    def _depth(self) -> int:
        # counted, since a client that is collected during a call closes its connections in it
        depth: int = getattr(self._local, "depth", 0)
        return depth

    def install(self) -> None:
        """Hang the filter on the engine's loggers; more than once does no harm."""
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)

    def __enter__(self) -> None:
        self._local.depth = self._depth() + 1

    def __exit__(self, *_: object) -> None:
        self._local.depth -= 1


QUIET = Quiet()
