"""Errors of cassettes."""

from corechat.errors.base import CorechatError


class CassetteError(CorechatError):
    """A cassette cannot be read or written.

    Attributes:
        path: the file.
        answer: the body of an answer that had come and could not be recorded, known secrets
            taken out: it was paid for. None where none had come.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.answer: str | None = None


class UnmatchedRequestError(CassetteError):
    """No recorded interaction answers this request; the network was not touched.

    Attributes:
        differences: for the nearest recordings, one line a field that differs.
    """

    def __init__(self, message: str, *, path: str = "", differences: tuple[str, ...] = ()) -> None:
        super().__init__(message, path=path)
        self.differences = differences
