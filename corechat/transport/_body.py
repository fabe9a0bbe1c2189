"""BodyBuffer: a response body, collected within the bounds."""

import io
import re

from corechat._http.messages import Headers
from corechat.transport._contract import TransportOptions
from corechat.transport._failures import ConnectionFailure, TooLargeFailure
from corechat.transport._reasons import NOT_HTTP

_ERROR_STATUS = 300
_LENGTH = "content-length"
_NUMBER = re.compile("[0-9]{1,19}").fullmatch  # 2**64 has 20 digits


class BodyBuffer:
    """Collect a response body within the bounds, in the same way for every transport.

    Args:
        status: the response's status.
        headers: the response's head.
        options: where the bounds stand.

    Raises:
        ConnectionFailure: the Content-Length is not a number (RFC 9112 §6.3).
        TooLargeFailure: that of a success is over the bound.
    """

    def __init__(self, status: int, headers: Headers, options: TransportOptions) -> None:
        self._status = status
        self._is_error = status >= _ERROR_STATUS
        self._limit = options.max_error_body_bytes if self._is_error else options.max_body_bytes
        self._first = b""
        self._whole: io.BytesIO | None = None
        self.size = 0
        self.truncated = False
        for name, value in headers.pairs:
            if len(name) == len(_LENGTH) and name.lower() == _LENGTH:
                if not _NUMBER(value.partition(",")[0]):  # RFC 9110 §8.6: repeated, perhaps
                    raise ConnectionFailure(NOT_HTTP, status=status, headers=headers)
                self._check(int(value.partition(",")[0]))

    def feed(self, chunk: bytes) -> bool:
        """Take one chunk.

        Args:
            chunk: bytes of the body, content coding still applied.

        Returns:
            Whether more is wanted; False when an error's body has reached its bound.

        Raises:
            TooLargeFailure: a success is over the bound.
        """
        self.size += len(chunk)
        if self._is_error and self.size > self._limit:
            self._add(chunk[: len(chunk) - (self.size - self._limit)])
            self.truncated = True
            return False
        self._check(self.size)
        self._add(chunk)
        return True

    @property
    def wanted(self) -> int:
        """How many bytes to ask for at most: one more than the bound still allows."""
        return max(0, self._limit + 1 - self.size)

    def join(self) -> bytes:
        """Give what was collected."""
        return self._first if self._whole is None else self._whole.getvalue()

    def _add(self, chunk: bytes) -> None:
        if not self._first:
            self._first = chunk  # nearly always the only one: no copy is made
            return
        if self._whole is None:
            self._whole = io.BytesIO()  # unlike a list to be joined, it never holds all twice
            self._whole.write(self._first)
        self._whole.write(chunk)

    def _check(self, size: int) -> None:
        if not self._is_error and size > self._limit:
            raise TooLargeFailure(
                f"the response body is over {self._limit} bytes",
                limit=self._limit,
                status=self._status,
            )
