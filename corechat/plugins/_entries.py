"""Entry points of the group ``corechat``: who offers what; each is imported when asked for."""

import functools
import os
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from corechat._errors.base import CorechatError
from corechat._errors.before import PluginError
from corechat._errors.text import describe_exception
from corechat._providers.environment import names_in

GROUP = "corechat"
DISTRIBUTION = "corechat"
DISABLE_VARIABLE = "CORECHAT_DISABLE_PLUGINS"


def describe(entry: EntryPoint) -> str:
    """Return an entry point's distribution and version, for example ``"corechat 0.1.0"``."""
    return " ".join(owner(entry)).strip()


def owner(entry: EntryPoint) -> tuple[str, str]:
    """Return the name and the version of an entry point's distribution."""
    if entry.dist is None:
        return "an unknown distribution", ""
    return entry.dist.name, entry.dist.version


def entries() -> tuple[EntryPoint, ...]:
    """List the entry points of the group ``corechat`` that are not disabled, by name."""
    disabled = names_in(os.environ.get(DISABLE_VARIABLE, ""))
    return tuple(
        entry
        for entry in all_entries()
        if entry.name not in disabled and not ("*" in disabled and not is_built_in(entry))
    )


def is_built_in(entry: EntryPoint) -> bool:
    """Tell whether an entry point is corechat's own."""
    return entry.dist is not None and entry.dist.name == DISTRIBUTION


@functools.cache  # a scan of every installed distribution: some milliseconds
def all_entries() -> tuple[EntryPoint, ...]:
    """List the entry points of the group ``corechat``, by name; the scan is done once."""
    return tuple(sorted(entry_points(group=GROUP), key=lambda entry: entry.name))


def label(name: str) -> str:
    """Write a plugin's name for a message, with its distribution where an entry point has it.

    For example ``"'otel' of corechat-otel 1.2"``.
    """
    owners = [describe(entry) for entry in entries() if entry.name == name]
    return f"{name!r} of {' and '.join(owners)}" if owners else repr(name)


def load(name: str) -> object | None:
    """Import the plugin that has an entry point of this name; None where there is not one.

    Raises:
        PluginError: two distributions claim the name, or the plugin does not import.
    """
    found = [entry for entry in entries() if entry.name == name]
    if len(found) > 1:
        owners = " and ".join(sorted(describe(entry) for entry in found))
        raise PluginError(
            f"The plugin name {name!r} is claimed by {owners}. Uninstall one of them, or set "
            f"{DISABLE_VARIABLE}={name} and pass the transport itself."
        )
    return load_entry(found[0]) if found else None


def load_entry(entry: EntryPoint) -> object:
    """Import one entry point's plugin; raise `PluginError` if it does not import."""
    try:
        return cast("object", entry.load())
    except CorechatError:
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken plugin may raise anything
        raise PluginError(
            f"The plugin {entry.name!r} of {describe(entry)} does not import: "
            f"{describe_exception(error)}"
        ) from None
