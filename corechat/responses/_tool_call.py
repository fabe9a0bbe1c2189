"""ToolCall: what the model asked to have called."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar

from corechat.requests._call_ids import name_text
from corechat.requests._json import arguments_text
from corechat.requests._repeating import repeat_call, repeat_function
from corechat.responses._base import Open, OpenResponse


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
        return repeat_function(self.model_dump(exclude_unset=True), keep)


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

    _validate: ClassVar[Any] = None
    _repeated_keys: ClassVar[tuple[str, ...]] = ()

    def repeat_with(self, keys: tuple[str, ...]) -> None:
        """Say which keys the endpoint wants to see again; the client does.

        Args:
            keys: as in `Provider.repeated_keys`.
        """
        vars(self)["_repeated_keys"] = keys

    def to_request(self, *, keep: Collection[str] | None = None) -> dict[str, Any]:
        """Make what repeats this call in the next request.

        Args:
            keep: the unknown keys to repeat, in place of the endpoint's own; as in
                `Provider.repeated_keys`.
        """
        keys = self._repeated_keys if keep is None else tuple(keep)
        return repeat_call(self.model_dump(exclude_unset=True), keys)

    def validate_with(self, validate: Callable[["ToolCall"], Any]) -> None:
        """Give the call the tools that were offered; the client does.

        Args:
            validate: reads the typed arguments.
        """
        vars(self)["_validate"] = validate

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
        return {**state, "__dict__": {**vars(self), "_validate": None}}

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
