"""A loopback server for benchmarks: one fixed chat completion, after a fixed delay.

It runs in a process of its own, so that its CPU time is not the client's, and ends with its parent.
"""

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

BODY = (
    b'{"id":"chatcmpl-1","object":"chat.completion","created":1760000000,"model":"m",'
    b'"choices":[{"index":0,"message":{"role":"assistant","content":"Hello there."},'
    b'"finish_reason":"stop"}],'
    b'"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}'
)
"""What the server answers, whatever it is asked."""
_REPLY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: req_1\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
)


class _Answering(asyncio.Protocol):
    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
        if not blank or len(body) < int(length or b"0"):
            return
        self._received = b""
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, _REPLY)
        else:
            self._transport.write(_REPLY)


async def _serve(delay: float) -> None:
    cores = os.cpu_count() or 1
    if cores > 1 and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {cores - 1})  # away from the client that is measured
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answering(delay), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - read by the parent
    await loop.run_in_executor(None, sys.stdin.read)


@contextlib.contextmanager
def answering_server(delay: float = 0.0) -> Iterator[str]:
    """Run the server.

    Args:
        delay: seconds before each answer.

    Yields:
        Its URL without a path.
    """
    command = [sys.executable, __file__, str(delay)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - this file
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()
            process.wait(5)


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))
