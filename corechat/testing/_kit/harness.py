"""Harness: one factory of transports, with the servers and requests that put them to the test."""

import contextlib
import secrets
import ssl
import time
from typing import Self, TypeVar

from corechat.testing._kit.child import Child, Work
from corechat.testing._kit.expectations import (
    PromiseBroken,
    describe,
    expect,
    expect_flags,
    expect_within,
    foreign,
)
from corechat.testing._kit.scripts import Fields
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

PATH = "/openai/v1/chat/completions"
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'

PATIENT = 5.0
"""Seconds of a deadline that no promise is about."""

SHORT = 0.8
"""Seconds of a deadline that passes."""

_FAR = 3.0
"""Seconds of a deadline that must not be what ends the attempt to connect."""

LATE = 0.5
"""The most seconds by which a send may end after its deadline."""

_EARLY = 0.05

_Failure = TypeVar("_Failure", bound=TransportFailure)


class Harness:
    """Makes transports and servers, sends requests with a key of its own, and cleans up."""

    def __init__(self, factory: TransportFactory) -> None:
        self.factory = factory
        self.key = f"key-{secrets.token_hex(16)}"
        self._transports: list[Transport] = []
        self._servers: list[LoopbackServer] = []
        self._children: list[Child] = []

    def serve(
        self, script: Script, tls: ssl.SSLContext | None = None, receive_buffer: int | None = None
    ) -> LoopbackServer:
        """Start a server that is closed with the harness."""
        server = LoopbackServer(script, tls=tls, receive_buffer=receive_buffer)
        self._servers.append(server)
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

    def send(
        self, transport: Transport, request: HttpRequest, seconds: float = PATIENT
    ) -> HttpResponse:
        """Send a request that must be answered."""
        try:
            return transport.send(request, Deadline.after(seconds))
        except TransportFailure as failure:
            raise PromiseBroken(f"{describe(failure)} in place of a response") from failure
        except Exception as error:
            raise foreign(error) from error

    def fail(
        self,
        transport: Transport,
        request: HttpRequest,
        kind: type[_Failure],
        seconds: float = PATIENT,
    ) -> _Failure:
        """Send a request that must fail in one way."""
        wanted = kind.__name__
        try:
            response = transport.send(request, Deadline(time.monotonic() + seconds))
        except kind as failure:
            expect(str(failure), f"the {type(failure).__name__} has no message")
            return failure
        except TransportFailure as failure:
            raise PromiseBroken(f"{describe(failure)} in place of a {wanted}") from failure
        except Exception as error:
            raise foreign(error) from error
        got = f"a response of status {response.status} and {len(response.body)} bytes"
        raise PromiseBroken(f"{got} in place of a {wanted}")

    def time_out(
        self, transport: Transport, request: HttpRequest, seconds: float = SHORT
    ) -> TransportFailure:
        """Send a request that must end in a timeout when its deadline passes."""
        start = time.monotonic()
        failure = self.fail(transport, request, TimeoutFailure, seconds)
        took = time.monotonic() - start
        expect(took <= seconds + LATE, f"ended {took - seconds:.2f} s after its deadline")
        expect(took >= seconds - _EARLY, f"ended {seconds - took:.2f} s before its deadline")
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

        def without_servers() -> dict[str, object]:
            for server in self._servers:
                server.abandon()
            return work()

        child = Child(without_servers)
        self._children.append(child)
        return child

    def close(self) -> None:
        """Close every transport, then every server; end every child."""
        for child in self._children:
            child.kill()
        errors: list[Exception] = []
        for transport in self._transports:
            try:
                transport.close()
            except Exception as error:  # noqa: BLE001 - a plugin's close may raise anything
                errors.append(error)
        self.close_servers()
        if errors:
            raise PromiseBroken(f"close() raised {errors[0]!r}") from errors[0]

    def script_errors(self) -> list[Exception]:
        """Give what the servers' scripts raised: mistakes of the kit, not of the transport."""
        return [error for server in self._servers for error in server.script_errors]

    def close_servers(self) -> None:
        """Close the servers; that also frees a transport that hangs."""
        for server in self._servers:
            server.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with contextlib.suppress(PromiseBroken) if kind else contextlib.nullcontext():
            self.close()
