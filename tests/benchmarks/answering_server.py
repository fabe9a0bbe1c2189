"""A loopback server for benchmarks: each case's fixed chat completion, after a fixed delay.

The case is the first segment of the path. The server runs in a process of its own, on the last
core, so that its CPU time is not the client's, and ends with its parent.
"""

import asyncio
import contextlib
import functools
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from answers import body_for


@functools.cache
def _reply(case: str, connection: str) -> bytes:
    body = body_for(case)
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_1\r\n"
        f"Connection: {connection}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class _Answering(asyncio.Protocol):
    def __init__(self, delay: float, connection: str) -> None:
        self._delay = delay
        self._connection = connection
        self._received = bytearray()
        self._wanted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            head = bytes(self._received[:end]).lower()
            length = head.partition(b"content-length:")[2].partition(b"\r")[0]
            self._wanted = end + 4 + int(length or b"0")
        if len(self._received) < self._wanted:
            return
        case = bytes(self._received.split(b"/", 2)[1]).decode()
        self._received.clear()
        self._wanted = 0
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._answer, case)
        else:
            self._answer(case)

    def _answer(self, case: str) -> None:
        self._transport.write(_reply(case, self._connection))
        if self._connection == "close":
            self._transport.close()


async def _serve(delay: float, certificate: str) -> None:
    cores = os.cpu_count() or 1
    if cores > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores - 1})  # away from the client that is measured
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Answering(delay, "close" if certificate else "keep-alive"),
        "127.0.0.1",
        0,
        backlog=512,
        ssl=context,
    )
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - read by the parent
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def answering_server(delay: float = 0.0, certificate: Path | None = None) -> Iterator[str]:
    """Run the server.

    Args:
        delay: seconds before each answer.
        certificate: a PEM file with key and certificate; the server then speaks TLS, and closes
            each connection after one answer.

    Yields:
        Its URL without a path.
    """
    command = [sys.executable, __file__, str(delay), str(certificate or "")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - this file
        assert process.stdin is not None
        assert process.stdout is not None
        scheme = "https" if certificate else "http"
        try:
            yield f"{scheme}://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(5)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]), sys.argv[2]))
