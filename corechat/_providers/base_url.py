"""BaseUrl: an endpoint's base, checked once; and which one a client uses."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import SplitResult, urlsplit

from corechat._errors.before import ConfigurationError
from corechat._providers.known import CUSTOM
from corechat._providers.provider import Provider

_ENDPOINT = "/chat/completions"
_WHOLE = re.compile(r"/v\d|/deployments/[^/]|(?<!/openai)/models$", re.IGNORECASE)
"""A version, Azure's deployment, or the path of Azure's models: nothing is missing before it."""
_BESIDE = re.compile(
    r"((?:/v\d[^/]*|/deployments/[^/]+)(?:/openai)?)"
    r"/(?:audio/\w+|batches|chat|completions|embeddings|files|images/\w+|messages|models"
    r"|moderations|responses)$"
)
"""An endpoint that stands beside ours."""


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
    def parse(cls, text: str, *, allow_insecure: bool = False, provider: Provider = CUSTOM) -> Self:
        """Return a base URL if it is http(s), and neither holds a secret nor sends one in clear.

        It may be the URL of the endpoint itself, or of the provider's host alone.
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
        _check(parts, host)
        path, query = _complete(parts.path.rstrip("/"), parts.query, host, provider)
        base = cls(f"{parts.scheme}://{parts.netloc}{path}", query, host)
        if not allow_insecure:
            base.refuse_plain_http()
        return base

    def refuse_plain_http(self) -> None:
        """Raise `ConfigurationError` where key and prompts would cross a network in clear."""
        if self.base.startswith("http:") and not is_loopback(self.host):
            raise ConfigurationError(
                f"Plain http to {self.host} would send key and prompts in clear. Use https, or "
                "say allow_insecure=True."
            )

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


def _check(parts: SplitResult, host: str) -> None:
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(
            "The base URL must be http:// or https:// with a host, for example "
            "https://api.groq.com/openai/v1."
        )
    if "@" in parts.netloc:
        raise ConfigurationError(
            f"The base URL of host {host} holds a user or password; give the key as api_key=."
        )


def _complete(path: str, query: str, host: str, provider: Provider) -> tuple[str, str]:
    """Return path and query of the base that people mean by a URL, whole, cut or of an endpoint."""
    own = urlsplit(provider.base_url or "")
    is_endpoint = path.endswith(_ENDPOINT)
    path = path.removesuffix(_ENDPOINT)
    is_part = f"{own.path}/".startswith(f"{path}/") or own.path.endswith(path)
    if host == own.hostname and is_part:
        return own.path, query
    if is_endpoint or _WHOLE.search(path):
        return _BESIDE.sub(r"\1", path), query
    other = next((one for one in provider.other_paths if path.endswith(one)), None)
    if other is not None:  # of another API of its, as its query is
        return path.removesuffix(other) + provider.base_path, ""
    first = provider.base_path.rpartition("/")[0]  # a path that ends in it is half complete
    return path.removesuffix(first) + provider.base_path, query


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
    text = given
    if text is None and provider.base_url_env:
        text = environ.get(provider.base_url_env, "").strip() or None
    if text is None:
        text = provider.base_url
    if text is None:
        variable = f" or set {provider.base_url_env}" if provider.base_url_env else ""
        raise ConfigurationError(
            f"The provider {provider.name!r} does not have a base URL of its own: give "
            f"base_url={variable}."
        )
    return BaseUrl.parse(text, allow_insecure=allow_insecure, provider=provider)
