"""Read YAML cassettes on PyYAML's C parser, without building what a cassette never holds.

Unknown tags, deep nesting and aliases that stand for too much are refused before they cost
anything: PyYAML's own safe loader takes all three.
"""

import binascii
import functools
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from corechat.errors import MissingDependencyError
from corechat_replay.cassette.bodies import MAX_DEPTH, DamageError
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES

if TYPE_CHECKING:
    from yaml.nodes import Node

_TAG = "tag:yaml.org,2002:"
_STR = _TAG + "str"
_NULL, _BOOL, _INT, _FLOAT = (_TAG + kind for kind in ("null", "bool", "int", "float"))
_BINARY = _TAG + "binary"
_ISTR = _TAG + "python/object/apply:multidict._multidict.istr"  # aiohttp's header names
_LIST, _MAP = _TAG + "seq", _TAG + "map"
_NODE_SIZE = 32  # about what a node takes beside its text
# YAML 1.2's reading of JSON's own words (§10.2): what YAML 1.1 adds (yes, 1:30, 0o17, dates) is
# text to other writers, and PyYAML and Psych put quotes around text that looks like it
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), _NULL),
    **dict.fromkeys(("true", "True", "TRUE", "false", "False", "FALSE"), _BOOL),
}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("-0123456789")


def read_yaml(text: str) -> object:
    """Read one YAML document into mappings, lists, str, bytes, int, float, bool and None.

    Raises MissingDependencyError without PyYAML; DamageError, which says the line, if the document
    is damaged, holds an unknown tag or more than a hundred levels, or if its aliases, written out,
    would be over 32 MB.
    """
    try:
        import yaml  # noqa: PLC0415 - an optional dependency
    except ImportError:
        raise MissingDependencyError(
            "This cassette is YAML, and reading YAML needs PyYAML: pip install 'corechat[yaml]'. "
            "Cassettes that corechat writes are JSON and need no library."
        ) from None
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the second is ten times slower
    try:
        node = _loader_class(base)(text).get_single_node()
        return None if node is None else _Builder().build(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise DamageError(f"{line}{error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise DamageError(f"damaged YAML ({str(error).splitlines()[0][:80]})") from None


@functools.cache
def _loader_class(base: type[Any]) -> type[Any]:
    return type("BoundedLoader", (_Bounded, base), {})


class _Bounded:
    """What replaces PyYAML's resolver: it counts levels, and knows the tags of plain scalars."""

    depth = 0

    def descend_resolver(self, parent: "Node | None", _index: object) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH and parent is not None:
            raise DamageError(
                f"{_line(parent)}the document is nested deeper than {MAX_DEPTH} levels"
            )

    def ascend_resolver(self) -> None:
        self.depth -= 1

    def resolve(self, kind: "type[Any]", value: str | None, implicit: Sequence[bool]) -> str:
        if value is None:
            return _LIST if kind.id == "sequence" else _MAP
        if not implicit[0]:  # written in quotes
            return _STR
        if value[:1] in _NUMBER_STARTS:
            number = _NUMBER.fullmatch(value)
            if number is not None:
                return _FLOAT if number[1] or number[2] else _INT
        return _WORDS.get(value, _STR)


class _Builder:
    def __init__(self) -> None:
        self._seen: set[int] = set()
        self._expanded = 0

    def build(self, node: "Node", depth: int = 0) -> object:
        tag = node.tag
        value: Any = node.value
        if id(node) in self._seen:  # an alias stands for it, or for what holds it
            self._expanded += _NODE_SIZE + len(value)
            if self._expanded > MAX_CASSETTE_BYTES:
                raise DamageError(f"{_line(node)}aliases stand for over 32 MB; write the file anew")
        self._seen.add(id(node))
        if tag == _STR:
            return value
        if depth > MAX_DEPTH:  # behind aliases; the loader counts the levels that are written out
            raise DamageError(f"{_line(node)}the document is nested deeper than {MAX_DEPTH} levels")
        if tag == _MAP:
            return {self._key(key, depth): self.build(item, depth + 1) for key, item in value}
        if tag == _LIST:
            return [self.build(item, depth + 1) for item in value]
        if tag not in _SCALARS or not isinstance(value, str):
            name = tag.replace(_TAG, "!!")[:80]
            raise DamageError(f"{_line(node)}the tag {name!r} is refused; only !!binary is read")
        try:
            return _SCALARS[tag](value)
        except ValueError:
            what = (
                "the value of !!binary is not Base64" if tag == _BINARY else "this is not a number"
            )
            raise DamageError(f"{_line(node)}{what}") from None

    def _key(self, node: "Node", depth: int) -> object:
        parts: list[Node] | str = node.value
        if node.tag == _ISTR and parts and not isinstance(parts, str):
            return self._key(parts[0], depth + 1)
        key = self.build(node, depth + 1)
        if isinstance(key, list | dict):
            raise DamageError(f"{_line(node)}a key is not text")
        if key == "<<" and not getattr(node, "style", None):  # in quotes it is a text
            raise DamageError(f"{_line(node)}a merge key (<<) is not read; write it out")
        return key


def _binary(text: str) -> bytes:
    return binascii.a2b_base64("".join(text.split()).encode("ascii"), strict_mode=True)


# int() itself refuses thousands of digits
_SCALARS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys((_STR, _TAG + "timestamp", "!"), str),
    _NULL: lambda _: None,
    _BOOL: lambda text: text.lower() == "true",
    _INT: int,
    _FLOAT: float,
    _BINARY: _binary,
}


def _line(node: "Node") -> str:
    mark = node.start_mark
    return "" if mark is None else f"line {mark.line + 1}: "
