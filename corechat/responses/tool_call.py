"""ToolCall: what the model asked to have called."""

from corechat.responses.base import Open, OpenResponse


class FunctionCall(OpenResponse):
    """Name a function and its arguments.

    Attributes:
        name: the function's name.
        arguments: a JSON text, as the model wrote it: it may be cut or wrong.
    """

    name: Open[str] = None
    arguments: Open[str] = None


class CustomCall(OpenResponse):
    """Name a custom tool and its input (OpenAI).

    Attributes:
        name: the tool's name.
        input: free text.
    """

    name: Open[str] = None
    input: Open[str] = None


class ToolCall(OpenResponse):
    """Call one tool.

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

    @property
    def name(self) -> str:
        """The name of the tool called; ``""`` where the server gave none."""
        called = self.function if isinstance(self.function, FunctionCall) else self.custom
        return getattr(called, "name", None) or ""

    @property
    def arguments(self) -> str:
        """The arguments as the model wrote them: a JSON text, or a custom tool's input."""
        if isinstance(self.function, FunctionCall):
            return self.function.arguments or ""
        return getattr(self.custom, "input", None) or ""
