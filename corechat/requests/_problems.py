"""The error of a wrong request, out of pydantic's: paths are shown as the API writes them."""

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from corechat._errors.before import RequestValidationError
from corechat._errors.text import near_miss, nearest

_SHOWN = 5
_LONG = 64
_SHORT = "List should have at least"
_VALID = "Input should be a valid "
_CHOICES = frozenset(
    {"str", "int", "float", "bool", "ResponseFormat", "NamedToolChoice", "ImageUrl"}
)
_PLAIN = {
    "Tuple ": "List ",
    "valid tuple": "valid list",
    " after validation": "",
    "dictionary or instance of OtherMessage": "message: a dict or a corechat message",
    "dictionary or instance of ": "dict or ",
    "dictionary": "dict",
}


def request_error(
    error: ValidationError, model: type[BaseModel], prefix: str = ""
) -> RequestValidationError:
    """Return the error of a wrong request: its first five problems, and of values the short ones.

    Names of the model's fields are suggested for unknown ones; the prefix stands before each path.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for details in error.errors(include_url=False):
        path, *problem = _problem(details, model, prefix)
        found.setdefault(path, []).append((problem[0], problem[1]))
    problems = tuple(
        (path, text)
        for path, texts in found.items()
        for text in _told(texts, inside=any(_is_inside(other, path) for other in found))
    )
    lines = [f"{path}: {text}" if path else text for path, text in problems[:_SHOWN]]
    if len(problems) > _SHOWN:
        lines.append(f"… and {len(problems) - _SHOWN} more")
    return RequestValidationError(
        f"This {model.__name__} is not valid, nothing was sent. " + "; ".join(lines), problems
    )


def _is_inside(path: str, outer: str) -> bool:
    return bool(outer) and path.startswith((f"{outer}[", f"{outer}."))


def _told(texts: list[tuple[str, str]], *, inside: bool) -> list[str]:
    """Write what is wrong at one path: each choice of a union has refused the value by itself."""
    told = [text + got for text, got in texts if not text.startswith((_VALID, _SHORT))]
    kinds = [text.removeprefix(_VALID) for text, _ in texts if text.startswith(_VALID)]
    if inside:  # what is wrong there says more than that the kind is wrong, too
        return told
    told += [text + got for text, got in texts if text.startswith(_SHORT)]
    if "number" in kinds:
        kinds = [kind for kind in kinds if kind != "integer"]
    if kinds:
        told.insert(0, f"{_VALID}{' or '.join(dict.fromkeys(kinds))}{texts[0][1]}")
    return list(dict.fromkeys(told))


def _problem(details: ErrorDetails, model: type[BaseModel], prefix: str) -> tuple[str, str, str]:
    """Return the path, the problem, and what was given."""
    path = prefix + write_path(details["loc"])
    if details["type"] == "extra_forbidden":
        guess = nearest(str(details["loc"][-1]), model.model_fields)
        hint = f"did you mean {guess!r}? " if guess else ""
        text = f"unknown parameter; {hint}what corechat does not know goes in extra_body"
        return path, text, ""
    if details["type"] == "missing":
        given: Any = details["input"]
        keys = [key for key in given if isinstance(key, str)] if isinstance(given, dict) else []
        guess = near_miss(details["loc"][-1], keys)
        return path, "Field required", f"; is it {guess!r} that was meant for it?" if guess else ""
    text = details["msg"].removeprefix("Value error, ")
    for word, plain in _PLAIN.items():
        text = text.replace(word, plain)
    return path, text, _shown(details)


def _shown(details: ErrorDetails) -> str:
    value: Any = details["input"]
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
