"""What a docstring says of a function and its parameters: Google's, NumPy's or reST's style."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field

from corechat.errors import MissingDependencyError


@dataclass(frozen=True, slots=True)
class Docs:
    """Hold what a docstring says.

    Attributes:
        description: what the function does.
        parameters: a parameter's name to what it means.
    """

    description: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])


def read_docstring(text: str | None, name: str) -> Docs:
    """Read a docstring.

    Args:
        text: the docstring; one without a blank line is a description and no more.
        name: the function's name, for messages.

    Raises:
        MissingDependencyError: it has sections, and docstring_parser is not installed.
    """
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
