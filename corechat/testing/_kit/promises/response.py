"""What the server answers comes back: status, fields and body, whatever its framing."""

import gzip

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import PromiseBroken, expect, expect_equal
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    always,
    chunk,
    chunked,
    each,
    head,
    reply,
    then_close,
    then_wait,
)
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure

RESPONSE = PromiseGroup("response")

_STATUSES = (200, 201, 202, 203, 206, 226, 299, 300, 304, 400, 401, 402, 403, 404, 405, 407, 408)
_MORE_STATUSES = (409, 413, 418, 422, 425, 426, 429, 451, 498, 499, 500, 501, 502, 503, 504, 529)
_MIB = 1024 * 1024
_BODY = b'{"choices":[{"message":{"content":"\xc3\xbc"}}]}'


def _body(harness: Harness, script: Script, body: bytes, status: int = 200) -> None:
    response = harness.answer(script)
    expect_equal(response.status, status, "status")
    expect_equal(len(response.body), len(body), "length of the body")
    expect(response.body == body, "the body has other bytes")
    expect(not response.truncated, "the body is marked as truncated")


@RESPONSE.promise
def _status(harness: Harness) -> None:
    """Gives every status from 200 to 599 back as it is."""
    server = harness.serve(
        each(lambda request: reply(b"", int(request.target.rpartition("/")[2]))),
    )
    transport = harness.transport()
    for status in (*_STATUSES, *_MORE_STATUSES, 520, 599):
        request = harness.request(server.url, path=f"/{status}")
        expect_equal(harness.send(transport, request).status, status, "status")


@RESPONSE.promise
def _error_body(harness: Harness) -> None:
    """Gives the body of an error response back like that of a success."""
    _body(harness, always(reply(_BODY, 429)), _BODY, 429)


@RESPONSE.promise
def _no_reason(harness: Harness) -> None:
    """Reads a status line that has no reason phrase."""
    _body(harness, always(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}"), b"{}")


@RESPONSE.promise
def _odd_reason(harness: Harness) -> None:
    """Reads a status line whose reason phrase is no ASCII."""
    _body(harness, always(b"HTTP/1.1 200 Tr\xc3\xa8s bien\r\nContent-Length: 2\r\n\r\n{}"), b"{}")


@RESPONSE.promise
def _repeated_headers(harness: Harness) -> None:
    """Keeps every value of a header field that comes more than once, in order."""
    fields = [("X-Tag", "one"), ("Set-Cookie", "a=1"), ("X-Tag", "two"), ("Set-Cookie", "b=2")]
    response = harness.answer(always(reply(fields=fields)))
    expect_equal(response.headers.get_list("x-tag"), ["one", "two"], "values of x-tag")
    expect_equal(response.headers.get_list("set-cookie"), ["a=1", "b=2"], "values of set-cookie")


@RESPONSE.promise
def _header_case(harness: Harness) -> None:
    """Finds a header field in any case."""
    response = harness.answer(always(reply(fields=[("X-REQUEST-Id", "req_1")])))
    expect_equal(response.headers.get("x-request-id"), "req_1", "x-request-id")
    expect_equal(response.headers.get("X-Request-ID"), "req_1", "X-Request-ID")


@RESPONSE.promise
def _header_values(harness: Harness) -> None:
    """Strips white space around a value, and keeps an empty one."""
    fields = [("X-Padded", " \t a  b \t "), ("X-Empty", "")]
    response = harness.answer(always(reply(fields=fields)))
    expect_equal(response.headers.get("x-padded"), "a  b", "x-padded")
    expect_equal(response.headers.get("x-empty"), "", "x-empty")


@RESPONSE.promise
def _header_bytes(harness: Harness) -> None:
    """Survives header values that are no ASCII, UTF-8 and Latin-1 alike."""
    fields = b"X-Utf8: caf\xc3\xa9\r\nX-Latin: caf\xe9\r\nX-After: kept\r\n"
    answer = b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 2\r\n\r\n{}"
    response = harness.answer(always(answer))
    expect_equal(response.body, b"{}", "body")
    expect_equal(response.headers.get("x-after"), "kept", "x-after")
    expect("x-utf8" in response.headers, "the field x-utf8 is lost")
    expect("x-latin" in response.headers, "the field x-latin is lost")


@RESPONSE.promise
def _content_length(harness: Harness) -> None:
    """Reads a body as long as its Content-Length, and waits for no more."""
    _body(harness, then_wait(reply(_BODY)), _BODY)


@RESPONSE.promise
def _empty_body(harness: Harness) -> None:
    """Reads an empty body."""
    _body(harness, then_wait(reply(b"")), b"")


@RESPONSE.promise
def _byte_by_byte(harness: Harness) -> None:
    """Reads a response that arrives in segments of one byte."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.drip(reply(b"{}"), 0.001)
        connection.wait_gone()

    _body(harness, script, b"{}")


@RESPONSE.promise
def _chunked(harness: Harness) -> None:
    """Joins the chunks of a chunked body."""
    _body(harness, then_wait(chunked(_BODY[:7], _BODY[7:8], _BODY[8:])), _BODY)


@RESPONSE.promise
def _chunked_byte_by_byte(harness: Harness) -> None:
    """Reads a chunked body that arrives in segments of one byte."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(CHUNKED_HEAD)
        connection.drip(chunk(b"ab") + chunk(b"c" * 17) + b"0\r\n\r\n", 0.001)
        connection.wait_gone()

    _body(harness, script, b"ab" + b"c" * 17)


@RESPONSE.promise
def _chunk_extensions(harness: Harness) -> None:
    """Ignores chunk extensions, and reads sizes with leading zeros and in capitals."""
    data = chunk(b"ab", b";name=value") + chunk(b"c", b';q="x y"') + b"000A\r\n" + b"d" * 10
    _body(harness, then_wait(CHUNKED_HEAD + data + b"\r\n0;last\r\n\r\n"), b"abc" + b"d" * 10)


@RESPONSE.promise
def _trailers(harness: Harness) -> None:
    """Reads past trailers; they are no part of the body."""
    answer = CHUNKED_HEAD + chunk(b"{}") + b"0\r\nX-Checksum: 1\r\nX-Cost: 2\r\n\r\n"
    _body(harness, then_wait(answer), b"{}")


@RESPONSE.promise
def _close_delimited(harness: Harness) -> None:
    """Reads a body without framing up to the connection's end."""
    _body(harness, then_close(head() + _BODY), _BODY)


@RESPONSE.promise
def _http_1_0(harness: Harness) -> None:
    """Reads an HTTP/1.0 response."""
    _body(harness, then_close(b"HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n" + _BODY), _BODY)


@RESPONSE.promise
def _no_content(harness: Harness) -> None:
    """Awaits no body with 204."""
    _body(harness, then_wait(head(204, reason="No Content")), b"", 204)


@RESPONSE.promise
def _not_modified(harness: Harness) -> None:
    """Awaits no body with 304, whatever its Content-Length."""
    answer = head(304, [("Content-Length", "100")], "Not Modified")
    _body(harness, then_wait(answer), b"", 304)


@RESPONSE.promise
def _continue(harness: Harness) -> None:
    """Reads past an unasked 100 Continue to the answer."""
    _body(harness, then_wait(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(_BODY)), _BODY)


@RESPONSE.promise
def _early_hints(harness: Harness) -> None:
    """Reads past 103 Early Hints; their fields are not the answer's."""
    hints = head(103, [("Link", "</a.css>"), ("X-Hint", "1")], "Early Hints")
    response = harness.answer(then_wait(hints + reply(_BODY)))
    expect_equal((response.status, response.body), (200, _BODY), "status and body")
    expect("x-hint" not in response.headers, "a field of the 103 is among the answer's")


@RESPONSE.promise
def _many_interim(harness: Harness) -> None:
    """Reads past ten interim responses to the answer."""
    interim = b"HTTP/1.1 102 Processing\r\n\r\n" * 5 + b"HTTP/1.1 100 Continue\r\n\r\n" * 5
    _body(harness, then_wait(interim + reply(_BODY)), _BODY)


@RESPONSE.promise
def _body_of_8_mb(harness: Harness) -> None:
    """Reads a body of 8 MB."""
    body = bytes(range(251)) * (8 * _MIB // 251)
    _body(harness, always(reply(body)), body)


@RESPONSE.promise
def _chunked_body_of_8_mb(harness: Harness) -> None:
    """Reads a chunked body of 8 MB."""
    part = bytes(range(256)) * 64
    _body(harness, always(chunked(*[part] * 512)), part * 512)


@RESPONSE.promise
def _many_small_chunks(harness: Harness) -> None:
    """Reads a body in 20 000 chunks of one byte."""
    _body(harness, always(chunked(*[b"x"] * 20_000)), b"x" * 20_000)


@RESPONSE.promise
def _gzip_as_received(harness: Harness) -> None:
    """Gives a gzip body back compressed, with its Content-Encoding; the core undoes it."""
    body = gzip.compress(_BODY)
    response = harness.answer(always(reply(body, fields=[("Content-Encoding", "gzip")])))
    expect_equal(response.headers.get("content-encoding"), "gzip", "content-encoding")
    expect_equal(response.body, body, "body")


@RESPONSE.promise
def _damaged_gzip(harness: Harness) -> None:
    """Does not mind a body that is not what its Content-Encoding says."""
    fields = [("Content-Encoding", "gzip")]
    response = harness.answer(always(reply(b"no gzip", fields=fields)))
    expect_equal(response.body, b"no gzip", "body")


@RESPONSE.promise
def _any_content(harness: Harness) -> None:
    """Gives a body that is neither text nor JSON back as it is."""
    body = bytes(range(256))
    answer = reply(body, fields=[("Content-Type", "text/html; charset=nonsense")])
    _body(harness, always(answer), body)


@RESPONSE.promise
def _early_answer(harness: Harness) -> None:
    """Takes an answer that comes before the request's body has been read."""

    def script(connection: Connection) -> None:
        request = connection.read_head()
        connection.send(reply(b"too large", 413, [("Connection", "close")]))
        connection.half_close()
        connection.read_body(request)
        connection.wait_gone(1.0)

    server = harness.serve(script)
    request = harness.request(server.url, body=b"x" * 5_000_000)
    response = harness.send(harness.transport(), request)
    expect_equal((response.status, response.body), (413, b"too large"), "answer")


@RESPONSE.promise
def _answer_without_reading(harness: Harness) -> None:
    """Takes an answer whose server closes without reading the request, or reports the reset."""

    def script(connection: Connection) -> None:
        connection.read_head()
        connection.send(reply(b"too large", 413, [("Connection", "close")]))

    server = harness.serve(script)
    request = harness.request(server.url, body=b"x" * 5_000_000)
    try:
        response = harness.send(harness.transport(), request)
    except PromiseBroken as broken:
        expect(isinstance(broken.__cause__, ConnectionFailure), str(broken))
    else:
        expect_equal((response.status, response.body), (413, b"too large"), "answer")
