"""BaseUrl: an endpoint's base, checked once; and which one a client uses."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from corechat._providers.provider import Provider
from corechat.errors import ConfigurationError

_VERSION = re.compile(r"/v\d")


@dataclass(frozen=True, slots=True)
class BaseUrl:
    """Hold a checked base URL.

    Attributes:
        base: scheme, host, port and path, without a slash at the end.
        query: what follows the path of every request (Azure's ``api-version=…``), else ``""``.
        host: the host alone, for logs and for the choice of a proxy.
    """

    base: str
    query: str
    host: str

    @classmethod
    def parse(cls, text: str, *, allow_insecure: bool = False, default_path: str = "") -> Self:
        """Return a base URL if it is http(s), holds no secret, and sends none in clear.

        The default path is added where the text's own path does not name a version such as ``/v1``.
        """
        if not isinstance(text, str):
            raise ConfigurationError(f"base_url must be a text, not a {type(text).__name__}.")
        text = text.strip()
        _check_characters(text)
        try:
            parts = urlsplit(text)
            host, _ = parts.hostname or "", parts.port
        except ValueError as error:
            raise ConfigurationError(f"The base URL is not valid: {error}.") from None
        _check(parts, host, allow_insecure=allow_insecure)
        path = parts.path.rstrip("/")
        if default_path and not _VERSION.search(path):
            first = f"/{default_path.split('/')[1]}"  # a path that ends in it is half complete
            path = path.removesuffix(first) + default_path
        if path.endswith("/chat/completions"):
            raise ConfigurationError(
                "The base URL must end before /chat/completions; corechat adds it."
            )
        return cls(f"{parts.scheme}://{parts.netloc}{path}", parts.query, host)

    @property
    def address(self) -> str:
        """Host and port as the URL has them, for messages."""
        return self.base.partition("://")[2].partition("/")[0]

    def join(self, path: str) -> str:
        """Return the URL of a path below the base; the path begins with a slash."""
        return f"{self.base}{path}{f'?{self.query}' if self.query else ''}"


def _check_characters(text: str) -> None:
    # urlsplit drops some of these, and what was read would not be what is sent
    if not text.isascii() or not text.isprintable() or any(one in text for one in " \\#"):
        raise ConfigurationError(
            "The base URL holds a fragment, a space, a backslash, a control or a non-ASCII "
            "character."
        )


def _check(parts: SplitResult, host: str, *, allow_insecure: bool) -> None:
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(
            "The base URL must be http:// or https:// with a host, for example "
            "https://api.groq.com/openai/v1."
        )
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"The base URL of host {host} holds a user or password; give the key as api_key=."
        )
    if parts.scheme == "http" and not allow_insecure and not is_loopback(host):
        raise ConfigurationError(
            f"Plain http to {host} would send key and prompts in clear. Use https, or say "
            "allow_insecure=True."
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def find_base_url(
    provider: Provider,
    given: str | None,
    environ: Mapping[str, str],
    *,
    allow_insecure: bool = False,
) -> BaseUrl:
    """Decide where requests go: the caller's URL, else the variable's, else the provider's own."""
    text, path = given, ""
    if text is None and provider.base_url_env and environ.get(provider.base_url_env):
        text, path = environ[provider.base_url_env], provider.base_path
    if text is None:
        text = provider.base_url
    if text is None:
        variable = f" or set {provider.base_url_env}" if provider.base_url_env else ""
        raise ConfigurationError(
            f"The provider {provider.name!r} does not have a base URL of its own: give "
            f"base_url={variable}."
        )
    return BaseUrl.parse(text, allow_insecure=allow_insecure, default_path=path)
