"""Promises about the request and the response."""

import gzip
from typing import Any

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import BODY, PATH
from corechat.testing._kit.promise import PromiseGroup, answers, is_answered, rows
from corechat.testing._kit.replies import CHUNKED_HEAD, Fields, chunk, chunked, head, reply
from corechat.testing._kit.scripts import (
    READ,
    WAIT,
    always,
    drip,
    each,
    echo,
    play,
    then_close,
    then_wait,
)
from corechat.transport import MIB, ConnectionFailure, Headers, HttpRequest, HttpResponse

_TRANSPORTS_OWN = {"host", "content-length", "connection"}
_QUERY = f"{PATH}?api-version=2024-10-21&x=1&x=2&empty="
_ENCODED = "/v1/models%2Fa%20b%7e/chat:x@y?q=a%2Bb%20c+d%26e&u=%C3%BC"
_BYTES = bytes(range(256)) * 3


def _received(group: PromiseGroup, **params: Any) -> ReceivedRequest:
    """Send a request, written with these parameters, and give what came to the server."""
    server = group.serve(always(reply()))
    response = group.send(group.transport(), group.request(server.url, **params))
    expect_equal(response.status, 200, "status of the response")
    expect_equal(len(server.received), 1, "requests at the server")
    return server.received[0]


@rows
def _arrives(group: PromiseGroup, /, wanted: dict[str, object], **params: Any) -> None:
    """Prove that a request, written with these parameters, comes as wanted.

    Lists are the values of a header field, other things the parts of a request line or the body.
    """
    received = _received(group, **params)
    for name, value in wanted.items():
        field = isinstance(value, list)
        expect_equal(received.values(name) if field else getattr(received, name), value, name)


class RequestPromises(PromiseGroup):
    """What arrives at the server is the request, the whole request, and nothing else."""

    theme = "request"

    method_and_target = _arrives({"method": "POST", "target": PATH})(
        "Sends the method and the path in origin form."
    )
    query = _arrives({"target": _QUERY}, path=_QUERY)("Sends the query as it stands in the URL.")
    percent_encoding = _arrives({"target": _ENCODED}, path=_ENCODED)(
        "Sends percent-encoded characters as they are: neither decoded nor encoded again."
    )
    empty_path = _arrives({"target": "/"}, path="")("Sends a slash for a URL without a path.")

    def headers_once(self) -> None:
        """Sends every header field exactly once, with its value unchanged."""
        extra = {"Accept-Encoding": "gzip, deflate", "X-Empty": "", "Idempotency-Key": "a; b=c"}
        received = _received(self, fields=extra.items())
        wanted = {
            "authorization": f"Bearer {self.key}",
            "content-type": "application/json",
            "accept": "application/json",
            "user-agent": "corechat-conformance",
            **{name.lower(): value for name, value in extra.items()},
        }
        for name, value in wanted.items():
            shown = "its values" if name == "authorization" else f"values of {name}"
            expect_equal(received.values(name), [value], shown)

    def repeated_headers(self) -> None:
        """Sends a field that the request has twice twice, or as one list."""
        received = _received(self, fields=[("X-Tag", "one"), ("X-Tag", "two")])
        expect_equal(", ".join(received.values("x-tag")), "one, two", "values of x-tag")

    def adds_nothing(self) -> None:
        """Adds no header field of its own but Host, Content-Length and Connection."""
        server = self.serve(always(reply()))
        headers = Headers({"Authorization": f"Bearer {self.key}"})
        self.send(self.transport(), HttpRequest("POST", server.url + PATH, headers, BODY))
        names = {name.lower() for name, _ in server.received[0].fields}
        added = sorted(names - _TRANSPORTS_OWN - {"authorization"})
        expect(not added, f"added {', '.join(added)}")

    def host(self) -> None:
        """Sends one Host field with host and port."""
        server, transport, request = self.prepare(always(reply()))
        self.send(transport, request)
        expect_equal(server.received[0].values("host"), [server.authority], "values of host")

    content_length = _arrives({"content-length": [str(len(BODY))], "transfer-encoding": []})(
        "Frames the body by one exact Content-Length, not in chunks."
    )
    body_bytes = _arrives({"body": _BYTES}, body=_BYTES)(
        "Sends every byte value in the body unchanged."
    )

    def body_of_5_mb(self) -> None:
        """Sends a body of 5 MB whole and unchanged."""
        body = bytes(range(251)) * (5 * MIB // 251)
        received = _received(self, body=body)
        expect_equal(len(received.body), len(body), "length of the body")
        expect(received.body == body, "the body has other bytes")

    empty_body = _arrives({"content-length": ["0"]}, body=b"")(
        "Sends a POST without a body, with a Content-Length of 0."
    )

    def get(self) -> None:
        """Sends a GET without a body."""
        received = _received(self, method="GET", path="/v1/models", body=b"")
        expect_equal(received.method, "GET", "method")
        expect(received.values("content-length") in ([], ["0"]), "a Content-Length without a body")
        expect_equal(received.values("transfer-encoding"), [], "values of transfer-encoding")

    def head(self) -> None:
        """Does not await a body of the response to a HEAD, whatever its Content-Length."""
        server = self.serve(always(head(fields=[("Content-Length", "1000")])))
        request = self.request(server.url, method="HEAD", body=b"")
        response = self.send(self.transport(), request)
        expect_equal((response.status, response.body), (200, b""), "status and body")

    def localhost(self) -> None:
        """Reaches a server at 127.0.0.1 by the name localhost, whichever address comes first."""
        server = self.serve(always(reply()))
        self.send(self.transport(), self.request(f"http://localhost:{server.port}"))
        expect_equal(server.received[0].values("host"), [f"localhost:{server.port}"], "host")

    def slow_reader(self) -> None:
        """Sends a large body whole to a server that reads it slowly."""

        def script(connection: Connection) -> None:
            request = connection.read_head()
            for _ in range(5):
                connection.read_some(1)
                connection.sleep(0.03)
            total = int(request.values("content-length")[0])
            connection.send(reply(str(total).encode()))
            connection.wait_gone(1.0)

        server = self.serve(script, receive_buffer=4096)
        request = self.request(server.url, body=b"x" * (2 * MIB))
        response = self.send(self.transport(), request)
        expect_equal(response.body, str(2 * MIB).encode(), "body of the response")

    def the_same_again(self) -> None:
        """Sends the same request value twice as the same bytes."""
        server, transport, request = self.prepare(echo())
        first, second = (self.send(transport, request) for _ in range(2))
        expect_equal(first.body, second.body, "bodies")
        expect_equal(server.received[0].head, server.received[1].head, "heads")


_STATUSES = (200, 201, 202, 203, 206, 226, 299, 300, 304, 400, 401, 402, 403, 404, 405, 407, 408)
_MORE_STATUSES = (409, 413, 418, 422, 425, 426, 429, 451, 498, 499, 500, 501, 502, 503, 504, 529)
_BODY = b'{"choices":[{"message":{"content":"\xc3\xbc"}}]}'
_PACKED = gzip.compress(_BODY)
_GZIP = [("Content-Encoding", "gzip")]
_ANY = bytes(range(256))
_CHUNKED = chunked(_BODY[:7], _BODY[7:8], _BODY[8:])
_SMALL_CHUNKS = chunked(*[b"x"] * 20_000)


@rows
def _has(group: PromiseGroup, fields: Fields, wanted: dict[str, list[str]]) -> None:
    """Prove that of an answer with these fields the named ones have these values."""
    response = group.answer(always(reply(fields=fields)))
    for name, values in wanted.items():
        expect_equal(response.headers.get_list(name), values, f"values of {name}")


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
        {"x-tag": ["one", "two"], "set-cookie": ["a=1", "b=2"]},
    )("Keeps every value of a header field that comes more than once, in order.")
    header_case = _has([("X-REQUEST-Id", "a")], {"x-request-id": ["a"], "X-Request-ID": ["a"]})(
        "Finds a header field in any case."
    )
    header_values = _has(
        [("X-Padded", " \t a  b \t "), ("X-Empty", "")], {"x-padded": ["a  b"], "x-empty": [""]}
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
        is_answered(self, always(reply(body)), body)

    def chunked_body_of_8_mb(self) -> None:
        """Reads a chunked body of 8 MB."""
        part = bytes(range(256)) * 64
        is_answered(self, always(chunked(*[part] * 512)), part * 512)

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
