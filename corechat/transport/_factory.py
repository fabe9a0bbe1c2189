"""What factories share: what they say of themselves, and a check of the options of a pool."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from corechat._errors.before import ConfigurationError
from corechat.transport._deadline import LONGEST

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


def check_pool(max_connections: object, keepalive_expiry: object) -> None:
    """Check the options of a pool of connections, of which `PooledTransport` tells.

    Args:
        max_connections: a whole number, at least 1.
        keepalive_expiry: a number of seconds, from 0 to a million.

    Raises:
        ConfigurationError: one is of another kind or out of range; the message names it.
    """
    limit, expiry = max_connections, keepalive_expiry
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise ConfigurationError(
            f"max_connections must be a whole number, at least 1, not {limit!r}."
        )
    if (
        isinstance(expiry, bool)
        or not isinstance(expiry, int | float)
        or not 0 <= expiry <= LONGEST
    ):
        raise ConfigurationError(
            f"keepalive_expiry must be a number of seconds, at least 0 and at most {LONGEST}, "
            f"not {expiry!r}."
        )
