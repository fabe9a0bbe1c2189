"""Promises about failed connections and broken framing."""

import socket

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    RESET,
    chunk,
    head,
    in_turn,
    play,
    reply,
    then_close,
    then_reset,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, TransportFailure

_NOTHING = {"status": None, "response_started": False, "bytes_received": False, "reused": False}
_STARTED = {"status": 200, "response_started": True, "bytes_received": True, "reused": False}
_PART_OF_HEAD = {"status": None, "response_started": False, "bytes_received": True}
_LONG = reply(b"x" * 1000)


class _FailureGroup(PromiseGroup):
    """What the promises about failed connections and about broken framing share."""

    def _fails(self, script: Script, **flags: object) -> None:
        failure = self.failure_of(script, ConnectionFailure)
        expect_flags(failure, sent=True, **flags)


class FailurePromises(_FailureGroup):
    """What goes wrong on the wire is a ConnectionFailure that says how far the call had come."""

    theme = "failure"

    def refused(self) -> None:
        """Says of a refused connection that nothing was sent."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.bind(("127.0.0.1", 0))  # bound and not listening: refuses
            request = self.request(f"http://127.0.0.1:{sock.getsockname()[1]}")
            failure = self.fail(self.transport(), request, ConnectionFailure)
        expect_flags(failure, **_NOTHING, sent=False)

    def unresolvable(self) -> None:
        """Says of a host that has no address that nothing was sent."""
        request = self.request("http://corechat-conformance.invalid")  # RFC 6761 §6.4
        failure = self.fail(self.transport(), request, TransportFailure)
        expect_flags(failure, **_NOTHING, sent=False)

    def impossible_host(self) -> None:
        """Says of a host name that no resolver takes that nothing was sent."""
        request = self.request(f"http://{'a' * 64}.invalid")  # a label has at most 63 (RFC 1035)
        failure = self.fail(self.transport(), request, TransportFailure)
        expect_flags(failure, **_NOTHING, sent=False)

    def reset_at_once(self) -> None:
        """Reports a connection that is reset as soon as it is made."""
        failure = self.failure_of(Connection.reset, ConnectionFailure)
        expect_flags(failure, **_NOTHING)

    def closed_at_once(self) -> None:
        """Reports a connection that is closed as soon as it is made."""
        failure = self.failure_of(Connection.close, ConnectionFailure)
        expect_flags(failure, **_NOTHING)

    def reset_before_answer(self) -> None:
        """Reports a reset after the request, before any byte of an answer."""
        self._fails(then_reset(b""), **_NOTHING)

    def closed_before_answer(self) -> None:
        """Reports an empty reply: closed after the request, before any byte of an answer."""
        self._fails(then_close(b""), **_NOTHING)

    def reset_while_sending(self) -> None:
        """Reports a reset in the middle of a large request."""
        server = self.serve(play(Connection.read_head, RESET))
        request = self.request(server.url, body=b"x" * 5_000_000)
        failure = self.fail(self.transport(), request, ConnectionFailure)
        expect_flags(failure, **_NOTHING, sent=True)

    def reset_in_head(self) -> None:
        """Reports a reset within the response head; a byte had come, but not a whole head."""
        self._fails(then_reset(_LONG[:30]), **_PART_OF_HEAD)

    def closed_in_head(self) -> None:
        """Reports a close within the response head; a byte had come, but not a whole head."""
        self._fails(then_close(_LONG[:30]), **_PART_OF_HEAD)

    def closed_in_status_line(self) -> None:
        """Reports a close within the status line; a byte had come, but not a whole head."""
        self._fails(then_close(b"HTTP/1.1 2"), **_PART_OF_HEAD)

    def closed_before_end_of_head(self) -> None:
        """Does not take a head without its empty line for a whole one."""
        self._fails(then_close(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"), **_PART_OF_HEAD)

    def reset_in_body(self) -> None:
        """Reports a reset within the body, with the status."""
        self._fails(then_reset(_LONG[:-500]), **_STARTED)

    def short_body(self) -> None:
        """Does not take a body shorter than its Content-Length for an answer."""
        self._fails(then_close(_LONG[:-1]), **_STARTED)

    def no_body_at_all(self) -> None:
        """Does not take a head whose announced body never begins for an answer."""
        self._fails(then_close(head(fields=[("Content-Length", "10")])), **_STARTED)

    def error_cut(self) -> None:
        """Reports the status of an error response whose body is cut."""
        script = then_close(reply(b"x" * 100, 500)[:-1])
        self._fails(script, **{**_STARTED, "status": 500})

    def interim_only(self) -> None:
        """Does not take an interim response for the head of an answer."""
        failure = self.failure_of(then_close(b"HTTP/1.1 100 Continue\r\n\r\n"), ConnectionFailure)
        expect_flags(failure, status=None, response_started=False)

    def switching_protocols(self) -> None:
        """Does not take an unasked 101 for an answer."""
        answer = head(101, [("Upgrade", "h2c"), ("Connection", "Upgrade")])
        failure = self.failure_of(then_close(answer), ConnectionFailure)
        expect_flags(failure, status=None, response_started=False)

    def usable_afterwards(self) -> None:
        """Serves the next call after each kind of failure."""
        bad = [b"", _LONG[:30], _LONG[:-1], CHUNKED_HEAD + b"zz\r\n", b"garbage\r\n\r\n"]
        _, transport, request = self.prepare(in_turn(*map(then_close, bad), then_wait(reply())))
        for _ in bad:
            self.fail(transport, request, ConnectionFailure)
        expect_equal(self.send(transport, request).body, b"{}", "body of the next response")


class FramingPromises(_FailureGroup):
    """A response that breaks HTTP's framing is never taken for an answer (RFC 9112 §6 to §8)."""

    theme = "framing"

    def chunks_without_end(self) -> None:
        """Does not take a chunked body without its last chunk for an answer."""
        self._fails(then_close(CHUNKED_HEAD + chunk(b"{}")), **_STARTED)

    def cut_chunk(self) -> None:
        """Does not take a chunked body that is cut within a chunk for an answer."""
        self._fails(then_close(CHUNKED_HEAD + b"10\r\n{}"), **_STARTED)

    def cut_last_chunk(self) -> None:
        """Does not take a chunked body that is cut in its last chunk's line for an answer."""
        self._fails(then_close(CHUNKED_HEAD + chunk(b"{}") + b"0"), **_STARTED)

    def reset_in_chunks(self) -> None:
        """Reports a reset within a chunked body, with the status."""
        self._fails(then_reset(CHUNKED_HEAD + chunk(b"{}") + b"10\r\nabc"), **_STARTED)

    def chunk_size_garbage(self) -> None:
        """Refuses a chunk size that is not a hexadecimal number."""
        self._fails(then_close(CHUNKED_HEAD + b"xyz\r\n{}\r\n0\r\n\r\n"), **_STARTED)

    def chunk_size_negative(self) -> None:
        """Refuses a negative chunk size."""
        self._fails(then_close(CHUNKED_HEAD + b"-2\r\n{}\r\n0\r\n\r\n"), **_STARTED)

    def chunk_overrun(self) -> None:
        """Refuses a chunk that is longer than its size says."""
        self._fails(then_close(CHUNKED_HEAD + b"2\r\n{}abc\r\n0\r\n\r\n"), **_STARTED)

    def garbage(self) -> None:
        """Refuses a reply that is not HTTP; a byte had come."""
        self._fails(then_close(b"\x00\xff\x16garbage\r\n\r\nmore\r\n\r\n"), **_PART_OF_HEAD)

    def http_0_9(self) -> None:
        """Refuses a reply without status line and head."""
        self._fails(then_close(b'{"choices":[]}'), **_PART_OF_HEAD)

    def other_protocol(self) -> None:
        """Refuses the greeting of another protocol."""
        self._fails(then_close(b"SSH-2.0-OpenSSH_9.9\r\n"), **_PART_OF_HEAD)

    def conflicting_lengths(self) -> None:
        """Refuses a response with two different Content-Lengths."""
        answer = head(fields=[("Content-Length", "2"), ("Content-Length", "3")]) + b"{} "
        self._fails(then_close(answer), bytes_received=True)

    def negative_length(self) -> None:
        """Refuses a negative Content-Length."""
        answer = head(fields=[("Content-Length", "-1")]) + b"{}"
        self._fails(then_close(answer), bytes_received=True)

    def length_garbage(self) -> None:
        """Refuses a Content-Length that is not a number."""
        answer = head(fields=[("Content-Length", "2x")]) + b"{}"
        self._fails(then_close(answer), bytes_received=True)

    def length_beside_chunks(self) -> None:
        """Reads a body that has both framings in chunks, or refuses it (RFC 9112 §6.3)."""
        fields = [("Content-Length", "4"), ("Transfer-Encoding", "chunked")]
        answer = head(fields=fields) + chunk(b"{}") + b"0\r\n\r\n"
        _, transport, request = self.prepare(then_close(answer))
        try:
            response = self.send(transport, request)
        except AssertionError as error:
            expect(isinstance(error.__cause__, ConnectionFailure), str(error))
        else:
            expect_equal(response.body, b"{}", "body")
