"""Outcome: how one request of many ended."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias

from typing_extensions import TypeVar

from corechat.errors import APIError, CorechatError
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, Usage

R_co = TypeVar("R_co", bound=ChatResponse, covariant=True, default=ChatResponse)

Parameters: TypeAlias = ChatRequest | Mapping[str, Any]
"""A request, or the parameters of one."""

Item: TypeAlias = Parameters | tuple[Hashable, Parameters]
"""What is mapped: a request, or a pair of the caller's key and a request."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[R_co]):
    """Hold how one request of many ended: with a response, or with an error. Pickles.

    Attributes:
        key: the caller's key of the request; its position, from 0, where none was given.
        request: the request as it was given: a `ChatRequest`, or its parameters.
        response: the answer; None where there is an error.
        error: why there is not an answer; None where there is one.
        attempts: how many times the request was sent; 0 where it was refused before.
        elapsed: seconds of the call, retries included, the wait for a rate limit excluded.
        waited: seconds that the request was held back for a rate limit.
    """

    key: Any
    request: Parameters
    response: R_co | None = None
    error: CorechatError | None = None
    attempts: int = 0
    elapsed: float = 0.0
    waited: float = 0.0

    @property
    def usage(self) -> Usage | None:
        """The tokens of the answer, also where an error keeps them; else None."""
        if self.response is not None:
            return self.response.usage
        return self.error.usage if isinstance(self.error, APIError) else None

    def result(self) -> R_co:
        """Return the response, or raise the error."""
        if self.response is not None:
            return self.response
        assert self.error is not None  # noqa: S101 - one of the two is there
        raise self.error
