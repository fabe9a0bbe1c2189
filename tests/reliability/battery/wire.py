"""Connections that fail, and replies that break HTTP."""

from corechat.testing import Connection
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, head, reply
from tests.reliability.battery.fault import Ending, Fault, Outcome, Play
from tests.reliability.battery.plays import (
    FINE,
    FINE_REPLY,
    answers,
    closes,
    fields,
    fine,
    in_order,
    pauses,
    resets,
    says,
)

_NONE = Outcome.NO_WHOLE_ANSWER
_HEAD_SIZE = FINE_REPLY.index(b"\r\n\r\n") + 4


def _first(connection: Connection) -> bool:
    return connection.number == 0


def _reset_first(connection: Connection) -> None:
    if _first(connection):
        connection.reset()


def _close_first(connection: Connection) -> None:
    if _first(connection):
        connection.close()


def _broken(name: str, data: bytes, *, started: bool) -> Fault:
    """Send what is no whole HTTP response, and close."""
    return Fault(name=name, plays=(closes(data),), ending=_NONE, started=started)


_BEFORE: tuple[Fault, ...] = (
    Fault(name="nobody listens", ending=_NONE, requests=0, place="refused"),
    Fault(name="a reset at once, always", ending=_NONE, requests=0, greet=Connection.reset),
    Fault(name="a close at once, always", ending=_NONE, requests=0, greet=Connection.close),
    Fault(
        name="a reset at once, then an answer",
        plays=(fine,),
        ending=Outcome.ANSWER,
        greet=_reset_first,
    ),
    Fault(
        name="a close at once, then an answer",
        plays=(fine,),
        ending=Outcome.ANSWER,
        greet=_close_first,
    ),
    Fault(name="a certificate that nobody signed", ending=_NONE, requests=0, place="untrusted tls"),
    Fault(
        name="plain HTTP where TLS should be",
        ending=_NONE,
        requests=0,
        place="plain for https",
        greet=lambda connection: connection.send(FINE_REPLY),
        retries=0,
    ),
)

_NO_BYTE: tuple[Fault, ...] = (
    Fault(name="a reset for an answer, always", plays=(resets(),), ending=_NONE, requests=3),
    Fault(name="a close for an answer, always", plays=(closes(),), ending=_NONE, requests=3),
    Fault(
        name="a reset for an answer, then an answer",
        plays=(resets(), fine),
        ending=Outcome.ANSWER,
        requests=2,
    ),
    Fault(
        name="a close for an answer, twice, then an answer",
        plays=(closes(), closes(), fine),
        ending=Outcome.ANSWER,
        requests=3,
    ),
    Fault(
        name="a reset for an answer, and no retries allowed",
        plays=(resets(),),
        ending=_NONE,
        retries=0,
    ),
    Fault(
        name="a half-close for an answer",
        plays=(lambda connection, _: connection.half_close(),),
        ending=_NONE,
        requests=3,
    ),
)

_NO_HEAD: dict[str, bytes] = {
    "bytes that are no HTTP": b"\x00\xff\x16garbage\r\n\r\nmore\r\n\r\n",
    "a body without a head": FINE,
    "the greeting of SSH": b"SSH-2.0-OpenSSH_9.9\r\n",
    "the greeting of SMTP": b"220 mail.example.com ESMTP\r\n\r\n",
    "a TLS alert": b"\x15\x03\x01\x00\x02\x02\x46",
    "an HTTP/2 preface": b"\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64",
    "a status of letters": b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n",
    "a status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    "a status line cut": b"HTTP/1.1 2",
    "a head cut": FINE_REPLY[:40],
    "a head without its empty line": FINE_REPLY[: _HEAD_SIZE - 2],
    "only interim replies": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    "a switch of protocols": head(101, fields("Upgrade: h2c", "Connection: Upgrade")),
    "a field without a colon": b"HTTP/1.1 200 OK\r\nnonsense\r\n\r\n" + FINE,
    "two Content-Lengths that differ": head(fields=fields("Content-Length: 2", "Content-Length: 3"))
    + FINE,
    "a negative Content-Length": head(fields=fields("Content-Length: -1")) + FINE,
    "a Content-Length of letters": head(fields=fields("Content-Length: 2x")) + FINE,
}

_CUT: dict[str, bytes] = {
    "a body that never begins": FINE_REPLY[:_HEAD_SIZE],
    "a body cut after a byte": FINE_REPLY[: _HEAD_SIZE + 1],
    "a body cut before its last byte": FINE_REPLY[:-1],
    "chunks without the last one": CHUNKED_HEAD + chunk(FINE),
    "a chunk cut": CHUNKED_HEAD + chunk(FINE)[:-20],
    "a chunk size of letters": CHUNKED_HEAD + b"xyz\r\n" + FINE + b"\r\n0\r\n\r\n",
    "a negative chunk size": CHUNKED_HEAD + b"-2\r\n{}\r\n0\r\n\r\n",
    "a chunk longer than its size": CHUNKED_HEAD + b"2\r\n" + FINE + b"\r\n0\r\n\r\n",
    "a last chunk cut": CHUNKED_HEAD + chunk(FINE) + b"0\r\n",
    "gzip cut by the connection": reply(FINE, fields=fields("Content-Encoding: gzip"))[:-10],
}


def _cut_error(status: int, requests: int) -> Fault:
    return Fault(
        name=f"{status}: a body cut",
        plays=(closes(reply(b"x" * 100, status)[:-1]),),
        ending=_NONE,
        requests=requests,
    )


def _early(status: int) -> Play:
    return answers(b'{"error": {"message": "too large"}}', status)


def _large(name: str, *plays: Play, ending: Ending, requests: int) -> Fault:
    return Fault(name=name, plays=plays, ending=ending, requests=requests, prompt=4_000_000)


def _reset_unread(connection: Connection) -> None:
    connection.read_head()
    connection.reset()


WIRE: tuple[Fault, ...] = (
    *_BEFORE,
    *_NO_BYTE,
    *(_broken(name, data, started=False) for name, data in _NO_HEAD.items()),
    *(_broken(f"200: {name}", data, started=True) for name, data in _CUT.items()),
    Fault(
        name="200: a reset in the body",
        plays=(resets(FINE_REPLY[:-10]),),
        ending=_NONE,
        started=True,
    ),
    Fault(
        name="200: a reset in the chunks",
        plays=(resets(CHUNKED_HEAD + chunk(FINE) + b"10\r\nabc"),),
        ending=_NONE,
        started=True,
    ),
    Fault(name="a reset in the head", plays=(resets(FINE_REPLY[:30]),), ending=_NONE),
    Fault(
        name="empty lines before an answer",
        plays=(in_order(says(b"\r\n"), pauses(0.05), says(b"\r\n" + FINE_REPLY)),),
        ending=Outcome.ANSWER,
        also=(_NONE,),  # RFC 9112 §2.2 forgives them in requests only
        started=True,
    ),
    _cut_error(400, 1),
    _cut_error(401, 1),
    _cut_error(503, 3),
    _large("a request of 4 MB, and an answer", fine, ending=Outcome.ANSWER, requests=1),
    _large("a request of 4 MB, and a 413", _early(413), ending=413, requests=1),
    Fault(
        name="a reset within a request of 4 MB, always",
        ending=_NONE,
        requests=3,
        greet=_reset_unread,
        prompt=4_000_000,
    ),
    Fault(
        name="a reset, a 503, then an answer",
        plays=(resets(), in_order(answers(b"{}", 503)), fine),
        ending=Outcome.ANSWER,
        requests=3,
    ),
)
