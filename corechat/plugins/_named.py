"""Plugins: from entry points and named objects to backends, providers and hooks.

A plugin is imported when its name is asked for; a broken one does not stop the others; a name that
two of them claim is an error.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import pluggy

from corechat._errors.base import CorechatError
from corechat._errors.before import (
    BackendNotFoundError,
    ConfigurationError,
    PluginError,
    ProviderNotFoundError,
)
from corechat._errors.text import describe_exception, excerpt, one_of, shown_name
from corechat._http.messages import HttpRequest, HttpResponse
from corechat._providers.known import PROVIDERS
from corechat._providers.provider import Provider
from corechat.plugins import _hookspecs as hookspecs
from corechat.plugins._around import Around, PlainCall, around
from corechat.plugins._entries import entries, label, load
from corechat.transport import Transport, TransportFactory
from corechat.transport._deadline import Deadline

RECORDER = "replay"

Send = Callable[[HttpRequest, Deadline], HttpResponse]


def collect(plugin: object, name: str) -> tuple[dict[str, TransportFactory], dict[str, Provider]]:
    """Return the backends and the providers that one plugin offers, by name.

    Raises:
        PluginError: a hook fails, is misspelt, or returns something else than a mapping.
    """
    manager = _manager({name: plugin})
    backends: dict[str, TransportFactory] = {}
    providers: dict[str, Provider] = {}
    try:
        for offered in manager.hook.corechat_register_backends():
            backends.update(offered)
        for known in manager.hook.corechat_register_providers():
            providers.update(known)
    except Exception as error:  # noqa: BLE001 - a broken plugin may raise anything
        raise _fails_to_register(name, error) from None
    return backends, providers


def collect_commands(plugin: object, name: str) -> list[object]:
    """Return the subcommands of ``corechat``, click's, that one plugin offers.

    Raises:
        PluginError: a hook fails, is misspelt, or returns something else than a list.
    """
    manager = _manager({name: plugin})
    try:
        return [one for some in manager.hook.corechat_register_commands() for one in some]
    except Exception as error:  # noqa: BLE001 - a broken plugin may raise anything
        raise _fails_to_register(name, error) from None


def _fails_to_register(name: str, error: Exception) -> PluginError:
    return PluginError(f"The plugin {label(name)} fails to register: {describe_exception(error)}")


def _manager(plugins: Mapping[str, object]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for name, plugin in plugins.items():
        try:
            manager.register(plugin, name)
            manager.check_pending()  # else a misspelt hook name would pass silently
        except (pluggy.PluginValidationError, ValueError) as error:
            raise PluginError(f"The plugin {label(name)}: {excerpt(str(error), 500)}") from None
    return manager


class NamedPlugins:
    """Hold the plugins that one client's caller named: entry points' names, modules or objects."""

    def __init__(self, plugins: Iterable[str | object] = ()) -> None:
        self._plugins: dict[str, object] = {}
        for plugin in plugins:
            if isinstance(plugin, str):
                loaded = load(plugin)
                if loaded is None:
                    names = [entry.name for entry in entries()]
                    raise PluginError(
                        f"No plugin is named {shown_name(plugin)}. {one_of(plugin, names)}"
                    )
                self._add(plugin, loaded)
            else:
                kind = type(plugin)
                self._add(
                    getattr(plugin, "__name__", f"{kind.__module__}.{kind.__qualname__}"), plugin
                )

    def _add(self, name: str, plugin: object) -> None:
        if any(plugin is known for known in self._plugins.values()):
            return  # named twice, by the caller and by the environment
        numbered = (f"{name} {number}" for number in itertools.count(2))
        unused = (one for one in itertools.chain([name], numbered) if one not in self._plugins)
        self._plugins[next(unused)] = plugin

    def find_backend(self, name: str) -> TransportFactory:
        """Return the factory of a backend.

        Raises:
            BackendNotFoundError: it is not offered; the message lists what there is.
            PluginError: two plugins claim it, or its plugin is broken.
        """
        factory = self._find(name, 0)
        if factory is None:
            names = sorted({entry.name for entry in entries()})
            if name in names:
                raise BackendNotFoundError(
                    f"The plugin {label(name)} does not offer a backend; name it beside one: "
                    f"plugins=[{name!r}]."
                )
            raise BackendNotFoundError(
                f"No backend is named {shown_name(name)}. {one_of(name, names)} "
                "A backend of another distribution must be installed first."
            )
        if not callable(factory):
            raise PluginError(
                f"The backend {label(name)} is registered as a {type(factory).__name__}, "
                "not a factory."
            )
        return cast("TransportFactory", factory)

    def find_provider(self, name: str) -> Provider:
        """Return a provider by its name.

        Raises:
            ProviderNotFoundError: it is not offered; the message lists what there is.
            PluginError: two plugins claim it, or its plugin is broken.
        """
        if not isinstance(name, str):
            raise ConfigurationError(
                f"provider must be a provider's name, not a {type(name).__name__}."
            )
        provider: object = PROVIDERS.get(name)
        if provider is None or self._offers(name, 1):
            provider = self._find(name, 1, {} if provider is None else {"corechat": provider})
        if provider is None:
            raise ProviderNotFoundError(
                f"No provider is named {shown_name(name)}. {one_of(name, sorted(PROVIDERS))} "
                "For any other server give its base_url=."
            )
        if not isinstance(provider, Provider):
            raise PluginError(
                f"The provider {label(name)} is registered as a {type(provider).__name__}, "
                "not a Provider."
            )
        return provider

    def _offers(self, name: str, kind: int) -> dict[str, object]:
        offers: dict[str, object] = {}
        for plugin_name, plugin in self._plugins.items():
            found = cast("dict[str, object]", collect(plugin, plugin_name)[kind])
            if name in found:
                offers[plugin_name] = found[name]
        return offers

    def _find(
        self, name: str, kind: int, built_in: Mapping[str, object] | None = None
    ) -> object | None:
        offers = {**(built_in or {}), **self._offers(name, kind)}
        if name not in self._plugins:
            plugin = load(name)
            if plugin is not None and all(plugin is not known for known in self._plugins.values()):
                found = cast("dict[str, object]", collect(plugin, name)[kind])
                if name in found:
                    offers[name] = found[name]
        if len(offers) > 1:
            raise PluginError(f"The name {name!r} is claimed by {' and '.join(sorted(offers))}.")
        return next(iter(offers.values()), None)

    def record(
        self,
        transport: Transport,
        path: str,
        mode: str,
        options: Mapping[str, Any],
        *,
        shared: bool,
    ) -> Transport:
        """Return a transport that records what another carries, by the hook `corechat_record`."""
        recorders = dict(self._plugins)
        if RECORDER not in recorders:
            recorders = {RECORDER: load(RECORDER), **recorders}  # pluggy asks the last one first
        manager = _manager({name: plugin for name, plugin in recorders.items() if plugin})
        try:
            recording = manager.hook.corechat_record(
                transport=transport, path=path, mode=mode, options=options, shared=shared
            )
        except CorechatError:
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            raise PluginError(f"Recording cannot begin: {describe_exception(error)}") from None
        if recording is None:
            raise PluginError(f"Nothing records: the plugin {RECORDER!r} is not there.")
        return cast("Transport", recording)

    def sender(self, transport: Transport) -> Send:
        """Return what sends: the hook `corechat_send` where a plugin has it, else the transport."""
        manager = _manager(self._plugins)
        if not manager.hook.corechat_send.get_hookimpls():
            return transport.send
        manager.register(_TransportSend())

        def send(request: HttpRequest, deadline: Deadline) -> HttpResponse:
            return cast(
                "HttpResponse",
                manager.hook.corechat_send(request=request, transport=transport, deadline=deadline),
            )

        return send

    def around(self, provider: Provider, url: str) -> Around | None:
        """Return what calls the hook `corechat_complete`; None where plugins do not have it."""
        manager = _manager(self._plugins)
        if not manager.hook.corechat_complete.get_hookimpls():
            return None
        manager.register(PlainCall())
        return around(manager.hook, provider, url)


class _TransportSend:
    @hookspecs.hookimpl(trylast=True)
    def corechat_send(
        self, request: HttpRequest, transport: Transport, deadline: Deadline
    ) -> HttpResponse:
        return transport.send(request, deadline)


def find_backend(name: str) -> TransportFactory:
    """Return the factory of a backend of the installed plugins, as `NamedPlugins` finds it."""
    return NamedPlugins().find_backend(name)
