"""Endpoint: what a URL means for the head of a request, worked out once."""

import base64
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from corechat.errors import ConfigurationError
from corechat.transport import HttpRequest
from corechat_httpx.engine import Engine
from corechat_httpx.token import TOKEN

_METHOD = re.compile(TOKEN)
_FIELDS = re.compile(rf"(?:{TOKEN}: [^\0\r\n]*\r\n)*")  # RFC 9110 §5
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
_OURS = frozenset({"content-length", "host", "transfer-encoding"})

Origin = tuple[bytes, bytes, int | None]
"""Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Hold it.

    Attributes:
        url: the engine's.
        host: the value of the field Host.
        origin: scheme, host and port.
        after_method: the rest of the request line, and the first fields.
    """

    url: Any
    host: bytes
    origin: Origin
    after_method: bytes

    def head(self, request: HttpRequest) -> bytes:
        """Write the head of a request to it.

        Args:
            request: its fields go out in their order, after Host and before Content-Length.

        Raises:
            ConfigurationError: the method or a field cannot be sent.
        """
        pairs = request.headers.pairs
        fields = "".join([f"{name}: {value}\r\n" for name, value in pairs])
        # as many lines as fields: no value begins another field
        if not _FIELDS.fullmatch(fields) or fields.count("\n") != len(pairs):
            raise ConfigurationError(
                "A header's name or value holds a character that HTTP does not allow."
            )
        if not _OURS.isdisjoint([name.lower() for name, _ in pairs]):
            raise ConfigurationError(f"The transport itself writes {', '.join(sorted(_OURS))}.")
        if not _METHOD.fullmatch(request.method):
            raise ConfigurationError(f"{request.method!r} is no method of HTTP.")
        return b"%b%b%bContent-Length: %d\r\n\r\n" % (
            request.method.encode("ascii"),
            self.after_method,
            fields.encode(),
            len(request.body),
        )


def endpoint(engine: Engine, text: str, proxy: str | None) -> Endpoint:
    """Work out an endpoint.

    Args:
        engine: httpcore or httpcore2.
        text: the absolute URL.
        proxy: the proxy's URL, or None.

    Raises:
        ConfigurationError: it cannot be sent.
    """
    url = engine.URL(text)
    if not (_VISIBLE.fullmatch(url.target) and _VISIBLE.fullmatch(url.host)):
        raise ConfigurationError("The URL holds a character that HTTP does not allow.")
    default = {b"http": 80, b"https": 443}.get(url.scheme)
    host = b"[%b]" % url.host if b":" in url.host else url.host
    if url.port is not None and url.port != default:
        host += b":%d" % url.port
    after_method = b" %b HTTP/1.1\r\nHost: %b\r\n" % (url.target, host)
    if url.scheme == b"http" and proxy is not None and proxy.startswith("http"):
        # the proxy reads the request, not only the server (RFC 9112 §3.2.2)
        after_method = b" %b HTTP/1.1\r\nHost: %b\r\n%b" % (bytes(url), host, _authorization(proxy))
    return Endpoint(url, host, (url.scheme, url.host, url.port), after_method)


def proxy_credentials(proxy: str) -> tuple[str, str] | None:
    """Give user name and password of a proxy's URL.

    Args:
        proxy: the URL.
    """
    parts = urlsplit(proxy)
    if parts.username is None:
        return None
    return unquote(parts.username), unquote(parts.password or "")


def _authorization(proxy: str) -> bytes:
    credentials = proxy_credentials(proxy)
    if credentials is None:
        return b""
    return b"Proxy-Authorization: Basic %b\r\n" % base64.b64encode(":".join(credentials).encode())
