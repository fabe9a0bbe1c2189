"""ClientParts: what carries a client's calls, made from its settings once."""

import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from corechat._call.attempts import Dispatcher
from corechat._call.call_errors import CallErrors
from corechat._call.decode import Decoder
from corechat._call.encode import Encoder
from corechat._call.settings import OPTION_NAMES, Settings
from corechat._providers.base_url import BaseUrl, find_base_url
from corechat._providers.environment import names_in
from corechat._providers.key import find_key
from corechat._providers.known import CUSTOM
from corechat._providers.provider import Provider
from corechat._providers.proxy import find_proxy, without_credentials
from corechat.errors import ConfigurationError
from corechat.plugins._making import check_transport, make_transport
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
    """

    provider: Provider
    transport: Transport
    encoder: Encoder
    dispatcher: Dispatcher


def make_parts(
    settings: Settings, api_key: Callable[[], str] | None, environ: Mapping[str, str]
) -> ClientParts:
    """Make a client's parts; raise `ConfigurationError` where a setting cannot be used."""
    plugins = NamedPlugins([*settings.plugins, *names_in(environ.get(PLUGINS_VARIABLE, ""))])
    name = settings.provider
    if name is None and settings.base_url is None:
        name = DEFAULT_PROVIDER
    provider = CUSTOM if name is None else plugins.find_provider(name)
    base = find_base_url(
        provider, settings.base_url, environ, allow_insecure=settings.allow_insecure
    )
    options = _options(settings, base, environ)
    transport = _connect(settings, plugins, options)
    with contextlib.ExitStack() as undo:
        if isinstance(settings.backend, str):  # a transport that was given is the caller's
            undo.callback(transport.close)
        if settings.record is not None:
            path = os.fspath(settings.record)
            mode = "once" if settings.record_mode is None else settings.record_mode
            transport = plugins.record(transport, path, mode, settings.record_options)
        brought: str | None = getattr(transport, "endpoint", None) or None
        if brought is not None and settings.provider is None and settings.base_url is None:
            provider, base = CUSTOM, BaseUrl.parse(brought, allow_insecure=True)
        key = find_key(provider, api_key, environ) if brought is None else None
        errors = CallErrors(base.address, options, key)
        parts = ClientParts(
            provider=provider,
            transport=transport,
            encoder=Encoder(base, provider, key, settings.headers),
            dispatcher=Dispatcher(
                transport,
                settings.backend_name,
                base.address,
                errors,
                Decoder(errors, options),
                plugins.sender(),
                sleeps=brought is None,
            ),
        )
        undo.pop_all()
        return parts


def _options(settings: Settings, base: BaseUrl, environ: Mapping[str, str]) -> TransportOptions:
    proxy = find_proxy(base.base, environ)
    if proxy is not None:
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


def _connect(settings: Settings, plugins: NamedPlugins, options: TransportOptions) -> Transport:
    backend, own = settings.backend, settings.options
    if isinstance(backend, str):
        factory = plugins.find_backend(backend)
        return make_transport(backend, factory, options, own, OPTION_NAMES)
    if own:
        raise ConfigurationError(
            f"Options {', '.join(own)} were given beside a transport; they are for "
            "backends chosen by name."
        )
    return check_transport(settings.backend_name, backend)
