"""TypedCall: one call's types on the way out, and its checked values on the way back."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from corechat._providers.schema_rules import SchemaRules
from corechat._structured import OutputType, structured_error_from_status
from corechat._tools import FunctionTool, tool_error_from_status, tool_names, validate_call
from corechat.errors import APIStatusError, CorechatError, RequestValidationError
from corechat.requests import ChatRequest, ResponseFormat
from corechat.responses import ChatResponse, ParsedChatResponse, ToolCall
from corechat.responses._message import tool_calls_of

_BESIDE_A_REQUEST = frozenset({"response_format", "tools"})
_API_FORMATS = frozenset({"text", "json_object", "json_schema"})


@dataclass(slots=True)
class TypedCall:
    """Hold a request and what its caller wants of the answer.

    Attributes:
        request: what is sent.
        output: the type of the answer; None for plain text.
        tools: what was offered, functions included.
        lenient: whether JSON may stand in a Markdown fence or after a ``<think>`` block.
    """

    request: ChatRequest
    output: OutputType[Any] | None
    tools: tuple[Any, ...]
    lenient: bool

    @classmethod
    def prepare(
        cls,
        request: ChatRequest | None,
        params: Mapping[str, Any],
        rules: SchemaRules,
        *,
        strict: bool,
        lenient: bool,
    ) -> "TypedCall":
        """Turn types and functions into what the API takes, by the endpoint's schema rules.

        Beside a request, ``params`` may hold only ``response_format`` and ``tools``.
        """
        wire = dict(params)
        if request is not None:
            _check_beside(request, wire)
        output = _output(wire.get("response_format"))
        if output is not None:
            wire["response_format"] = output.response_format(rules, strict=strict)
        tools = _tools(wire["tools"]) if "tools" in wire else ()
        if tools:
            wire["tools"] = [
                one.to_tool(rules) if isinstance(one, FunctionTool) else one for one in tools
            ]
        if request is None:
            request = ChatRequest(**wire)
        elif wire:
            request = request.replace(**wire)
        return cls(request, output, tools or request.tools or (), lenient)

    def finish(self, response: ChatResponse) -> ChatResponse:
        """Return the answer, with the value that was asked for: None where it calls tools instead.

        Raises:
            StructuredOutputError: the answer is not what was asked for; it keeps the answer.
        """
        for choice in response.choices:
            for call in tool_calls_of(choice.message):
                call.validate_with(self._validator(response))
        if self.output is None:
            return response
        if self._calls_first(response):
            return ParsedChatResponse.of(response, None)
        return ParsedChatResponse.of(response, self.output.parse(response, lenient=self.lenient))

    def _calls_first(self, response: ChatResponse) -> bool:
        """Tell whether the model wants a tool's result first, whatever text it has put beside."""
        function_call: Any = response.message.function_call
        called = response.tool_calls or getattr(function_call, "name", None)
        offered = self.tools or self.request.functions
        return bool(called) and (bool(offered) or not response.text.strip())

    def error(self, error: APIStatusError) -> CorechatError | None:
        """Return the error of output that the server itself refused (Groq); None if it did not."""
        return tool_error_from_status(error, self.tools) or self.output_error(error)

    def output_error(self, error: APIStatusError) -> CorechatError | None:
        """Return the error of JSON that the server itself refused; None if it did not."""
        if self.output is None:
            return structured_error_from_status(error)
        return structured_error_from_status(error, self.output.read)

    def _validator(self, response: ChatResponse) -> Callable[[ToolCall], Any]:
        return lambda call: validate_call(call, self.tools, response=response).arguments


def _check_names(tools: tuple[Any, ...]) -> None:
    names = tool_names(tools)
    twice = [name for number, name in enumerate(names) if name in names[:number]]
    if twice:
        raise RequestValidationError(
            f"Two tools are named {twice[0]}; say name=… for one of them.",
            (("tools", f"two are named {twice[0]}"),),
        )


def check_request(request: object) -> None:
    """Refuse what is not a request."""
    if not isinstance(request, ChatRequest):
        raise RequestValidationError(
            f"The request must be a ChatRequest, not a {type(request).__name__}; for a dict say "
            "ChatRequest(**parameters)."
        )


def runnable_tools(given: object) -> list[FunctionTool[..., Any]]:
    """Make tools of functions, or raise `RequestValidationError` where that cannot be."""
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        raise RequestValidationError(
            f"tools must be a list of functions, not a {type(given).__name__}.",
            (("tools", "not a list"),),
        )
    return [
        one if isinstance(one, FunctionTool) else FunctionTool.from_function(one) for one in given
    ]


def _check_beside(request: object, params: Mapping[str, Any]) -> None:
    check_request(request)
    others = sorted(set(params) - _BESIDE_A_REQUEST)
    if others:
        raise RequestValidationError(
            f"{', '.join(others)}: given beside a ChatRequest. Use request.replace(...)."
        )


def _output(given: Any) -> OutputType[Any] | None:
    if given is None or isinstance(given, ResponseFormat):
        return None
    if isinstance(given, Mapping) and given.get("type") in _API_FORMATS:
        return None
    try:
        return OutputType.of(given)
    except (TypeError, ValueError, RecursionError) as error:  # not a type, and too odd to be shown
        raise RequestValidationError(
            f"response_format is neither a type nor a schema nor a format of the API: {error}"
        ) from None


def _tools(given: Any) -> tuple[Any, ...]:
    if not isinstance(given, Iterable) or isinstance(given, str | bytes | Mapping):
        return ()  # None, or what the request itself refuses
    tools = tuple([FunctionTool.from_function(one) if _is_function(one) else one for one in given])
    if any(isinstance(one, FunctionTool) for one in tools):
        _check_names(tools)
    return tools


def _is_function(given: Any) -> bool:
    return callable(given) and not isinstance(given, FunctionTool)
