"""References within a schema: JSON pointers (RFC 6901), and the names of the new ``$defs``."""

import re
from typing import Any
from urllib.parse import unquote

from corechat._structured.vocabulary import ANNOTATIONS, JsonSchema, is_list, is_object

_AWKWARD = re.compile(r"[^A-Za-z0-9_.-]+")


def step(pointer: str, *names: str | int) -> str:
    """Write the pointer to what lies inside, by keys or indexes, for example ``/properties/a``."""
    escaped = (str(name).replace("~", "~0").replace("/", "~1") for name in names)
    return "/".join([pointer, *escaped])


def split(pointer: str) -> list[str]:
    """Split a pointer into its keys."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def local_pointer(reference: str) -> str | None:
    """Read the pointer in a ``$ref`` to the same document; None where it leads elsewhere."""
    if reference == "#":
        return ""
    return unquote(reference[1:]) if reference.startswith("#/") else None


def look_up(document: Any, pointer: str) -> Any:
    """Find what a pointer names, or raise LookupError."""
    value = document
    for part in split(pointer):
        if is_object(value):
            value = value[part]
        elif is_list(value) and part.isdigit():
            value = value[int(part)]
        else:
            raise LookupError(pointer)
    return value


class UnresolvedReferenceError(LookupError):
    """Report a ``$ref`` that leads nowhere in its document, or only to itself."""


class Definitions:
    """Resolve the references of a document, and gather its new ``$defs`` in `written`."""

    def __init__(self, document: JsonSchema) -> None:
        self.document = document
        self.written: dict[str, JsonSchema] = {}
        self._names: dict[str, str] = {}

    def pointer(self, reference: Any) -> str | None:
        """Find the pointer to what a ``$ref`` names; None where that is not in this document."""
        pointer = local_pointer(reference) if isinstance(reference, str) else None
        if pointer is None:
            return None
        try:
            look_up(self.document, pointer)
        except LookupError:
            return None
        return pointer

    def at(self, pointer: str) -> Any:
        """Give the schema that a pointer from `pointer` names."""
        return look_up(self.document, pointer)

    def follow(self, at: str, node: Any) -> tuple[str, Any]:
        """Follow references that stand alone; return the first other schema, with its pointer."""
        seen = {at}
        while is_object(node) and "$ref" in node and stands_alone(node):
            pointer = self.pointer(node["$ref"])
            if pointer is None:
                raise UnresolvedReferenceError(f"{node['$ref']!r} names nothing in this schema")
            if pointer in seen:
                raise UnresolvedReferenceError(f"{node['$ref']!r} leads back to itself")
            seen.add(pointer)
            at, node = pointer, self.at(pointer)
        return at, node

    def is_named(self, pointer: str) -> bool:
        """Tell whether the schema at a pointer already has a name in the new ``$defs``."""
        return pointer in self._names

    def reserve(self, pointer: str) -> None:
        """Name the schema at a pointer before rewriting, so that a recursion finds the name."""
        last = split(pointer)[-1] if pointer else str(self.document.get("title", "Root"))
        base = _AWKWARD.sub("_", last).strip("_") or "Definition"
        name, number = base, 2
        while name in self.written:
            name, number = f"{base}_{number}", number + 1
        self._names[pointer] = name
        self.written[name] = {}

    def fill(self, pointer: str, schema: JsonSchema) -> None:
        """Put a rewritten schema into the new ``$defs``, under its name."""
        self.written[self._names[pointer]] = schema

    def reference(self, pointer: str) -> str:
        """Write the new ``$ref`` to a schema that has a name."""
        return f"#/$defs/{self._names[pointer]}"


def stands_alone(node: JsonSchema) -> bool:
    """Tell whether a reference has only annotations beside it, and not a description."""
    return not node.keys() - (ANNOTATIONS - {"description"}) - {"$ref"}
