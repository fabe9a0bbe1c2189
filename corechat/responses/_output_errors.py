"""Errors about what a model wrote; they keep the whole answer, since it was paid for."""

from typing import Any, Literal, TypedDict

from corechat._errors.text import excerpt
from corechat.requests._json import object_text
from corechat.responses._api_errors import APIError, APIStatusError, BadRequestError
from corechat.responses._chat_response import ChatResponse
from corechat.responses._usage import Usage

_MOST_FOR_MODEL = 2000
_FIRST_CALL = "call_1"


OutputFailure = Literal[
    "length", "content_filter", "refusal", "empty", "invalid_json", "wrong_shape"
]
ArgumentsFailure = Literal["length", "invalid_json", "wrong_shape"]


class ErrorDetail(TypedDict):
    """Say one thing that is wrong with a value, in pydantic's words.

    Attributes:
        type: the kind of error, for example ``"missing"``, or the keyword of JSON Schema.
        loc: where it is: keys and indexes.
        msg: what is wrong.
    """

    type: str
    loc: tuple[str | int, ...]
    msg: str


def write_details(errors: tuple[ErrorDetail, ...], shown: int = 3) -> str:
    """Write error details as one line.

    Args:
        errors: what is wrong.
        shown: how many to write; the others are counted.
    """
    lines = [
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}".removeprefix(": ")
        for error in errors[:shown]
    ]
    more = f" … and {len(errors) - shown} more" if len(errors) > shown else ""
    return "; ".join(lines) + more


class StructuredOutputError(APIError):
    """Report that the answer is not the structured output that was asked for.

    Attributes:
        reason: ``"length"``: cut; ``"content_filter"``: stopped by the provider; ``"refusal"``:
            the model refused; ``"empty"``: without text; ``"invalid_json"``; ``"wrong_shape"``:
            JSON that does not fit the type or the schema.
        errors: what is wrong, where the shape is.
        text: the answer's text.
        usage: its tokens.
        response: the whole answer; None where a server refused its own model's output.
    """

    def __init__(  # noqa: PLR0913 - status, id and attempts are every APIError's
        self,
        message: str,
        *,
        reason: OutputFailure,
        errors: tuple[ErrorDetail, ...] = (),
        text: str = "",
        usage: Usage | None = None,
        response: ChatResponse | None = None,
        status_code: int = 200,
        request_id: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message, status_code=status_code, request_id=request_id, attempts=attempts)
        self.reason = reason
        self.errors = errors
        self.text = text
        self.usage = usage
        self.response = response


class RefusedOutputError(BadRequestError, StructuredOutputError):
    """Report a 400 in which the server refused its model's own JSON (Groq's json_validate_failed).

    Args:
        refusal: the error of the status; all that it says is kept.
    """

    def __init__(self, message: str, *, refusal: APIStatusError, **fields: Any) -> None:
        super(APIStatusError, self).__init__(message, **fields)  # past it: StructuredOutputError's
        vars(self).update(vars(refusal), message=self.message)


class ToolCallError(APIError):
    """Report that a tool call of the model cannot be carried out.

    Attributes:
        name: the tool that the model named; ``""`` if that cannot be read.
        arguments: the arguments as the model wrote them.
        tool_call_id: the call's id; None if the server gave none.
        response: the whole answer; None where a server refused its own model's call.
    """

    def __init__(  # noqa: PLR0913 - status, id and attempts are every APIError's
        self,
        message: str,
        *,
        name: str,
        arguments: str = "",
        tool_call_id: str | None = None,
        response: ChatResponse | None = None,
        status_code: int = 200,
        request_id: str | None = None,
        attempts: int = 1,
    ) -> None:
        super().__init__(message, status_code=status_code, request_id=request_id, attempts=attempts)
        self.name = name
        self.arguments = arguments
        self.tool_call_id = tool_call_id
        self.response = response

    def assistant_message(self) -> dict[str, Any]:
        """Make the message that repeats the call, for a conversation that does not hold it yet.

        Groq's ``tool_use_failed`` does not bring a message to repeat. Where an answer called
        several tools, ``response.message.to_request()`` repeats them all.
        """
        if not self.name:
            return {"role": "assistant", "content": self.arguments}
        function = {"name": self.name, "arguments": object_text(self.arguments)}
        call = {"id": self.tool_call_id or _FIRST_CALL, "type": "function", "function": function}
        return {"role": "assistant", "content": None, "tool_calls": [call]}

    def tool_message(self) -> dict[str, Any]:
        """Make the message that tells the model what was wrong, for asking again.

        Returns:
            A tool message; a user message where it cannot be read which tool was called.
        """
        content = excerpt(self._advice(), _MOST_FOR_MODEL)
        if not self.name:
            return {"role": "user", "content": content}
        # the calls of an answer without ids are told apart by their order
        identity = self.tool_call_id or (_FIRST_CALL if self.response is None else "")
        return {"role": "tool", "tool_call_id": identity, "content": content}

    def _advice(self) -> str:
        return self.message


class UnknownToolError(ToolCallError):
    """Report that the model called a tool that was not offered.

    Attributes:
        known: the names of the tools that were.
    """

    def __init__(self, message: str, *, known: tuple[str, ...] = (), **fields: Any) -> None:
        super().__init__(message, **fields)
        self.known = known

    def _advice(self) -> str:
        names = ", ".join(self.known)
        offered = f"Call one of: {names}." if names else "Answer without a tool."
        return f"Error: there is no tool named {self.name!r}. {offered}"


class InvalidToolArgumentsError(ToolCallError):
    """Report that the arguments of a tool call do not fit the tool's schema.

    Attributes:
        reason: ``"length"``: cut; ``"invalid_json"``; ``"wrong_shape"``: JSON that does not fit.
        errors: what is wrong, where the shape is.
    """

    def __init__(
        self,
        message: str,
        *,
        reason: ArgumentsFailure,
        errors: tuple[ErrorDetail, ...] = (),
        **fields: Any,
    ) -> None:
        super().__init__(message, **fields)
        self.reason = reason
        self.errors = errors

    def _advice(self) -> str:
        what = {
            "length": "they were cut off; write shorter ones",
            "invalid_json": f"they are not valid JSON ({write_details(self.errors)})",
            "wrong_shape": write_details(self.errors, shown=10),
        }[self.reason]
        return (
            f"Error: the arguments of the tool {self.name!r} are not valid: {what}. "
            "Call it again with arguments that fit its schema."
        )


class RefusedToolCallError(BadRequestError, ToolCallError):
    """Report a 400 in which the server refused its model's own tool call (Groq's tool_use_failed).

    There is not an answer to repeat: `assistant_message` and `tool_message` ask again.

    Args:
        refusal: the error of the status; all that it says is kept.

    Attributes:
        rest: what the model wrote after its first call, for example another one, else ``""``.
    """

    def __init__(self, message: str, *, refusal: APIStatusError, **fields: Any) -> None:
        super(APIStatusError, self).__init__(message, **fields)  # past it: that of the tool call
        vars(self).update(vars(refusal), message=self.message)
        self.rest = ""

    def tool_message(self) -> dict[str, Any]:
        """Make the message that tells the model what was wrong, and what of it was not read."""
        told = super().tool_message()
        if self.rest:
            told["content"] += (
                f" Not read, since it stood after that call: {excerpt(self.rest, 500)}"
            )
        return told


class RefusedUnknownToolError(RefusedToolCallError, UnknownToolError):
    """Report a 400 in which the server refused a call of a tool that was not offered."""


class RefusedToolArgumentsError(RefusedToolCallError, InvalidToolArgumentsError):
    """Report a 400 in which the server refused arguments that do not fit the tool's schema."""


class ToolNotCalledError(RefusedToolCallError):
    """Report a 400: ``tool_choice`` demands a call of a tool, and the model made none.

    `arguments` holds the text that the model wrote in place of a call.
    """

    def _advice(self) -> str:
        return "Error: a tool must be called. Call one of the offered tools."
