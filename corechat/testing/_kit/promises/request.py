"""Promises about the request."""

from collections.abc import Callable
from typing import Any

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import BODY, PATH
from corechat.testing._kit.promise import PromiseGroup, Proof, proof
from corechat.testing._kit.scripts import always, echo, head, reply
from corechat.transport import MIB, Headers, HttpRequest

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


def _arrives(wanted: dict[str, object], **params: Any) -> Callable[[str], Proof]:
    """Prove that a request, written with these parameters, comes with these properties."""

    def prove(group: PromiseGroup) -> None:
        received = _received(group, **params)
        for name, value in wanted.items():
            expect_equal(getattr(received, name), value, name)

    return proof(prove)


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

    def content_length(self) -> None:
        """Frames the body by one exact Content-Length, not in chunks."""
        received = _received(self)
        lengths = received.values("content-length")
        expect_equal(lengths, [str(len(BODY))], "values of content-length")
        expect_equal(received.values("transfer-encoding"), [], "values of transfer-encoding")

    body_bytes = _arrives({"body": _BYTES}, body=_BYTES)(
        "Sends every byte value in the body unchanged."
    )

    def body_of_5_mb(self) -> None:
        """Sends a body of 5 MB whole and unchanged."""
        body = bytes(range(251)) * (5 * MIB // 251)
        received = _received(self, body=body)
        expect_equal(len(received.body), len(body), "length of the body")
        expect(received.body == body, "the body has other bytes")

    def empty_body(self) -> None:
        """Sends a POST without a body, with a Content-Length of 0."""
        received = _received(self, body=b"")
        expect_equal(received.values("content-length"), ["0"], "values of content-length")

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
