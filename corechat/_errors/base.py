"""CorechatError: what all errors have in common."""

from typing import Any

from corechat._errors.text import bound


def _restore(cls: type["CorechatError"], message: str, state: dict[str, Any]) -> "CorechatError":
    error = cls.__new__(cls, message)
    error.__dict__.update(state)
    return error


class CorechatError(Exception):
    """Report what went wrong: base of every error that corechat raises.

    Attributes:
        message: what went wrong, which thing it was, and what to do about it; at most 1 kB.
    """

    def __init__(self, message: str) -> None:
        message = bound(message)
        super().__init__(message)
        self.message = message

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CorechatError) or type(self) is not type(other):
            return NotImplemented
        return self._fields() == other._fields()

    def __hash__(self) -> int:
        return hash((type(self), self.args))

    def _fields(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "__notes__"}

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.args[0] if self.args else "", dict(self.__dict__))
