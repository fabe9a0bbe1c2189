"""ResponseHead: the status line and the fields of a response, and how its body is framed."""

import re
from dataclasses import dataclass

from corechat.transport import Headers
from corechat.transport._reasons import NOT_HTTP
from corechat_httpx.token import TOKEN

_STATUS_LINE = re.compile(r"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: .*)?")
_NAME = re.compile(TOKEN)
_FRAMING = ("connection", "content-length", "transfer-encoding")
_BLANK = " \t"
_MOST_DIGITS = 19  # of a length: 2**64 has 20


class BrokenResponseError(Exception):
    """What the server sent is no HTTP/1.1 response, or not a whole one.

    Args:
        words: what to say; they repeat nothing of it.
    """

    def __init__(self, words: str = NOT_HTTP) -> None:
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Hold what a head says.

    Attributes:
        status: 100 to 999.
        headers: every field, as received.
        chunked: whether the body comes in chunks (RFC 9112 §7.1).
        length: bytes of a body that does not; None for one that ends with the connection.
        persistent: whether the server keeps the connection open (RFC 9112 §9.3).
    """

    status: int
    headers: Headers
    chunked: bool
    length: int | None
    persistent: bool


def parse_head(data: bytes) -> ResponseHead:
    """Read a head.

    Args:
        data: from the status line to the empty line. A bare line feed ends a line, too
            (RFC 9112 §2.2).

    Raises:
        BrokenResponseError: it is none.
    """
    lines = [line.removesuffix("\r") for line in _decoded(data).split("\n")]
    status_line = _STATUS_LINE.fullmatch(lines[0])
    if status_line is None or any("\r" in line or "\0" in line for line in lines):
        raise BrokenResponseError
    pairs = _fields(lines[1:-2])
    framing: dict[str, list[str]] = {
        "connection": [],
        "content-length": [],
        "transfer-encoding": [],
    }
    for name, value in pairs:
        values = framing.get(name.lower())
        if values is not None:
            values += [item.strip(_BLANK) for item in value.split(",")]
    status = int(status_line[2])
    chunked, length = _framing(status, framing["transfer-encoding"], framing["content-length"])
    closes = any(option.lower() == "close" for option in framing["connection"])
    # both were sent: somebody on the way may have read the other one (RFC 9112 §6.1)
    closes = closes or bool(framing["transfer-encoding"] and framing["content-length"])
    bounded = chunked or length is not None
    persistent = bounded and not closes and status_line[1] != "0"
    return ResponseHead(status, Headers(pairs), chunked, length, persistent)


def text_of(data: bytes) -> str:
    """Decode a field, or its line: UTF-8, or else Latin-1.

    Args:
        data: the bytes; RFC 9110 §5.5 allows any above 0x7f.
    """
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _decoded(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "\n".join(text_of(line) for line in data.split(b"\n"))


def _fields(lines: list[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for line in lines:
        name, colon, value = line.partition(":")
        if colon and _NAME.fullmatch(name):
            pairs.append((name, value.strip(_BLANK)))
        elif pairs and line.startswith(tuple(_BLANK)):  # a folded line (RFC 9112 §5.2)
            name, value = pairs[-1]
            pairs[-1] = (name, f"{value} {line.strip(_BLANK)}".strip(_BLANK))
        else:
            raise BrokenResponseError
    return pairs


def _framing(status: int, codings: list[str], lengths: list[str]) -> tuple[bool, int | None]:
    """Tell whether a body is chunked, and its length (RFC 9112 §6.3)."""
    length = _length(lengths)
    if status in (204, 304):
        return False, 0
    if codings:
        if [coding.lower() for coding in codings] != ["chunked"]:
            raise BrokenResponseError
        return True, None
    return False, length


def _length(lengths: list[str]) -> int | None:
    if not lengths:
        return None
    text = lengths[0]
    is_number = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    if len(set(lengths)) > 1 or not is_number:
        raise BrokenResponseError
    return int(text)
