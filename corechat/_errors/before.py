"""Errors of the client, of a request and of a cassette: all that ends before a server is asked."""

from corechat._errors.base import CorechatError


class ConfigurationError(CorechatError):
    """Report that a client cannot be built or used as asked; nothing was sent."""


class BackendNotFoundError(ConfigurationError):
    """Report a backend name that is not offered by any plugin."""


class ProviderNotFoundError(ConfigurationError):
    """Report a provider name that is not known."""


class MissingDependencyError(ConfigurationError):
    """Report an optional library that is not installed; the message says what to install."""


class PluginError(ConfigurationError):
    """Report a plugin that is broken, or a name that two distributions claim; both are named."""


class RequestValidationError(CorechatError):
    """Report a request that breaks a rule of the API; it was not sent.

    Attributes:
        problems: one ``(path, what is wrong)`` a problem, for example
            ``("messages[2].tool_call_id", "Field required")``.
    """

    def __init__(self, message: str, problems: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class BatchError(CorechatError):
    """Report a file of many requests, or of their answers, that cannot be read or written.

    Attributes:
        path: the file.
        problems: one ``(line, path, what is wrong)`` a problem of an input, lines from 1, for
            example ``(3, "body.messages[1].role", "Field required")``.
    """

    def __init__(
        self, message: str, *, path: str = "", problems: tuple[tuple[int, str, str], ...] = ()
    ) -> None:
        super().__init__(message)
        self.path = path
        self.problems = problems


class CassetteError(CorechatError):
    """Report a cassette that cannot be read or written.

    Attributes:
        path: the file.
        answer: the body of an answer that had come and could not be recorded, known secrets
            taken out: it was paid for. None where it had not come.
    """

    def __init__(self, message: str, *, path: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.answer: str | None = None


class UnmatchedRequestError(CassetteError):
    """Report a request that is not in the cassette; the network was not touched.

    Attributes:
        differences: for the nearest recordings, one line a field that differs.
    """

    def __init__(self, message: str, *, path: str = "", differences: tuple[str, ...] = ()) -> None:
        super().__init__(message, path=path)
        self.differences = differences
