"""The call that people already have, unchanged: ``client.chat.completions.create(...)``."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, Unpack, cast

from corechat._call.other_clients import explain, is_left_out
from corechat.errors import RequestValidationError
from corechat.requests import ChatParams, TypedChatParams
from corechat.responses import ChatResponse, ParsedChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")
Complete = Callable[..., ChatResponse]
"""Stands for `Client.complete`."""


@dataclass(frozen=True, slots=True)
class Completions:
    """Offer ``create`` and ``parse``.

    Attributes:
        complete: the client's own method.
    """

    complete: Complete

    def create(
        self,
        /,
        *,
        extra_headers: Mapping[str, str] | None = None,
        extra_query: Mapping[str, object] | None = None,
        timeout: float | None = None,
        max_retries: int | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatResponse:
        """Carry one request, with groq-python's and openai-python's keywords.

        Args:
            extra_headers: more headers for this call.
            extra_query: refused: a query stands in the client's ``base_url``.
            timeout: seconds for the whole call, in place of the client's.
            max_retries: in place of the client's.
            params: the parameters of `ChatRequest`. Those that are ``NOT_GIVEN`` or ``omit`` are
                left out; ``stream=True`` is refused.

        Returns:
            The answer.
        """
        if extra_query:
            raise RequestValidationError(
                "extra_query: write the query into base_url=: it goes with every request.",
                (("extra_query", "not taken"),),
            )
        beside = {"headers": extra_headers, "timeout": timeout, "max_retries": max_retries}
        given = {**params, **{name: value for name, value in beside.items() if value is not None}}
        return self.complete(**{k: v for k, v in given.items() if not is_left_out(v)})

    def parse(
        self, /, *, response_format: "TypeForm[T]", **params: Unpack[TypedChatParams]
    ) -> ParsedChatResponse[T]:
        """Carry one request whose answer is read as a type, with openai-python's keywords.

        Args:
            response_format: the type; the value stands in ``reply.parsed``.
            params: the parameters of `ChatRequest`.

        Returns:
            The answer, with its checked value.
        """
        given: dict[str, Any] = {**params, "response_format": response_format}
        return cast("ParsedChatResponse[T]", self.create(**given))

    def __getattr__(self, name: str) -> NoReturn:
        raise explain("chat.completions", name)


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


@dataclass(frozen=True, slots=True)
class Beta:
    """Offer ``chat``, where older code of openai-python looks for ``parse``.

    Attributes:
        chat: the same as the client's own.
    """

    chat: Chat
