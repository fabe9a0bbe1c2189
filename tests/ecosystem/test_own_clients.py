"""``http_client=``: a client of the caller's sends, with all that it brings."""

import json
import pickle
import ssl
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from pyreqwest.compatibility.httpx import SyncHttpxTransport

import corechat
from corechat.errors import ConfigurationError
from corechat.testing import Connection, LoopbackServer
from corechat.testing._kit.replies import CHUNKED_HEAD, head, reply
from corechat.testing._kit.scripts import always, each, then_wait
from tests.ecosystem.conftest import MakeClient
from tests.ecosystem.support import KEY, MESSAGES, answer, ask
from tests.servers.fixtures import Serve


@pytest.fixture(params=["httpx", "httpx2"])
def library(request: pytest.FixtureRequest) -> Any:
    return import_module(request.param)


def test_it_sends_and_stays_open(
    make_client: MakeClient, live: LoopbackServer, library: Any
) -> None:
    with library.Client(headers={"X-Team": "blue", "User-Agent": "mine"}) as own:
        with make_client(library.__name__, live.url, http_client=own) as client:
            assert [ask(client), ask(client)] == ["you said hi", "you said hi"]
        assert not own.is_closed
        assert ask(make_client(library.__name__, live.url, http_client=own)) == "you said hi"
    received = live.received[0]
    assert received.values("x-team") == ["blue"]
    assert received.values("authorization") == [f"Bearer {KEY}"]
    assert received.values("user-agent")[0].startswith("corechat/")
    assert len(live.connections) == 1


def test_its_authentication_stands_in_place_of_the_key(
    make_client: MakeClient, live: LoopbackServer, library: Any
) -> None:
    with library.Client(auth=("user", "word")) as own:
        ask(make_client(library.__name__, live.url, http_client=own))
    assert live.received[0].values("authorization") == ["Basic dXNlcjp3b3Jk"]


def test_its_event_hooks_are_called(
    make_client: MakeClient, live: LoopbackServer, library: Any
) -> None:
    seen: list[Any] = []

    def on_response(response: Any) -> None:
        seen.append(json.loads(response.read())["model"])

    hooks = {"request": [lambda request: seen.append(request.method)], "response": [on_response]}
    with library.Client(event_hooks=hooks) as own:
        assert ask(make_client(library.__name__, live.url, http_client=own)) == "you said hi"
    assert seen == ["POST", "m"]


def test_a_hook_that_raises_for_a_status_leaves_the_error_of_that_status(
    make_client: MakeClient, serve: Serve, library: Any
) -> None:
    server = serve(always(reply(b"{}", 429, [("Retry-After", "7")])))
    hooks = {"response": [lambda response: response.raise_for_status()]}
    with library.Client(event_hooks=hooks) as own:
        client = make_client(library.__name__, server.url, http_client=own, max_retries=0)
        with pytest.raises(corechat.RateLimitError) as caught:
            ask(client)
    assert caught.value.retry_after == 7


def test_its_mounts_carry_the_request(make_client: MakeClient, library: Any) -> None:
    def handler(request: Any) -> Any:
        del request
        return library.Response(418)

    mounts = {"https://api.example": library.MockTransport(handler)}
    with library.Client(mounts=mounts) as own:
        client = make_client(library.__name__, http_client=own)
        with pytest.raises(corechat.APIStatusError) as caught:
            ask(client)
    assert caught.value.status_code == 418


def test_it_follows_no_redirect(make_client: MakeClient, serve: Serve, library: Any) -> None:
    elsewhere = serve(each(answer))
    server = serve(always(reply(b"", 307, [("Location", f"{elsewhere.url}/")])))
    with library.Client(follow_redirects=True) as own:
        client = make_client(library.__name__, server.url, http_client=own)
        with pytest.raises(corechat.APIStatusError) as caught:
            ask(client)
    assert caught.value.status_code == 307
    assert elsewhere.received == []


def test_a_body_that_drips_ends_within_one_read_of_the_deadline(
    make_client: MakeClient, serve: Serve, library: Any
) -> None:
    def drips(connection: Connection) -> None:
        connection.read_request()
        connection.send(CHUNKED_HEAD)
        connection.drip(b"1\r\n \r\n" * 100, 0.05)

    server = serve(drips)
    with library.Client() as own:
        client = make_client(library.__name__, server.url, http_client=own)
        start = time.monotonic()
        with pytest.raises(corechat.APITimeoutError) as caught:
            client.complete(model="m", messages=MESSAGES, timeout=0.5, max_retries=0)
        assert time.monotonic() - start < 3
    assert caught.value.response_started


@pytest.mark.parametrize("data", [b"", head(fields=[("Content-Length", "9")])])
def test_silence_ends_at_the_deadline_as_a_time_out(
    make_client: MakeClient, serve: Serve, library: Any, data: bytes
) -> None:
    server = serve(then_wait(data))
    with library.Client() as own:
        client = make_client(library.__name__, server.url, http_client=own, max_retries=0)
        with pytest.raises(corechat.APITimeoutError) as caught:
            client.complete(model="m", messages=MESSAGES, timeout=0.5)
    assert caught.value.response_started == bool(data)


def test_an_answer_over_a_bound_is_refused(
    make_client: MakeClient, serve: Serve, library: Any
) -> None:
    for sent in (reply(b"x" * 2000), reply(fields=[("X-Bomb", "x" * 70_000)])):
        server = serve(always(sent))
        with library.Client() as own:
            client = make_client(library.__name__, server.url, http_client=own, max_body_bytes=1000)
            with pytest.raises(corechat.ResponseTooLargeError):
                ask(client)


def test_nobody_who_listens_is_a_failure_to_connect(make_client: MakeClient, library: Any) -> None:
    with library.Client() as own:
        client = make_client(library.__name__, "http://127.0.0.1:9", http_client=own, max_retries=0)
        with pytest.raises(corechat.APIConnectionError, match="Connection refused"):
            ask(client)


def test_pyreqwests_transport_carries_calls(make_client: MakeClient, live: LoopbackServer) -> None:
    with httpx.Client(transport=SyncHttpxTransport()) as own:
        client = make_client(url=live.url, http_client=own)
        assert [ask(client), ask(client)] == ["you said hi", "you said hi"]
        gone = make_client(url="http://127.0.0.1:9", http_client=own, max_retries=0)
        with pytest.raises(corechat.APIConnectionError):
            ask(gone)


class Mutual:
    """A server that asks its clients for a certificate, and the files that a client needs."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(self.context)
        authority.configure_trust(self.context)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.ca_file = str(folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_file)
        mine = authority.issue_cert("client@example.org")
        self.both = str(folder / "client.pem")
        mine.private_key_and_cert_chain_pem.write_to_path(self.both)
        self.chain, self.key = str(folder / "chain.pem"), str(folder / "key.pem")
        mine.cert_chain_pems[0].write_to_path(self.chain)
        mine.private_key_pem.write_to_path(self.key)


@pytest.fixture
def mutual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Mutual:
    made = Mutual(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", made.ca_file)
    return made


def test_a_client_certificate_is_shown(
    make_client: MakeClient, mutual: Mutual, library: Any
) -> None:
    with LoopbackServer(each(answer), tls=mutual.context) as server:
        for cert in (mutual.both, (mutual.chain, mutual.key)):
            client = make_client(library.__name__, server.url, cert=cert)
            assert ask(client) == "you said hi"
            client.close()
        with pytest.raises(corechat.APIConnectionError):
            ask(make_client(library.__name__, server.url, max_retries=0))


def test_an_own_client_shows_its_certificate(
    make_client: MakeClient, mutual: Mutual, library: Any
) -> None:
    context = ssl.create_default_context(cafile=mutual.ca_file)
    context.load_cert_chain(mutual.both)
    with (
        LoopbackServer(each(answer), tls=mutual.context) as server,
        library.Client(verify=context) as own,
    ):
        assert ask(make_client(library.__name__, server.url, http_client=own)) == "you said hi"


@pytest.mark.parametrize("cert", ["/no/such/file.pem", ("a", "b", "c", "d"), ("one", 2)])
def test_a_client_certificate_that_cannot_be_used_is_refused(
    make_client: MakeClient, library: Any, cert: object
) -> None:
    with pytest.raises(ConfigurationError, match=r"^cert= cannot be used"):
        make_client(library.__name__, cert=cert)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (httpx.AsyncClient(), "an instance of httpx.AsyncClient"),
        (httpx.Client, "the class httpx.Client"),
        ("httpx", "an instance of builtins.str"),
        (import_module("httpx2").Client(), "an instance of httpx2.Client"),
    ],
)
def test_an_own_client_of_a_wrong_kind_is_refused(
    make_client: MakeClient, wrong: object, words: str
) -> None:
    with pytest.raises(ConfigurationError, match=f"must be an instance of httpx.Client.*{words}"):
        make_client(http_client=wrong)


@pytest.mark.parametrize(
    "option", [{"http2": True}, {"max_connections": 100}, {"keepalive_expiry": 1.0}, {"cert": "x"}]
)
def test_what_an_own_client_brings_itself_cannot_be_given_beside_it(
    make_client: MakeClient, library: Any, option: dict[str, Any]
) -> None:
    with library.Client() as own, pytest.raises(ConfigurationError) as caught:
        make_client(library.__name__, http_client=own, **option)
    assert f"{next(iter(option))}= cannot be kept beside http_client=" in str(caught.value)
    assert f"{library.__name__}.Client" in str(caught.value)


def test_a_closed_own_client_is_named(
    make_client: MakeClient, live: LoopbackServer, library: Any
) -> None:
    own = library.Client()
    client = make_client(library.__name__, live.url, http_client=own)
    assert ask(client) == "you said hi"
    own.close()
    with pytest.raises(ConfigurationError, match=f"{library.__name__}.Client .*http_client= is cl"):
        ask(client)
    with pytest.raises(ConfigurationError, match="closed already"):
        make_client(library.__name__, live.url, http_client=own)


def test_a_proxy_of_the_environment_is_not_used(
    make_client: MakeClient, live: LoopbackServer, monkeypatch: pytest.MonkeyPatch, library: Any
) -> None:
    with library.Client() as own:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        assert ask(make_client(library.__name__, live.url, http_client=own)) == "you said hi"


def test_a_client_over_an_own_client_does_not_pickle_and_says_why(
    make_client: MakeClient, library: Any
) -> None:
    with library.Client() as own:
        client = make_client(library.__name__, http_client=own)
        with pytest.raises(ConfigurationError, match=r"does not pickle: .*http_client="):
            pickle.dumps(client)


def test_the_password_of_a_certificate_is_not_pickled(
    make_client: MakeClient, mutual: Mutual
) -> None:
    client = make_client(cert=(mutual.chain, mutual.key, "unsaid-password"))
    with pytest.raises(ConfigurationError, match=r"does not pickle: .*cert= holds a password"):
        pickle.dumps(client)
    assert pickle.dumps(make_client(cert=mutual.both))
