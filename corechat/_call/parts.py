"""ClientParts: what carries a client's calls, made from its settings once."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from corechat._call.attempts import Dispatcher
from corechat._call.call_errors import CallErrors
from corechat._call.decode import Decoder
from corechat._call.encode import Encoder
from corechat._call.other_clients import OPTIONS
from corechat._call.settings import OPTION_NAMES, Settings
from corechat._providers.base_url import BaseUrl, find_base_url
from corechat._providers.environment import CASSETTE, RECORD_MODE, names_in
from corechat._providers.key import find_key
from corechat._providers.known import CUSTOM
from corechat._providers.provider import Provider
from corechat._providers.proxy import find_proxy, without_credentials
from corechat.errors import ConfigurationError
from corechat.plugins._around import Around
from corechat.plugins._making import make_transport, missing_methods
from corechat.plugins._named import NamedPlugins
from corechat.transport import Transport, TransportOptions

_log = logging.getLogger("corechat")
DEFAULT_PROVIDER = "groq"
PLUGINS_VARIABLE = "CORECHAT_PLUGINS"


@dataclass(frozen=True)
class ClientParts:
    """Hold what carries a client's calls.

    Attributes:
        provider: whose endpoint it is.
        transport: carries the requests.
        encoder: writes them.
        dispatcher: sends them, and reads what comes back.
        around: runs the hooks around a whole call; None where plugins have none.
    """

    provider: Provider
    transport: Transport
    encoder: Encoder
    dispatcher: Dispatcher
    around: Around | None


def make_parts(
    settings: Settings, api_key: Callable[[], str] | None, environ: Mapping[str, str]
) -> ClientParts:
    """Make a client's parts; raise `ConfigurationError` where a setting cannot be used."""
    plugins = named_plugins(settings.plugins, environ)
    provider = choose_provider(plugins, settings.provider, settings.base_url)
    unusable: list[ConfigurationError] = []  # what stops a client that sends
    base = _find_base(provider, settings, environ, unusable)
    options = _options(settings, base, environ, unusable)
    shared = environ.get(CASSETTE, "") if settings.record is None else ""
    records = settings.record is not None or shared != ""
    transport = _connect(settings, plugins, options, unusable, records=records)
    with contextlib.ExitStack() as undo:
        if isinstance(settings.backend, str):  # a transport that was given is the caller's
            undo.callback(transport.close)
        shares = shared != "" and not getattr(transport, "endpoint", None)  # it would send
        if settings.record is not None or shares:
            transport = _record(transport, settings, shared, environ, plugins)
        brought: str | None = getattr(transport, "endpoint", None) or None
        if brought is None and unusable:
            raise unusable[0]
        if brought is not None and settings.base_url is None and not (shares and base is not None):
            provider = CUSTOM if settings.provider is None else provider
            base = _recorded_base(provider, base, BaseUrl.parse(brought, allow_insecure=True))
        assert base is not None  # noqa: S101 - where it could not be found, an error was raised
        key = find_key(provider, api_key, environ) if brought is None else None
        errors = CallErrors(base.address, options, key)
        headers = {**settings.account_headers(environ), **settings.headers}
        encoder = Encoder(base, provider, key, headers)
        parts = ClientParts(
            provider=provider,
            transport=transport,
            encoder=encoder,
            dispatcher=Dispatcher(
                plugins.sender(transport),
                settings.backend_name,
                base.address,
                errors,
                Decoder(errors, options, keep_bodies=settings.keep_bodies),
                sleeps=brought is None,
            ),
            around=plugins.around(provider, encoder.url.partition("?")[0]),
        )
        undo.pop_all()
        return parts


def named_plugins(given: Sequence[str | object], environ: Mapping[str, str]) -> NamedPlugins:
    """Return the plugins that the caller, or a variable, names."""
    return NamedPlugins([*given, *names_in(environ.get(PLUGINS_VARIABLE, ""))])


def choose_provider(plugins: NamedPlugins, name: str | None, base_url: str | None) -> Provider:
    """Return the provider of a name; without one the default, unless a base URL is given."""
    if name is None and base_url is None:
        name = DEFAULT_PROVIDER
    return CUSTOM if name is None else plugins.find_provider(name)


def _find_base(
    provider: Provider,
    settings: Settings,
    environ: Mapping[str, str],
    unusable: list[ConfigurationError],
) -> BaseUrl | None:
    try:
        base = find_base_url(provider, settings.base_url, environ, allow_insecure=True)
    except ConfigurationError as error:
        if settings.base_url is not None:
            raise
        unusable.append(error)
        return None
    if not settings.allow_insecure:
        with _kept(unusable):
            base.refuse_plain_http()
    return base


def _recorded_base(provider: Provider, found: BaseUrl | None, recorded: BaseUrl) -> BaseUrl:
    """Return the base for a transport that does not send, whatever the variables say."""
    if provider.base_url is None or (found is not None and found.base == recorded.base):
        return recorded
    return BaseUrl.parse(provider.base_url, allow_insecure=True)


@contextlib.contextmanager
def _kept(unusable: list[ConfigurationError]) -> Iterator[None]:
    try:
        yield
    except ConfigurationError as error:
        unusable.append(error)


def _options(
    settings: Settings,
    base: BaseUrl | None,
    environ: Mapping[str, str],
    unusable: list[ConfigurationError],
) -> TransportOptions:
    proxy = None
    if base is not None and isinstance(settings.backend, str):
        with _kept(unusable):
            proxy = find_proxy(base.base, environ)
    if base is not None and proxy is not None:
        _log.debug("requests to %s go through %s", base.host, without_credentials(proxy))
    return TransportOptions(
        connect_timeout=settings.connect_timeout,
        proxy=proxy,
        max_body_bytes=settings.max_body_bytes,
        max_error_body_bytes=settings.max_error_body_bytes,
        max_header_bytes=settings.max_header_bytes,
        ca_file=environ.get("SSL_CERT_FILE") or None,
        ca_dir=environ.get("SSL_CERT_DIR") or None,
    )


def _record(
    transport: Transport,
    settings: Settings,
    shared: str,
    environ: Mapping[str, str],
    plugins: NamedPlugins,
) -> Transport:
    if settings.record is None:
        mode = environ.get(RECORD_MODE) or "none"
        named = settings.provider is not None or settings.base_url is not None
        return plugins.record(transport, shared, mode, {"match_base_url": named}, shared=True)
    mode = "once" if settings.record_mode is None else settings.record_mode
    path = os.fspath(settings.record)
    return plugins.record(transport, path, mode, settings.record_options, shared=False)


def _connect(
    settings: Settings,
    plugins: NamedPlugins,
    options: TransportOptions,
    unusable: list[ConfigurationError],
    *,
    records: bool,
) -> Transport:
    backend, own = settings.backend, settings.options
    if isinstance(backend, str):
        factory = plugins.find_backend(backend)
        if records:
            with _kept(unusable):  # a recording may send nothing, and then uses none of these
                return make_transport(backend, factory, options, own, OPTION_NAMES, OPTIONS)
            options = replace(options, proxy=None, ca_file=None, ca_dir=None)
        return make_transport(backend, factory, options, own, OPTION_NAMES, OPTIONS)
    if own:
        raise ConfigurationError(
            f"Options {', '.join(own)} were given beside a transport; they are for "
            "backends chosen by name."
        )
    missing = missing_methods(backend)
    if missing:
        raise ConfigurationError(
            "backend must be a backend's name or a transport; this "
            f"{'class' if isinstance(backend, type) else type(backend).__name__} "
            f"{'must be made first' if isinstance(backend, type) else f'has no {missing}'}."
        )
    return backend
