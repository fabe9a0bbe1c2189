"""A response that breaks HTTP's framing is never taken for an answer (RFC 9112 §6 to §8)."""

from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.failures import expect_flags
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import CHUNKED_HEAD, chunk, head, then_close, then_reset
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure

FRAMING = PromiseGroup("framing")

_STARTED = {"status": 200, "response_started": True, "bytes_received": True, "reused": False}
_NO_HEAD = {"status": None, "response_started": False, "bytes_received": True}


def _fails(harness: Harness, script: Script, **flags: object) -> None:
    failure = harness.failure(script, ConnectionFailure)
    expect_flags(failure, sent=True, **flags)


@FRAMING.promise
def _chunks_without_end(harness: Harness) -> None:
    """Takes a chunked body without its last chunk for no answer."""
    _fails(harness, then_close(CHUNKED_HEAD + chunk(b"{}")), **_STARTED)


@FRAMING.promise
def _cut_chunk(harness: Harness) -> None:
    """Takes a chunked body that is cut within a chunk for no answer."""
    _fails(harness, then_close(CHUNKED_HEAD + b"10\r\n{}"), **_STARTED)


@FRAMING.promise
def _cut_last_chunk(harness: Harness) -> None:
    """Takes a chunked body that is cut within its last chunk's line for no answer."""
    _fails(harness, then_close(CHUNKED_HEAD + chunk(b"{}") + b"0"), **_STARTED)


@FRAMING.promise
def _reset_in_chunks(harness: Harness) -> None:
    """Reports a reset within a chunked body, with the status."""
    _fails(harness, then_reset(CHUNKED_HEAD + chunk(b"{}") + b"10\r\nabc"), **_STARTED)


@FRAMING.promise
def _chunk_size_garbage(harness: Harness) -> None:
    """Refuses a chunk size that is no hexadecimal number."""
    _fails(harness, then_close(CHUNKED_HEAD + b"xyz\r\n{}\r\n0\r\n\r\n"), **_STARTED)


@FRAMING.promise
def _chunk_size_negative(harness: Harness) -> None:
    """Refuses a negative chunk size."""
    _fails(harness, then_close(CHUNKED_HEAD + b"-2\r\n{}\r\n0\r\n\r\n"), **_STARTED)


@FRAMING.promise
def _chunk_overrun(harness: Harness) -> None:
    """Refuses a chunk that is longer than its size says."""
    _fails(harness, then_close(CHUNKED_HEAD + b"2\r\n{}abc\r\n0\r\n\r\n"), **_STARTED)


@FRAMING.promise
def _garbage(harness: Harness) -> None:
    """Refuses a reply that is no HTTP; a byte had come."""
    _fails(harness, then_close(b"\x00\xff\x16garbage\r\n\r\nmore\r\n\r\n"), **_NO_HEAD)


@FRAMING.promise
def _http_0_9(harness: Harness) -> None:
    """Refuses a reply without status line and head."""
    _fails(harness, then_close(b'{"choices":[]}'), **_NO_HEAD)


@FRAMING.promise
def _other_protocol(harness: Harness) -> None:
    """Refuses the greeting of another protocol."""
    _fails(harness, then_close(b"SSH-2.0-OpenSSH_9.9\r\n"), **_NO_HEAD)


@FRAMING.promise
def _conflicting_lengths(harness: Harness) -> None:
    """Refuses a response with two different Content-Lengths."""
    answer = head(fields=[("Content-Length", "2"), ("Content-Length", "3")]) + b"{} "
    _fails(harness, then_close(answer), bytes_received=True)


@FRAMING.promise
def _negative_length(harness: Harness) -> None:
    """Refuses a negative Content-Length."""
    answer = head(fields=[("Content-Length", "-1")]) + b"{}"
    _fails(harness, then_close(answer), bytes_received=True)


@FRAMING.promise
def _length_garbage(harness: Harness) -> None:
    """Refuses a Content-Length that is no number."""
    answer = head(fields=[("Content-Length", "2x")]) + b"{}"
    _fails(harness, then_close(answer), bytes_received=True)


@FRAMING.promise
def _length_beside_chunks(harness: Harness) -> None:
    """Reads a body that has both framings in chunks, or refuses it (RFC 9112 §6.3)."""
    fields = [("Content-Length", "4"), ("Transfer-Encoding", "chunked")]
    server = harness.serve(then_close(head(fields=fields) + chunk(b"{}") + b"0\r\n\r\n"))
    transport, request = harness.transport(), harness.request(server.url)
    try:
        response = harness.send(transport, request)
    except AssertionError as error:
        expect(isinstance(error.__cause__, ConnectionFailure), str(error))
    else:
        expect_equal(response.body, b"{}", "body")
