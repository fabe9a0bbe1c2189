"""Wire: read and write a socket with no system call more than it takes.

A socket with a timeout makes three of them for a read: one to set the timeout, one to wait, one to
read; each lets another thread run, and with many threads that is what a call waits for.
"""

import math
import select
import socket
import ssl

from corechat.transport import Deadline
from corechat_httpx.engine import Engine, NetworkStream

_WRITE_STEP = 256 * 1024
_ENGINE_STEP = 16 * 1024
_INTERIM = b"HTTP/1.1 1"  # RFC 9110 §15.2: more follows
_AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Wire:
    """Read and write a socket, TLS or not, by a deadline.

    Args:
        sock: the connected socket; it is made non-blocking.
        engine: httpcore or httpcore2.
    """

    def __init__(self, sock: socket.socket, engine: Engine) -> None:
        sock.settimeout(0)
        self._sock = sock
        self._engine = engine
        self._is_tls = isinstance(sock, ssl.SSLSocket)
        self._interim = False
        self._incoming = select.poll()
        self._incoming.register(sock, select.POLLIN)

    def is_readable(self) -> bool:
        """Tell whether bytes, or the end, have come."""
        return bool(self._incoming.poll(0))

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Read what has come, waiting until something has.

        Args:
            max_bytes: how much at most.
            deadline: until when.

        Returns:
            The bytes; none at the end of the stream.
        """
        # TLS may hold bytes that it has read already, which no waiting would show
        wait = None if self._is_tls else select.POLLIN
        while True:
            if deadline.expired or (wait is not None and not self._wait(wait, deadline)):
                raise self._engine.ReadTimeout("the deadline passed while reading")
            try:
                return self._sock.recv(max_bytes)
            except _AGAIN as again:
                wait = _wanted(again, select.POLLIN)
            except OSError as error:
                raise self._engine.ReadError(str(error)) from error

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Write all bytes.

        Args:
            data: the bytes.
            deadline: until when.
        """
        view = memoryview(data)
        while view:
            if deadline.expired:
                raise self._engine.WriteTimeout("the deadline passed while sending")
            try:
                view = view[self._sock.send(view[:_WRITE_STEP]) :]
            except _AGAIN as again:
                if not self._wait_to_write(again, deadline):
                    raise self._engine.WriteTimeout("the deadline passed while sending") from None
            except OSError as error:
                raise self._engine.WriteError(str(error)) from error

    def _wait_to_write(self, again: OSError, deadline: Deadline) -> int:
        if self._is_tls or self._interim:
            return self._wait(_wanted(again, select.POLLOUT), deadline)
        ready = self._wait(select.POLLOUT | select.POLLIN, deadline)
        if ready & select.POLLIN and not ready & select.POLLOUT:
            # it answers before it has read all, for example 413: the engine then reads the answer
            try:
                start = self._sock.recv(len(_INTERIM), socket.MSG_PEEK)
            except OSError as error:
                raise self._engine.WriteError(str(error)) from error
            if not start.startswith(_INTERIM[: len(start)]):
                raise self._engine.WriteError("an answer came before all was sent")
            self._interim = True
        return ready

    def _wait(self, event: int, deadline: Deadline) -> int:
        """Wait for events; give those that came, 0 for none in time."""
        poller = self._incoming
        if event != select.POLLIN:
            poller = select.poll()
            poller.register(self._sock, event)
        ready = poller.poll(math.ceil(deadline.remaining() * 1000))
        return ready[0][1] if ready else 0


class EngineWire:
    """Read and write by the engine's own stream, where a bare socket will not do.

    Args:
        stream: the engine's.
        engine: httpcore or httpcore2.
    """

    def __init__(self, stream: NetworkStream, engine: Engine) -> None:
        self._stream = stream
        self._engine = engine

    def is_readable(self) -> bool:
        """Tell whether bytes, or the end, have come."""
        return bool(self._stream.get_extra_info("is_readable"))

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Read what has come, waiting until something has.

        Args:
            max_bytes: how much at most.
            deadline: until when.

        Returns:
            The bytes; none at the end of the stream.
        """
        if deadline.expired:
            raise self._engine.ReadTimeout("the deadline passed while reading")
        return self._stream.read(max_bytes, timeout=deadline.remaining())

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Write all bytes, in steps, each within what is left.

        Args:
            data: the bytes.
            deadline: until when.
        """
        for start in range(0, len(data), _ENGINE_STEP):
            if deadline.expired:
                raise self._engine.WriteTimeout("the deadline passed while sending")
            self._stream.write(data[start : start + _ENGINE_STEP], deadline.remaining())


def _wanted(again: OSError, otherwise: int) -> int:
    if isinstance(again, ssl.SSLWantReadError):
        return select.POLLIN
    return select.POLLOUT if isinstance(again, ssl.SSLWantWriteError) else otherwise


def wired(stream: NetworkStream, engine: Engine) -> Wire | EngineWire:
    """Give the wire of a stream of the engine: on its socket, where the system can poll.

    Args:
        stream: over a socket of its own, or over TLS on it.
        engine: httpcore or httpcore2.
    """
    sock = stream.get_extra_info("socket")
    nested = isinstance(stream.get_extra_info("ssl_object"), ssl.SSLObject)  # by the engine
    if hasattr(select, "poll") and isinstance(sock, socket.socket) and not nested:
        return Wire(sock, engine)  # Windows has no poll
    return EngineWire(stream, engine)
