"""OpenResponse: models that take whatever a server sends, and give it back unchanged."""

from collections.abc import Iterable
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

if TYPE_CHECKING:
    Open: TypeAlias = T | None
else:

    class Open:
        """Type an optional field, and keep a server's value of another type as it is.

        A checker reads ``Open[int]`` as ``int | None``, which every documented server keeps to. One
        that does not is not refused: its value stays, and is dumped as it came. So does an item
        of another type in a list, beside items that are read. Only models need to be read.
        """

        def __class_getitem__(cls, item: Any) -> Any:
            if get_origin(item) is list:
                one = cls[get_args(item)[0]]
                item = Any if one is Any else list[one]
            elif not (isinstance(item, type) and issubclass(item, BaseModel)):
                item = Any
            if item is Any:
                return Any
            return Optional[Annotated[Union[item, Any], Field(union_mode="left_to_right")]]  # noqa: UP007, UP045 - written at run time


class OpenResponse(BaseModel):
    """Hold a part of an answer: frozen; unknown fields are kept and reachable as attributes.

    ``model_dump(exclude_unset=True)`` gives the server's JSON back. What the client adds stands in
    the object's ``__dict__``, as a cached property does, under a name that is not a field's.
    """

    model_config = ConfigDict(
        frozen=True, extra="allow", protected_namespaces=(), strict=True, defer_build=True
    )

    def __eq__(self, other: object) -> bool:
        """Compare what the server sent, not what the client added."""
        if not isinstance(other, OpenResponse) or type(self) is not type(other):
            return NotImplemented
        return dict(self) == dict(other)

    def to_dict(self) -> dict[str, Any]:
        """Return what the server sent, as JSON data."""
        return self.model_dump(mode="json", exclude_unset=True)

    def to_json(self, *, indent: int | None = 2) -> str:
        """Write what the server sent as JSON.

        Args:
            indent: spaces a level; None for one line.
        """
        return self.model_dump_json(exclude_unset=True, indent=indent)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show only what the server said."""
        return [(name, value) for name, value in super().__repr_args__() if value is not None]

    def __repr__(self) -> str:
        return brief_repr(type(self).__name__, self.__repr_args__())

    __str__ = __repr__

    __hash__ = None  # type: ignore[assignment]  # it holds lists and dicts
