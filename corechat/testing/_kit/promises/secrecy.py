"""The key is in the request's head and nowhere else: no log, no failure, no representation."""

import traceback
from collections.abc import Callable

from corechat.testing._kit.capture import LogCapture
from corechat.testing._kit.expectations import expect
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    each,
    head,
    reply,
    then_close,
    then_reset,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import TooLargeFailure, TransportFailure, TransportOptions
from corechat.transport._deadline import Deadline

SECRECY = PromiseGroup("secrecy")

_BRIEF = 0.3


def _chain(error: BaseException) -> list[BaseException]:
    """List an exception with all its causes, contexts and group members."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        item = waiting.pop()
        if item is None or any(item is known for known in found):
            continue
        found.append(item)
        waiting += [item.__cause__, item.__context__]
        if isinstance(item, BaseExceptionGroup):
            waiting += list(item.exceptions)
    return found


def _shown(error: BaseException) -> list[str]:
    """Give every text in which an exception and what led to it may be shown."""
    texts = ["".join(traceback.format_exception(error))]
    for item in _chain(error):
        texts += [str(item), repr(item), repr(item.args), repr(vars(item))]
        texts += getattr(item, "__notes__", [])
    return texts


def _failure_of(harness: Harness, script: Script) -> TransportFailure | None:
    """Let a send fail; a response in place of a failure breaks other promises, not these."""
    server = harness.serve(script)
    options = TransportOptions(max_body_bytes=1000, max_header_bytes=16_384)
    try:
        harness.transport(options).send(harness.request(server.url), Deadline.after(_BRIEF))
    except TransportFailure as failure:
        return failure
    return None


_ACCIDENTS: dict[str, Callable[[], Script]] = {
    "an empty reply": lambda: then_close(b""),
    "a reset": lambda: then_reset(b""),
    "garbage": lambda: then_close(b"garbage\r\n\r\n"),
    "a cut head": lambda: then_close(b"HTTP/1.1 200 OK\r\nX-A"),
    "a cut body": lambda: then_close(reply(b"x" * 10)[:-1]),
    "a chunk size that is none": lambda: then_close(CHUNKED_HEAD + b"zz\r\n"),
    "a body over the bound": lambda: then_wait(reply(b"x" * 2000)),
    "a head over the bound": lambda: then_wait(reply(fields=[("X-A", "b" * 50_000)])),
    "a timeout": lambda: then_wait(b""),
    "a timeout in the body": lambda: then_wait(head(fields=[("Content-Length", "9")])),
}


@SECRECY.promise
def _failure(harness: Harness) -> None:
    """Shows the key in no failure, nor in any exception in its chain."""
    for name, script in _ACCIDENTS.items():
        failure = _failure_of(harness, script())
        for text in _shown(failure) if failure else []:
            expect(harness.key not in text, f"the failure after {name} shows the key")


def _echo_key(head_too: bool) -> Script:  # noqa: FBT001 - two variants of one script
    """Send the key back, as a server that is being debugged may."""

    def answer(authorization: str) -> bytes:
        fields = [("X-Received-Authorization", authorization)] if head_too else []
        return reply(authorization.encode(), fields=fields)

    return each(lambda request: answer(request.values("authorization")[0]))


@SECRECY.promise
def _failure_with_echo(harness: Harness) -> None:
    """Repeats nothing that the server said in a failure: it may be the key."""
    for start in ("{}\r\n\r\n", "HTTP/1.1 200 OK\r\n{}\r\n\r\n", "HTTP/1.1 {}\r\n\r\n"):
        line = start.format(harness.key).encode()
        failure = _failure_of(harness, then_close(line))
        for text in _shown(failure) if failure else []:
            expect(harness.key not in text, "the failure repeats a server's line with the key")


@SECRECY.promise
def _log(harness: Harness) -> None:
    """Logs the key at no level, by no logger, its library's included."""
    with LogCapture() as capture:
        server = harness.serve(each(lambda request: reply(request.body)))
        transport = harness.transport()
        for _ in range(2):
            harness.send(transport, harness.request(server.url))
    _silent_about(harness.key, capture)


@SECRECY.promise
def _log_of_failures(harness: Harness) -> None:
    """Logs the key at no level when a send fails."""
    with LogCapture() as capture:
        for script in _ACCIDENTS.values():
            _failure_of(harness, script())
    _silent_about(harness.key, capture)


@SECRECY.promise
def _log_of_echo(harness: Harness) -> None:
    """Logs no header and no body of an answer: a server may send the key back in them."""
    with LogCapture() as capture:
        server = harness.serve(_echo_key(head_too=True))
        harness.send(harness.transport(), harness.request(server.url))
    _silent_about(harness.key, capture)


def _silent_about(key: str, capture: LogCapture) -> None:
    for record, text in zip(capture.records, capture.texts(), strict=True):
        expect(key not in text, f"the logger {record.name!r} logs the key ({record.levelname})")


@SECRECY.promise
def _log_of_body(harness: Harness) -> None:
    """Logs no part of a request's body at any level."""
    marker = harness.key[::-1]
    with LogCapture() as capture:
        server = harness.serve(each(lambda _: reply()))
        request = harness.request(server.url, body=marker.encode())
        harness.send(harness.transport(), request)
    _silent_about(marker, capture)


@SECRECY.promise
def _representation(harness: Harness) -> None:
    """Shows the key in no representation of the transport, during a call or after it."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    harness.send(transport, harness.request(server.url))
    texts = [repr(transport), str(transport), repr(getattr(transport, "__dict__", {}))]
    expect(all(harness.key not in text for text in texts), "the transport shows the key")


@SECRECY.promise
def _plain_failure(harness: Harness) -> None:
    """Raises failures that hold plain data: no request, no response, no library's object."""
    options = TransportOptions(max_body_bytes=10)
    server = harness.serve(then_wait(reply(b"x" * 100)))
    transport, request = harness.transport(options), harness.request(server.url)
    too_large = harness.fail(transport, request, TooLargeFailure)
    garbage = _failure_of(harness, then_close(b"garbage\r\n\r\n"))
    for failure in filter(None, (too_large, garbage)):
        for name, value in vars(failure).items():
            kind = type(value).__name__
            plain = value is None or isinstance(value, str | int | float | bool)
            expect(plain, f"the failure's {name} is a {kind}")
