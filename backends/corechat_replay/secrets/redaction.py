"""Redaction: take out of an interaction what must not be written to disk."""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import cast
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic_core import from_json

from corechat._http.messages import Headers, HttpRequest
from corechat._http.response_headers import READ_HEADERS
from corechat._http.secrets import HIDDEN, hide_secrets, is_secret_header
from corechat_replay.interaction import Interaction, JsonValue
from corechat_replay.secrets.patterns import ACCOUNT_IDS, SECRET_FIELDS, SECRET_QUERY

ORGANIZATION = "[organization]"

_MIN_SECRET = 8  # what is shorter is a placeholder ("x", "EMPTY") and part of any text
_MIN_PIECE = 6
_MAX_SECRETS = 64
_PLACEHOLDERS = frozenset({"lm-studio", "no-key-required", "not-needed", "sk-no-key-required"})
_REQUEST_HEADERS = frozenset({"accept", "content-type"})
_RESPONSE_HEADERS = frozenset(
    {*READ_HEADERS, "openai-model", "openai-processing-ms", "openai-version", "x-groq-region"}
)


def is_recorded(name: str) -> bool:
    """Tell whether a cassette that is written here may hold a header of a response."""
    return name.lower() in _RESPONSE_HEADERS or name.lower().startswith("x-ratelimit-")


class Redactor:
    """Learns the secrets that pass by in headers and fields, and takes them out everywhere.

    Not safe from several threads at once; the recorder holds a lock. Values of headers of which
    ``is_placeholder`` is true, such as ``"Bearer REDACTED"``, are not learned.
    """

    def __init__(self, is_placeholder: Callable[[str], bool] = lambda _: False) -> None:
        self._secrets: dict[str, None] = {}
        self._is_placeholder = is_placeholder

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secrets learned so far, the newest last."""
        return tuple(self._secrets)

    def clean(self, interaction: Interaction) -> Interaction:
        """Copy an interaction, which is not compressed, without its secrets.

        Only allowed headers stay; keys, cookies and ids of organisations are replaced wherever
        they stand, in URL, headers and bodies.
        """
        response = interaction.response
        self.learn(response.headers)
        sent = self.clean_request(interaction.request)
        body = self._hide(response.body)
        if response.truncated:
            body = self._without_piece(body)
        headers = self._headers(response.headers, is_recorded)
        received = replace(response, headers=headers, body=body)
        return replace(interaction, request=sent, response=received)

    def clean_request(self, request: HttpRequest) -> HttpRequest:
        """Copy a request without its secrets, as it stands in a cassette."""
        self.learn(request.headers)
        body = self._hide(self._hide_fields(request.body))
        headers = self._headers(request.headers, lambda name: name.lower() in _REQUEST_HEADERS)
        url = self._replace(_hide_query(request.url))
        return replace(request, url=url, headers=headers, body=body)

    def learn(self, headers: Headers) -> None:
        """Learn the secrets in the headers of a request or a response."""
        for name, value in headers.pairs:
            if is_secret_header(name) and not self._is_placeholder(value):
                for secret in _parts(name.lower(), value):
                    self._add(secret)

    def _headers(self, headers: Headers, kept: Callable[[str], bool]) -> Headers:
        return Headers((name, self._replace(value)) for name, value in headers.pairs if kept(name))

    def _add(self, secret: str) -> None:
        if len(secret) >= _MIN_SECRET and secret not in (*_PLACEHOLDERS, HIDDEN):
            self._secrets.pop(secret, None)  # what is still in use moves to the end and stays
            self._secrets[secret] = None
            if len(self._secrets) > _MAX_SECRETS:
                del self._secrets[next(iter(self._secrets))]

    def _replace(self, text: str) -> str:
        text = hide_secrets(text, self._secrets)
        for kind in ACCOUNT_IDS:
            if kind.prefix in text:
                text = kind.pattern.sub(ORGANIZATION, text)
        return text

    def _hide(self, body: bytes) -> bytes:
        text = body.decode("utf-8", "surrogateescape")  # every byte comes back from it
        return self._replace(text).encode("utf-8", "surrogateescape")

    def _without_piece(self, body: bytes) -> bytes:
        for secret in map(str.encode, self._secrets):
            for size in range(len(secret) - 1, _MIN_PIECE - 1, -1):
                if body.endswith(secret[:size]):
                    return body[:-size] + HIDDEN.encode()
        return body

    def _hide_fields(self, body: bytes) -> bytes:
        try:
            value = cast("JsonValue", from_json(body))
        except ValueError:
            return body
        found = list(_secret_fields(value))
        if not found:
            return body
        for holder, key in found:
            self._add(cast("str", holder[key]).rpartition(" ")[2])
            holder[key] = HIDDEN
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _secret_fields(value: JsonValue) -> Iterator[tuple[dict[str, JsonValue], str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in SECRET_FIELDS and isinstance(item, str):
                yield value, key
            else:
                yield from _secret_fields(item)
    elif isinstance(value, list):
        for item in value:
            yield from _secret_fields(item)


def _parts(name: str, value: str) -> Iterator[str]:
    if name == "set-cookie":
        yield value.partition(";")[0].partition("=")[2].strip()
    elif name == "cookie":
        yield from (pair.partition("=")[2].strip() for pair in value.split(";"))
    else:
        yield value.strip()
        scheme, _, token = value.strip().partition(" ")
        yield token.strip()
        if scheme.lower() == "basic":
            yield _password(token)


def _password(token: str) -> str:
    try:
        return base64.b64decode(token, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _hide_query(url: str) -> str:
    parts = urlsplit(url)
    if not parts.query:
        return url
    fields = [
        f"{name}={quote(HIDDEN)}"
        if name.lower() in SECRET_QUERY and equals
        else f"{name}{equals}{value}"
        for name, equals, value in (field.partition("=") for field in parts.query.split("&"))
    ]
    return urlunsplit(parts._replace(query="&".join(fields)))
