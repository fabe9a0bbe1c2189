"""The error of a wrong request, out of pydantic's: paths are shown as the API writes them."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from corechat._errors.before import RequestValidationError
from corechat._errors.text import nearest

_SHOWN = 5
_LONG = 64
_SHORT = "List should have at least"
_NO_INT = "Input should be a valid integer"
_CHOICES = frozenset(
    {"str", "int", "float", "bool", "ResponseFormat", "NamedToolChoice", "ImageUrl"}
)
_PLAIN = {
    "Tuple ": "List ",
    "valid tuple": "valid list",
    " after validation": "",
    "valid dictionary or instance of OtherMessage": "valid message: a dict or a corechat message",
}


def request_error(
    error: ValidationError, model: type[BaseModel], prefix: str = ""
) -> RequestValidationError:
    """Return the error of a wrong request: its first five problems, and of values the short ones.

    Names of the model's fields are suggested for unknown ones; the prefix stands before each path.
    """
    found = [_problem(details, model, prefix) for details in error.errors(include_url=False)]
    paths = Counter(path for path, _ in found)
    lists = {path[: at.start()] for path in paths for at in re.finditer(r"\[", path)}
    problems = tuple(
        dict.fromkeys(
            (path, text)
            for path, text in found
            # an item's own error makes pydantic count it out: that the list is short says nothing
            if not (text.startswith(_SHORT) and path in lists)
            # a number is an int or a float: that it is not an int says nothing beside the other
            if not (text.startswith(_NO_INT) and paths[path] > 1)
        )
    )
    lines = [f"{path}: {text}" if path else text for path, text in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"… and {len(problems) - _SHOWN} more")
    return RequestValidationError(
        f"This {model.__name__} is not valid, nothing was sent. " + "; ".join(lines), problems
    )


def _problem(details: ErrorDetails, model: type[BaseModel], prefix: str) -> tuple[str, str]:
    path = prefix + write_path(details["loc"])
    if details["type"] == "extra_forbidden":
        guess = nearest(str(details["loc"][-1]), model.model_fields)
        hint = f"did you mean {guess!r}? " if guess else ""
        return path, f"unknown parameter; {hint}what corechat does not know goes in extra_body"
    text = details["msg"].removeprefix("Value error, ")
    for word, plain in _PLAIN.items():
        text = text.replace(word, plain)
    return path, text + _shown(details)


def _shown(details: ErrorDetails) -> str:
    value: Any = details["input"]
    if details["type"] == "missing":
        return ""
    if isinstance(value, int) and value.bit_length() > _LONG:  # str() refuses the longest ones
        return f" (got a number of {value.bit_length()} bits)"
    if value is None or isinstance(value, int | float):
        return f" (got {value})"
    return f" (got {type(value).__name__})"  # a text may be a secret in the wrong place


def write_path(location: Iterable[str | int]) -> str:
    """Write a location of pydantic as the API does: ``messages[2].tool_call_id``."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif step not in _CHOICES and step.isidentifier():
            path += f".{step}" if path else step
    return path
