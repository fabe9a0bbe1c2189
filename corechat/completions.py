"""The call that people already have, unchanged: ``client.chat.completions.create(...)``."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from corechat.responses import ChatResponse


class Complete(Protocol):
    """Stand for `Client.complete`."""

    def __call__(self, /, **params: Any) -> ChatResponse:
        """Carry one request."""
        ...


@dataclass(frozen=True, slots=True)
class Completions:
    """Offer ``create``.

    Attributes:
        complete: the client's own method.
    """

    complete: Complete

    def create(
        self, *, extra_headers: Mapping[str, str] | None = None, **params: Any
    ) -> ChatResponse:
        """Carry one request, with groq-python's and openai-python's keywords.

        Args:
            extra_headers: more headers for this call.
            params: the keywords of `Client.complete`. ``stream=True`` is refused.

        Returns:
            The answer.
        """
        if extra_headers is not None:
            params["headers"] = extra_headers
        return self.complete(**params)


@dataclass(frozen=True, slots=True)
class Chat:
    """Offer ``completions``.

    Attributes:
        complete: the client's own method.
    """

    complete: Complete

    @property
    def completions(self) -> Completions:
        """The endpoint's calls."""
        return Completions(self.complete)
