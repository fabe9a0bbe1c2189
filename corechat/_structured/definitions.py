"""Definitions: the schemas of one document that references name, and their names in ``$defs``."""

import re
from typing import Any

from corechat._structured.pointers import local_pointer, look_up, split
from corechat._structured.vocabulary import ANNOTATIONS, JsonSchema, is_object

_AWKWARD = re.compile(r"[^A-Za-z0-9_.-]+")


class UnresolvedReferenceError(LookupError):
    """A ``$ref`` names nothing in its document, or only itself."""


class Definitions:
    """Resolve the references of a document, and gather what its new ``$defs`` will hold.

    Args:
        document: the whole schema.

    Attributes:
        document: the same.
        written: the new ``$defs``: name to rewritten schema.
    """

    def __init__(self, document: JsonSchema) -> None:
        self.document = document
        self.written: dict[str, JsonSchema] = {}
        self._names: dict[str, str] = {}

    def pointer(self, reference: Any) -> str | None:
        """Find what a ``$ref`` names.

        Args:
            reference: the value of ``$ref``.

        Returns:
            The pointer to it; None where it names nothing in this document.
        """
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
        """Follow references that stand alone, to the first schema that is none.

        Args:
            at: the pointer to a schema.
            node: the schema.

        Returns:
            The pointer to the schema reached, and that schema.

        Raises:
            UnresolvedReferenceError: a reference names nothing, or leads back to itself.
        """
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
        """Tell whether a schema already has a name in the new ``$defs``."""
        return pointer in self._names

    def reserve(self, pointer: str) -> None:
        """Give a schema its name, so that a recursion finds it."""
        last = split(pointer)[-1] if pointer else str(self.document.get("title", "Root"))
        base = _AWKWARD.sub("_", last).strip("_") or "Definition"
        name, number = base, 2
        while name in self.written:
            name, number = f"{base}_{number}", number + 1
        self._names[pointer] = name
        self.written[name] = {}

    def fill(self, pointer: str, schema: JsonSchema) -> None:
        """Put the rewritten schema under its name."""
        self.written[self._names[pointer]] = schema

    def reference(self, pointer: str) -> str:
        """Write the new ``$ref`` to a schema that has a name."""
        return f"#/$defs/{self._names[pointer]}"


def stands_alone(node: JsonSchema) -> bool:
    """Tell whether a reference has nothing beside it that says anything.

    Args:
        node: a schema with ``$ref``.
    """
    return not node.keys() - (ANNOTATIONS - {"description"}) - {"$ref"}
