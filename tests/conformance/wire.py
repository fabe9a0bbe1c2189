"""Wire: one connection of the reference transport, every operation bounded by a deadline."""

import os
import select
import socket
from collections.abc import Iterator

from corechat.transport import ConnectionFailure, Deadline, TimeoutFailure, TransportFailure

_SOME = 65536
_MOST_FRAMING = 16 * 1024


class Wire:
    """A connected socket with what has been read ahead from it.

    Args:
        sock: connected, TLS included.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.pid = os.getpid()
        self.reused = False
        self.sent = False
        self.bytes_received = False
        self.status: int | None = None
        self._buffer = bytearray()

    def begin(self) -> None:
        """Forget the last call's flags; later calls find the connection used."""
        self.sent = self.bytes_received = False
        self.status = None

    def is_clean(self) -> bool:
        """Tell whether an idle connection is still open and has no bytes left over."""
        if self.pid != os.getpid() or self._buffer:
            return False
        return not select.select([self.sock], [], [], 0)[0]

    def failure(self, kind: type[TransportFailure], words: str) -> TransportFailure:
        """Make a failure with this call's flags."""
        return kind(
            words,
            status=self.status,
            bytes_received=self.bytes_received,
            reused=self.reused,
            sent=self.sent,
        )

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Send bytes; a peer that stops reading may have answered already."""
        view = memoryview(data)
        while view:
            self._bound(deadline)
            self.sent = True
            try:
                view = view[self.sock.send(view[:_SOME]) :]
            except TimeoutError:
                timeout = True
            except OSError:
                return
            else:
                continue
            if timeout:
                raise self.failure(TimeoutFailure, "the deadline passed while sending")

    def _bound(self, deadline: Deadline) -> None:
        left = deadline.remaining()
        if left <= 0:
            raise self.failure(TimeoutFailure, "the deadline passed")
        self.sock.settimeout(left)

    def fill(self, deadline: Deadline) -> bool:
        """Read what there is into the buffer; False at the end of the connection."""
        self._bound(deadline)
        kind: type[TransportFailure]
        try:
            data = self.sock.recv(_SOME)
        except TimeoutError:
            kind, words = TimeoutFailure, "the deadline passed while reading"
        except OSError as error:
            kind, words = ConnectionFailure, error.strerror or "the connection failed"
        else:
            self._buffer += data
            self.bytes_received = self.bytes_received or bool(data)
            return bool(data)
        raise self.failure(kind, words)

    def more(self, deadline: Deadline) -> None:
        """Read what there is into the buffer, before the end of the connection."""
        if not self.fill(deadline):
            raise self.failure(ConnectionFailure, "the connection was closed too soon")

    def read_until(self, mark: bytes, deadline: Deadline, limit: int) -> bytes | None:
        """Read up to a mark, which is dropped; None if it is not within the limit."""
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > limit:
                return None
            self.look_at(bytes(self._buffer[:16]))
            self.more(deadline)
        data = bytes(self._buffer[:end])
        del self._buffer[: end + len(mark)]
        return data if end <= limit else None

    def look_at(self, start: bytes) -> None:
        """Refuse early what cannot become a response head."""
        if self.status is None and not (b"HTTP/1." + start[7:]).startswith(start):
            raise self.failure(ConnectionFailure, "the peer does not speak HTTP/1")

    def take(self, most: int) -> bytes:
        """Give at most so many bytes of the buffer."""
        data = bytes(self._buffer[:most])
        del self._buffer[:most]
        return data

    def read_exactly(self, length: int, deadline: Deadline) -> Iterator[bytes]:
        """Read so many bytes."""
        while length:
            if not self._buffer:
                self.more(deadline)
            data = self.take(length)
            length -= len(data)
            yield data

    def read_to_end(self, deadline: Deadline) -> Iterator[bytes]:
        """Read to the end of the connection."""
        yield self.take(_SOME)
        while self.fill(deadline):
            yield self.take(_SOME)

    def read_chunks(self, deadline: Deadline) -> Iterator[bytes]:
        """Read a chunked body and its trailers (RFC 9112 §7.1)."""
        while size := self._chunk_size(deadline):
            yield from self.read_exactly(size, deadline)
            if b"".join(self.read_exactly(2, deadline)) != b"\r\n":
                raise self.failure(ConnectionFailure, "a chunk is longer than its size")
        allowed = _MOST_FRAMING
        while line := self._line(deadline, allowed):
            allowed -= len(line)

    def _chunk_size(self, deadline: Deadline) -> int:
        digits = self._line(deadline, _MOST_FRAMING).partition(b";")[0].strip()
        if not digits or len(digits) > 16 or digits.strip(b"0123456789abcdefABCDEF"):
            raise self.failure(ConnectionFailure, "a chunk has no size")
        return int(digits, 16)

    def _line(self, deadline: Deadline, limit: int) -> bytes:
        line = self.read_until(b"\r\n", deadline, limit)
        if line is None:
            raise self.failure(ConnectionFailure, "the framing of the body is over a bound")
        return line

    def close(self) -> None:
        """Close this process's handle."""
        self.sock.close()
