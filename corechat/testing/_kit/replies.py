"""Replies: the bytes of a response, whole or in parts."""

from collections.abc import Iterable

Fields = Iterable[tuple[str, str]]


def head(status: int = 200, fields: Fields = (), reason: str = "OK") -> bytes:
    """Write a response head, empty line included."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def reply(body: bytes = b"{}", status: int = 200, fields: Fields = ()) -> bytes:
    """Write a whole response with a Content-Length."""
    length = ("Content-Length", str(len(body)))
    return head(status, [("Content-Type", "application/json"), length, *fields]) + body


CHUNKED_HEAD = head(fields=[("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")])


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    """Write one chunk (RFC 9112 §7.1); an empty one ends the body but for the trailers."""
    return b"%x%s\r\n%s%s" % (len(data), extension, data, b"\r\n" if data else b"")


def chunked(*parts: bytes) -> bytes:
    """Write a whole response with a chunked body."""
    return CHUNKED_HEAD + b"".join(chunk(part) for part in (*parts, b"")) + b"\r\n"
