"""FunctionTool: what the model is told of a tool, and how its arguments are read."""

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, Generic, ParamSpec, TypeVar, get_origin, overload

from pydantic import BaseModel

from corechat._providers.schema_rules import UNKNOWN, SchemaRules
from corechat._structured import strict_schema
from corechat._structured.checker import SchemaChecker
from corechat._structured.document import has_object_root
from corechat._structured.readers import Reader, read_object, schema_reader, type_reader
from corechat._structured.schema_of_type import adapter_of, schema_of
from corechat._structured.vocabulary import JsonSchema
from corechat._tools.signature import innermost, not_a_tool, read_docstring, read_parameters
from corechat.errors import ConfigurationError
from corechat.requests import FunctionDefinition, Tool

P = ParamSpec("P")
R_co = TypeVar("R_co", covariant=True)
Q = ParamSpec("Q")  # P and R_co are the class's own, which a call through the class leaves unknown
S = TypeVar("S")
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


class FunctionTool(Generic[P, R_co]):
    """Offer a tool to the model, and read the arguments with which it is called.

    Made by `tool`, `from_function`, `from_model` or `from_schema`. One made from a function can
    still be called like it.

    Attributes:
        name: what the model calls it by.
        description: what it does and when to call it.
        parameters: the JSON Schema of its arguments.
        strict: whether the model must keep to the schema exactly.
    """

    def __init__(  # noqa: PLR0913 - one each of what a tool is made of
        self,
        name: str,
        description: str,
        parameters: JsonSchema,
        reader: Reader,
        call: Callable[[Any], Any] | None = None,
        *,
        strict: bool = False,
        function: Callable[P, R_co] | None = None,
    ) -> None:
        if not _NAME.fullmatch(name):
            reason = "its name may hold letters, digits, _ and -, at most 64; say name=…"
            raise not_a_tool(repr(name), [("name", reason)])
        self.name = name
        self.description = description
        self.parameters = parameters
        self.strict = strict
        self._reader = reader
        self._call = call
        self._function = function
        if function is not None:
            functools.update_wrapper(self, function, updated=())

    @classmethod
    def from_function(
        cls,
        function: Callable[Q, S],
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool = False,
    ) -> "FunctionTool[Q, S]":
        """Make a tool of a function: its signature, annotations and docstring say the rest.

        Args:
            function: a function, bound method or partial, not an async one; a model, dataclass,
                TypedDict or other type is one of `from_model`.
            name: what the model calls it by; the function's own name.
            description: what it does; the docstring's text.
            strict: whether the model must keep to the schema exactly.

        Raises:
            RequestValidationError: the function cannot be a tool.
            MissingDependencyError: its docstring has sections, and docstring_parser is missing.
        """
        if _is_model(function):
            model: Any = FunctionTool.from_model
            made: FunctionTool[Q, S] = model(
                function, name=name, description=description, strict=strict
            )
            return made
        called = name or str(getattr(innermost(function), "__name__", type(function).__name__))
        if _is_async(function):
            reason = "it is async, and corechat is synchronous; wrap it: asyncio.run(…)"
            raise not_a_tool(called, [("", reason)])
        docs = read_docstring(_own_docstring(function), called)
        parameters = read_parameters(function, called, docs)
        adapter = adapter_of(parameters.model)
        schema = schema_of(adapter, called)
        schema.pop("title", None)
        read = type_reader(adapter, parameters.arguments)
        run = functools.partial(parameters.call, function)
        text = docs.description if description is None else description
        return FunctionTool(called, text, schema, read, run, strict=strict, function=function)

    @classmethod
    def from_model(
        cls,
        model: type[BaseModel] | Any,
        *,
        name: str | None = None,
        description: str | None = None,
        strict: bool = False,
        function: Callable[[Any], Any] | None = None,
    ) -> "FunctionTool[..., Any]":
        """Make a tool of a pydantic model, dataclass or TypedDict: its fields are the arguments.

        Args:
            model: the type of the arguments.
            name: what the model calls it by; the type's own name.
            description: what it does; the type's docstring.
            strict: whether the model must keep to the schema exactly.
            function: what to call with an instance of it, if the tool is to be run.

        Raises:
            RequestValidationError: the type does not have the JSON Schema of an object.
        """
        called = name or str(getattr(model, "__name__", "tool"))
        adapter = adapter_of(model)
        schema = dict(schema_of(adapter, called))
        if not has_object_root(schema):
            raise not_a_tool(called, [("", "arguments are an object, which this type is not")])
        schema.pop("title", None)
        text = schema.pop("description", "") if description is None else description
        return FunctionTool(called, text, schema, type_reader(adapter), function, strict=strict)

    @classmethod
    def from_schema(
        cls,
        name: str,
        parameters: Mapping[str, Any],
        *,
        description: str = "",
        strict: bool = False,
        function: Callable[[dict[str, Any]], Any] | None = None,
    ) -> "FunctionTool[..., Any]":
        """Make a tool of a JSON Schema.

        Args:
            name: what the model calls it by.
            parameters: the JSON Schema of its arguments.
            description: what it does.
            strict: whether the model must keep to the schema exactly.
            function: what to call with the dict of arguments, if the tool is to be run.

        Raises:
            RequestValidationError: the schema is not valid.
            MissingDependencyError: jsonschema is not installed.
        """
        schema = dict(parameters) or {"type": "object", "properties": {}}
        checker = SchemaChecker(schema, f"The schema of the tool {name}")
        read = schema_reader(checker, read_object)
        return FunctionTool(name, description, schema, read, function, strict=strict)

    def to_tool(self, rules: SchemaRules = UNKNOWN) -> Tool:
        """Write what a request offers.

        Args:
            rules: what the endpoint's strict mode takes.

        Raises:
            RequestValidationError: it is to be strict, and its schema cannot be.
        """
        fields: dict[str, Any] = {"name": self.name}
        if self.description:
            fields["description"] = self.description
        fields["parameters"] = self.parameters
        if self.strict:
            fields["parameters"] = strict_schema(self.parameters, rules, subject=self.name)
            fields["strict"] = True
        definition = FunctionDefinition(**fields)
        return Tool.model_validate({"type": "function", "function": definition})

    def read(self, arguments: str) -> Any:
        """Read arguments from a JSON text; a blank one and null stand for an empty object.

        Args:
            arguments: as the model wrote them.

        Returns:
            Of a function, a dict of its parameters' values; of a model, an instance; of a schema,
            a dict.

        Raises:
            UnreadableError: they do not fit; `validate_call` makes a `ToolCallError` of it.
        """
        # a custom tool has no parameters, and takes text
        blank = self.parameters and arguments.strip() in ("", "null")
        return self._reader("{}" if blank else arguments)

    @property
    def can_run(self) -> bool:
        """Whether the tool has a function to run."""
        return self._call is not None

    def run(self, arguments: Any) -> Any:
        """Run the tool.

        Args:
            arguments: as from `read`.

        Raises:
            ConfigurationError: it was made without a function.
        """
        if self._call is None:
            raise ConfigurationError(
                f"The tool {self.name} has no function to run; make it with function=…"
            )
        return self._call(arguments)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        """Call the function that the tool was made of."""
        if self._function is None:
            raise ConfigurationError(f"The tool {self.name} was not made of a function.")
        return self._function(*args, **kwargs)

    def __repr__(self) -> str:
        return f"FunctionTool({self.name})"


@overload
def tool(function: Callable[Q, S], /) -> FunctionTool[Q, S]: ...


@overload
def tool(
    *, name: str | None = None, description: str | None = None, strict: bool = False
) -> Callable[[Callable[Q, S]], FunctionTool[Q, S]]: ...


def tool(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    strict: bool = False,
) -> Any:
    """Make a tool of a function, as a decorator: ``@tool`` or ``@tool(strict=True)``.

    Args:
        function: the function decorated.
        name: what the model calls it by; the function's own name.
        description: what it does; the docstring's text.
        strict: whether the model must keep to the schema exactly.

    Raises:
        RequestValidationError: the function cannot be a tool.
    """
    make = functools.partial(
        FunctionTool.from_function, name=name, description=description, strict=strict
    )
    return make if function is None else make(function)


def _is_model(given: Any) -> bool:
    """Tell a type of arguments from a class whose constructor is a function like others."""
    if not isinstance(given, type) or get_origin(given) is not None:
        return get_origin(given) is not None
    # a NamedTuple is a tuple, and `__total__` a TypedDict's
    kinds = (BaseModel, Enum, tuple, list, set, frozenset)
    return issubclass(given, kinds) or is_dataclass(given) or hasattr(given, "__total__")


def _is_async(function: Any) -> bool:
    inner = innermost(function)
    candidates = (inner, getattr(inner, "__call__", None))  # noqa: B004 - the method is what counts
    return any(
        inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one) for one in candidates
    )


def _own_docstring(function: Any) -> str | None:
    inner = innermost(function)
    if inspect.isroutine(inner) or inspect.isclass(inner):
        return inner.__doc__
    return inspect.getdoc(type(inner).__call__)
