"""ResponseBoundary: where a response ends on the wire, found without reading it a second time.

An HTTP/1.1 parser that has read past the end of a response keeps the surplus for the next one, so
that left-over bytes answer the next call. The boundary tells such a connection from a clean one.
"""

import re
from enum import Enum, auto

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*(\d{1,19})[ \t]*\r?$")
_CHUNKED = re.compile(rb"(?im)^transfer-encoding:[^\r\n]*chunked[ \t]*\r?$")
_MAX_LINE = 16 * 1024


class HeadTooLargeError(Exception):
    """The heads of one exchange, 1xx included, are over the bound."""


class _State(Enum):
    HEAD = auto()
    LENGTH = auto()
    CHUNK_SIZE = auto()
    CHUNK_DATA = auto()
    TRAILER = auto()
    UNTIL_CLOSE = auto()
    DONE = auto()
    LOST = auto()


class ResponseBoundary:
    """Follow the bytes of one exchange.

    Args:
        max_head: the bound on all heads of the exchange together, in bytes.
    """

    def __init__(self, max_head: int) -> None:
        self._max_head = max_head
        self._head_bytes = 0
        self._state = _State.HEAD
        self._held = b""
        self._left = 0
        self._surplus = False

    @property
    def clean(self) -> bool:
        """Whether exactly one whole response has been read, and not a byte more."""
        return self._state is _State.DONE and not self._surplus

    @property
    def head_seen(self) -> bool:
        """Whether a whole final head has been read."""
        return self._state is not _State.HEAD

    def feed(self, data: bytes) -> None:
        """Follow what was read from the connection.

        Args:
            data: the next bytes.

        Raises:
            HeadTooLargeError: the heads are over the bound.
        """
        if self._state is _State.LENGTH:  # the common case, without a copy
            self._left -= len(data)
            if self._left <= 0:
                self._state, self._surplus = _State.DONE, self._left < 0
            return
        self._held += data
        while self._held and self._step():
            pass

    def _step(self) -> bool:
        match self._state:
            case _State.HEAD:
                return self._head()
            case _State.LENGTH | _State.CHUNK_DATA:
                return self._counted()
            case _State.CHUNK_SIZE:
                return self._chunk_size()
            case _State.TRAILER:
                return self._trailer()
            case _State.DONE:
                self._surplus = True
        self._held = b""
        return False

    def _head(self) -> bool:
        end = _HEAD_END.search(self._held)
        size = end.end() if end else len(self._held)
        if self._head_bytes + size > self._max_head:
            raise HeadTooLargeError
        if end is None:
            return False
        head, self._held = self._held[:size], self._held[size:]
        self._head_bytes += size
        status = _STATUS.match(head.lstrip(b"\r\n"))
        code = int(status[1]) if status else 0
        length = _LENGTH.search(head)
        if 100 <= code < 200 and code != 101:  # noqa: PLR2004 - interim responses, RFC 9110 §15.2
            return True
        if code in (204, 304):
            self._state = _State.DONE
        elif _CHUNKED.search(head):
            self._state = _State.CHUNK_SIZE
        elif length:
            self._left = int(length[1])
            self._state = _State.LENGTH if self._left else _State.DONE
        else:
            self._state = _State.UNTIL_CLOSE if code else _State.LOST
        return True

    def _counted(self) -> bool:
        taken = min(self._left, len(self._held))
        self._held = self._held[taken:]
        self._left -= taken
        if self._left == 0:
            in_chunk = self._state is _State.CHUNK_DATA
            self._state = _State.CHUNK_SIZE if in_chunk else _State.DONE
        return True

    def _chunk_size(self) -> bool:
        line, found, rest = self._held.partition(b"\n")
        if not found:
            return self._wait_for_line()
        try:
            size = int(line.partition(b";")[0].strip() or b"x", 16)
        except ValueError:
            self._state = _State.LOST
            return True
        self._held = rest
        # the data are followed by CRLF (RFC 9112 §7.1)
        self._state, self._left = (_State.CHUNK_DATA, size + 2) if size else (_State.TRAILER, 0)
        return True

    def _trailer(self) -> bool:
        line, found, rest = self._held.partition(b"\n")
        if not found:
            return self._wait_for_line()
        self._held = rest
        if not line.strip(b"\r"):
            self._state = _State.DONE
        return True

    def _wait_for_line(self) -> bool:
        if len(self._held) > _MAX_LINE:
            self._state = _State.LOST
            return True
        return False
