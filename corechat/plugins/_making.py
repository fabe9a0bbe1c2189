"""Call a backend's factory, and refuse by name the options that it does not take."""

import inspect
from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

from corechat._errors.base import CorechatError
from corechat._errors.before import ConfigurationError, MissingDependencyError, PluginError
from corechat._errors.text import describe_exception, one_of
from corechat.plugins._entries import label
from corechat.transport import Transport, TransportFactory, TransportOptions
from corechat.transport._factory import NEEDS

_NAMED = (inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def make_transport(  # noqa: PLR0913 - what a factory gets, and words for what it does not take
    name: str,
    factory: TransportFactory,
    options: TransportOptions,
    own: Mapping[str, Any],
    others: Iterable[str] = (),
    explained: Mapping[str, str] = MappingProxyType({}),
) -> Transport:
    """Make a backend's transport by its factory.

    An option that the factory does not take may be one of `others`, the client's, misspelt; or one
    of another library, for which it is explained what to use.

    Raises:
        ConfigurationError: an option is unknown or missing; the message lists the known ones.
        MissingDependencyError: the library that it needs is not installed.
        PluginError: the factory fails, or what it made is not a transport.
    """
    check_needs(name, factory)
    parameters = list(inspect.signature(factory).parameters.values())[1:]
    known = [parameter.name for parameter in parameters if parameter.kind in _NAMED]
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters)
    for option in own:
        if option not in known and not takes_any:
            if option in explained:
                raise ConfigurationError(f"{option}: {explained[option]}.")
            raise ConfigurationError(
                f"The backend {name!r} does not have an option {option!r}. "
                f"{one_of(option, known, others)}"
            )
    for parameter in parameters:
        needed = parameter.kind in _NAMED and parameter.default is inspect.Parameter.empty
        if needed and parameter.name not in own:
            raise ConfigurationError(f"The backend {name!r} needs the option {parameter.name}=.")
    try:
        transport = factory(options, **own)
    except CorechatError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        raise PluginError(
            f"The backend {label(name)} cannot be made: {describe_exception(error)}"
        ) from None
    missing = missing_methods(transport)
    if missing:
        kind = type(transport)
        raise PluginError(
            f"The backend {label(name)} gave a {kind.__module__}.{kind.__qualname__}, which "
            f"is not a transport: {missing} is missing."
        )
    return transport


def missing_methods(transport: object) -> str:
    """Name the method that an object lacks to be a transport; ``""`` where it has both."""
    for method in ("send", "close"):
        if isinstance(transport, type) or not callable(getattr(transport, method, None)):
            return f"{method}()"
    return ""


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:  # a parent package is missing
        return False


def check_needs(name: str, factory: object) -> None:
    """Check that what a factory needs is installed, without importing it.

    Args:
        name: the backend's name, for the message.
        factory: perhaps marked by `needs`.

    Raises:
        MissingDependencyError: it is not; the message holds the ``pip install`` line.
    """
    module, install = getattr(factory, NEEDS, ("", ""))
    if module and not _is_installed(module):
        raise MissingDependencyError(
            f"The backend {name!r} needs the library {module}: pip install '{install}'"
        )
