"""Matching: when a request is the same as a recorded one, said as one digest."""

import contextlib
import functools
import hashlib
from collections.abc import Sequence
from typing import cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from pydantic_core import from_json, to_json

from corechat._http.secrets import HIDDEN
from corechat.errors import ConfigurationError
from corechat_replay.interaction import CHAT_PATH, JsonValue, is_chat_url
from corechat_replay.secrets.patterns import SECRET_FIELDS, SECRET_QUERY

_DEFAULT_PORTS = {"http": 80, "https": 443}
_EXACT = 2**53  # up to here every integer is a float64


class Matching:
    """Says by a digest which requests are the same: method, URL and canonical JSON of the body.

    Dotted paths in ``ignore`` do not take part; ``*`` stands for every item of a list or every key
    of an object. Without ``match_base_url`` a URL does not up to ``/chat/completions``.
    """

    def __init__(self, *, ignore: Sequence[str] = (), match_base_url: bool = True) -> None:
        if isinstance(ignore, str):
            raise ConfigurationError(f"ignore= takes a list of fields: ignore=[{ignore!r}].")
        check_flag("match_base_url", match_base_url)
        if not isinstance(ignore, Sequence) or not all(isinstance(path, str) for path in ignore):
            raise ConfigurationError(f"ignore= takes a list of dotted paths, not {ignore!r}.")
        paths = [tuple(path.split(".")) for path in ignore]
        if any("" in path for path in paths):
            raise ConfigurationError(
                "ignore= takes dotted paths such as 'user' or 'metadata.trace_id', "
                f"not {list(ignore)!r}."
            )
        self._ignored = paths
        self._match_base_url = match_base_url

    def digest(self, method: str, url: str, body: bytes) -> bytes:
        """Digest what must be equal in two requests that count as the same."""
        head = f"{method.upper()} {self._normal_url(url)}\n".encode("utf-8", "surrogatepass")
        with contextlib.suppress(ValueError):  # what is not JSON counts as the bytes that it is
            body = to_json(self._value(body))
        return hashlib.sha256(head + body).digest()

    def comparable(self, body: bytes) -> JsonValue:
        """Give the part of a body that takes part in the match; its text where it is not JSON."""
        try:
            return self._value(body)
        except ValueError:
            return body.decode("utf-8", "backslashreplace")

    def same_url(self, first: str, second: str) -> bool:
        """Tell whether two absolute URLs count as the same."""
        return self._normal_url(first) == self._normal_url(second)

    def _normal_url(self, url: str) -> str:
        base_matters = self._match_base_url or not is_chat_url(url)
        return _normalize(url) if base_matters else CHAT_PATH

    def _value(self, body: bytes) -> JsonValue:
        value = cast("JsonValue", from_json(body))
        for path in self._ignored:
            _remove(value, path)
        return _canonical(value)


def check_flag(name: str, value: object) -> None:
    """Raise ConfigurationError for what is not a boolean: a text such as "no" would be true."""
    if not isinstance(value, bool):
        raise ConfigurationError(f"{name}= is True or False, not {value!r}.")


def _canonical(value: JsonValue) -> JsonValue:
    # the hot spot of loading: a text is copied without a call, and most values are texts
    if isinstance(value, dict):
        ordered: dict[str, JsonValue] = {}
        for key in sorted(value):
            item = value[key]
            if isinstance(item, str):
                # no secret takes part, since no cassette holds it
                ordered[key] = HIDDEN if key in SECRET_FIELDS else item
            else:
                ordered[key] = _canonical(item)
        return ordered
    if isinstance(value, list):
        return [item if isinstance(item, str) else _canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    return value


@functools.lru_cache(maxsize=256)
def _normalize(url: str) -> str:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    try:
        port = parts.port
    except ValueError:
        return url
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = urlencode(
        sorted(
            (name, HIDDEN if name.lower() in SECRET_QUERY else value)
            for name, value in parse_qsl(parts.query, keep_blank_values=True)
        )
    )
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
