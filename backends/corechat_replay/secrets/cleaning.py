"""Cleaning: take secrets out of recordings that someone else has made."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from urllib.parse import quote

from corechat._http.messages import Headers
from corechat._http.secrets import HIDDEN, is_secret_header
from corechat.errors import CassetteError
from corechat_replay.interaction import Interaction
from corechat_replay.secrets.patterns import ACCOUNT_IDS, KEYS, find_secrets
from corechat_replay.secrets.redaction import Redactor

_PLACEHOLDER = re.compile(
    r"redact|dummy|filter|mock|fake|test|placeholder|sanitiz|scrub|omit|hidden|your|example|xxx"
    r"|\*\*|^\W*$|^[\[<{(].*[\])>}]$",
    re.IGNORECASE,
)
_MAX_PLACEHOLDER = 64
_FIGURE = re.compile(r"[\d.]{1,12}(?:ms|s)?")  # x-time-per-token: 0.012
_WHOLE = "a private key"  # of which the pattern finds the first line only


def is_placeholder(value: str) -> bool:
    """Tell whether the value of a secret header, as ``"Bearer REDACTED"``, is not the secret."""
    text = value.strip().partition(" ")[2] or value.strip()
    return len(text) <= _MAX_PLACEHOLDER and _PLACEHOLDER.search(text) is not None


def is_secret_field(name: str, value: str) -> bool:
    """Tell whether a header holds a secret."""
    return is_secret_header(name) and _FIGURE.fullmatch(value) is None


def clean_all(
    interactions: Sequence[Interaction], path: str, *, all_headers: bool
) -> list[Interaction]:
    """Copy interactions, without content coding, with ``[hidden]`` in place of secrets.

    With ``all_headers`` every header stays that does not hold a secret, else those of the
    recorder's list. Raises CassetteError, which says where, if what looks like a key cannot be
    taken out.
    """
    redactor = Redactor(is_placeholder)
    for each in interactions:  # before the first is cleaned: a key may be echoed anywhere
        redactor.learn(each.request.headers)
        redactor.learn(each.response.headers)
    return [_clean(each, redactor, path, all_headers=all_headers) for each in interactions]


def _clean(
    interaction: Interaction, redactor: Redactor, path: str, *, all_headers: bool
) -> Interaction:
    request, response = interaction.request, interaction.response
    clean = redactor.clean(interaction)
    sent, received = clean.request.headers, clean.response.headers
    if all_headers:
        sent = Headers(_harmless(request.headers, redactor.secrets))
        received = Headers(_harmless(response.headers, redactor.secrets))
    url = _without_keys(clean.request.url.encode()).decode()
    url = url.replace(f"={HIDDEN}", f"={quote(HIDDEN)}")  # as the redactor writes it at first
    result = replace(
        interaction,
        request=replace(request, url=url, headers=sent, body=_without_keys(clean.request.body)),
        response=replace(response, headers=received, body=_without_keys(clean.response.body)),
    )
    for place, kind in find_secrets(result, redactor.secrets):
        raise CassetteError(
            f"Interaction {interaction.number + 1} of {path!r}: the {place} holds what looks like "
            f"{kind}, and it cannot be taken out. Nothing was written; take it out by hand.",
            path=path,
        )
    return result


def _without_keys(data: bytes) -> bytes:
    text = data.decode("utf-8", "surrogateescape")
    for kind in KEYS:
        if kind.prefix in text and kind.name != _WHOLE:
            text = kind.pattern.sub(HIDDEN, text)
    return text.encode("utf-8", "surrogateescape")


def _harmless(headers: Headers, secrets: Sequence[str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.pairs:
        known = is_secret_field(name, value) or any(secret in value for secret in secrets)
        line = f"{name}: {value}"
        if not known and not any(kind.found_in(line) for kind in (*KEYS, *ACCOUNT_IDS)):
            yield name, value
