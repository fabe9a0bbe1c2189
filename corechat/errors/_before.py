"""Errors of the client, of a request and of a cassette: all that ends before a server is asked."""

from corechat.errors._base import CorechatError


class ConfigurationError(CorechatError):
    """The client cannot be built or used as asked; no request was sent."""


class BackendNotFoundError(ConfigurationError):
    """No plugin offers a backend of this name."""


class ProviderNotFoundError(ConfigurationError):
    """No provider of this name is known."""


class MissingDependencyError(ConfigurationError):
    """An optional library is not installed; the message holds the ``pip install`` line."""


class PluginError(ConfigurationError):
    """A plugin is broken, or two distributions claim one name; the message names them."""


class RequestValidationError(CorechatError):
    """The request breaks a rule of the API and was not sent.

    Attributes:
        problems: one ``(path, what is wrong)`` a problem, for example
            ``("messages[2].tool_call_id", "Field required")``.
    """

    def __init__(self, message: str, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


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
