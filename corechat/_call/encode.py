"""Encoder: from a ChatRequest to the HttpRequest that carries it."""

import os
from collections.abc import Mapping
from copy import copy
from typing import Any

from corechat._http.content_coding import accept_encoding
from corechat._http.messages import Headers, HttpRequest
from corechat._providers.base_url import BaseUrl
from corechat._providers.key import ApiKey
from corechat._providers.provider import Provider
from corechat._version import __version__
from corechat.errors import ConfigurationError, RequestValidationError
from corechat.requests import ChatRequest

IDEMPOTENCY = "Idempotency-Key"
_FRAMING = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class Encoder:
    """Turn requests into HTTP requests; URL and headers, the key in one of them, are built once."""

    def __init__(
        self,
        base_url: BaseUrl,
        provider: Provider,
        key: ApiKey | None,
        headers: Mapping[str, str],
    ) -> None:
        self.url = base_url.join("/chat/completions")
        self._provider = provider
        own = Headers(
            {
                "Accept": "application/json",
                "Accept-Encoding": accept_encoding(),
                "Content-Type": "application/json",
                "User-Agent": f"corechat/{__version__}",
            }
        ).replace(check_headers(headers))
        if key is not None:
            own = own.replace({provider.key_header: key.header_value(provider.key_prefix)})
        self._headers = own

    def with_headers(self, headers: Mapping[str, str]) -> "Encoder":
        """Return a copy that sends more headers with every request."""
        made = copy(self)
        made._headers = self._headers.replace(check_headers(headers))  # noqa: SLF001 - made here
        return made

    def encode(
        self,
        request: ChatRequest,
        *,
        headers: Mapping[str, str] | None = None,
        extra_body: Mapping[str, Any] | None = None,
    ) -> HttpRequest:
        """Return the HTTP request; its idempotency key is the same on all attempts of the call.

        The call's own headers and body fields go over those of the client and of the request.
        """
        if extra_body is not None:
            _check_extra(extra_body)
        if self._provider.needs_model and request.model is None:
            named = (request.extra_body or {}).get("model") or (extra_body or {}).get("model")
            if not named:
                raise RequestValidationError(
                    f"This ChatRequest names no model, and {self._provider.name} needs one: "
                    "set model=.",
                    (("model", "Field required"),),
                )
        own = Headers([*self._headers.pairs, (IDEMPOTENCY, f"corechat-{os.urandom(16).hex()}")])
        if headers:
            own = own.replace(check_headers(headers))
        return HttpRequest("POST", self.url, own, request.to_json(extra_body))


def _check_extra(extra_body: Mapping[str, Any]) -> None:
    if not isinstance(extra_body, Mapping) or not all(isinstance(n, str) for n in extra_body):
        raise RequestValidationError(
            f"extra_body must be a mapping of names, not this {type(extra_body).__name__}.",
            (("extra_body", "not a mapping of names"),),
        )
    if extra_body.get("stream"):
        raise RequestValidationError(
            "corechat does not stream: it returns one whole answer. Leave stream out.",
            (("extra_body.stream", "no streaming"),),
        )


def check_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return a caller's headers as a dict; refuse what RFC 9110 §5 does not allow, unseen."""
    if not isinstance(headers, Mapping):
        raise ConfigurationError(
            f"headers must be a mapping of names to values, not a {type(headers).__name__}."
        )
    checked: dict[str, str] = {}
    for name, value in headers.items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise ConfigurationError(f"The header {name!r} must be text, and its value too.")
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum():
            raise ConfigurationError(f"{name!r} is not a name of a header (RFC 9110 §5.1).")
        if name.lower() in _FRAMING:
            raise ConfigurationError(f"The header {name!r} is the transport's to set.")
        if not (value.isascii() and (value.isprintable() or not value)):
            raise ConfigurationError(
                f"The value of the header {name!r} has a control or non-ASCII character."
            )
        checked[name] = value
    return checked
