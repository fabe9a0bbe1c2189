"""The hooks that a plugin may implement, fully typed, each saying when it fires.

Mark an implementation with `hookimpl`. A plugin is a module or an object; it becomes known by an
entry point of the group ``corechat``, whose name is the name of its backend or provider.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pluggy

from corechat._http.messages import HttpRequest, HttpResponse
from corechat._providers.provider import Provider
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse
from corechat.transport import Transport, TransportFactory
from corechat.transport._deadline import Deadline

_F = TypeVar("_F", bound=Callable[..., Any])

PROJECT = "corechat"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


def _spec(*, firstresult: bool = False) -> Callable[[_F], _F]:
    return hookspec(firstresult=firstresult)


@_spec()
def corechat_register_backends() -> Mapping[str, TransportFactory]:  # type: ignore[empty-body]
    """Offer transports.

    Fires when a client looks for a backend's name. Do not import a library here: a
    factory imports what it needs when it is called.

    Returns:
        Backend name to factory. A name is only found if an entry point has it, or if the caller
        named the plugin.
    """


@_spec()
def corechat_register_providers() -> Mapping[str, Provider]:  # type: ignore[empty-body]
    """Offer endpoints by name.

    Fires when a client looks for a provider's name.

    Returns:
        Provider name to provider.
    """


@_spec()
def corechat_register_commands() -> Sequence[object]:  # type: ignore[empty-body]
    """Offer subcommands of the command ``corechat``.

    Fires when ``corechat`` is asked for a subcommand that it does not have itself, or for the list
    of them; only in corechat's own plugins and in those that CORECHAT_PLUGINS names.

    Returns:
        Commands or groups of click, each under its own name. Import what they need here, not at
        the top of the plugin: click comes with ``corechat[cli]``.
    """


@_spec(firstresult=True)
def corechat_record(  # type: ignore[empty-body]
    transport: Transport,
    path: str,
    mode: str,
    options: Mapping[str, Any],
    shared: bool,  # noqa: FBT001 - pluggy passes what has a place only
) -> Transport:  # pyright: ignore[reportReturnType] - a specification has no body
    """Wrap a transport so that what it carries is recorded.

    Fires once in the constructor of a client with ``record=``, or of one that would send while
    CORECHAT_CASSETTE names a cassette. corechat's own plugin ``replay``
    implements it; a plugin that the caller named goes before it.

    Args:
        transport: what sends.
        path: the cassette's file.
        mode: ``"none"``, ``"once"``, ``"new"`` or ``"rewrite"``.
        options: the client's ``record_options``; refuse by name what is not known.
        shared: whether the environment named the cassette, which all clients then share; without
            ``match_base_url`` in the options this one named neither provider nor base URL.

    Returns:
        A transport that records; its ``endpoint`` is set if it sends nothing.
    """


@_spec(firstresult=True)
def corechat_complete(  # type: ignore[empty-body]
    request: ChatRequest,
    headers: dict[str, str],
    provider: Provider,
    url: str,
    complete: Callable[[ChatRequest], ChatResponse],
) -> ChatResponse:  # pyright: ignore[reportReturnType] - a specification has no body
    """Carry one call, its attempts and waits included: wrap this to trace or meter calls.

    Fires once a call, and once a round of `Client.run_tools`, but only of clients that named the
    plugin; every `corechat_send` of the call fires inside it, in the same thread. A wrapper yields
    exactly once, and is given the error that the caller is given. Implement the hook without
    ``wrapper`` to change the request, or to answer in corechat's place.

    Args:
        request: what is asked. Its type in ``response_format`` is a JSON Schema here.
        headers: more headers for this call, name to value; what a wrapper sets in it before it
            yields is sent on every attempt.
        provider: whose endpoint it is; its name is ``"custom"`` behind a bare ``base_url=``.
        url: where the request goes, without its query.
        complete: carries a request: what an implementation without ``wrapper`` calls.

    Returns:
        The answer.
    """


@_spec(firstresult=True)
def corechat_send(  # type: ignore[empty-body]
    request: HttpRequest, transport: Transport, deadline: Deadline
) -> HttpResponse:  # pyright: ignore[reportReturnType] - a specification has no body
    """Carry one request: wrap this (``hookimpl(wrapper=True)``) to trace or meter.

    Fires at every attempt of every call, but only of clients that named the plugin
    (``Client(plugins=["name"])`` or ``CORECHAT_PLUGINS``). A wrapper yields exactly once, so it
    cannot retry; implement the hook without ``wrapper`` to change the request, or to answer in the
    transport's place.

    Args:
        request: what will be sent. Its headers hold the key: do not log them by hand.
        transport: the transport that will send it.
        deadline: the moment by which the call has ended.

    Returns:
        The response.
    """
