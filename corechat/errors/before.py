"""Errors before a request is sent: the client or the request is wrong."""

from corechat.errors.base import CorechatError


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
