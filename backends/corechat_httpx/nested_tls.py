"""NestedTls: TLS inside the TLS of a proxy, with the deadline on every byte of the outer one.

The engine's own gives its whole timeout to every read of the outer connection, so that a server
which drips can hold a call for ever, and it does not tell of bytes that it has read ahead.
"""

import ssl
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from corechat.transport import Deadline
from corechat_httpx.engine import Engine
from corechat_httpx.wire import Wire

_READ = 64 * 1024
_T = TypeVar("_T")


class NestedTls:
    """Read and write by a deadline.

    Args:
        outer: the connection to the proxy, over TLS.
        context: the inner TLS's.
        hostname: whose certificate to expect.
        deadline: by when the handshake has ended.
        engine: httpcore or httpcore2.

    Attributes:
        tls: the inner TLS.
    """

    def __init__(
        self,
        outer: Wire,
        context: ssl.SSLContext,
        hostname: str | None,
        deadline: Deadline,
        engine: Engine,
    ) -> None:
        self._outer = outer
        self._engine = engine
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        try:
            self._run(self.tls.do_handshake, deadline)
        except ssl.SSLError as error:
            raise engine.ConnectError(str(error)) from error

    def is_readable(self) -> bool:
        """Tell whether bytes, or the end, have come."""
        try:
            self.tls.read(1)
        except ssl.SSLWantReadError:
            return self._outer.is_readable()
        except ssl.SSLError:
            return True
        return True  # nobody asked for it: the connection is done with

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        """Read what has come, waiting until something has.

        Args:
            max_bytes: how much at most.
            deadline: until when.

        Returns:
            The bytes; none at the end of the stream.
        """
        try:
            return self._run(partial(self.tls.read, max_bytes), deadline)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise self._engine.ReadError(str(error)) from error

    def write(self, data: bytes, deadline: Deadline) -> None:
        """Write all bytes.

        Args:
            data: the bytes.
            deadline: until when.
        """
        view = memoryview(data)
        try:
            while view:
                piece = view[:_READ]
                view = view[self._run(partial(self.tls.write, piece), deadline) :]
        except ssl.SSLError as error:
            raise self._engine.WriteError(str(error)) from error

    def _run(self, step: Callable[[], _T], deadline: Deadline) -> _T:
        """Do a step of the inner TLS, with as much of the outer one as it takes."""
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush(deadline)
                data = self._outer.read(_READ, deadline)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush(deadline)
                return result

    def _flush(self, deadline: Deadline) -> None:
        data = self._outgoing.read()
        if data:
            self._outer.write(data, deadline)
