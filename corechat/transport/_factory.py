"""What a factory says of itself: the library that it needs, the promises that it cannot keep."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import TypeVar

from corechat._errors.before import MissingDependencyError

_F = TypeVar("_F", bound=Callable[..., object])
_ATTRIBUTE = "corechat_needs"


def needs(module: str, install: str) -> Callable[[_F], _F]:
    """Mark a factory with the library that it needs.

    Args:
        module: the library's import name, for example ``"aiohttp"``.
        install: what to give to ``pip install``, for example ``"corechat[aiohttp]"``.

    Returns:
        A decorator that returns the factory itself.
    """

    def mark(factory: _F) -> _F:
        setattr(factory, _ATTRIBUTE, (module, install))
        return factory

    return mark


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:  # a parent package is missing
        return False


def check_needs(name: str, factory: object) -> None:
    """Check that what a factory needs is installed; nothing is imported.

    Args:
        name: the backend's name, for the message.
        factory: perhaps marked by `needs`.

    Raises:
        MissingDependencyError: it is not; the message holds the ``pip install`` line.
    """
    module, install = getattr(factory, _ATTRIBUTE, ("", ""))
    if module and not _is_installed(module):
        raise MissingDependencyError(
            f"The backend {name!r} needs the library {module}: pip install '{install}'"
        )


ATTRIBUTE = "conformance_exceptions"


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
