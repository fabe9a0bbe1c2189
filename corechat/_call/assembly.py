"""Assembly: from a client's settings to the parts that carry its calls; decided once."""

import contextlib
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self, get_args

from corechat._call.attempts import Dispatcher
from corechat._call.decode import Decoder
from corechat._call.encode import Encoder, check_headers
from corechat._call.retry import check_retries
from corechat._http.messages import SECRET_HEADERS
from corechat._providers.base_url import BaseUrl
from corechat._providers.endpoint import find_base_url, find_key
from corechat._providers.environment import names_in
from corechat._providers.known import CUSTOM
from corechat._providers.provider import Provider
from corechat._providers.proxy import find_proxy, without_credentials
from corechat.errors import ConfigurationError
from corechat.plugins._making import check_transport, make_transport
from corechat.plugins._named import NamedPlugins
from corechat.transport import MIB, Transport, TransportOptions
from corechat.transport._deadline import Deadline

_log = logging.getLogger("corechat")
DEFAULT_PROVIDER = "groq"
PLUGINS_VARIABLE = "CORECHAT_PLUGINS"
_BOUNDS = ("max_error_body_bytes", "max_header_bytes")

Unsupported = Literal["error", "drop", "send"]


@dataclass(frozen=True)
class Settings:
    """Hold what a `Client` was made with, but for the key. It says what each field means."""

    backend: str | Transport = "httpx"
    provider: str | None = None
    base_url: str | None = None
    timeout: float = 60.0
    connect_timeout: float = 5.0
    max_retries: int = 2
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    plugins: Sequence[str | object] = ()
    record: str | os.PathLike[str] | None = None
    record_mode: str | None = None
    record_options: Mapping[str, Any] = field(default_factory=dict)
    unsupported: Unsupported = "error"
    allow_insecure: bool = False
    max_body_bytes: int = 32 * MIB
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        Deadline.after(self.connect_timeout)
        Deadline.after(self.timeout)
        check_retries(self.max_retries)
        object.__setattr__(self, "headers", check_headers(self.headers))  # a copy, too
        if not isinstance(self.plugins, list | tuple):
            raise ConfigurationError("plugins must be a list of names, modules or objects.")
        object.__setattr__(self, "plugins", tuple(self.plugins))
        self._check_recording()
        for name, value in self.bounds.items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"{name} must be a whole number of bytes, at least 1.")
        if self.unsupported not in get_args(Unsupported):
            raise ConfigurationError(
                f"unsupported must be one of {', '.join(get_args(Unsupported))}."
            )

    def _check_recording(self) -> None:
        if self.record is not None:
            object.__setattr__(self, "record", _path(self.record))
        elif self.record_mode is not None or self.record_options:
            raise ConfigurationError(
                "record_mode= and record_options= say how to record; name the file, too: "
                "record='cassettes/name.json'."
            )
        if not isinstance(self.record_options, Mapping):
            raise ConfigurationError("record_options must be a mapping of options to values.")

    @property
    def bounds(self) -> dict[str, int]:
        """What bounds a response: the fields of `TransportOptions` that the caller set."""
        given = {name: self.options[name] for name in _BOUNDS if name in self.options}
        return {"max_body_bytes": self.max_body_bytes, **given}

    def without_secrets(self) -> Self:
        """Give the settings to pickle.

        Raises:
            ConfigurationError: a header holds a secret, which must not be pickled and would be
                missing where the client lands.
        """
        for name in self.headers:
            if name.lower() in SECRET_HEADERS:
                raise ConfigurationError(
                    f"This client does not pickle: its header {name} holds a secret. Give it to "
                    "each call, or make the client where it is used."
                )
        return self

    @property
    def backend_name(self) -> str:
        """The backend's name, or the class of the transport given."""
        return self.backend if isinstance(self.backend, str) else type(self.backend).__name__


@dataclass(frozen=True)
class Assembly:
    """Hold the parts of a client.

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


def assemble(
    settings: Settings, api_key: Callable[[], str] | None, environ: Mapping[str, str]
) -> Assembly:
    """Put a client's parts together.

    Args:
        settings: what the caller said.
        api_key: gives the caller's key, or None for the environment's.
        environ: the environment.

    Raises:
        ConfigurationError: something of it is unknown, missing or unusable.
    """
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
        decoder = Decoder(
            max_body_bytes=options.max_body_bytes,
            max_error_body_bytes=options.max_error_body_bytes,
            key=key,
        )
        parts = Assembly(
            provider,
            transport,
            Encoder(base, provider, key, settings.headers),
            Dispatcher(
                transport,
                settings.backend_name,
                base.address,
                decoder,
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
        **settings.bounds,
        ca_file=environ.get("SSL_CERT_FILE") or None,
        ca_dir=environ.get("SSL_CERT_DIR") or None,
    )


def _connect(settings: Settings, plugins: NamedPlugins, options: TransportOptions) -> Transport:
    backend = settings.backend
    own = {name: value for name, value in settings.options.items() if name not in _BOUNDS}
    if isinstance(backend, str):
        return make_transport(backend, plugins.find_backend(backend), options, own)
    if own:
        raise ConfigurationError(
            f"Options {', '.join(own)} were given beside a transport; they are for "
            "backends chosen by name."
        )
    return check_transport(settings.backend_name, backend)


def _path(path: str | os.PathLike[str]) -> str:
    try:
        text = os.fsdecode(os.fsencode(path))
    except (TypeError, UnicodeEncodeError):
        text = ""
    if not text or "\0" in text or text.endswith(os.sep):
        raise ConfigurationError("record must be the path of a file.")
    return text
