"""exempt: let a factory declare the promises of the conformance kit that do not apply to it."""

from collections.abc import Callable, Mapping
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])
ATTRIBUTE = "conformance_exceptions"


def exempt(reasons: Mapping[str, str]) -> Callable[[_F], _F]:
    """Declare what a transport does not promise, and why; the kit shows it, it hides nothing.

    Args:
        reasons: a promise's id, or a pattern of ids such as ``"deadline.*"``, to the reason.

    Returns:
        A decorator that returns the factory itself.
    """

    def mark(factory: _F) -> _F:
        setattr(factory, ATTRIBUTE, dict(reasons))
        return factory

    return mark
