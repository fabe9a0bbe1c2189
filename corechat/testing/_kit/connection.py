"""Connection: one client at the loopback server, and the ways in which the server treats it."""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

PATIENCE = 5.0
"""The most seconds that one operation of a script takes."""

_ENOUGH = 64 * 1024


class ScriptEnded(Exception):  # noqa: N818 - not an error: what ends a script
    """The client has gone, one operation took longer than `PATIENCE`, or the server is closing."""


@dataclass(slots=True)
class ReceivedRequest:
    """Hold a request as the server received it.

    Attributes:
        connection: which connection carried it; 0 for the first that the server accepted.
        head: the raw bytes up to and without the empty line.
        method: for example ``"POST"``.
        target: the request target, byte for byte.
        fields: name and value of every header field, in order, names as received.
        body: the body; what had been read of it so far.
    """

    connection: int
    head: bytes
    method: str
    target: str
    fields: list[tuple[str, str]]
    body: bytes = field(default=b"", repr=False)

    def values(self, name: str) -> list[str]:
        """Give every value of a header field, whose name may be in any case."""
        return [value for key, value in self.fields if key.lower() == name.lower()]


def _parse_head(connection: int, head: bytes) -> ReceivedRequest:
    lines = head.decode("latin-1").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    target = rest.rpartition(" ")[0]
    pairs = [line.partition(":") for line in lines[1:]]
    fields = [(name, value.strip(" \t")) for name, _, value in pairs]
    return ReceivedRequest(connection, head, method, target, fields)


class Connection:
    """Hold one accepted connection, for a script, which ends when the client has gone.

    Args:
        sock: the accepted socket.
        number: 0 for the first connection of the server.
        received: where requests are recorded.
        stop: set when the server closes.

    Attributes:
        sent: how many bytes the script has sent.
        gone_at: when it was noticed that the client had gone, on the monotonic clock; else None.
    """

    def __init__(
        self,
        sock: socket.socket,
        number: int,
        received: list[ReceivedRequest],
        stop: threading.Event,
    ) -> None:
        self.number = number
        self.sent = 0
        self.gone_at: float | None = None
        self._sock = sock
        self._received = received
        self._stop = stop
        self._buffer = bytearray()
        self._sock.settimeout(PATIENCE)

    def start_tls(self, context: ssl.SSLContext) -> None:
        """Answer the client's handshake by the server's context, with its certificate."""
        with self._client_may_go():
            self._sock = context.wrap_socket(self._sock, server_side=True)

    def read_request(self) -> ReceivedRequest:
        """Read and record one whole request."""
        request = self.read_head()
        self.read_body(request)
        return request

    def read_head(self) -> ReceivedRequest:
        """Read and record a request's head; its body stays unread."""
        request = _parse_head(self.number, self._read_until(b"\r\n\r\n"))
        self._received.append(request)
        return request

    def read_body(self, request: ReceivedRequest) -> None:
        """Read the body that belongs to a head which `read_head` gave."""
        if any("chunked" in value.lower() for value in request.values("transfer-encoding")):
            while size := int(self._read_until(b"\r\n").partition(b";")[0], 16):
                request.body += self._read_exactly(size + 2)[:-2]
            while self._read_until(b"\r\n"):
                pass
        else:
            lengths = request.values("content-length") or ["0"]
            request.body = self._read_exactly(int(lengths[0]))

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._buffer += self._receive()
        data, _, self._buffer = self._buffer.partition(mark)
        return bytes(data)

    def _read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            self._buffer += self._receive()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def read_some(self, size: int) -> None:
        """Read at most so many bytes, and drop them."""
        self._receive(size)

    def send(self, data: bytes) -> None:
        """Send bytes."""
        with self._client_may_go():
            self._sock.sendall(data)
        self.sent += len(data)

    def drip(self, data: bytes, every: float) -> None:
        """Send bytes one at a time, so many seconds apart."""
        for value in data:
            self.send(bytes([value]))
            self.sleep(every)

    def pour(self, data: bytes, limit: int) -> None:
        """Send the same bytes over and over, up to a limit in bytes."""
        repeated = data * max(1, _ENOUGH // len(data))
        start = self.sent
        while self.sent - start < limit:
            self.send(repeated)

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        if self._stop.wait(seconds):
            raise ScriptEnded

    def wait_gone(self, seconds: float = PATIENCE) -> None:
        """Read and drop bytes until the client goes, for so many seconds at most."""
        end = time.monotonic() + seconds
        with contextlib.suppress(ScriptEnded):
            while (left := end - time.monotonic()) > 0:
                self._sock.settimeout(left)
                self._receive()

    def half_close(self) -> None:
        """Close the sending half of the connection; go on receiving."""
        with self._client_may_go():
            self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Abort the connection with a TCP reset."""
        with contextlib.suppress(OSError):
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abandon()

    def close(self) -> None:
        """Close the connection in an orderly way."""
        self.wake()
        self.abandon()

    def wake(self) -> None:
        """End what the script waits for, from another thread; the script's thread closes."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def abandon(self) -> None:
        """Close this process's handle only; for a forked child."""
        with contextlib.suppress(OSError):
            self._sock.close()

    def _receive(self, size: int = _ENOUGH) -> bytes:
        with self._client_may_go():
            data = self._sock.recv(size)
            if not data:
                raise ConnectionResetError
        return data

    @contextlib.contextmanager
    def _client_may_go(self) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            pass
        except OSError:
            if not self._stop.is_set():
                self.gone_at = time.monotonic()
        else:
            return
        raise ScriptEnded
