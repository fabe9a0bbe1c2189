"""Promises about failed connections and broken framing."""

import socket

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.promise import PromiseGroup, fails
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, head, reply
from corechat.testing._kit.scripts import RESET, in_turn, play, then_close, then_reset, then_wait
from corechat.transport import ConnectionFailure, HttpResponse, TransportFailure

_NOTHING = {"status": None, "response_started": False, "bytes_received": False, "reused": False}
_UNSENT = {**_NOTHING, "sent": False}
_NO_ANSWER = {**_NOTHING, "sent": True}
_PART_OF_HEAD = {"status": None, "response_started": False, "bytes_received": True, "sent": True}
_STARTED = {**_PART_OF_HEAD, "status": 200, "response_started": True, "reused": False}
_NO_HEAD = {"status": None, "response_started": False}
_REFUSED = {"bytes_received": True, "sent": True}
_LONG = reply(b"x" * 1000)


class FailurePromises(PromiseGroup):
    """What goes wrong on the wire is a ConnectionFailure that says how far the call had come."""

    theme = "failure"

    def refused(self) -> None:
        """Says of a refused connection that nothing was sent."""
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.bind(("127.0.0.1", 0))  # bound and not listening: refuses
            request = self.request(f"http://127.0.0.1:{sock.getsockname()[1]}")
            failure = self.fail(self.transport(), request, ConnectionFailure)
        expect_flags(failure, **_UNSENT)

    def unresolvable(self) -> None:
        """Says of a host that has no address that nothing was sent."""
        request = self.request("http://corechat-conformance.invalid")  # RFC 6761 §6.4
        expect_flags(self.fail(self.transport(), request, TransportFailure), **_UNSENT)

    def impossible_host(self) -> None:
        """Says of a host name that no resolver takes that nothing was sent."""
        request = self.request(f"http://{'a' * 64}.invalid")  # a label has at most 63 (RFC 1035)
        expect_flags(self.fail(self.transport(), request, TransportFailure), **_UNSENT)

    reset_at_once = fails(Connection.reset, _NOTHING)(
        "Reports a connection that is reset as soon as it is made."
    )
    closed_at_once = fails(Connection.close, _NOTHING)(
        "Reports a connection that is closed as soon as it is made."
    )
    reset_before_answer = fails(then_reset(b""), _NO_ANSWER)(
        "Reports a reset after the request, before any byte of an answer."
    )
    closed_before_answer = fails(b"", _NO_ANSWER)(
        "Reports an empty reply: closed after the request, before any byte of an answer."
    )

    def reset_while_sending(self) -> None:
        """Reports a reset in the middle of a large request."""
        server = self.serve(play(Connection.read_head, RESET))
        request = self.request(server.url, body=b"x" * 5_000_000)
        expect_flags(self.fail(self.transport(), request, ConnectionFailure), **_NO_ANSWER)

    reset_in_head = fails(then_reset(_LONG[:30]), _PART_OF_HEAD)(
        "Reports a reset within the response head; a byte had come, but not a whole head."
    )
    closed_in_head = fails(_LONG[:30], _PART_OF_HEAD)(
        "Reports a close within the response head; a byte had come, but not a whole head."
    )
    closed_in_status_line = fails(b"HTTP/1.1 2", _PART_OF_HEAD)(
        "Reports a close within the status line; a byte had come, but not a whole head."
    )
    closed_before_end_of_head = fails(reply(b"")[:-2], _PART_OF_HEAD)(
        "Does not take a head without its empty line for a whole one."
    )
    reset_in_body = fails(then_reset(_LONG[:-500]), _STARTED)(
        "Reports a reset within the body, with the status."
    )
    short_body = fails(_LONG[:-1], _STARTED)(
        "Does not take a body shorter than its Content-Length for an answer."
    )
    no_body_at_all = fails(head(fields=[("Content-Length", "10")]), _STARTED)(
        "Does not take a head whose announced body never begins for an answer."
    )
    error_cut = fails(reply(b"x" * 100, 500)[:-1], {**_STARTED, "status": 500})(
        "Reports the status of an error response whose body is cut."
    )
    interim_only = fails(b"HTTP/1.1 100 Continue\r\n\r\n", _NO_HEAD)(
        "Does not take an interim response for the head of an answer."
    )
    switching_protocols = fails(
        head(101, [("Upgrade", "h2c"), ("Connection", "Upgrade")]),
        _NO_HEAD,
    )("Does not take an unasked 101 for an answer.")

    def usable_afterwards(self) -> None:
        """Serves the next call after each kind of failure."""
        bad = [b"", _LONG[:30], _LONG[:-1], CHUNKED_HEAD + b"zz\r\n", b"garbage\r\n\r\n"]
        _, transport, request = self.prepare(in_turn(*map(then_close, bad), then_wait(reply())))
        for _ in bad:
            self.fail(transport, request, ConnectionFailure)
        expect_equal(self.send(transport, request).body, b"{}", "body of the next response")


class FramingPromises(PromiseGroup):
    """A response that breaks HTTP's framing is never taken for an answer (RFC 9112 §6 to §8)."""

    theme = "framing"

    chunks_without_end = fails(CHUNKED_HEAD + chunk(b"{}"), _STARTED)(
        "Does not take a chunked body without its last chunk for an answer."
    )
    cut_chunk = fails(CHUNKED_HEAD + b"10\r\n{}", _STARTED)(
        "Does not take a chunked body that is cut within a chunk for an answer."
    )
    cut_last_chunk = fails(CHUNKED_HEAD + chunk(b"{}") + b"0", _STARTED)(
        "Does not take a chunked body that is cut in its last chunk's line for an answer."
    )
    reset_in_chunks = fails(then_reset(CHUNKED_HEAD + chunk(b"{}") + b"10\r\nabc"), _STARTED)(
        "Reports a reset within a chunked body, with the status."
    )
    chunk_size_garbage = fails(CHUNKED_HEAD + b"xyz\r\n{}\r\n0\r\n\r\n", _STARTED)(
        "Refuses a chunk size that is not a hexadecimal number."
    )
    chunk_size_negative = fails(CHUNKED_HEAD + b"-2\r\n{}\r\n0\r\n\r\n", _STARTED)(
        "Refuses a negative chunk size."
    )
    chunk_overrun = fails(CHUNKED_HEAD + b"2\r\n{}abc\r\n0\r\n\r\n", _STARTED)(
        "Refuses a chunk that is longer than its size says."
    )
    garbage = fails(b"\x00\xff\x16garbage\r\n\r\nmore\r\n\r\n", _PART_OF_HEAD)(
        "Refuses a reply that is not HTTP; a byte had come."
    )
    http_0_9 = fails(b'{"choices":[]}', _PART_OF_HEAD)(
        "Refuses a reply without status line and head."
    )
    other_protocol = fails(b"SSH-2.0-OpenSSH_9.9\r\n", _PART_OF_HEAD)(
        "Refuses the greeting of another protocol."
    )
    conflicting_lengths = fails(
        head(fields=[("Content-Length", "2"), ("Content-Length", "3")]) + b"{} ",
        _REFUSED,
    )("Refuses a response with two different Content-Lengths.")
    negative_length = fails(head(fields=[("Content-Length", "-1")]) + b"{}", _REFUSED)(
        "Refuses a negative Content-Length."
    )
    length_garbage = fails(head(fields=[("Content-Length", "2x")]) + b"{}", _REFUSED)(
        "Refuses a Content-Length that is not a number."
    )

    def length_beside_chunks(self) -> None:
        """Reads a body that has both framings in chunks, or refuses it (RFC 9112 §6.3)."""
        fields = [("Content-Length", "4"), ("Transfer-Encoding", "chunked")]
        answer = head(fields=fields) + chunk(b"{}") + b"0\r\n\r\n"
        _, transport, request = self.prepare(then_close(answer))
        ended = self.outcome(transport, request)
        if isinstance(ended, HttpResponse):
            expect_equal(ended.body, b"{}", "body")
        else:
            expect(isinstance(ended, ConnectionFailure), f"{ended!r} for two framings")
