"""ToolCall: what the model asked to have called."""

from collections.abc import Callable, Collection
from typing import Any

from pydantic import PrivateAttr
from pydantic_core import to_json

from corechat.requests._json import object_text, replace_half_surrogates
from corechat.responses._base import Open, OpenResponse, repeated


class FunctionCall(OpenResponse):
    """Hold the function of a tool call, and its arguments.

    Attributes:
        name: the function's name.
        arguments: a JSON text, as the model wrote it: it may be cut or wrong.
    """

    name: Open[str] = None
    arguments: Open[str] = None

    def to_request(self, *, keep: Collection[str] = ()) -> dict[str, Any]:
        """Make what repeats this call in the next request.

        Args:
            keep: the unknown keys to repeat, as in `Provider.repeated_keys`.
        """
        written = arguments_text(self.arguments).encode(errors="replace")
        arguments = object_text(replace_half_surrogates(written).decode())
        known = {"name": name_text(self.name) or "", "arguments": arguments}
        return {**repeated(self.model_extra or {}, keep, "tool_calls.function."), **known}


class CustomCall(OpenResponse):
    """Hold the custom tool of a tool call, and its input (OpenAI).

    Attributes:
        name: the tool's name.
        input: free text.
    """

    name: Open[str] = None
    input: Open[str] = None


class ToolCall(OpenResponse):
    """Hold one tool call: what the model asks to have called.

    Attributes:
        id: to be repeated in the tool message that answers it.
        type: ``"function"`` or ``"custom"``.
        function: the function, where it is one.
        custom: the custom tool, where it is one.
    """

    id: Open[str] = None
    type: Open[str] = None
    function: Open[FunctionCall] = None
    custom: Open[CustomCall] = None

    _validate: Callable[["ToolCall"], Any] | None = PrivateAttr(default=None)
    _repeated_keys: tuple[str, ...] = PrivateAttr(default=())

    def repeat_with(self, keys: tuple[str, ...]) -> None:
        """Say which keys the endpoint wants to see again; the client does.

        Args:
            keys: as in `Provider.repeated_keys`.
        """
        self._repeated_keys = keys

    def to_request(self, *, keep: Collection[str] | None = None) -> dict[str, Any]:
        """Make what repeats this call in the next request.

        Args:
            keep: the unknown keys to repeat, in place of the endpoint's own; as in
                `Provider.repeated_keys`.
        """
        keys = self._repeated_keys if keep is None else tuple(keep)
        kind = self.type if isinstance(self.type, str) and self.type else "function"
        made = repeated(self.model_extra or {}, keys, "tool_calls.")
        made |= {"id": name_text(self.id), "type": kind}
        if isinstance(self.function, FunctionCall):
            made["function"] = self.function.to_request(keep=keys)
        elif isinstance(self.custom, CustomCall):
            made["custom"] = {"name": self.name, "input": self.arguments}
        return made

    def validate_with(self, validate: Callable[["ToolCall"], Any]) -> None:
        """Give the call the tools that were offered; the client does.

        Args:
            validate: reads the typed arguments.
        """
        self._validate = validate

    def validated(self) -> Any:
        """Read the arguments, checked against the tool that was called.

        Returns:
            Of a function, a dict of its parameters' values; of a model, an instance; of a schema,
            a dict; of a custom tool, its text.

        Raises:
            UnknownToolError: a tool of this name was not offered.
            InvalidToolArgumentsError: the arguments are cut, not JSON, or do not fit.
            AttributeError: this call does not come from a client, or was pickled; use
                `corechat.validate_call` with the tools.
        """
        if self._validate is None:
            raise AttributeError("validated: use corechat.validate_call(call, tools)")
        return self._validate(self)

    def __getstate__(self) -> dict[Any, Any]:
        state = super().__getstate__()
        private = {**(state["__pydantic_private__"] or {}), "_validate": None}
        return {**state, "__pydantic_private__": private}

    @property
    def name(self) -> str:
        """The name of the tool called; ``""`` where the server gave none."""
        called = self.function if isinstance(self.function, FunctionCall) else self.custom
        return name_text(getattr(called, "name", None)) or ""

    @property
    def arguments(self) -> str:
        """The arguments as the model wrote them: a JSON text, or a custom tool's input.

        A server that sends the object itself gives its JSON text.
        """
        if isinstance(self.function, FunctionCall):
            return arguments_text(self.function.arguments)
        return arguments_text(getattr(self.custom, "input", None))


def name_text(value: object) -> str | None:
    """Return an id or a name, which a server may have sent as a number; else None."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def arguments_text(value: object) -> str:
    """Return the arguments of a call as a text; some servers send the JSON data itself."""
    if value is None or isinstance(value, str):
        return value or ""
    return to_json(value).decode()
