"""What arrives at the server is the request, the whole request, and nothing else."""

import hashlib

from corechat._http.messages import Headers, HttpRequest
from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import BODY, PATH, Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import Fields, always, each, head, reply

REQUEST = PromiseGroup("request")

_TRANSPORTS_OWN = {"host", "content-length", "connection"}
_MIB = 1024 * 1024


def _received(
    harness: Harness,
    *,
    path: str = PATH,
    method: str = "POST",
    body: bytes = BODY,
    fields: Fields = (),
) -> ReceivedRequest:
    server = harness.serve(always(reply()))
    request = harness.request(server.url, path=path, method=method, body=body, fields=fields)
    response = harness.send(harness.transport(), request)
    expect_equal(response.status, 200, "status of the response")
    expect_equal(len(server.received), 1, "requests at the server")
    return server.received[0]


@REQUEST.promise
def _method_and_target(harness: Harness) -> None:
    """Sends the method and the path in origin form."""
    received = _received(harness)
    expect_equal(received.method, "POST", "method")
    expect_equal(received.target, PATH, "target")


@REQUEST.promise
def _query(harness: Harness) -> None:
    """Sends the query as it stands in the URL."""
    path = f"{PATH}?api-version=2024-10-21&x=1&x=2&empty="
    expect_equal(_received(harness, path=path).target, path, "target")


@REQUEST.promise
def _percent_encoding(harness: Harness) -> None:
    """Sends percent-encoded characters as they are: neither decoded nor encoded again."""
    path = "/v1/models%2Fa%20b%7e/chat:x@y?q=a%2Bb%20c+d%26e&u=%C3%BC"
    expect_equal(_received(harness, path=path).target, path, "target")


@REQUEST.promise
def _empty_path(harness: Harness) -> None:
    """Sends a slash for a URL that has no path."""
    expect_equal(_received(harness, path="").target, "/", "target")


@REQUEST.promise
def _headers_once(harness: Harness) -> None:
    """Sends every header field exactly once, with its value unchanged."""
    extra = [("Accept-Encoding", "gzip, deflate"), ("X-Empty", ""), ("Idempotency-Key", "a; b=c")]
    received = _received(harness, fields=extra)
    wanted = {
        "authorization": f"Bearer {harness.key}",
        "content-type": "application/json",
        "accept": "application/json",
        "user-agent": "corechat-conformance",
        **{name.lower(): value for name, value in extra},
    }
    for name, value in wanted.items():
        shown = "its values" if name == "authorization" else f"values of {name}"
        expect_equal(received.values(name), [value], shown)


@REQUEST.promise
def _repeated_headers(harness: Harness) -> None:
    """Sends a field that the request has twice twice, or as one list."""
    received = _received(harness, fields=[("X-Tag", "one"), ("X-Tag", "two")])
    expect_equal(", ".join(received.values("x-tag")), "one, two", "values of x-tag")


@REQUEST.promise
def _adds_nothing(harness: Harness) -> None:
    """Adds no header field of its own but Host, Content-Length and Connection."""
    server = harness.serve(always(reply()))
    headers = Headers({"Authorization": f"Bearer {harness.key}"})
    request = HttpRequest("POST", server.url + PATH, headers, BODY)
    harness.send(harness.transport(), request)
    names = {name.lower() for name, _ in server.received[0].fields}
    added = sorted(names - _TRANSPORTS_OWN - {"authorization"})
    expect(not added, f"added {', '.join(added)}")


@REQUEST.promise
def _host(harness: Harness) -> None:
    """Sends one Host field with host and port."""
    server = harness.serve(always(reply()))
    harness.send(harness.transport(), harness.request(server.url))
    expect_equal(server.received[0].values("host"), [server.authority], "values of host")


@REQUEST.promise
def _content_length(harness: Harness) -> None:
    """Frames the body by one exact Content-Length, not in chunks."""
    received = _received(harness)
    expect_equal(received.values("content-length"), [str(len(BODY))], "values of content-length")
    expect_equal(received.values("transfer-encoding"), [], "values of transfer-encoding")


@REQUEST.promise
def _body_bytes(harness: Harness) -> None:
    """Sends every byte value in the body unchanged."""
    body = bytes(range(256)) * 3
    expect_equal(_received(harness, body=body).body, body, "body")


@REQUEST.promise
def _body_of_5_mb(harness: Harness) -> None:
    """Sends a body of 5 MB whole and unchanged."""
    body = bytes(range(251)) * (5 * _MIB // 251)
    received = _received(harness, body=body)
    expect_equal(len(received.body), len(body), "length of the body")
    expect(hashlib.sha256(received.body).digest() == hashlib.sha256(body).digest(), "other bytes")


@REQUEST.promise
def _empty_body(harness: Harness) -> None:
    """Sends a POST without a body, with a Content-Length of 0."""
    received = _received(harness, body=b"")
    expect_equal(received.values("content-length"), ["0"], "values of content-length")


@REQUEST.promise
def _get(harness: Harness) -> None:
    """Sends a GET without a body."""
    received = _received(harness, method="GET", path="/v1/models", body=b"")
    expect_equal(received.method, "GET", "method")
    expect(received.values("content-length") in ([], ["0"]), "a Content-Length without a body")
    expect_equal(received.values("transfer-encoding"), [], "values of transfer-encoding")


@REQUEST.promise
def _head(harness: Harness) -> None:
    """Awaits no body of the response to a HEAD, whatever its Content-Length."""
    answer = head(fields=[("Content-Length", "1000")])
    server = harness.serve(always(answer))
    request = harness.request(server.url, method="HEAD", body=b"")
    response = harness.send(harness.transport(), request)
    expect_equal((response.status, response.body), (200, b""), "status and body")


@REQUEST.promise
def _localhost(harness: Harness) -> None:
    """Reaches a server at 127.0.0.1 by the name localhost, whichever address comes first."""
    server = harness.serve(always(reply()))
    request = harness.request(f"http://localhost:{server.port}")
    harness.send(harness.transport(), request)
    expect_equal(server.received[0].values("host"), [f"localhost:{server.port}"], "host")


@REQUEST.promise
def _slow_reader(harness: Harness) -> None:
    """Sends a large body whole to a server that reads it slowly."""

    def script(connection: Connection) -> None:
        request = connection.read_head()
        for _ in range(5):
            connection.read_some(1)
            connection.sleep(0.03)
        total = int(request.values("content-length")[0])
        connection.send(reply(str(total).encode()))
        connection.wait_gone(1.0)

    server = harness.serve(script, receive_buffer=4096)
    body = b"x" * (2 * _MIB)
    transport = harness.transport()
    response = harness.send(transport, harness.request(server.url, body=body))
    expect_equal(response.body, str(len(body)).encode(), "body of the response")


@REQUEST.promise
def _the_same_again(harness: Harness) -> None:
    """Sends the same request value twice as the same bytes."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    request = harness.request(server.url)
    first, second = (harness.send(transport, request) for _ in range(2))
    expect_equal(first.body, second.body, "bodies")
    expect_equal(server.received[0].head, server.received[1].head, "heads")
