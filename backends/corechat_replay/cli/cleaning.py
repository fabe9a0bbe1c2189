"""Cleaning: take secrets out of recordings that someone else has made."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat._http.secrets import HIDDEN, is_secret_header
from corechat.errors import CassetteError
from corechat_replay.interaction import Interaction
from corechat_replay.redaction import Redactor
from corechat_replay.scan import find_secrets
from corechat_replay.secret_patterns import ACCOUNT_IDS, KEYS

_PLACEHOLDER = re.compile(
    r"redact|dummy|filter|mock|fake|test|placeholder|sanitiz|scrub|omit|hidden|your|example|xxx"
    r"|\*\*|^\W*$|^[\[<{(].*[\])>}]$",
    re.IGNORECASE,
)
_MAX_PLACEHOLDER = 64
_FIGURE = re.compile(r"[\d.]{1,12}(?:ms|s)?")  # x-time-per-token: 0.012
_WHOLE = "a private key"  # of which the pattern finds the first line only


def is_placeholder(value: str) -> bool:
    """Tell whether the value of a secret header says that the secret has been taken out.

    Args:
        value: the value, for example ``"Bearer REDACTED"``.
    """
    text = value.strip().partition(" ")[2] or value.strip()
    return len(text) <= _MAX_PLACEHOLDER and _PLACEHOLDER.search(text) is not None


def is_secret_field(name: str, value: str) -> bool:
    """Tell whether a header holds a secret.

    Args:
        name: its name, in any case.
        value: its value.
    """
    return is_secret_header(name) and _FIGURE.fullmatch(value) is None


def clean_all(
    interactions: Sequence[Interaction], path: str, *, all_headers: bool
) -> list[Interaction]:
    """Copy interactions without their secrets.

    Args:
        interactions: what to clean, without content coding.
        path: the cassette, for messages.
        all_headers: whether to keep every header that holds no secret, where the recorder keeps
            those of its own list.

    Returns:
        The same interactions, with ``[hidden]`` in place of secrets.

    Raises:
        CassetteError: something that looks like a key cannot be taken out; it says where.
    """
    redactor = Redactor()
    ready = [_without_placeholders(each) for each in interactions]
    for each in ready:  # before the first is cleaned: a key may be echoed anywhere
        redactor.learn(each.request.headers)
        redactor.learn(each.response.headers)
    return [_clean(each, redactor, path, all_headers=all_headers) for each in ready]


def _clean(
    interaction: Interaction, redactor: Redactor, path: str, *, all_headers: bool
) -> Interaction:
    request, response = interaction.request, interaction.response
    clean = redactor.clean(interaction)
    secrets = [secret for secret in redactor.secrets if secret != HIDDEN]
    sent, received = clean.request.headers, clean.response.headers
    if all_headers:
        sent = Headers(_harmless(request.headers, secrets))
        received = Headers(_harmless(response.headers, secrets))
    url = _without_keys(clean.request.url.encode()).decode()
    url = url.replace(f"={HIDDEN}", f"={quote(HIDDEN)}")  # as the redactor writes it at first
    result = Interaction(
        HttpRequest(request.method, url, sent, _without_keys(clean.request.body)),
        HttpResponse(
            response.status,
            received,
            _without_keys(clean.response.body),
            truncated=response.truncated,
        ),
        interaction.reason,
        interaction.number,
    )
    for place, kind in find_secrets(result, secrets):
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
        line = f"{name}: {value}"
        known = any(secret in value for secret in secrets)
        if not (
            known
            or is_secret_field(name, value)
            or any(kind.found_in(line) for kind in (*KEYS, *ACCOUNT_IDS))
        ):
            yield name, value


def _without_placeholders(interaction: Interaction) -> Interaction:
    # a redactor would take "Bearer REDACTED" for a secret, and hide the word everywhere
    request, response = interaction.request, interaction.response
    sent = HttpRequest(request.method, request.url, _real(request.headers), request.body)
    received = HttpResponse(
        response.status, _real(response.headers), response.body, truncated=response.truncated
    )
    return Interaction(sent, received, interaction.reason, interaction.number)


def _real(headers: Headers) -> Headers:
    return Headers(
        (name, value)
        for name, value in headers.pairs
        if not (is_secret_field(name, value) and is_placeholder(value))
    )
