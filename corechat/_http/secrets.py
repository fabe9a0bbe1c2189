"""Secrets: which headers hold one, and how one is taken out of a text, however it is written."""

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import unquote

HIDDEN = "[hidden]"

_SECRET_WORDS = frozenset(
    {
        "account",
        "auth",
        "authorization",
        "cookie",
        "credential",
        "key",
        "organisation",
        "organization",
        "password",
        "project",
        "secret",
        "signature",
        "token",
    }
)
_FIGURES = frozenset({"count", "first", "per", "ratelimit"})
"""Words of headers that count tokens, such as ``x-time-per-token``."""


@lru_cache(maxsize=512)  # servers send the same names with every answer
def is_secret_header(name: str) -> bool:
    """Tell whether a header's value is a secret, never to be shown, pickled or recorded."""
    words = name.lower().replace("_", "-").split("-")
    return _FIGURES.isdisjoint(words) and not _SECRET_WORDS.isdisjoint(words)


_ESCAPE = re.compile(r"\\{1,4}u([0-9a-fA-F]{4})|\\{1,4}([\"/])|((?:%[0-9a-fA-F]{2})+)")


def hide_secrets(text: str, secrets: Iterable[str], mask: str = HIDDEN) -> str:
    r"""Replace secrets in a text, also where escapes of JSON or of URLs hide them.

    JSON may write ``/`` as ``\/`` or ``\u002f``. Nothing else is changed: JSON stays JSON.
    """
    secrets = list(secrets)
    for secret in secrets:
        text = text.replace(secret, mask)
    if "\\" in text or "%" in text:
        plain = _ESCAPE.sub(_unescape, text)
        for secret in secrets:
            if secret in plain:
                text = re.sub("".join(map(_spellings, secret)), lambda _: mask, text)
    return text


def _unescape(found: re.Match[str]) -> str:
    if found[1]:
        return chr(int(found[1], 16))
    return found[2] or unquote(found[3])


def _spellings(character: str) -> str:
    """Write a pattern of all the ways in which a character may be written."""
    ways = [re.escape(character), rf"\\{{1,4}}u(?i:{ord(character):04x})"]
    if character in '"/':
        ways.append(rf"\\{{1,4}}{character}")
    ways.append(f"(?i:{''.join(f'%{byte:02x}' for byte in character.encode(errors='replace'))})")
    return f"(?:{'|'.join(ways)})"
