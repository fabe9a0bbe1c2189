"""One HTTP/1.1 request and its response, over a connection of its own (RFC 9112)."""

import io
import socket
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Headers,
    HttpRequest,
    TimeoutFailure,
    TooLargeFailure,
)
from corechat_llamacpp.calls import Calls

_CHUNK = 65_536


def exchange(calls: Calls, request: HttpRequest, deadline: Deadline, limit: int) -> bytes:
    """Send a request and return the bytes of the response, head and body, or raise a failure."""
    message = _write(request)
    connection = calls.begin(deadline)
    received: list[bytes] = []
    try:
        _bound(connection, deadline)
        connection.sendall(message)  # its time-out is that of the whole, since Python 3.5
        _receive(connection, deadline, limit, received)
    except BaseException as error:
        calls.give_up(connection)
        if not isinstance(error, OSError):
            raise
        failure = error
    else:
        calls.end(connection)
        return b"".join(received)
    raw = b"".join(received)
    status, came = _status(raw), bool(raw)
    if isinstance(failure, TimeoutError):
        raise TimeoutFailure("llama.cpp was still at work", status=status, bytes_received=came)
    why = f"the connection to the local model broke ({failure.strerror or failure})"
    raise ConnectionFailure(why, status=status, bytes_received=came)


def parse(raw: bytes) -> tuple[int, Headers, bytes]:
    """Take a response apart: its status, headers, and body without transfer coding."""
    response = HTTPResponse(_Received(raw), method="POST")  # type: ignore[arg-type]  # reads only
    try:
        response.begin()
        headers = Headers(response.getheaders())
        return response.status, headers, response.read()
    except (HTTPException, ValueError, OSError) as error:
        raise ConnectionFailure(
            f"the local model sent no whole response ({type(error).__name__})",
            status=_status(raw),
            bytes_received=bool(raw),
        ) from None


class _Received:
    """What `HTTPResponse` wants of a socket."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def makefile(self, mode: str) -> io.BytesIO:
        del mode
        return io.BytesIO(self._raw)


def _write(request: HttpRequest) -> bytes:
    parts = urlsplit(request.url)
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    fields = [
        ("Host", parts.netloc),
        ("Connection", "close"),
        ("Content-Length", str(len(request.body))),
        *request.headers.pairs,
    ]
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {text}" for name, text in fields)]
    return "\r\n".join([*lines, "", ""]).encode() + request.body


def _receive(
    connection: socket.socket, deadline: Deadline, limit: int, received: list[bytes]
) -> None:
    size = 0
    while True:
        _bound(connection, deadline)
        chunk = connection.recv(_CHUNK)
        if not chunk:
            return
        size += len(chunk)
        if size > limit:
            raise TooLargeFailure(
                f"the response is over {limit} bytes",
                limit=limit,
                status=_status(b"".join(received)),
            )
        received.append(chunk)


def _bound(connection: socket.socket, deadline: Deadline) -> None:
    """Let the next operation on a connection end by the deadline."""
    left = deadline.remaining()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def _status(raw: bytes) -> int | None:
    head, end, _ = raw.partition(b"\r\n\r\n")
    words = head[:64].split(b" ", 2)
    return int(words[1]) if end and len(words) > 1 and words[1].isdigit() else None
