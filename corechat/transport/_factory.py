"""What a factory says of itself: the library that it needs, the promises that it cannot keep."""

from collections.abc import Callable, Mapping
from typing import TypeVar

_F = TypeVar("_F", bound=Callable[..., object])
NEEDS = "corechat_needs"
ATTRIBUTE = "conformance_exceptions"


def needs(module: str, install: str) -> Callable[[_F], _F]:
    """Mark a factory with the library that it needs.

    Args:
        module: the library's import name, for example ``"aiohttp"``.
        install: what to give to ``pip install``, for example ``"corechat[aiohttp]"``.

    Returns:
        A decorator that returns the factory itself.
    """

    def mark(factory: _F) -> _F:
        setattr(factory, NEEDS, (module, install))
        return factory

    return mark


def conformance_exceptions(reasons: Mapping[str, str]) -> Callable[[_F], _F]:
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
