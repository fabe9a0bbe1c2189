"""Promises about the key."""

import traceback

from corechat.testing._kit.capture import LogCapture
from corechat.testing._kit.connection import ReceivedRequest
from corechat.testing._kit.expectations import expect
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.replies import CHUNKED_HEAD, head, reply
from corechat.testing._kit.scripts import always, each, echo, then_close, then_reset, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import TooLargeFailure, TransportFailure, TransportOptions

_BRIEF = 0.3
_ACCIDENTS: dict[str, Script] = {
    "an empty reply": then_close(b""),
    "a reset": then_reset(b""),
    "garbage": then_close(b"garbage\r\n\r\n"),
    "a cut head": then_close(b"HTTP/1.1 200 OK\r\nX-A"),
    "a cut body": then_close(reply(b"x" * 10)[:-1]),
    "a chunk size that is not a number": then_close(CHUNKED_HEAD + b"zz\r\n"),
    "a body over the bound": then_wait(reply(b"x" * 2000)),
    "a head over the bound": then_wait(reply(fields=[("X-A", "b" * 50_000)])),
    "a timeout": then_wait(b""),
    "a timeout in the body": then_wait(head(fields=[("Content-Length", "9")])),
}


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


def _shown(error: BaseException | None) -> str:
    """Give every text in which an exception and what led to it may be shown."""
    if error is None:
        return ""
    texts = ["".join(traceback.format_exception(error))]
    for item in _chain(error):
        texts += [str(item), repr(item), repr(item.args), repr(vars(item))]
        texts += getattr(item, "__notes__", [])
    return "\n".join(texts)


def _echo_key(request: ReceivedRequest) -> bytes:
    """Send the key back, as a server that is being debugged may."""
    (key,) = request.values("authorization")
    return reply(key.encode(), fields=[("X-Received-Authorization", key)])


def _silent_about(key: str, capture: LogCapture) -> None:
    for record, text in zip(capture.records, capture.texts(), strict=True):
        expect(key not in text, f"the logger {record.name!r} logs the key ({record.levelname})")


class SecrecyPromises(PromiseGroup):
    """The key is in the request's head and nowhere else: not in a log, a failure, a repr."""

    theme = "secrecy"

    def _brief_failure(self, script: Script) -> TransportFailure | None:
        """Let a send fail; a response in place of a failure breaks other promises, not these."""
        options = TransportOptions(max_body_bytes=1000, max_header_bytes=16_384)
        _, transport, request = self.prepare(script, options)
        ended = self.outcome(transport, request, _BRIEF)
        return ended if isinstance(ended, TransportFailure) else None

    def failure(self) -> None:
        """Does not show the key in a failure or in any exception in its chain."""
        for name, script in _ACCIDENTS.items():
            shown = _shown(self._brief_failure(script))
            expect(self.key not in shown, f"the failure after {name} shows the key")

    def failure_with_echo(self) -> None:
        """Does not repeat in a failure what the server said: it may be the key."""
        for start in ("{}\r\n\r\n", "HTTP/1.1 200 OK\r\n{}\r\n\r\n", "HTTP/1.1 {}\r\n\r\n"):
            shown = _shown(self._brief_failure(then_close(start.format(self.key).encode())))
            expect(self.key not in shown, "the failure repeats a server's line with the key")

    def log(self) -> None:
        """Does not log the key at any level, by any logger, its library's included."""
        with LogCapture() as capture:
            _, transport, request = self.prepare(echo())
            for _ in range(2):
                self.send(transport, request)
        _silent_about(self.key, capture)

    def log_of_failures(self) -> None:
        """Does not log the key at any level when a send fails."""
        with LogCapture() as capture:
            for script in _ACCIDENTS.values():
                self._brief_failure(script)
        _silent_about(self.key, capture)

    def log_of_echo(self) -> None:
        """Does not log an answer's header or body: a server may send the key back in them."""
        with LogCapture() as capture:
            self.answer(each(_echo_key))
        _silent_about(self.key, capture)

    def log_of_body(self) -> None:
        """Does not log any part of a request's body at any level."""
        marker = self.key[::-1]
        with LogCapture() as capture:
            server = self.serve(always(reply()))
            self.send(self.transport(), self.request(server.url, body=marker.encode()))
        _silent_about(marker, capture)

    def representation(self) -> None:
        """Does not show the key in the transport's representation, during a call or after it."""
        _, transport, request = self.prepare(echo())
        self.send(transport, request)
        texts = [repr(transport), str(transport), repr(getattr(transport, "__dict__", {}))]
        expect(all(self.key not in text for text in texts), "the transport shows the key")

    def plain_failure(self) -> None:
        """Raises failures that hold plain data: not a request, a response or a library's object."""
        options = TransportOptions(max_body_bytes=10)
        too_large = self.failure_of(then_wait(reply(b"x" * 100)), TooLargeFailure, options)
        garbage = self._brief_failure(then_close(b"garbage\r\n\r\n"))
        for failure in filter(None, (too_large, garbage)):
            for name, value in vars(failure).items():
                kind = type(value).__name__
                plain = value is None or isinstance(value, str | int | float | bool)
                expect(plain, f"the failure's {name} is a {kind}")
