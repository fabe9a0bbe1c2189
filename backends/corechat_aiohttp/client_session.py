"""The ClientSession of a loop: ours, or the one that the caller's own callable makes."""

import asyncio
import inspect
from collections.abc import Callable, Sequence
from typing import TypeAlias

import aiohttp

from corechat.errors import ConfigurationError
from corechat_aiohttp.protocol import ResponseProtocol
from corechat_aiohttp.resolver import Resolver

MakeSession: TypeAlias = Callable[[], aiohttp.ClientSession]
Fields: TypeAlias = Sequence[tuple[str, str]]

_GIVE = "Give a callable that makes a new aiohttp.ClientSession each time: session=lambda: ..."


def new_session(
    make: MakeSession | None, keepalive_expiry: float, protocol: Callable[[], ResponseProtocol]
) -> aiohttp.ClientSession:
    """Make the session of the running loop; its connections speak through our protocol.

    Args:
        make: makes the caller's own session; None for one of ours.
        keepalive_expiry: seconds after which ours closes an idle connection.
        protocol: makes the protocol of a connection.

    Raises:
        ConfigurationError: the callable gave something else, or raised.
    """
    session = _own_session(keepalive_expiry) if make is None else _called(make)
    assert session.connector is not None  # noqa: S101 - only a closed one has none
    session.connector._factory = protocol  # type: ignore[assignment]  # noqa: SLF001 - no public way
    session._retry_connection = False  # noqa: SLF001 - aiohttp would send a GET a second time
    return session


def without_fields_of(session: aiohttp.ClientSession, fields: Fields) -> Fields:
    """Leave out the header fields that the caller's own session brings along.

    Args:
        session: the session; its `auth` counts as Authorization.
        fields: the request's.
    """
    own = {name.lower() for name in session.headers}
    if session.auth is not None:
        own.add("authorization")
    return [field for field in fields if field[0].lower() not in own]


def _own_session(keepalive_expiry: float) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(  # pyright: ignore[reportUnknownMemberType] - aiohttp leaves a tuple open
        resolver=Resolver(),
        use_dns_cache=False,  # a cache would look up in a task that outlives the call
        keepalive_timeout=keepalive_expiry,
        limit=0,
    )
    return aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())


def _called(make: MakeSession) -> aiohttp.ClientSession:
    try:
        made: object = make()
    except Exception as error:
        raise ConfigurationError(
            f"The callable given as session= raised {type(error).__name__}. {_GIVE}"
        ) from error
    if inspect.iscoroutine(made):
        made.close()  # else Python warns of it
    if not isinstance(made, aiohttp.ClientSession):
        raise ConfigurationError(
            f"The callable given as session= gave a {type(made).__name__}. {_GIVE}"
        )
    if made.closed or made._loop is not asyncio.get_running_loop():  # noqa: SLF001 - `loop` warns
        raise ConfigurationError(
            "The callable given as session= gave a session that is closed or belongs to another "
            f"event loop: each of corechat's loops needs one of its own. {_GIVE}"
        )
    return made
