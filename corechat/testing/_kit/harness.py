"""Harness: what a promise's check works with. One transport factory, and all that surrounds it."""

import contextlib
import secrets
import ssl
import time
from typing import Self, TypeVar

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.testing._kit.child import Child, Work
from corechat.testing._kit.expectations import PromiseBroken, expect
from corechat.testing._kit.failures import describe, foreign
from corechat.testing._kit.scripts import Fields
from corechat.testing._kit.server import LoopbackServer, Script
from corechat.transport import (
    TimeoutFailure,
    Transport,
    TransportFactory,
    TransportFailure,
    TransportOptions,
)
from corechat.transport._deadline import Deadline

PATH = "/openai/v1/chat/completions"
BODY = b'{"model":"m","messages":[{"role":"user","content":"hello"}]}'

PATIENT = 5.0
"""Seconds of a deadline that no promise is about."""

SHORT = 0.8
"""Seconds of a deadline that passes."""

FAR = 3.0
"""Seconds of a deadline that must not be what ends the attempt to connect."""

LATE = 0.5
"""The most seconds by which a send may end after its deadline."""

_EARLY = 0.05

_Failure = TypeVar("_Failure", bound=TransportFailure)


class Harness:
    """Make transports, serve scripts, send requests, and clean up.

    Args:
        factory: makes the transport whose promises are checked.

    Attributes:
        key: the API key in every request of `request`; another one in each harness.
    """

    def __init__(self, factory: TransportFactory) -> None:
        self.factory = factory
        self.key = f"key-{secrets.token_hex(16)}"
        self._transports: list[Transport] = []
        self._servers: list[LoopbackServer] = []
        self._children: list[Child] = []

    def serve(
        self,
        script: Script,
        *,
        tls: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
    ) -> LoopbackServer:
        """Start a server that is closed with the harness.

        Args:
            script: what it does with each connection.
            tls: its TLS context.
            receive_buffer: the bytes that its kernel takes in ahead of the script.
        """
        server = LoopbackServer(script, tls=tls, receive_buffer=receive_buffer)
        self._servers.append(server)
        return server

    def transport(self, options: TransportOptions | None = None) -> Transport:
        """Make a transport that is closed with the harness.

        Args:
            options: what the core would tell it; None for the defaults.
        """
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
        """Write a request as the core would, the key in its Authorization field.

        Args:
            url: the server's URL without a path.
            path: path and query.
            method: the method.
            body: the body.
            fields: further header fields.
        """
        own = [
            ("Authorization", f"Bearer {self.key}"),
            ("Content-Type", "application/json"),
            ("Accept", "application/json"),
            ("User-Agent", "corechat-conformance"),
        ]
        return HttpRequest(method, url + path, Headers([*own, *fields]), body)

    def send(
        self, transport: Transport, request: HttpRequest, seconds: float = PATIENT
    ) -> HttpResponse:
        """Send a request that must be answered.

        Args:
            transport: by what.
            request: what.
            seconds: the deadline.

        Raises:
            PromiseBroken: it failed.
        """
        try:
            return transport.send(request, Deadline.after(seconds))
        except TransportFailure as failure:
            raise PromiseBroken(f"no response, but {describe(failure)}") from failure
        except Exception as error:
            raise foreign(error) from error

    def fail(
        self,
        transport: Transport,
        request: HttpRequest,
        kind: type[_Failure],
        seconds: float = PATIENT,
    ) -> _Failure:
        """Send a request that must fail.

        Args:
            transport: by what.
            request: what.
            kind: the class of failure that must come.
            seconds: the deadline.

        Returns:
            The failure.

        Raises:
            PromiseBroken: it did not fail, or otherwise.
        """
        try:
            response = transport.send(request, Deadline.after(seconds))
        except kind as failure:
            expect(str(failure), f"the {type(failure).__name__} has no message")
            return failure
        except TransportFailure as failure:
            raise PromiseBroken(f"no {kind.__name__}, but {describe(failure)}") from failure
        except Exception as error:
            raise foreign(error) from error
        raise PromiseBroken(
            f"no {kind.__name__}, but a response: status {response.status}, "
            f"{len(response.body)} bytes of body"
        )

    def time_out(
        self, transport: Transport, request: HttpRequest, seconds: float = SHORT
    ) -> TransportFailure:
        """Send a request that must end in a timeout when its deadline passes.

        Args:
            transport: by what.
            request: what.
            seconds: the deadline.

        Returns:
            The TimeoutFailure.

        Raises:
            PromiseBroken: it ended otherwise, more than `LATE` seconds late, or early.
        """
        start = time.monotonic()
        failure = self.fail(transport, request, TimeoutFailure, seconds)
        took = time.monotonic() - start
        expect(took <= seconds + LATE, f"ended {took - seconds:.2f} s after its deadline")
        expect(took >= seconds - _EARLY, f"ended {seconds - took:.2f} s before its deadline")
        return failure

    def answer(self, script: Script, options: TransportOptions | None = None) -> HttpResponse:
        """Send one request to a server of its own; it must be answered.

        Args:
            script: what the server does.
            options: the transport's options.
        """
        server = self.serve(script)
        return self.send(self.transport(options), self.request(server.url))

    def failure(
        self, script: Script, kind: type[_Failure], options: TransportOptions | None = None
    ) -> _Failure:
        """Send one request to a server of its own; it must fail.

        Args:
            script: what the server does.
            kind: the class of failure that must come.
            options: the transport's options.
        """
        server = self.serve(script)
        return self.fail(self.transport(options), self.request(server.url), kind)

    def fork(self, work: Work) -> Child:
        """Fork a child that is killed with the harness.

        Args:
            work: what the child does; its result must be JSON.

        Raises:
            NotApplicable: this system has no fork.
        """

        def without_servers() -> dict[str, object]:
            for server in self._servers:
                server.abandon()
            return work()

        child = Child(without_servers)
        self._children.append(child)
        return child

    def close(self) -> None:
        """Close transports first, then servers."""
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
