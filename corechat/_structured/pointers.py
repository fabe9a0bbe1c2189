"""JSON pointers (RFC 6901) into a schema."""

from typing import Any
from urllib.parse import unquote

from corechat._structured.vocabulary import is_list, is_object


def step(pointer: str, *names: str | int) -> str:
    """Write the pointer to something inside what a pointer names.

    Args:
        pointer: ``""`` for the whole document, or ``"/properties/a"``.
        names: keys or indexes to go down.
    """
    escaped = (str(name).replace("~", "~0").replace("/", "~1") for name in names)
    return "/".join([pointer, *escaped])


def split(pointer: str) -> list[str]:
    """Read the keys of a pointer.

    Args:
        pointer: ``""``, or starting with ``/``.
    """
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def local_pointer(reference: str) -> str | None:
    """Read a ``$ref`` into the same document.

    Args:
        reference: a ``$ref``, for example ``"#/$defs/Item"``.

    Returns:
        The pointer; None where it points elsewhere or to an anchor.
    """
    if reference == "#":
        return ""
    return unquote(reference[1:]) if reference.startswith("#/") else None


def look_up(document: Any, pointer: str) -> Any:
    """Find what a pointer names.

    Args:
        document: JSON data.
        pointer: as from `local_pointer`.

    Raises:
        LookupError: it names nothing.
    """
    value = document
    for part in split(pointer):
        if is_object(value):
            value = value[part]
        elif is_list(value) and part.isdigit():
            value = value[int(part)]
        else:
            raise LookupError(pointer)
    return value
