"""Replies and scripts that many promises share."""

from collections.abc import Callable, Iterable

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.server import Script

Fields = Iterable[tuple[str, str]]


def head(status: int = 200, fields: Fields = (), reason: str = "OK") -> bytes:
    """Write a response head, empty line included.

    Args:
        status: the status code.
        fields: name and value of every header field.
        reason: the reason phrase.
    """
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reply(body: bytes = b"{}", status: int = 200, fields: Fields = ()) -> bytes:
    """Write a whole response with a Content-Length.

    Args:
        body: the body.
        status: the status code.
        fields: further header fields.
    """
    length = ("Content-Length", str(len(body)))
    return head(status, [("Content-Type", "application/json"), length, *fields]) + body


CHUNKED_HEAD = head(fields=[("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """Write one chunk (RFC 9112 §7.1); an empty one ends the body but for the trailers.

    Args:
        data: its bytes.
        extension: for example ``b";name=value"``.
    """
    return b"%x%s\r\n%s%s" % (len(data), extension, data, b"\r\n" if data else b"")


def chunked(*parts: bytes) -> bytes:
    """Write a whole response with a chunked body.

    Args:
        parts: the data of each chunk.
    """
    return CHUNKED_HEAD + b"".join(chunk(part) for part in (*parts, b"")) + b"\r\n"


def each(answer: Callable[[ReceivedRequest], bytes]) -> Script:
    """Answer every request on a connection, until the client goes.

    Args:
        answer: from a request to the bytes to send.
    """

    def script(connection: Connection) -> None:
        while True:
            connection.send(answer(connection.read_request()))

    return script


def always(data: bytes) -> Script:
    """Answer every request on a connection with the same bytes, until the client goes.

    Args:
        data: what to send.
    """
    return each(lambda _: data)


def echo() -> Script:
    """Answer every request with its own body, until the client goes."""
    return each(lambda request: reply(request.body))


def then_close(data: bytes) -> Script:
    """Read one request, send bytes, and close in an orderly way.

    Args:
        data: what to send.
    """

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    return script


def then_reset(data: bytes) -> Script:
    """Read one request, send bytes, let them arrive, and reset the connection.

    Args:
        data: what to send.
    """

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)
        connection.sleep(0.1)  # some systems discard what the client has not read by then
        connection.reset()

    return script


def then_wait(data: bytes) -> Script:
    """Read one request, send bytes, and wait in silence until the client goes.

    Args:
        data: what to send.
    """

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)
        connection.wait_gone()

    return script


def in_turn(*scripts: Script) -> Script:
    """Treat each connection by its own script; the last serves all further ones.

    Args:
        scripts: one a connection, in the order of acceptance.
    """

    def script(connection: Connection) -> None:
        scripts[min(connection.number, len(scripts) - 1)](connection)

    return script
