"""OpenResponse: models that take whatever a server sends, and give it back unchanged."""

from collections.abc import Collection, Iterable, Mapping
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Optional,
    TypeAlias,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, Field

from corechat._errors.text import brief_repr

T = TypeVar("T")
_OF_STREAMS = frozenset({"index"})

if TYPE_CHECKING:
    Open: TypeAlias = T | None
    Real: TypeAlias = float
else:
    Real = Annotated[int | float, Field(union_mode="left_to_right")]  # a 1 does not become a 1.0

    class Open:
        """Type an optional field, and keep a server's value of another type as it is.

        A checker reads ``Open[int]`` as ``int | None``, which every documented server keeps to. One
        that does not is not refused: its value stays, and is dumped as it came. So does an item
        of another type in a list, beside items that are read.
        """

        def __class_getitem__(cls, item: Any) -> Any:
            if get_origin(item) is list and get_args(item) != (Any,):
                item = list[cls[get_args(item)[0]]]
            return Optional[Annotated[Union[item, Any], Field(union_mode="left_to_right")]]  # noqa: UP007, UP045 - written at run time


class OpenResponse(BaseModel):
    """A part of an answer: frozen; unknown fields are kept and reachable as attributes.

    ``model_dump(exclude_unset=True)`` gives the server's JSON back.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), strict=True, defer_build=True
    )

    def __eq__(self, other: object) -> bool:
        """Compare what the server sent, not what the client added."""
        if not isinstance(other, OpenResponse) or type(self) is not type(other):
            return NotImplemented
        return (self.__dict__, self.model_extra) == (other.__dict__, other.model_extra)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show what the server said, and nothing else."""
        return [(name, value) for name, value in super().__repr_args__() if value is not None]

    def __repr__(self) -> str:
        return brief_repr(type(self).__name__, self.__repr_args__())

    __str__ = __repr__

    __hash__ = None  # type: ignore[assignment]  # it holds lists and dicts


def repeated(given: Mapping[str, Any], keys: Collection[str], prefix: str = "") -> dict[str, Any]:
    """Choose what is repeated of a part of an answer, by its keys' paths.

    Args:
        given: the part's keys and values.
        keys: paths such as ``tool_calls.extra_content``; ``*`` stands for every key but one
            that only streams need.
        prefix: the path of the part.
    """
    chosen = given.keys() - _OF_STREAMS if f"{prefix}*" in keys else set[str]()
    return {
        name: value
        for name, value in given.items()
        if value is not None and (name in chosen or f"{prefix}{name}" in keys)
    }
