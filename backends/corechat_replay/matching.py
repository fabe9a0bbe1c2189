"""Matching: when a request is the same as a recorded one, said as one digest."""

import hashlib
import json
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from corechat.canonical import canonical_json
from corechat.errors import ConfigurationError
from corechat_replay.interaction import CHAT_PATH, is_chat_url

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

SECRET_FIELD = ("compound_custom", "tools", "wolfram_settings", "authorization")
"""A field that never takes part: it is a secret, so that no cassette holds it (Groq's API)."""

_MARKER = b"wolfram_settings"
_DEFAULT_PORTS = {"http": 80, "https": 443}
_MAX_URLS = 256


class Matching:
    """Say by a digest which requests are the same: method, URL and canonical JSON of the body.

    Args:
        ignore: dotted paths of body fields that do not take part; ``*`` stands for every item of
            a list or every key of an object.
        match_base_url: whether the URL up to ``/chat/completions`` takes part.

    Raises:
        ConfigurationError: a path in ``ignore`` is empty, or ``ignore`` is a bare string.
    """

    def __init__(self, *, ignore: Sequence[str] = (), match_base_url: bool = True) -> None:
        if isinstance(ignore, str):
            raise ConfigurationError(f"ignore= takes a list of fields: ignore=[{ignore!r}].")
        self._ignore = tuple(tuple(path.split(".")) for path in ignore)
        if any("" in path for path in self._ignore):
            raise ConfigurationError(
                "ignore= takes dotted paths such as 'user' or 'metadata.trace_id', "
                f"not {list(ignore)!r}."
            )
        self._match_base_url = match_base_url
        self._urls: dict[str, str] = {}

    def digest(self, method: str, url: str, body: bytes) -> bytes:
        """Digest what must be equal in two requests that count as the same.

        Args:
            method: the HTTP method, in any case.
            url: the absolute URL.
            body: the body, JSON or not.
        """
        text = f"{method.upper()} {self._normal_url(url)}\n{self._normal_body(body)}"
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()

    def comparable(self, body: bytes) -> JsonValue:
        """Give the part of a body that takes part in the match, as a JSON value.

        Args:
            body: the body, JSON or not.

        Returns:
            The JSON value; the body's text where it is no JSON.
        """
        text = self._normal_body(body)
        try:
            value: JsonValue = json.loads(text)
        except ValueError:
            return text
        return value

    def same_url(self, first: str, second: str) -> bool:
        """Tell whether two URLs count as the same.

        Args:
            first: an absolute URL.
            second: another one.
        """
        return self._normal_url(first) == self._normal_url(second)

    def _normal_url(self, url: str) -> str:
        known = self._urls.get(url)
        if known is None:
            base_matters = self._match_base_url or not is_chat_url(url)
            known = _normalize(url) if base_matters else CHAT_PATH
            if len(self._urls) < _MAX_URLS:
                self._urls[url] = known
        return known

    def _normal_body(self, body: bytes) -> str:
        try:
            text = canonical_json(body)
        except ValueError:
            return body.decode("utf-8", "backslashreplace")
        hidden = (SECRET_FIELD,) if _MARKER in body else ()
        if not self._ignore and not hidden:
            return text
        value: JsonValue = json.loads(text)
        for path in (*self._ignore, *hidden):
            _remove(value, path)
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _normalize(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    try:
        port = parts.port
    except ValueError:
        return url
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    return f"{parts.scheme.lower()}://{host}{parts.path or '/'}?{query}"


def _remove(value: JsonValue, path: tuple[str, ...]) -> None:
    name, rest = path[0], path[1:]
    if isinstance(value, list):
        if name == "*" and rest:
            for item in value:
                _remove(item, rest)
        elif name == "*":
            value.clear()
    elif isinstance(value, dict):
        for key in list(value) if name == "*" else [name] if name in value else []:
            if rest:
                _remove(value[key], rest)
            else:
                del value[key]
