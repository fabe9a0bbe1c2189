"""Mutants of the reference transport: each breaks one promise on purpose, in one place."""

import asyncio
import gzip
import logging
import netrc
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import ClassVar
from urllib.parse import SplitResult, quote, unquote

from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Headers,
    HttpRequest,
    HttpResponse,
    TransportFailure,
    TransportOptions,
)
from tests.conformance.reference import ReferenceTransport
from tests.conformance.wire import Wire


class ReadsWithoutTheDeadline(ReferenceTransport):
    class _Wire(Wire):
        def _bound(self, deadline: Deadline) -> None:
            self.sock.settimeout(max(deadline.remaining(), 0.3))

    def wire(self, sock: socket.socket) -> Wire:
        return self._Wire(sock)


class ConnectsWithoutABound(ReferenceTransport):
    def connect(self, url: SplitResult, deadline: Deadline) -> Wire:
        self.options = replace(self.options, connect_timeout=60.0)
        return super().connect(url, deadline)


class SendsAgainAfterAFailure(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        try:
            return super().send(request, deadline)
        except ConnectionFailure:
            return super().send(request, deadline)


class FollowsRedirects(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        response = super().send(request, deadline)
        target = response.headers.get("location", "")
        if response.status in {307, 308} and target.startswith("http"):
            moved = HttpRequest(request.method, target, request.headers, request.body)
            return super().send(moved, deadline)
        return response


class KeepsCookies(ReferenceTransport):
    cookies: tuple[str, ...] = ()

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        response = super().send(request, deadline)
        self.cookies += tuple(response.headers.get_list("set-cookie"))
        return response

    def fields(self, request: HttpRequest) -> Headers:
        fresh = [("Cookie", cookie.partition(";")[0]) for cookie in self.cookies]
        return Headers([*request.headers.pairs, *fresh])


class ReusesUnseen(ReferenceTransport):
    def may_reuse(self, wire: Wire) -> bool:
        return wire.pid == os.getpid()


class InflatesGzip(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        response = super().send(request, deadline)
        if response.headers.get("content-encoding") != "gzip":
            return response
        return HttpResponse(response.status, response.headers, gzip.decompress(response.body))


class LogsTheHeaders(ReferenceTransport):
    def fields(self, request: HttpRequest) -> Headers:
        logging.getLogger("mutant.wire").debug("sending %s", dict(request.headers.pairs))
        return request.headers


class TellsTheKeyInFailures(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        try:
            return super().send(request, deadline)
        except TransportFailure as failure:
            raise failure from RuntimeError(dict(request.headers.pairs))


class KeepsOneValueAField(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        response = super().send(request, deadline)
        return HttpResponse(
            response.status,
            Headers({name.lower(): value for name, value in response.headers.pairs}),
            response.body,
            truncated=response.truncated,
        )


class TakesAnyHead(ReferenceTransport):
    def __init__(self, options: TransportOptions) -> None:
        super().__init__(replace(options, max_header_bytes=10**9))


class TakesShortBodies(ReferenceTransport):
    class _Wire(Wire):
        def read_exactly(self, length: int, deadline: Deadline) -> Iterator[bytes]:
            try:
                yield from super().read_exactly(length, deadline)
            except ConnectionFailure:
                yield b""

    def wire(self, sock: socket.socket) -> Wire:
        return self._Wire(sock)


class TakesInterimForAHead(ReferenceTransport):
    def on_interim(self, wire: Wire, status: int) -> None:
        wire.status = status


class SharesSocketsWithChildren(ReferenceTransport):
    def may_reuse(self, wire: Wire) -> bool:
        wire.pid = os.getpid()
        return super().may_reuse(wire)


class OneCallAtATime(ReferenceTransport):
    def __init__(self, options: TransportOptions) -> None:
        super().__init__(options)
        self.lock = threading.Lock()

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        with self.lock:
            return super().send(request, deadline)


class MixesThreadsUp(ReferenceTransport):
    def encode(self, request: HttpRequest, url: SplitResult) -> bytes:
        self.current = request
        time.sleep(0.001)
        return super().encode(self.current, url)


class AddsFields(ReferenceTransport):
    def fields(self, request: HttpRequest) -> Headers:
        return request.headers.replace({"X-Library": "mutant/1.0"})


class ReadsProxyVariables(ReferenceTransport):
    def __init__(self, options: TransportOptions) -> None:
        super().__init__(replace(options, proxy=options.proxy or os.environ.get("HTTP_PROXY")))


class LetsForeignErrorsOut(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        try:
            return super().send(request, deadline)
        except ConnectionFailure as failure:
            if failure.response_started:
                raise EOFError("incomplete read") from None
            raise


class RunsALoop(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        async def call() -> HttpResponse:
            return super(RunsALoop, self).send(request, deadline)

        coroutine = call()
        try:
            return asyncio.run(coroutine)
        finally:
            coroutine.close()


class SwallowsCtrlC(ReferenceTransport):
    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        try:
            return super().send(request, deadline)
        except KeyboardInterrupt:
            raise ConnectionFailure("interrupted") from None


class NeverCloses(ReferenceTransport):
    kept: ClassVar[list[object]] = []

    def close(self) -> None:
        self.kept.append(self.pool)


class NeverFinalizes(ReferenceTransport):
    def __init__(self, options: TransportOptions) -> None:
        super().__init__(options)
        self._finalizer.detach()


class KeepsFailedConnections(ReferenceTransport):
    def __init__(self, options: TransportOptions) -> None:
        super().__init__(options)
        self.failed: list[Wire] = []

    def drop(self, wire: Wire) -> None:
        self.failed.append(wire)

    def close(self) -> None:
        super().close()
        for wire in self.failed:
            wire.close()


class TrustsAnyCertificate(ReferenceTransport):
    def tls_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


class NormalizesUrls(ReferenceTransport):
    def encode(self, request: HttpRequest, url: SplitResult) -> bytes:
        path = quote(unquote(url.path))
        return super().encode(request, url._replace(path=path))


class NeverSaysReused(ReferenceTransport):
    class _Wire(Wire):
        def begin(self) -> None:
            super().begin()
            self.reused = False

    def wire(self, sock: socket.socket) -> Wire:
        return self._Wire(sock)


class SendsChunks(ReferenceTransport):
    def encode(self, request: HttpRequest, url: SplitResult) -> bytes:
        head, _, body = super().encode(request, url).partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
        framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        lines += [b"Transfer-Encoding: chunked", b"", b""]
        return b"\r\n".join(lines) + framed


class IgnoresTheProxy(ReferenceTransport):
    def __init__(self, options: TransportOptions) -> None:
        super().__init__(replace(options, proxy=None))


class TakesNetrc(ReferenceTransport):
    def fields(self, request: HttpRequest) -> Headers:
        try:
            found = netrc.netrc(os.environ.get("NETRC")).authenticators("127.0.0.1")
        except OSError:
            found = None
        if found is None or "authorization" in request.headers:
            return request.headers
        return request.headers.replace({"Authorization": f"Basic {found[0]}"})
