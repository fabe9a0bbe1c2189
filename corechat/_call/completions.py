"""The call that people already have, unchanged: ``client.chat.completions.create(...)``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Unpack

from corechat.requests import ChatParams
from corechat.responses import ChatResponse

Complete = Callable[..., ChatResponse]
"""Stands for `Client.complete`."""


@dataclass(frozen=True, slots=True)
class Completions:
    """Offer ``create``.

    Attributes:
        complete: the client's own method.
    """

    complete: Complete

    def create(
        self,
        /,
        *,
        extra_headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatResponse:
        """Carry one request, with groq-python's and openai-python's keywords.

        Args:
            extra_headers: more headers for this call.
            timeout: seconds for the whole call, in place of the client's.
            max_retries: in place of the client's.
            params: the parameters of `ChatRequest`. ``stream=True`` is refused.

        Returns:
            The answer.
        """
        given: dict[str, Any] = {**params}
        if extra_headers is not None:
            given["headers"] = extra_headers
        return self.complete(timeout=timeout, max_retries=max_retries, **given)


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
