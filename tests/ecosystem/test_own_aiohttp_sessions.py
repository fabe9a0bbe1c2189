"""``session=``: a session of the caller's sends, with all that it brings."""

import asyncio
import gc
import pickle
import ssl
import time
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
import trustme

import corechat
from corechat.errors import ConfigurationError
from corechat.testing import Connection, LoopbackServer
from corechat.testing._kit.replies import CHUNKED_HEAD, reply
from corechat.testing._kit.scripts import always, each, then_reset
from tests.ecosystem.conftest import MakeClient
from tests.ecosystem.support import KEY, MESSAGES, answer, ask
from tests.servers.fixtures import Serve


class Maker:
    """Make sessions, and keep them to look at."""

    def __init__(self, **own: Any) -> None:
        self.own = own
        self.made: list[aiohttp.ClientSession] = []

    def __call__(self) -> aiohttp.ClientSession:
        self.made.append(aiohttp.ClientSession(**self.own))
        return self.made[-1]


def test_it_sends_again_and_again_and_is_closed_with_the_client(
    make_client: MakeClient, live: LoopbackServer
) -> None:
    make = Maker(headers={"X-Team": "blue"})
    with make_client("aiohttp", live.url, session=make) as client:
        assert [ask(client), ask(client)] == ["you said hi", "you said hi"]
        assert [session.closed for session in make.made] == [False]
    assert [session.closed for session in make.made] == [True]
    assert live.received[0].values("x-team") == ["blue"]
    assert live.received[0].values("authorization") == [f"Bearer {KEY}"]
    assert len(live.connections) == 1


@pytest.mark.parametrize("inside_a_loop", [False, True])
def test_its_authentication_stands_in_place_of_the_key(
    make_client: MakeClient, live: LoopbackServer, *, inside_a_loop: bool
) -> None:
    make = Maker(headers={"Authorization": "Basic dXNlcjp3b3Jk"})
    client = make_client("aiohttp", live.url, session=make)

    async def handler() -> str:
        return ask(client)

    assert (asyncio.run(handler()) if inside_a_loop else ask(client)) == "you said hi"
    assert live.received[0].values("authorization") == ["Basic dXNlcjp3b3Jk"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # aiohttp 3.14 wants a header instead
def test_its_basic_auth_stands_in_place_of_the_key(
    make_client: MakeClient, live: LoopbackServer
) -> None:
    make = Maker(auth=aiohttp.BasicAuth("user", "word"))
    ask(make_client("aiohttp", live.url, session=make))
    assert live.received[0].values("authorization") == ["Basic dXNlcjp3b3Jk"]


def test_an_answer_that_a_middleware_has_read_is_answered_all_the_same(
    make_client: MakeClient, live: LoopbackServer
) -> None:
    seen: list[bytes] = []

    async def reads(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        response = await handler(request)
        seen.append(await response.read())
        return response

    client = make_client("aiohttp", live.url, session=Maker(middlewares=(reads,)))
    assert [ask(client), ask(client)] == ["you said hi", "you said hi"]
    assert all(b"you said hi" in body for body in seen)


def test_its_middlewares_and_trace_configs_see_each_call(
    make_client: MakeClient, live: LoopbackServer
) -> None:
    seen: list[str] = []

    async def on_end(
        _: aiohttp.ClientSession, __: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        seen.append(f"{end.method} {end.response.status}")

    async def sign(
        request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        request.headers["X-Signature"] = "signed"
        return await handler(request)

    def make() -> aiohttp.ClientSession:
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(on_end)
        return aiohttp.ClientSession(trace_configs=[trace], middlewares=[sign])

    client = make_client("aiohttp", live.url, session=make)
    ask(client)
    ask(client)
    assert seen == ["POST 200", "POST 200"]
    assert live.received[1].values("x-signature") == ["signed"]


def test_its_cookies_are_kept(make_client: MakeClient, serve: Serve) -> None:
    def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    server = serve(each(lambda got: answer(got).replace(b"\r\n", b"\r\nSet-Cookie: a=b\r\n", 1)))
    client = make_client("aiohttp", server.url, session=make)
    ask(client)
    ask(client)
    assert server.received[1].values("cookie") == ["a=b"]


def test_its_connector_s_tls_settings_hold(make_client: MakeClient) -> None:
    authority = trustme.CA()
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server_side)
    client_side = ssl.create_default_context()
    authority.configure_trust(client_side)

    def make() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=client_side))

    with LoopbackServer(each(answer), tls=server_side) as server:
        assert ask(make_client("aiohttp", server.url, session=make)) == "you said hi"


def test_its_own_resolver_and_cache_of_names_leave_no_warning(
    make_client: MakeClient, live: LoopbackServer
) -> None:
    make = Maker()
    client = make_client("aiohttp", live.url.replace("127.0.0.1", "localhost"), session=make)
    assert ask(client) == "you said hi"
    client.close()
    gc.collect()
    assert make.made[0].closed


def test_a_status_that_it_would_raise_for_stays_the_error_of_that_status(
    make_client: MakeClient, serve: Serve
) -> None:
    server = serve(always(reply(b"{}", 429, [("Retry-After", "7")])))
    make = Maker(raise_for_status=True)
    client = make_client("aiohttp", server.url, session=make, max_retries=0)
    with pytest.raises(corechat.RateLimitError) as caught:
        ask(client)
    assert caught.value.retry_after == 7


def test_the_deadline_holds_in_place_of_its_own_time_out(
    make_client: MakeClient, serve: Serve
) -> None:
    def drips(connection: Connection) -> None:
        connection.read_request()
        connection.send(CHUNKED_HEAD)
        connection.drip(b"1\r\n \r\n" * 200, 0.05)

    make = Maker(timeout=aiohttp.ClientTimeout(total=600))
    client = make_client("aiohttp", serve(drips).url, session=make, max_retries=0)
    start = time.monotonic()
    with pytest.raises(corechat.APITimeoutError) as caught:
        client.complete(model="m", messages=MESSAGES, timeout=0.5)
    assert time.monotonic() - start < 3
    assert caught.value.response_started


def test_a_connection_that_was_reset_is_known_as_on_sessions_of_corechat(
    make_client: MakeClient, serve: Serve
) -> None:
    server = serve(then_reset(b"HTTP/1.1 2"))
    client = make_client("aiohttp", server.url, session=Maker(), max_retries=2)
    with pytest.raises(corechat.APIConnectionError):
        ask(client)
    assert len(server.received) == 1  # a byte of an answer had come: it may have been billed


def test_bytes_left_over_never_answer_the_next_call(make_client: MakeClient, serve: Serve) -> None:
    def script(connection: Connection) -> None:
        connection.send(answer(connection.read_request()) + reply(b'{"poison":true}'))
        connection.send(answer(connection.read_request()))

    client = make_client("aiohttp", serve(script).url, session=Maker())
    assert [ask(client), ask(client)] == ["you said hi", "you said hi"]


def test_a_session_itself_is_refused_since_it_belongs_to_one_loop() -> None:
    async def attempt() -> None:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(ConfigurationError, match=r"callable .* not a ClientSession"):
                corechat.Client("aiohttp", api_key=KEY, session=session)

    asyncio.run(attempt())


async def _made_in_vain() -> aiohttp.ClientSession:
    raise AssertionError


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: None, "gave a NoneType"),
        (lambda: "session", "gave a str"),
        (_made_in_vain, "gave a coroutine"),
        (lambda: 1 / 0, "raised ZeroDivisionError"),
    ],
)
def test_a_callable_that_gives_something_else_is_refused(
    make_client: MakeClient, live: LoopbackServer, make: Any, said: str
) -> None:
    client = make_client("aiohttp", live.url, session=make)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=said) as caught:
            ask(client)
        assert "session=lambda: aiohttp.ClientSession" in str(caught.value)
        assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301
    gc.collect()
    assert live.connections == []


def test_a_session_that_is_closed_is_refused(make_client: MakeClient, live: LoopbackServer) -> None:
    def make() -> aiohttp.ClientSession:
        session = aiohttp.ClientSession()
        session.detach()
        return session

    with pytest.raises(ConfigurationError, match="closed"):
        ask(make_client("aiohttp", live.url, session=make))


def test_a_session_of_another_loop_is_refused(
    make_client: MakeClient, live: LoopbackServer
) -> None:
    async def attempt() -> None:
        async with aiohttp.ClientSession() as session:
            client = make_client("aiohttp", live.url, session=lambda: session)
            with pytest.raises(ConfigurationError, match="another event loop"):
                ask(client)

    asyncio.run(attempt())
