"""Promises about the response."""

import gzip
from collections.abc import Callable

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.promise import PromiseGroup, Proof, answers, proof
from corechat.testing._kit.scripts import (
    CHUNKED_HEAD,
    READ,
    WAIT,
    Fields,
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
from corechat.transport import MIB, ConnectionFailure, HttpResponse

_STATUSES = (200, 201, 202, 203, 206, 226, 299, 300, 304, 400, 401, 402, 403, 404, 405, 407, 408)
_MORE_STATUSES = (409, 413, 418, 422, 425, 426, 429, 451, 498, 499, 500, 501, 502, 503, 504, 529)
_BODY = b'{"choices":[{"message":{"content":"\xc3\xbc"}}]}'
_PACKED = gzip.compress(_BODY)
_GZIP = [("Content-Encoding", "gzip")]
_ANY = bytes(range(256))
_CHUNKED = chunked(_BODY[:7], _BODY[7:8], _BODY[8:])
_SMALL_CHUNKS = chunked(*[b"x"] * 20_000)


def _has(fields: Fields, **wanted: list[str]) -> Callable[[str], Proof]:
    """Prove that of an answer with these fields the named ones have these values."""

    def prove(group: PromiseGroup) -> None:
        response = group.answer(always(reply(fields=fields)))
        for name, values in wanted.items():
            for spelt in (name.replace("_", "-"), name.replace("_", "-").upper()):
                expect_equal(response.headers.get_list(spelt), values, f"values of {spelt}")

    return proof(prove)


class ResponsePromises(PromiseGroup):
    """What the server answers comes back: status, fields and body, whatever its framing."""

    theme = "response"

    def status(self) -> None:
        """Gives every status from 200 to 599 back as it is."""
        server = self.serve(
            each(lambda request: reply(b"", int(request.target.rpartition("/")[2]))),
        )
        transport = self.transport()
        for status in (*_STATUSES, *_MORE_STATUSES, 520, 599):
            request = self.request(server.url, path=f"/{status}")
            expect_equal(self.send(transport, request).status, status, "status")

    error_body = answers(reply(_BODY, 429), _BODY, 429)(
        "Gives the body of an error response back like that of a success."
    )
    no_reason = answers(b"HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\n{}")(
        "Reads a status line without a reason phrase."
    )
    odd_reason = answers(b"HTTP/1.1 200 Tr\xc3\xa8s bien\r\nContent-Length: 2\r\n\r\n{}")(
        "Reads a status line whose reason phrase is not ASCII."
    )
    repeated_headers = _has(
        [("X-Tag", "one"), ("Set-Cookie", "a=1"), ("X-Tag", "two"), ("Set-Cookie", "b=2")],
        x_tag=["one", "two"],
        set_cookie=["a=1", "b=2"],
    )("Keeps every value of a header field that comes more than once, in order.")
    header_case = _has([("X-REQUEST-Id", "req_1")], x_request_id=["req_1"])(
        "Finds a header field in any case."
    )
    header_values = _has(
        [("X-Padded", " \t a  b \t "), ("X-Empty", "")], x_padded=["a  b"], x_empty=[""]
    )("Strips white space around a value, and keeps an empty one.")

    def header_bytes(self) -> None:
        """Survives header values that are not ASCII, UTF-8 and Latin-1 alike."""
        fields = b"X-Utf8: caf\xc3\xa9\r\nX-Latin: caf\xe9\r\nX-After: kept\r\n"
        answer = b"HTTP/1.1 200 OK\r\n" + fields + b"Content-Length: 2\r\n\r\n{}"
        response = self.answer(always(answer))
        expect_equal(response.body, b"{}", "body")
        expect_equal(response.headers.get("x-after"), "kept", "x-after")
        expect("x-utf8" in response.headers, "the field x-utf8 is lost")
        expect("x-latin" in response.headers, "the field x-latin is lost")

    content_length = answers(reply(_BODY), _BODY)(
        "Reads a body as long as its Content-Length, and does not wait for more."
    )
    empty_body = answers(reply(b""), b"")("Reads an empty body.")
    byte_by_byte = answers(play(READ, drip(reply(), 0.001), WAIT))(
        "Reads a response that arrives in segments of one byte."
    )
    chunked = answers(_CHUNKED, _BODY)("Joins the chunks of a chunked body.")
    chunked_byte_by_byte = answers(
        play(READ, CHUNKED_HEAD, drip(chunk(b"ab") + chunk(b"c" * 17) + b"0\r\n\r\n", 0.001), WAIT),
        b"ab" + b"c" * 17,
    )("Reads a chunked body that arrives in segments of one byte.")
    chunk_extensions = answers(
        CHUNKED_HEAD
        + chunk(b"ab", b";name=value")
        + chunk(b"c", b';q="x y"')
        + b"000A\r\n%b\r\n0;last\r\n\r\n" % (b"d" * 10),
        b"abc" + b"d" * 10,
    )("Ignores chunk extensions, and reads sizes with leading zeros and in capitals.")
    trailers = answers(CHUNKED_HEAD + chunk(b"{}") + b"0\r\nX-Checksum: 1\r\nX-Cost: 2\r\n\r\n")(
        "Reads past trailers; they are not part of the body."
    )
    close_delimited = answers(then_close(head() + _BODY), _BODY)(
        "Reads a body without framing up to the connection's end."
    )
    http_1_0 = answers(then_close(b"HTTP/1.0 200 OK\r\nX-A: b\r\n\r\n" + _BODY), _BODY)(
        "Reads an HTTP/1.0 response."
    )
    no_content = answers(head(204, reason="No Content"), b"", 204)(
        "Does not await a body with 204."
    )
    not_modified = answers(head(304, [("Content-Length", "100")], "Not Modified"), b"", 304)(
        "Does not await a body with 304, whatever its Content-Length."
    )
    continue_ = answers(b"HTTP/1.1 100 Continue\r\n\r\n" + reply(_BODY), _BODY)(
        "Reads past an unasked 100 Continue to the answer."
    )

    def early_hints(self) -> None:
        """Reads past 103 Early Hints; their fields are not the answer's."""
        hints = head(103, [("Link", "</a.css>"), ("X-Hint", "1")], "Early Hints")
        response = self.answer(then_wait(hints + reply(_BODY)))
        expect_equal((response.status, response.body), (200, _BODY), "status and body")
        expect("x-hint" not in response.headers, "a field of the 103 is among the answer's")

    many_interim = answers(
        b"HTTP/1.1 102 Processing\r\n\r\n" * 5
        + b"HTTP/1.1 100 Continue\r\n\r\n" * 5
        + reply(_BODY),
        _BODY,
    )("Reads past ten interim responses to the answer.")

    def body_of_8_mb(self) -> None:
        """Reads a body of 8 MB."""
        body = bytes(range(251)) * (8 * MIB // 251)
        self.is_answered(always(reply(body)), body)

    def chunked_body_of_8_mb(self) -> None:
        """Reads a chunked body of 8 MB."""
        part = bytes(range(256)) * 64
        self.is_answered(always(chunked(*[part] * 512)), part * 512)

    many_small_chunks = answers(_SMALL_CHUNKS, b"x" * 20_000)(
        "Reads a body in 20 000 chunks of one byte."
    )

    def gzip_as_received(self) -> None:
        """Gives a gzip body back compressed, with its Content-Encoding; the core undoes it."""
        response = self.answer(always(reply(_PACKED, fields=_GZIP)))
        expect_equal(response.headers.get("content-encoding"), "gzip", "content-encoding")
        expect_equal(response.body, _PACKED, "body")

    damaged_gzip = answers(reply(b"no gzip", fields=_GZIP), b"no gzip")(
        "Does not mind a body that is not what its Content-Encoding says."
    )
    any_content = answers(
        reply(_ANY, fields=[("Content-Type", "text/html; charset=nonsense")]), _ANY
    )("Gives a body that is neither text nor JSON back as it is.")

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
        ended = self.outcome(self.transport(), request)
        if isinstance(ended, HttpResponse):
            expect_equal((ended.status, ended.body), (413, b"too large"), "answer")
        else:
            expect(isinstance(ended, ConnectionFailure), f"{ended!r} in place of an answer")
