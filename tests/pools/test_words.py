"""A failure of the network is called the same over every transport."""

import errno
import os
import re
import socket
import ssl
from collections.abc import Iterator

import pytest

from corechat.testing._kit.blackhole import BlackHole
from corechat.testing._kit.certificates import Certificates, certificates
from corechat.testing._kit.expectations import NotApplicable
from corechat.testing._kit.replies import CHUNKED_HEAD, head, reply
from corechat.testing._kit.scripts import always, then_close, then_reset, then_wait
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import TransportFailure, TransportOptions
from corechat.transport._deadline import Deadline
from tests.httpx.conftest import post
from tests.pools.conftest import FACTORIES
from tests.servers.fixtures import Serve


@pytest.fixture
def tls() -> Iterator[Certificates]:
    with certificates("localhost") as made:
        yield made


def words(url: str, seconds: float = 20, **options: object) -> str:
    """Fail over every transport, and give the words that all of them use."""
    said: dict[str, str] = {}
    for name, factory in FACTORIES.items():
        transport = factory(TransportOptions(**options))  # type: ignore[arg-type]
        with pytest.raises(TransportFailure) as caught:
            transport.send(post(url), Deadline.after(seconds))
        transport.close()
        said[name] = re.sub(r":\d{2,5}\b", "", caught.value.message)
    assert len(set(said.values())) == 1, said
    return said["httpx"]


def why_not_trusted(server: LoopbackServer, ca_file: str | None = None) -> str:
    """Fail to shake hands with the standard library, and give OpenSSL's reason."""
    context = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection(("127.0.0.1", server.port)) as connection,
        pytest.raises(ssl.SSLCertVerificationError) as caught,
    ):
        context.wrap_socket(connection, server_hostname="127.0.0.1")
    return caught.value.verify_message.rstrip(".")


_CUT = "the response body ended before it was whole, or its framing is broken"
_CLOSED = "the server closed the connection without a whole answer"
_NOT_HTTP = "the answer is not HTTP/1.1"


@pytest.mark.parametrize(
    ("script", "wanted"),
    [
        (then_close(b""), _CLOSED),
        (then_close(b"HTTP/1.1 2"), _CLOSED),
        (then_reset(b""), f"the connection was lost: {os.strerror(errno.ECONNRESET)}"),
        (then_close(b"SSH-2.0-server\r\n\r\n"), _NOT_HTTP),
        (then_close(head(fields=[("Content-Length", "5"), ("Content-Length", "6")])), _NOT_HTTP),
        (then_close(reply(b"x" * 50)[:-5]), _CUT),
        (then_reset(reply(b"x" * 50)[:-5]), _CUT),
        (then_close(CHUNKED_HEAD + b"5\r\nhel"), _CUT),
        (then_close(CHUNKED_HEAD + b"zz\r\nhello\r\n"), _CUT),
        (then_close(head() + b"x" * 70_000), "the response body is over 65536 bytes"),
        (then_close(head(fields=[("x", "y" * 70_000)])), "the response head is over 65536 bytes"),
    ],
)
def test_what_a_server_does_wrong_is_called_the_same(
    serve: Serve, script: Script, wanted: str
) -> None:
    assert words(serve(script).url, max_body_bytes=65_536) == wanted


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (b"", "the deadline passed before the response head had come"),
        (reply(b"hello")[:-1], "the deadline passed before the whole response body had come"),
    ],
)
def test_what_the_deadline_cuts_off_is_called_the_same(
    serve: Serve, data: bytes, wanted: str
) -> None:
    assert words(serve(then_wait(data)).url, 0.5) == wanted


def test_nobody_who_listens_is_called_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        authority = f"127.0.0.1:{gone.getsockname()[1]}"
    why = os.strerror(errno.ECONNREFUSED)
    refused = f"cannot connect to 127.0.0.1: {why}"
    assert words(f"http://{authority}") == refused
    by_proxy = words("http://127.0.0.1:9", proxy=f"http://{authority}")
    assert by_proxy == f"cannot connect to the proxy: {why}"


def test_a_name_that_leads_nowhere_is_called_the_same() -> None:
    said = words("http://corechat-words.invalid")
    assert said.startswith("cannot resolve the host name 'corechat-words.invalid': ")


def test_connecting_that_takes_too_long_is_called_the_same() -> None:
    try:
        hole = BlackHole()
    except NotApplicable as reason:
        pytest.skip(str(reason))
    with hole:
        said = words(f"http://127.0.0.1:{hole.port}", connect_timeout=0.3)
    assert said == "no connection by the deadline, or within the 0.3 seconds allowed for connecting"


def test_a_certificate_that_is_not_trusted_is_called_the_same(tls: Certificates) -> None:
    with LoopbackServer(always(reply()), tls=tls.server) as server:
        unknown = words(server.url)
        other = words(server.url, ca_file=tls.ca_file)
        why_unknown = why_not_trusted(server)
        why_other = why_not_trusted(server, tls.ca_file)
    assert unknown == f"the certificate of 127.0.0.1 is not trusted: {why_unknown}"
    assert other == f"the certificate of 127.0.0.1 is not trusted: {why_other}"
    assert unknown != other


def test_a_server_without_tls_is_called_the_same(serve: Serve) -> None:
    def speaks_plainly(connection: object) -> None:
        connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")  # type: ignore[attr-defined]

    said = words(serve(speaks_plainly).url.replace("http://", "https://"))
    assert said.startswith("the TLS handshake with 127.0.0.1 failed: ")


def test_a_proxy_that_opens_no_tunnel_is_called_the_same(serve: Serve) -> None:
    proxy = serve(then_close(b"HTTP/1.1 407 \x1b[31m secret\r\nContent-Length: 0\r\n\r\n"))
    said = words("https://127.0.0.1:9", proxy=proxy.url)
    assert said == "the proxy refuses to connect, with status 407"
