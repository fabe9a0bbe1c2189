"""Hooks: run for clients that named them, around every attempt, and refused when misspelt."""

import logging
import sys
from collections.abc import Generator
from typing import Any

import pytest

from corechat import Client, PluginError
from corechat.plugins import hookimpl
from corechat.plugins._named import NamedPlugins
from corechat.transport import Deadline, HttpRequest, HttpResponse, Transport
from tests.core.installing import Install
from tests.core.support import MESSAGES, ScriptedTransport, answer, client_over


def test_a_misspelt_hook_is_refused() -> None:
    class Misspelt:
        @hookimpl
        def corechat_sned(self) -> None:
            """Never called."""

    with pytest.raises(PluginError, match="corechat_sned"):
        Client(ScriptedTransport(), base_url="https://h", plugins=[Misspelt()])


def test_a_hook_with_an_unknown_argument_is_refused() -> None:
    class Curious:
        @hookimpl(wrapper=True)
        def corechat_send(self, reqest: HttpRequest) -> Generator[None, HttpResponse, HttpResponse]:
            del reqest
            return (yield)

    with pytest.raises(PluginError, match="reqest"):
        Client(ScriptedTransport(), base_url="https://h", plugins=[Curious()])


class Meter:
    """Counts attempts, and adds a header to what comes back."""

    def __init__(self, name: str = "meter") -> None:
        self.name = name
        self.seen: list[str] = []

    @hookimpl(wrapper=True)
    def corechat_send(
        self, request: HttpRequest, transport: Transport, deadline: Deadline
    ) -> Generator[None, HttpResponse, HttpResponse]:
        """Look at the request and the response."""
        assert transport is not None
        assert deadline.remaining() > 0
        self.seen.append(request.url)
        response = yield
        headers = response.headers.replace({f"x-{self.name}": "seen"})
        return HttpResponse(response.status, headers, response.body)


def test_a_named_hook_wraps_every_attempt() -> None:
    meter = Meter()
    busy = answer(b"", 503, {"retry-after": "0"})
    client = client_over(ScriptedTransport(busy, answer()), plugins=[meter])
    reply = client.complete(messages=MESSAGES)
    assert len(meter.seen) == 2
    assert reply.http.headers["x-meter"] == "seen"


def test_two_objects_of_one_class_are_two_plugins_and_one_object_twice_is_one() -> None:
    one, other = Meter("one"), Meter("other")
    reply = client_over(ScriptedTransport(), plugins=[one, other, one]).complete(messages=MESSAGES)
    assert len(one.seen) == len(other.seen) == 1
    assert {"x-one", "x-other"} <= set(reply.http.headers)


METER = """
from corechat.plugins import hookimpl
CALLS = []

@hookimpl(wrapper=True)
def corechat_send(request):
    CALLS.append(request.method)
    return (yield)
"""


def test_a_hook_runs_by_name_only(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    module = install("corechat-meter", "meter", source=METER)
    client_over(ScriptedTransport()).complete(messages=MESSAGES)
    assert module not in sys.modules
    client_over(ScriptedTransport(), plugins=["meter"]).complete(messages=MESSAGES)
    calls: list[str] = sys.modules[module].__dict__["CALLS"]
    assert calls == ["POST"]
    monkeypatch.setenv("CORECHAT_PLUGINS", " meter, ")
    client_over(ScriptedTransport()).complete(messages=MESSAGES)
    assert len(calls) == 2
    imported = sys.modules[module]
    client_over(ScriptedTransport(), plugins=["meter", imported]).complete(messages=MESSAGES)
    assert len(calls) == 3


def test_a_hook_may_answer_in_the_transports_place() -> None:
    class Cache:
        @hookimpl
        def corechat_send(self) -> HttpResponse:
            return answer()

    transport = ScriptedTransport()
    client = client_over(transport, plugins=[Cache()])
    assert client.complete(messages=MESSAGES).text == "Hello!"
    assert transport.requests == []


@pytest.mark.parametrize("broken", ["raise ValueError('boom')", "return 5", "return None"])
def test_a_hook_that_breaks_is_a_plugin_error_and_nothing_is_tried_again(broken: str) -> None:
    scope: dict[str, Any] = {"hookimpl": hookimpl}
    source = f"@hookimpl(wrapper=True)\ndef corechat_send():\n    yield\n    {broken}"
    exec(source, scope)  # noqa: S102 - our own
    module = type("Module", (), {"corechat_send": staticmethod(scope["corechat_send"])})
    transport = ScriptedTransport()
    with pytest.raises(PluginError, match="not tried again"):
        client_over(transport, plugins=[module]).complete(messages=MESSAGES)
    assert len(transport.requests) == 1


def test_no_hook_runs_per_call_unless_one_was_asked_for(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        transport = ScriptedTransport()
        assert NamedPlugins().sender(transport) == transport.send
        assert NamedPlugins([type("Empty", (), {})]).sender(transport) == transport.send


class Speechless(Exception):  # noqa: N818 - another library's
    """Fails also where it is asked what it says."""

    def __str__(self) -> str:
        raise AssertionError


@pytest.mark.parametrize("hook", ["send", "complete"])
def test_an_exception_that_cannot_say_what_is_wrong_is_a_plugin_error_too(hook: str) -> None:
    class Broken:
        @hookimpl(specname=f"corechat_{hook}")
        def fail(self) -> None:
            """Fail."""
            raise Speechless

    client = client_over(ScriptedTransport(), plugins=[Broken()])
    with pytest.raises(PluginError, match=r"Speechless: \(it does not say what is wrong"):
        client.complete(messages=MESSAGES)
