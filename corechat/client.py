"""Client: one endpoint, one transport, many calls."""

import logging
import os
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self, Unpack, overload

from corechat.backend_options import check_transport, make_transport
from corechat.base_url import BaseUrl
from corechat.completions import Chat
from corechat.deadline import Deadline
from corechat.decode import Decoder
from corechat.dispatch import Dispatcher
from corechat.encode import Encoder
from corechat.endpoint import find_base_url, find_key
from corechat.errors import ConfigurationError, RequestValidationError
from corechat.plugins import NamedPlugins
from corechat.providers import CUSTOM
from corechat.proxy import find_proxy, without_credentials
from corechat.requests import ChatParams, ChatRequest
from corechat.responses import ChatResponse
from corechat.transport import MIB, Transport, TransportOptions

_log = logging.getLogger("corechat")
DEFAULT_PROVIDER = "groq"
PLUGINS_VARIABLE = "CORECHAT_PLUGINS"


class Client:
    """Carry chat requests to one endpoint.

    Safe from many threads. It pickles as its configuration without the key, which is read again
    from the environment where it lands.

    Args:
        backend: the transport's name (``httpx``, ``httpx2``, ``aiohttp``, ``replay``,
            ``llamacpp``, or a plugin's), or a `Transport`.
        provider: an endpoint's name; ``groq`` unless ``base_url`` or the backend says otherwise.
        base_url: the endpoint's base, for any OpenAI-compatible server.
        api_key: the key; by default the provider's variable. A key of the environment is never
            sent to a ``base_url`` whose provider was not named.
        timeout: seconds for a whole call: connecting, sending, reading, retries and waits.
        connect_timeout: seconds for one connection, TLS included.
        max_retries: how often a call may be tried again.
        headers: more headers for every call.
        plugins: plugins whose hooks are to run: names, modules or objects. The variable
            CORECHAT_PLUGINS adds names, separated by commas.
        record: a cassette file; what the backend carries is recorded in it.
        record_mode: ``once`` records a file that is not there yet, and replays it afterwards
            without the network; ``new`` adds what is not in it; ``rewrite`` records anew;
            ``none`` only replays.
        allow_insecure: whether plain http may go further than loopback.
        max_body_bytes: the bound on an answer, also when inflated.
        options: the backend's own options.

    Raises:
        ConfigurationError: something of this is unknown, missing or unusable.
    """

    def __init__(  # noqa: PLR0913 - one keyword a decision, and all have defaults
        self,
        backend: str | Transport = "httpx",
        *,
        provider: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float = 60.0,
        connect_timeout: float = 5.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        plugins: Sequence[str | object] = (),
        record: str | os.PathLike[str] | None = None,
        record_mode: str = "once",
        allow_insecure: bool = False,
        max_body_bytes: int = 32 * MIB,
        **options: Any,
    ) -> None:
        self._config = {
            name: value
            for name, value in {**locals(), **options}.items()
            if name not in ("self", "api_key", "options")
        }
        Deadline.after(connect_timeout)
        Deadline.after(timeout)
        self._timeout = timeout
        self._max_retries = _check_retries(max_retries)
        self._closed = False
        found = NamedPlugins([*plugins, *_names(os.environ.get(PLUGINS_VARIABLE, ""))])
        named = provider or (DEFAULT_PROVIDER if base_url is None else None)
        chosen = CUSTOM if named is None else found.find_provider(named)
        base = find_base_url(chosen, base_url, os.environ, allow_insecure=allow_insecure)
        self._transport = self._connect(
            backend,
            found,
            TransportOptions(
                connect_timeout=connect_timeout,
                proxy=_proxy_for(base),
                max_body_bytes=max_body_bytes,
                ca_file=os.environ.get("SSL_CERT_FILE") or None,
                ca_dir=os.environ.get("SSL_CERT_DIR") or None,
            ),
            options,
        )
        if record is not None:
            self._transport = found.record(self._transport, os.fspath(record), record_mode)
        brought: str | None = getattr(self._transport, "endpoint", None) or None
        if brought is not None and provider is None and base_url is None:
            chosen, base = CUSTOM, BaseUrl.parse(brought, allow_insecure=True)
        key = find_key(chosen, api_key, os.environ) if brought is None else None
        self._encoder = Encoder(base, chosen, key, headers or {})
        self._dispatcher = Dispatcher(
            self._transport,
            backend if isinstance(backend, str) else type(backend).__name__,
            base.host,
            Decoder(max_body_bytes=max_body_bytes, key=key),
            found.sender(),
        )

    @overload
    def complete(
        self,
        request: ChatRequest,
        /,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> ChatResponse: ...

    @overload
    def complete(
        self,
        /,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        **params: Unpack[ChatParams],
    ) -> ChatResponse: ...

    def complete(
        self,
        request: ChatRequest | None = None,
        /,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        **params: Any,
    ) -> ChatResponse:
        """Carry one request and return the whole answer.

        Args:
            request: a `ChatRequest`; or leave it out and give its parameters as keywords.
            timeout: seconds for the whole call, in place of the client's.
            max_retries: in place of the client's.
            headers: more headers for this call.
            params: the parameters of `ChatRequest`; beside a request only ``extra_body``.

        Returns:
            The answer.

        Raises:
            RequestValidationError: the request is wrong; nothing was sent.
            APIConnectionError: no whole answer came; APITimeoutError: not in time.
            APIStatusError: the server refused or failed; the class names the status.
            APIResponseValidationError: a 2xx answer is no chat completion.
            ConfigurationError: the client is closed.
        """
        deadline = Deadline.after(self._timeout if timeout is None else timeout)
        retries = self._max_retries if max_retries is None else _check_retries(max_retries)
        if self._closed:
            raise ConfigurationError("This client is closed. Make a new one.")
        chat, extra_body = _one_request(request, params)
        message = self._encoder.encode(chat, headers=headers, extra_body=extra_body)
        return self._dispatcher.dispatch(message, deadline, retries)

    @property
    def chat(self) -> Chat:
        """The call that people already have: ``client.chat.completions.create(...)``."""
        return Chat(self.complete)

    def close(self) -> None:
        """Close the transport. May be called more than once."""
        self._closed = True
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Client({self._config['backend']!r}, {self._encoder.url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._config,)

    @staticmethod
    def _connect(
        backend: str | Transport,
        plugins: NamedPlugins,
        options: TransportOptions,
        own: Mapping[str, Any],
    ) -> Transport:
        if isinstance(backend, str):
            return make_transport(backend, plugins.find_backend(backend), options, own)
        if own:
            raise ConfigurationError(
                f"Options {', '.join(own)} were given beside a transport; they are for backends "
                "chosen by name."
            )
        return check_transport(type(backend).__name__, backend)


def _rebuild(config: dict[str, Any]) -> Client:
    return Client(**config)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _check_retries(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError(f"max_retries must be a whole number from 0, not {value!r}.")
    return value


def _proxy_for(base: BaseUrl) -> str | None:
    proxy = find_proxy(base.base, os.environ)
    if proxy is not None:
        _log.debug("requests to %s go through %s", base.host, without_credentials(proxy))
    return proxy


def _one_request(
    request: ChatRequest | None, params: Any
) -> tuple[ChatRequest, Mapping[str, Any] | None]:
    if request is None:
        return ChatRequest(**params), None
    if not isinstance(request, ChatRequest):
        raise RequestValidationError(
            f"The request must be a ChatRequest, not a {type(request).__name__}; for a dict say "
            "complete(**parameters)."
        )
    others = sorted(set(params) - {"extra_body"})
    if others:
        raise RequestValidationError(
            f"{', '.join(others)}: given beside a ChatRequest. Use request.replace(...)."
        )
    return request, params.get("extra_body")
