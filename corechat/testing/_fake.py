"""FakeTransport: answers written by hand, for tests of what calls corechat."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self, TypeAlias

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from corechat._errors.text import excerpt
from corechat.errors import (
    ConfigurationError,
    CorechatError,
    RequestValidationError,
    UnmatchedRequestError,
)
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, FunctionCall, ToolCall
from corechat.transport import (
    ConnectionFailure,
    Deadline,
    Headers,
    HttpRequest,
    HttpResponse,
    TimeoutFailure,
    TransportFailure,
)

Answer: TypeAlias = (
    str
    | ToolCall
    | Sequence[ToolCall]
    | BaseModel
    | Mapping[str, object]
    | int
    | HttpResponse
    | BaseException
    | Callable[[ChatRequest], "Answer"]
)
"""What a `FakeTransport` answers, or how it fails."""

_CREATED = 1_700_000_000


def error_response(
    status: int, message: str = "", *, headers: Mapping[str, str] | None = None, **error: str
) -> HttpResponse:
    """Write the response of a server that refuses or fails.

    Args:
        status: for example 429.
        message: what the server says; by default the status in words.
        headers: for example ``{"retry-after": "2"}``.
        error: more fields of the error: ``code``, ``type``, ``param``, ``failed_generation``.

    Returns:
        A response whose body is an error object, as Groq and OpenAI write it.
    """
    if not message:
        known = status in set(HTTPStatus)
        message = HTTPStatus(status).phrase if known else f"status {status}"
    return _json({"error": {"message": message, **error}}, status, headers)


def tool_call(name: str, /, **arguments: object) -> ToolCall:
    """Write the call of a tool, as a model's answer has it.

    Args:
        name: the tool's.
        arguments: what the model gives it; anything that is JSON.
    """
    function = FunctionCall(name=name, arguments=to_json(arguments).decode())
    return ToolCall(type="function", function=function)


@dataclass(slots=True)
class _Rule:
    matches: Callable[[ChatRequest], bool]
    answers: tuple[Answer, ...]
    repeat_last: bool
    taken: int = 0

    def next(self) -> Answer | None:
        if self.taken == len(self.answers) and not (self.answers and self.repeat_last):
            return None
        self.taken = min(self.taken + 1, len(self.answers))
        return self.answers[self.taken - 1]


class FakeTransport:
    """Answer calls by what a test says, in place of a network: `Client(FakeTransport("Paris."))`.

    Its answers are bytes, as a server sends them, so that the errors, the retries and the typed
    answers are the real ones. The client needs no key, and does not rest between its retries.

    An answer is one of these:

    - a text: what the model says.
    - a `tool_call`, or several in a list: what the model calls.
    - a `ChatResponse`; or another model, which is what a ``response_format`` asked for.
    - a mapping: the JSON of the response's body, as it stands.
    - an error status such as 429; an `error_response` with headers; or any `HttpResponse`.
    - an exception: a `TransportFailure`; a TimeoutError or another OSError, which stand for the
      failures of a network; or one of corechat's own errors, raised as it is.
    - a callable that takes the `ChatRequest` and returns one of these.

    Args:
        answers: one an attempt, in order. Where they end, the retries of a call get its last one
            again; a further call is an error.
        repeat_last: whether the last answer is given for ever.

    Attributes:
        requests: what was sent, attempt by attempt; what `ChatRequest` would refuse stands in its
            ``extra_body``.
        http_requests: the same as they went to the transport: URL, headers, bytes.
        closed: whether a client has closed it.

    Raises:
        ConfigurationError: an answer is something else.
    """

    endpoint = "https://fake.invalid/v1"
    """The base URL of a client that names neither provider nor base URL."""

    def __init__(self, *answers: Answer, repeat_last: bool = False) -> None:
        self.requests: list[ChatRequest] = []
        self.http_requests: list[HttpRequest] = []
        self.closed = False
        self._lock = threading.Lock()
        self._last_of_call: dict[str, Answer] = {}
        self._rules: list[_Rule] = []
        self._others = _Rule(lambda _: True, _checked(answers), repeat_last)

    def when(
        self,
        match: str | Callable[[ChatRequest], bool],
        /,
        *answers: Answer,
        repeat_last: bool = False,
    ) -> Self:
        """Give some answers to the requests that match, before those of the constructor.

        Args:
            match: a text in the last message, or a function that tells whether a request matches.
            answers: as in the constructor.
            repeat_last: as in the constructor.

        Returns:
            The transport itself.
        """
        matches = match if callable(match) else lambda request: match in _last_text(request)
        self._rules.append(_Rule(matches, _checked(answers), repeat_last))
        return self

    def unused(self) -> tuple[Answer, ...]:
        """List the answers that were not given, for a test that expects all of them to be."""
        rules = (*self._rules, self._others)
        return tuple(answer for rule in rules for answer in rule.answers[rule.taken :])

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Give the next answer that fits, or raise it.

        Args:
            request: what a client sends.
            deadline: not looked at: the answer is there.

        Raises:
            UnmatchedRequestError: an answer that fits is not left.
        """
        del deadline
        asked = _read(request.body)
        with self._lock:
            self.requests.append(asked)
            self.http_requests.append(request)
            number = len(self.requests)
            answer = self._next(asked, request.headers.get("idempotency-key", ""))
        while callable(answer):
            answer = _call(answer, asked)
        return _response(answer, asked, number)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed = True

    def __repr__(self) -> str:
        return f"FakeTransport(requests={len(self.requests)}, unused={len(self.unused())})"

    def _next(self, asked: ChatRequest, call: str) -> Answer:
        for rule in (*self._rules, self._others):
            answer = rule.next() if rule.matches(asked) else None
            if answer is not None:
                if call:
                    self._last_of_call[call] = answer
                return answer
        if call in self._last_of_call:
            return self._last_of_call[call]
        given = sum(len(rule.answers) for rule in (*self._rules, self._others))
        raise UnmatchedRequestError(
            f"This FakeTransport has no answer for request {len(self.requests)}, "
            f"{excerpt(_last_text(asked), 100)!r}: of {given} given, {len(self.unused())} are "
            "unused. Give it one more, or say repeat_last=True."
        )


def _checked(answers: tuple[Any, ...]) -> tuple[Answer, ...]:
    for answer in answers:
        if isinstance(answer, Exception):
            fits = isinstance(answer, TransportFailure | CorechatError | OSError)
        elif isinstance(answer, int):
            fits = 300 <= answer <= 599  # noqa: PLR2004 - RFC 9110 §15
        elif isinstance(answer, list | tuple):
            fits = bool(answer) and all(isinstance(one, ToolCall) for one in answer)
        else:
            plain = isinstance(answer, str | BaseModel | Mapping | HttpResponse | BaseException)
            fits = plain or (callable(answer) and not isinstance(answer, type))
        if not fits:
            raise ConfigurationError(
                f"A FakeTransport cannot answer {excerpt(repr(answer), 100)}. An answer is a text, "
                "a tool_call or a list of them, a model, a mapping, an error status (300 to 599), "
                "an HttpResponse, an exception of a transport, of corechat or of the network "
                "(OSError), or a callable that returns one."
            )
    return answers


def _call(answer: Callable[[ChatRequest], Answer], asked: ChatRequest) -> Answer:
    try:
        given = answer(asked)
    except (TransportFailure, CorechatError, OSError) as error:
        return error
    except Exception as error:
        raise ConfigurationError(
            f"The callable that a FakeTransport was given raised {type(error).__name__}: {error}"
        ) from error
    return _checked((given,))[0]


def _read(body: bytes) -> ChatRequest:
    fields: dict[str, Any] = from_json(body)
    known = {name: fields[name] for name in fields if name in ChatRequest.model_fields}
    try:
        return ChatRequest(**known, **_extra(fields, known))
    except RequestValidationError:  # an extra_body is sent unchecked
        known = {name: fields[name] for name in ("messages", "model") if name in fields}
        return ChatRequest(**known, **_extra(fields, known))


def _extra(fields: dict[str, Any], known: dict[str, Any]) -> Any:
    extra = {name: value for name, value in fields.items() if name not in known}
    return {"extra_body": extra} if extra else {}


def _last_text(request: ChatRequest) -> str:
    content: Any = getattr(request.messages[-1], "content", "")
    if isinstance(content, str):
        return content
    return "\n".join(str(getattr(part, "text", "")) for part in content or ())


def _response(answer: Answer, asked: ChatRequest, number: int) -> HttpResponse:
    """Write the response that stands for an answer, or raise what stands for it."""
    if isinstance(answer, HttpResponse):
        return answer
    if isinstance(answer, BaseException):
        raise _failure(answer)
    if isinstance(answer, int):
        return error_response(answer)
    if isinstance(answer, ChatResponse):
        return _json(answer.model_dump(mode="json", exclude_unset=True))
    if isinstance(answer, Mapping):
        return _json(answer)
    return _json(
        {
            "id": f"chatcmpl-{number}",
            "object": "chat.completion",
            "created": _CREATED,
            "model": asked.model or "fake",
            "choices": [{"index": 0, **_choice(answer, number)}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
        }
    )


def _choice(answer: Any, number: int) -> dict[str, object]:
    message: dict[str, object] = {"role": "assistant", "content": None}
    if isinstance(answer, str):
        return {"message": {**message, "content": answer}, "finish_reason": "stop"}
    if isinstance(answer, BaseModel) and not isinstance(answer, ToolCall):
        content = answer.model_dump_json(by_alias=True)
        return {"message": {**message, "content": content}, "finish_reason": "stop"}
    calls = [answer] if isinstance(answer, ToolCall) else answer
    written = [
        {"id": f"call-{number}-{index}", **call.model_dump(mode="json", exclude_unset=True)}
        for index, call in enumerate(calls)
    ]
    return {"message": {**message, "tool_calls": written}, "finish_reason": "tool_calls"}


def _failure(error: BaseException) -> BaseException:
    """Return what a transport raises where a library raises this."""
    if isinstance(error, TimeoutError):
        return TimeoutFailure(str(error) or "the deadline passed")
    if isinstance(error, OSError):
        sent = not isinstance(error, ConnectionRefusedError)
        return ConnectionFailure(str(error) or "the connection failed", sent=sent)
    return error.with_traceback(None)


def _json(
    body: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    fields = Headers({"content-type": "application/json"}).replace(headers or {})
    return HttpResponse(status, fields, to_json(body))
