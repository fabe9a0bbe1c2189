"""Harness: one factory of transports, with the servers and requests that put them to the test."""

import secrets
import ssl
import time
from typing import Any, Self, TypeVar

from corechat.testing._kit.child import Child, Work
from corechat.testing._kit.expectations import (
    PromiseBroken,
    expect,
    expect_flags,
    expect_within,
    foreign,
    in_place_of,
)
from corechat.testing._kit.replies import Fields
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import (
    Deadline,
    Headers,
    HttpRequest,
    HttpResponse,
    TimeoutFailure,
    Transport,
    TransportFactory,
    TransportFailure,
    TransportOptions,
)

__tracebackhide__ = True  # pytest shows the transport's frames
PATH = "/openai/v1/chat/completions"
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'

PATIENT = 5.0
"""Seconds of a deadline that no promise is about."""
SHORT = 0.8
"""Seconds of a deadline that passes."""
LATE = 0.5
"""The most seconds by which a send may end after its deadline."""
_FAR = 3.0
"""Seconds of a deadline that must not be what ends the attempt to connect."""
_EARLY = 0.05

_Failure = TypeVar("_Failure", bound=TransportFailure)


class Harness:
    """Makes transports and servers, sends requests with a key of its own, and cleans up."""

    def __init__(self, factory: TransportFactory) -> None:
        self.factory = factory
        self.key = f"key-{secrets.token_hex(16)}"
        self.servers: list[LoopbackServer] = []
        self._transports: list[Transport] = []
        self._children: list[Child] = []

    def serve(
        self, script: Script, tls: ssl.SSLContext | None = None, receive_buffer: int | None = None
    ) -> LoopbackServer:
        """Start a server that is closed with the harness."""
        server = LoopbackServer(script, tls=tls, receive_buffer=receive_buffer)
        self.servers.append(server)
        return server

    def transport(self, options: TransportOptions | None = None) -> Transport:
        """Make a transport that is closed with the harness."""
        transport = self.factory(options or TransportOptions())
        self._transports.append(transport)
        return transport

    def request(
        self,
        url: str,
        *,
        path: str = PATH,
        method: str = "POST",
        body: bytes = BODY,
        fields: Fields = (),
    ) -> HttpRequest:
        """Write a request as the core would, the key in its Authorization field."""
        own = [
            ("Authorization", f"Bearer {self.key}"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
            ("User-Agent", "corechat-conformance"),
        ]
        return HttpRequest(method, url + path, Headers([*own, *fields]), body)

    def prepare(
        self, script: Script, options: TransportOptions | None = None
    ) -> tuple[LoopbackServer, Transport, HttpRequest]:
        """Start a server, and make a transport and a request to that server."""
        server = self.serve(script)
        return server, self.transport(options), self.request(server.url)

    def outcome(
        self, transport: Transport, request: HttpRequest, seconds: float = PATIENT
    ) -> HttpResponse | TransportFailure:
        """Send a request that may be answered or fail, in a way that transports may."""
        try:
            response: object = transport.send(request, Deadline(time.monotonic() + seconds))
        except TransportFailure as failure:
            return failure
        except Exception as error:
            raise foreign(error) from error
        if not isinstance(response, HttpResponse):
            raise PromiseBroken(f"send returned a {type(response).__name__}, not an HttpResponse")
        return response

    def send(
        self, transport: Transport, request: HttpRequest, seconds: float = PATIENT
    ) -> HttpResponse:
        """Send a request that must be answered."""
        ended = self.outcome(transport, request, seconds)
        if isinstance(ended, TransportFailure):
            raise in_place_of(ended, "a response") from ended
        return ended

    def fail(
        self,
        transport: Transport,
        request: HttpRequest,
        kind: type[_Failure],
        seconds: float = PATIENT,
    ) -> _Failure:
        """Send a request that must fail in one way."""
        ended = self.outcome(transport, request, seconds)
        if isinstance(ended, kind):
            expect(str(ended), f"the {type(ended).__name__} has no message")
            return ended
        cause = ended if isinstance(ended, TransportFailure) else None
        raise in_place_of(ended, f"a {kind.__name__}") from cause

    def time_out(
        self, transport: Transport, request: HttpRequest, seconds: float = SHORT
    ) -> TransportFailure:
        """Send a request that must end in a timeout when its deadline passes."""
        start = time.monotonic()
        failure = self.fail(transport, request, TimeoutFailure, seconds)
        took = time.monotonic() - start
        for off, when in ((took - seconds - LATE, "after"), (seconds - took - _EARLY, "before")):
            if off > 0:
                raise PromiseBroken(
                    f"ended {abs(took - seconds):.2f} s {when} its deadline",
                    f"ended {when} its deadline",
                )
        return failure

    def fail_to_connect(
        self, url: str, kind: type[TransportFailure] = TimeoutFailure, proxy: str | None = None
    ) -> None:
        """Send a request that must fail after a connect_timeout of 0.4 s; nothing was sent."""
        transport = self.transport(TransportOptions(connect_timeout=0.4, proxy=proxy))
        with expect_within(0.4 + LATE, "a send with a connect_timeout of 0.4 s"):
            failure = self.fail(transport, self.request(url), kind, _FAR)
        expect_flags(failure, sent=False, status=None, bytes_received=False, reused=False)

    def answer(self, script: Script, options: TransportOptions | None = None) -> HttpResponse:
        """Send one request to a server of its own; it must be answered."""
        _, transport, request = self.prepare(script, options)
        return self.send(transport, request)

    def failure_of(
        self, script: Script, kind: type[_Failure], options: TransportOptions | None = None
    ) -> _Failure:
        """Send one request to a server of its own; it must fail in one way."""
        _, transport, request = self.prepare(script, options)
        return self.fail(transport, request, kind)

    def fork(self, work: Work) -> Child:
        """Fork a child that is killed with the harness."""

        def without_servers() -> dict[str, Any]:
            for server in self.servers:
                server.abandon()
            return work()

        self._children.append(Child(without_servers))
        return self._children[-1]

    def close_servers(self) -> None:
        """Close the servers; that also frees a transport that hangs."""
        for server in self.servers:
            server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for child in self._children:
            child.kill()
        errors: list[Exception] = []
        for transport in self._transports:
            try:
                transport.close()
            except Exception as error:  # noqa: BLE001 - a plugin's close may raise anything
                errors.append(error)
        self.close_servers()
        if errors and not kind:
            raise PromiseBroken(f"close() raised {errors[0]!r}") from errors[0]
        mistakes = [error for server in self.servers for error in server.script_errors]
        if mistakes and not kind:
            raise PromiseBroken(f"the kit's script failed: {mistakes[0]!r}") from mistakes[0]
