"""Promises about the response."""

import gzip

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    WAIT,
    always,
    chunk,
    chunked,
    drip,
    each,
    head,
    play,
    reply,
    then_close,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure

_STATUSES = (200, 201, 202, 203, 206, 226, 299, 300, 304, 400, 401, 402, 403, 404, 405, 407, 408)
_MORE_STATUSES = (409, 413, 418, 422, 425, 426, 429, 451, 498, 499, 500, 501, 502, 503, 504, 529)
_MIB = 1024 * 1024
_BODY = b'{"choices":[{"message":{"content":"\xc3\xbc"}}]}'


class ResponsePromises(PromiseGroup):
    """What the server answers comes back: status, fields and body, whatever its framing."""

    theme = "response"

    def _body(self, script: Script, body: bytes, status: int = 200) -> None:
        response = self.answer(script)
        expect_equal(response.status, status, "status")
        expect_equal(len(response.body), len(body), "length of the body")
        expect(response.body == body, "the body has other bytes")
        expect(not response.truncated, "the body is marked as truncated")

    def status(self) -> None:
        """Gives every status from 200 to 599 back as it is."""
        server = self.serve(
            each(lambda request: reply(b"", int(request.target.rpartition("/")[2]))),
        )
        transport = self.transport()
        for status in (*_STATUSES, *_MORE_STATUSES, 520, 599):
            request = self.request(server.url, path=f"/{status}")
            expect_equal(self.send(transport, request).status, status, "status")

    def error_body(self) -> None:
        """Gives the body of an error response back like that of a success."""
        self._body(always(reply(_BODY, 429)), _BODY, 429)

    def no_reason(self) -> None:
        """Reads a status line without a reason phrase."""
        self._body(always(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"), b"{}")

    def odd_reason(self) -> None:
        """Reads a status line whose reason phrase is not ASCII."""
        self._body(always(b"HTTP/1.1 200 Tr\xc3\xa8s bien\r\nContent-Length: 2\r\n\r\n{}"), b"{}")

    def repeated_headers(self) -> None:
        """Keeps every value of a header field that comes more than once, in order."""
        fields = [("X-Tag", "one"), ("Set-Cookie", "a=1"), ("X-Tag", "two"), ("Set-Cookie", "b=2")]
        response = self.answer(always(reply(fields=fields)))
        expect_equal(response.headers.get_list("x-tag"), ["one", "two"], "values of x-tag")
        expect_equal(
            response.headers.get_list("set-cookie"), ["a=1", "b=2"], "values of set-cookie"
        )

    def header_case(self) -> None:
        """Finds a header field in any case."""
        response = self.answer(always(reply(fields=[("X-REQUEST-Id", "req_1")])))
        expect_equal(response.headers.get("x-request-id"), "req_1", "x-request-id")
        expect_equal(response.headers.get("X-Request-ID"), "req_1", "X-Request-ID")

    def header_values(self) -> None:
        """Strips white space around a value, and keeps an empty one."""
        fields = [("X-Padded", " \t a  b \t "), ("X-Empty", "")]
        response = self.answer(always(reply(fields=fields)))
        expect_equal(response.headers.get("x-padded"), "a  b", "x-padded")
        expect_equal(response.headers.get("x-empty"), "", "x-empty")

    def header_bytes(self) -> None:
        """Survives header values that are not ASCII, UTF-8 and Latin-1 alike."""
        fields = b"X-Utf8: caf\xc3\xa9\r\nX-Latin: caf\xe9\r\nX-After: kept\r\n"
        answer = b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 2\r\n\r\n{}"
        response = self.answer(always(answer))
        expect_equal(response.body, b"{}", "body")
        expect_equal(response.headers.get("x-after"), "kept", "x-after")
        expect("x-utf8" in response.headers, "the field x-utf8 is lost")
        expect("x-latin" in response.headers, "the field x-latin is lost")

    def content_length(self) -> None:
        """Reads a body as long as its Content-Length, and does not wait for more."""
        self._body(then_wait(reply(_BODY)), _BODY)

    def empty_body(self) -> None:
        """Reads an empty body."""
        self._body(then_wait(reply(b"")), b"")

    def byte_by_byte(self) -> None:
        """Reads a response that arrives in segments of one byte."""
        script = play(READ, drip(reply(b"{}"), 0.001), WAIT)
        self._body(script, b"{}")

    def chunked(self) -> None:
        """Joins the chunks of a chunked body."""
        self._body(then_wait(chunked(_BODY[:7], _BODY[7:8], _BODY[8:])), _BODY)

    def chunked_byte_by_byte(self) -> None:
        """Reads a chunked body that arrives in segments of one byte."""
        data = chunk(b"ab") + chunk(b"c" * 17) + b"0\r\n\r\n"
        self._body(play(READ, CHUNKED_HEAD, drip(data, 0.001), WAIT), b"ab" + b"c" * 17)

    def chunk_extensions(self) -> None:
        """Ignores chunk extensions, and reads sizes with leading zeros and in capitals."""
        data = chunk(b"ab", b";name=value") + chunk(b"c", b';q="x y"') + b"000A\r\n" + b"d" * 10
        self._body(then_wait(CHUNKED_HEAD + data + b"\r\n0;last\r\n\r\n"), b"abc" + b"d" * 10)

    def trailers(self) -> None:
        """Reads past trailers; they are not part of the body."""
        answer = CHUNKED_HEAD + chunk(b"{}") + b"0\r\nX-Checksum: 1\r\nX-Cost: 2\r\n\r\n"
        self._body(then_wait(answer), b"{}")

    def close_delimited(self) -> None:
        """Reads a body without framing up to the connection's end."""
        self._body(then_close(head() + _BODY), _BODY)

    def http_1_0(self) -> None:
        """Reads an HTTP/1.0 response."""
        self._body(then_close(b"HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n" + _BODY), _BODY)

    def no_content(self) -> None:
        """Does not await a body with 204."""
        self._body(then_wait(head(204, reason="No Content")), b"", 204)

    def not_modified(self) -> None:
        """Does not await a body with 304, whatever its Content-Length."""
        answer = head(304, [("Content-Length", "100")], "Not Modified")
        self._body(then_wait(answer), b"", 304)

    def continue_(self) -> None:
        """Reads past an unasked 100 Continue to the answer."""
        self._body(then_wait(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(_BODY)), _BODY)

    def early_hints(self) -> None:
        """Reads past 103 Early Hints; their fields are not the answer's."""
        hints = head(103, [("Link", "</a.css>"), ("X-Hint", "1")], "Early Hints")
        response = self.answer(then_wait(hints + reply(_BODY)))
        expect_equal((response.status, response.body), (200, _BODY), "status and body")
        expect("x-hint" not in response.headers, "a field of the 103 is among the answer's")

    def many_interim(self) -> None:
        """Reads past ten interim responses to the answer."""
        interim = b"HTTP/1.1 102 Processing\r\n\r\n" * 5 + b"HTTP/1.1 100 Continue\r\n\r\n" * 5
        self._body(then_wait(interim + reply(_BODY)), _BODY)

    def body_of_8_mb(self) -> None:
        """Reads a body of 8 MB."""
        body = bytes(range(251)) * (8 * _MIB // 251)
        self._body(always(reply(body)), body)

    def chunked_body_of_8_mb(self) -> None:
        """Reads a chunked body of 8 MB."""
        part = bytes(range(256)) * 64
        self._body(always(chunked(*[part] * 512)), part * 512)

    def many_small_chunks(self) -> None:
        """Reads a body in 20 000 chunks of one byte."""
        self._body(always(chunked(*[b"x"] * 20_000)), b"x" * 20_000)

    def gzip_as_received(self) -> None:
        """Gives a gzip body back compressed, with its Content-Encoding; the core undoes it."""
        body = gzip.compress(_BODY)
        response = self.answer(always(reply(body, fields=[("Content-Encoding", "gzip")])))
        expect_equal(response.headers.get("content-encoding"), "gzip", "content-encoding")
        expect_equal(response.body, body, "body")

    def damaged_gzip(self) -> None:
        """Does not mind a body that is not what its Content-Encoding says."""
        fields = [("Content-Encoding", "gzip")]
        response = self.answer(always(reply(b"no gzip", fields=fields)))
        expect_equal(response.body, b"no gzip", "body")

    def any_content(self) -> None:
        """Gives a body that is neither text nor JSON back as it is."""
        body = bytes(range(256))
        answer = reply(body, fields=[("Content-Type", "text/html; charset=nonsense")])
        self._body(always(answer), body)

    def early_answer(self) -> None:
        """Takes an answer that comes before the request's body has been read."""

        def script(connection: Connection) -> None:
            request = connection.read_head()
            connection.send(reply(b"too large", 413, [("Connection", "close")]))
            connection.half_close()
            connection.read_body(request)
            connection.wait_gone(1.0)

        server = self.serve(script)
        request = self.request(server.url, body=b"x" * 5_000_000)
        response = self.send(self.transport(), request)
        expect_equal((response.status, response.body), (413, b"too large"), "answer")

    def answer_without_reading(self) -> None:
        """Takes an answer whose server closes without reading the request, or reports the reset."""
        answer = reply(b"too large", 413, [("Connection", "close")])
        server = self.serve(play(Connection.read_head, answer))
        request = self.request(server.url, body=b"x" * 5_000_000)
        try:
            response = self.send(self.transport(), request)
        except PromiseBroken as broken:
            expect(isinstance(broken.__cause__, ConnectionFailure), str(broken))
        else:
            expect_equal((response.status, response.body), (413, b"too large"), "answer")
