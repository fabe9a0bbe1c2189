"""What a function's docstring and signature say; its parameters as a pydantic model and back."""

import contextlib
import functools
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Optional, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from corechat._errors.text import exception_text, excerpt
from corechat._structured.answer_schema import description_in
from corechat._structured.schema_of_type import reason_of
from corechat.errors import MissingDependencyError, RequestValidationError

Parameter = inspect.Parameter
Problem = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Docs:
    """Hold what a docstring says of a function and, by name, of its parameters."""

    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


_MORE_PARAMETERS = ("Keyword Args", "Keyword Arguments", "Kwargs", "Other Args", "Other Parameters")
_TITLES = (*_MORE_PARAMETERS, "Args", "Arguments", "Params", "Parameters", "Returns", "Raises")
_TITLE = re.compile(rf"^({'|'.join(_TITLES)}):[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FIELD = re.compile(r"^(?:[:@]\w|-{3,}\s*$)", re.MULTILINE)
_AROUND_NAMES = " *-`"


def read_docstring(text: str | None, name: str) -> Docs:
    """Read a docstring in the style of Google, NumPy or reST; a paragraph is a description."""
    clean = inspect.cleandoc("\n".join((text or "").splitlines()))
    if "\n\n" not in clean and not _TITLE.search(clean) and not _FIELD.search(clean):
        return Docs(" ".join(clean.split()))
    try:
        from docstring_parser import ParseError, epydoc, google, numpydoc, rest  # noqa: PLC0415 - optional
    except ImportError:
        raise MissingDependencyError(
            f"The docstring of {name} has sections, which are read by the library "
            "docstring-parser: pip install 'corechat[tools]'"
        ) from None
    clean = "\n" + _TITLE.sub(lambda title: title[0].strip().title(), clean)
    opening = _TITLE.match(clean, 1)
    if opening and not clean[opening.end() :].startswith("\n "):
        # cleandoc took the indent of what follows a title in the first line for the margin
        clean = clean[: opening.end()] + textwrap.indent(clean[opening.end() :], "    ")
    kind = google.SectionType.MULTIPLE
    more = [google.Section(title, "param", kind) for title in _MORE_PARAMETERS]
    googles = google.GoogleParser([*google.DEFAULT_SECTIONS, *more])
    parsed = []
    for parse in (rest.parse, googles.parse, numpydoc.parse, epydoc.parse):
        with contextlib.suppress(ParseError):
            parsed.append(parse(clean))
    best = max(parsed, key=lambda one: len(one.meta), default=None)
    if best is None:
        return Docs(clean)
    parts = [(best.description or "").strip()]
    if best.returns and best.returns.description:
        parts.append(f"Returns: {best.returns.description.strip()}")
    return Docs(
        "\n\n".join(part for part in parts if part),
        {
            name.strip(_AROUND_NAMES): one.description.strip()
            for one in best.params
            if one.description
            for name in one.arg_name.split(",")
        },
    )


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hold the parameters of one function.

    Attributes:
        model: reads their values; a parameter's name is a field's alias.
        positional: the names of those that are given by position only.
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


def innermost(function: Any) -> Any:
    """Return the function that partials wrap."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


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
    target = innermost(function)
    if not inspect.isroutine(target) and not inspect.isclass(target):
        target = type(target).__call__
    if inspect.isclass(target):
        target = target.__init__
    try:
        return get_type_hints(target, include_extras=True)
    except Exception as error:  # noqa: BLE001 - an annotation that is a text may be any code
        reason = (
            f"an annotation cannot be resolved ({exception_text(error)}); its type must be global "
            "to the module"
        )
        raise not_a_tool(name, [("", reason)]) from None


def _field(parameter: Parameter, annotation: Any, text: str | None) -> tuple[Any, Any]:
    options: dict[str, Any] = {"alias": parameter.name}
    default = parameter.default
    if default is None or (isinstance(default, FieldInfo) and default.default is None):
        annotation = _nullable(annotation)
    if isinstance(default, FieldInfo):
        annotation = Annotated[annotation, default]
    elif default is not Parameter.empty:
        options["default"] = default
    metadata = get_args(annotation)[1:] if get_origin(annotation) is Annotated else ()
    if not any(isinstance(one, FieldInfo) and one.description for one in metadata):
        said = description_in(annotation) or text
        if said:
            options["description"] = said
    return annotation, Field(**options)


def _nullable(annotation: Any) -> Any:
    """Write ``x: str = None`` as the ``str | None`` that it means."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        return Annotated[_nullable(inner), *metadata]
    return Optional[annotation]  # noqa: UP045 - written at run time, an annotation of any kind


def _make_model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    config = ConfigDict(extra="forbid", title=name)
    try:
        return create_model("Arguments", __config__=config, **fields)
    except Exception:  # noqa: BLE001, S110 - pydantic's, pydantic-core's or a type's own; found below
        pass
    for key, (annotation, info) in fields.items():
        try:
            alone: dict[str, Any] = {key: (annotation, info)}
            create_model("Arguments", **alone)
        except Exception as error:  # noqa: BLE001 - as above
            raise not_a_tool(name, [(info.alias or key, reason_of(error))]) from None
    raise not_a_tool(name, [("", "pydantic cannot read its parameters")])
