"""What a function's docstring and signature say; its parameters as a pydantic model and back."""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, create_model
from pydantic.errors import PydanticSchemaGenerationError
from pydantic.fields import FieldInfo

from corechat.errors import MissingDependencyError, RequestValidationError
from corechat.errors._text import excerpt

Parameter = inspect.Parameter
Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Docs:
    """What a docstring says of a function and, by name, of its parameters."""

    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


def read_docstring(text: str | None, name: str) -> Docs:
    """Read a docstring in the style of Google, NumPy or reST; a paragraph is a description."""
    clean = inspect.cleandoc(text or "")
    if "\n\n" not in clean and not clean.startswith(":"):
        return Docs(" ".join(clean.split()))
    try:
        import docstring_parser  # noqa: PLC0415 - optional
    except ImportError:
        raise MissingDependencyError(
            f"The docstring of {name} has sections, which are read by the library "
            "docstring-parser: pip install 'corechat[tools]'"
        ) from None
    try:
        parsed = docstring_parser.parse(clean)
    except docstring_parser.ParseError:
        return Docs(clean)
    return Docs(
        (parsed.description or "").strip(),
        {one.arg_name: one.description.strip() for one in parsed.params if one.description},
    )


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of one function.

    Attributes:
        model: reads their values; a parameter's name is a field's alias.
        positional: the names of those that take no keyword.
        always: the names of those whose default is in a ``Field``, which Python cannot fill in.
    """

    model: type[BaseModel]
    positional: tuple[str, ...]
    always: frozenset[str]

    def arguments(self, values: BaseModel) -> dict[str, Any]:
        """Gather the arguments of a call: those given, and defaults that Python cannot fill in."""
        given: dict[str, Any] = {}
        for key, info in self.model.model_fields.items():
            name = info.alias or key
            if key in values.model_fields_set or name in self.positional or name in self.always:
                given[name] = getattr(values, key)
        return given

    def call(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """Call the function whose parameters these are."""
        first = [arguments[name] for name in self.positional]
        rest = {name: value for name, value in arguments.items() if name not in self.positional}
        return function(*first, **rest)


def read_parameters(function: Callable[..., Any], name: str, docs: Docs) -> Parameters:
    """Read the parameters of a function from its signature, or say why it cannot be a tool."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise not_a_tool(name, [("", f"its signature cannot be read: {error}")]) from None
    problems = [problem for problem in map(_problem, parameters) if problem]
    if parameters and _is_self(parameters[0]):
        problems.append((parameters[0].name, "a method; make the tool of the bound method"))
    if problems:
        raise not_a_tool(name, problems)
    hints = _hints(function, name)
    fields: dict[str, Any] = {
        f"p{number}": _field(one, hints.get(one.name, Any), docs.parameters.get(one.name))
        for number, one in enumerate(parameters)
    }
    return Parameters(
        _make_model(name, fields),
        tuple(one.name for one in parameters if one.kind is Parameter.POSITIONAL_ONLY),
        frozenset(one.name for one in parameters if isinstance(one.default, FieldInfo)),
    )


def not_a_tool(name: str, problems: list[Problem]) -> RequestValidationError:
    """Make the error that says why something cannot be a tool, by parameter or ``""``."""
    shown = "; ".join(f"{where}: {text}" if where else text for where, text in problems)
    return RequestValidationError(
        excerpt(f"{name} cannot be a tool. {shown}", 1000), tuple(problems)
    )


def _problem(parameter: Parameter) -> Problem | None:
    if parameter.kind is Parameter.VAR_POSITIONAL:
        return f"*{parameter.name}", "a model names its arguments; take a list instead"
    if parameter.kind is Parameter.VAR_KEYWORD:
        return f"**{parameter.name}", "a model needs to know the names; take a dict or a model"
    return None


def _is_self(parameter: Parameter) -> bool:
    return parameter.name in ("self", "cls") and parameter.annotation is Parameter.empty


def _hints(function: Callable[..., Any], name: str) -> dict[str, Any]:
    target: Any = function
    while isinstance(target, functools.partial):
        target = target.func
    if not inspect.isroutine(target) and not inspect.isclass(target):
        target = type(target).__call__
    if inspect.isclass(target):
        target = target.__init__
    try:
        return get_type_hints(target, include_extras=True)
    except NameError as error:
        reason = (
            f"an annotation cannot be resolved ({error}); its type must be global to the module"
        )
        raise not_a_tool(name, [("", reason)]) from None


def _field(parameter: Parameter, annotation: Any, text: str | None) -> tuple[Any, Any]:
    options: dict[str, Any] = {"alias": parameter.name}
    if isinstance(parameter.default, FieldInfo):
        annotation = Annotated[annotation, parameter.default]
    elif parameter.default is not Parameter.empty:
        options["default"] = parameter.default
    if text and not _described(annotation):
        options["description"] = text
    return annotation, Field(**options)


def _described(annotation: Any) -> bool:
    if get_origin(annotation) is not Annotated:
        return False
    _, *metadata = get_args(annotation)
    return any(isinstance(one, FieldInfo) and one.description for one in metadata)


def _make_model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    config = ConfigDict(extra="forbid", title=name)
    try:
        return create_model("Arguments", __config__=config, **fields)
    except (PydanticSchemaGenerationError, PydanticUserError):
        pass
    for key, (annotation, info) in fields.items():
        try:
            alone: dict[str, Any] = {key: (annotation, info)}
            create_model("Arguments", **alone)
        except (PydanticSchemaGenerationError, PydanticUserError) as error:
            reason = str(error).partition("\n")[0]
            raise not_a_tool(name, [(info.alias or key, reason)]) from None
    raise not_a_tool(name, [("", "pydantic cannot read its parameters")])
