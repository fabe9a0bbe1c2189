"""HeadFinder: where a response's head ends, and whether it is within its bound."""

import re

_END = re.compile(rb"\n\r?\n")  # aiohttp's parser takes bare line feeds, too
_FINAL = re.compile(rb"HTTP/1\.\d (?:[2-9]|101)")
_BODILESS = re.compile(rb"HTTP/1\.\d (?:1|[23]04)")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)


class HeadFinder:
    """Find the end of the final head in bytes that come in pieces.

    Args:
        limit: the bound on heads, interim ones (RFC 9110 §15.2) included.

    Attributes:
        size: bytes of all heads, once the final one has come; else 0.
        too_large: whether they are over the bound.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._before = 0
        self._current = bytearray()
        self._searched = 0
        self.size = 0
        self.too_large = False

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the answer.

        Args:
            data: what came.
        """
        current = self._current
        current += data[: self._limit + 1 - self._before - len(current)]
        while True:
            blank = len(current) - len(current.lstrip(b"\r\n"))
            end = _END.search(current, max(blank, self._searched))
            if end is None:
                break
            if _FINAL.match(current, blank) or not current.startswith(b"HTTP/1", blank):
                self.size = self._before + end.end()
                break
            self._before += end.end()
            self._searched = 0
            del current[: end.end()]
        self._searched = max(0, len(current) - 2)
        self.too_large = (self.size or self._before + len(current)) > self._limit


def whole_reply(data: bytes, limit: int) -> int:
    """Recognise the reply that nearly every call gets: all of it at once, with a Content-Length.

    Args:
        data: the first bytes of the answer.
        limit: the bound on the head.

    Returns:
        The size of its head; 0 if it may be anything else, or has no body.
    """
    if not _FINAL.match(data) or _BODILESS.match(data):  # RFC 9112 §6.3: whatever its length says
        return 0
    end = data.find(b"\r\n\r\n", 0, limit) + 4
    length = _LENGTH.search(data, 0, end)
    return end if length and len(data) == end + int(length[1]) > end else 0
