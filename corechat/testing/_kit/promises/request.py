"""Promises about the request."""

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import BODY, PATH
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import Fields, always, echo, head, reply
from corechat.transport import Headers, HttpRequest

_TRANSPORTS_OWN = {"host", "content-length", "connection"}
_MIB = 1024 * 1024


class RequestPromises(PromiseGroup):
    """What arrives at the server is the request, the whole request, and nothing else."""

    theme = "request"

    def _received(
        self, path: str = PATH, method: str = "POST", body: bytes = BODY, fields: Fields = ()
    ) -> ReceivedRequest:
        server = self.serve(always(reply()))
        request = self.request(server.url, path=path, method=method, body=body, fields=fields)
        response = self.send(self.transport(), request)
        expect_equal(response.status, 200, "status of the response")
        expect_equal(len(server.received), 1, "requests at the server")
        return server.received[0]

    def method_and_target(self) -> None:
        """Sends the method and the path in origin form."""
        received = self._received()
        expect_equal(received.method, "POST", "method")
        expect_equal(received.target, PATH, "target")

    def query(self) -> None:
        """Sends the query as it stands in the URL."""
        path = f"{PATH}?api-version=2024-10-21&x=1&x=2&empty="
        expect_equal(self._received(path=path).target, path, "target")

    def percent_encoding(self) -> None:
        """Sends percent-encoded characters as they are: neither decoded nor encoded again."""
        path = "/v1/models%2Fa%20b%7e/chat:x@y?q=a%2Bb%20c+d%26e&u=%C3%BC"
        expect_equal(self._received(path=path).target, path, "target")

    def empty_path(self) -> None:
        """Sends a slash for a URL without a path."""
        expect_equal(self._received(path="").target, "/", "target")

    def headers_once(self) -> None:
        """Sends every header field exactly once, with its value unchanged."""
        extra = {"Accept-Encoding": "gzip, deflate", "X-Empty": "", "Idempotency-Key": "a; b=c"}
        received = self._received(fields=extra.items())
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
        received = self._received(fields=[("X-Tag", "one"), ("X-Tag", "two")])
        expect_equal(", ".join(received.values("x-tag")), "one, two", "values of x-tag")

    def adds_nothing(self) -> None:
        """Adds no header field of its own but Host, Content-Length and Connection."""
        server = self.serve(always(reply()))
        headers = Headers({"Authorization": f"Bearer {self.key}"})
        request = HttpRequest("POST", server.url + PATH, headers, BODY)
        self.send(self.transport(), request)
        names = {name.lower() for name, _ in server.received[0].fields}
        added = sorted(names - _TRANSPORTS_OWN - {"authorization"})
        expect(not added, f"added {', '.join(added)}")

    def host(self) -> None:
        """Sends one Host field with host and port."""
        server = self.serve(always(reply()))
        self.send(self.transport(), self.request(server.url))
        expect_equal(server.received[0].values("host"), [server.authority], "values of host")

    def content_length(self) -> None:
        """Frames the body by one exact Content-Length, not in chunks."""
        received = self._received()
        lengths = received.values("content-length")
        expect_equal(lengths, [str(len(BODY))], "values of content-length")
        expect_equal(received.values("transfer-encoding"), [], "values of transfer-encoding")

    def body_bytes(self) -> None:
        """Sends every byte value in the body unchanged."""
        body = bytes(range(256)) * 3
        expect_equal(self._received(body=body).body, body, "body")

    def body_of_5_mb(self) -> None:
        """Sends a body of 5 MB whole and unchanged."""
        body = bytes(range(251)) * (5 * _MIB // 251)
        received = self._received(body=body)
        expect_equal(len(received.body), len(body), "length of the body")
        expect(received.body == body, "the body has other bytes")

    def empty_body(self) -> None:
        """Sends a POST without a body, with a Content-Length of 0."""
        received = self._received(body=b"")
        expect_equal(received.values("content-length"), ["0"], "values of content-length")

    def get(self) -> None:
        """Sends a GET without a body."""
        received = self._received(method="GET", path="/v1/models", body=b"")
        expect_equal(received.method, "GET", "method")
        expect(received.values("content-length") in ([], ["0"]), "a Content-Length without a body")
        expect_equal(received.values("transfer-encoding"), [], "values of transfer-encoding")

    def head(self) -> None:
        """Does not await a body of the response to a HEAD, whatever its Content-Length."""
        answer = head(fields=[("Content-Length", "1000")])
        server = self.serve(always(answer))
        request = self.request(server.url, method="HEAD", body=b"")
        response = self.send(self.transport(), request)
        expect_equal((response.status, response.body), (200, b""), "status and body")

    def localhost(self) -> None:
        """Reaches a server at 127.0.0.1 by the name localhost, whichever address comes first."""
        server = self.serve(always(reply()))
        request = self.request(f"http://localhost:{server.port}")
        self.send(self.transport(), request)
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
        body = b"x" * (2 * _MIB)
        transport = self.transport()
        response = self.send(transport, self.request(server.url, body=body))
        expect_equal(response.body, str(len(body)).encode(), "body of the response")

    def the_same_again(self) -> None:
        """Sends the same request value twice as the same bytes."""
        server, transport, request = self.prepare(echo())
        first, second = (self.send(transport, request) for _ in range(2))
        expect_equal(first.body, second.body, "bodies")
        expect_equal(server.received[0].head, server.received[1].head, "heads")
