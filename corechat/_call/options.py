"""CallOptions: what a call is told beside its request; and every keyword of the client's calls."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, TypedDict

from corechat._call.retry import check_retries
from corechat._tools import ToolStep
from corechat.requests import ChatParams, PlainOptions, RequestMessage, TypedChatParams
from corechat.transport._deadline import Deadline


@dataclass(frozen=True, slots=True)
class CallOptions:
    """Hold what `Client.complete`, which says what each is, takes beside a request."""

    strict: bool = True
    lenient: bool = False
    timeout: float | None = None
    max_retries: int | None = None
    headers: Mapping[str, str] | None = None

    def check(self) -> None:
        """Raise `ConfigurationError` where a number is not one; each call does so anyway."""
        if self.timeout is not None:
            Deadline.after(self.timeout)
        if self.max_retries is not None:
            check_retries(self.max_retries)


OF_A_CALL = tuple(one.name for one in fields(CallOptions))


class CallKeywords(TypedDict, total=False):
    """Name what every call takes; `Client.complete` says what each is."""

    strict: bool
    lenient: bool
    timeout: float | None
    max_retries: int | None
    headers: Mapping[str, str] | None


class BesideRequest(CallKeywords, total=False):
    """Name what may stand beside a request, but for response_format and tools."""

    extra_body: Mapping[str, Any] | None


class CallParams(ChatParams, CallKeywords, total=False):
    """Name a call's keywords, the request's parameters among them."""


class TypedCallParams(TypedChatParams, CallKeywords, total=False):
    """Name a call's keywords but for response_format."""


class RunKeywords(PlainOptions, CallKeywords, total=False):
    """Name the keywords of `Client.run_tools`, which says what each is."""

    messages: Sequence[RequestMessage | Mapping[str, Any]]
    response_format: Any
    max_rounds: int
    max_total_tokens: int | None
    on_step: Callable[[ToolStep], object] | None
    tool_errors: Literal["tell", "raise"]
