"""Promises about broken framing."""

from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import CHUNKED_HEAD, chunk, head, then_close, then_reset
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure

_STARTED = {"status": 200, "response_started": True, "bytes_received": True, "reused": False}
_NO_HEAD = {"status": None, "response_started": False, "bytes_received": True}


class FramingPromises(PromiseGroup):
    """A response that breaks HTTP's framing is never taken for an answer (RFC 9112 §6 to §8)."""

    theme = "framing"

    def _fails(self, script: Script, **flags: object) -> None:
        failure = self.failure_of(script, ConnectionFailure)
        expect_flags(failure, sent=True, **flags)

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
        self._fails(then_close(b"\x00\xff\x16garbage\r\n\r\nmore\r\n\r\n"), **_NO_HEAD)

    def http_0_9(self) -> None:
        """Refuses a reply without status line and head."""
        self._fails(then_close(b'{"choices":[]}'), **_NO_HEAD)

    def other_protocol(self) -> None:
        """Refuses the greeting of another protocol."""
        self._fails(then_close(b"SSH-2.0-OpenSSH_9.9\r\n"), **_NO_HEAD)

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
