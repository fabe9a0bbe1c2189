"""What secrets look like: fields, query parameters and the shapes of keys; and where they stand."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from pydantic_core import from_json

from corechat_replay.interaction import Interaction, JsonValue, flatten, path_name


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """One kind of secret: its name for messages, how it begins, and the pattern that finds it."""

    name: str
    prefix: str
    pattern: re.Pattern[str]

    def found_in(self, text: str) -> bool:
        """Tell whether a text holds such a secret."""
        return self.prefix in text and self.pattern.search(text) is not None


def _kind(name: str, prefixes: str, rest: str) -> Iterator[SecretPattern]:
    for prefix in prefixes.split("|"):
        # a letter before it would make it part of a word; the n of an escaped \n does not
        edge = rf"(?:(?<![A-Za-z0-9]{prefix})|(?<=\\[bfnrt]{prefix}))"
        yield SecretPattern(name, prefix, re.compile(prefix + edge + rest))


_HAS_DIGIT = "(?=[A-Za-z._~+/-]{0,99}[0-9])"  # what has none is a word

KEYS = (
    *_kind("a Groq key (gsk_…)", "gsk_", "[A-Za-z0-9]{16,}"),
    *_kind("an API key (sk-…)", "sk-", "(?=[A-Za-z_-]{0,99}[0-9])[A-Za-z0-9_-]{16,}"),
    *_kind("a Google key (AIza…)", "AIza", "[A-Za-z0-9_-]{30,}"),
    *_kind("a Hugging Face token (hf_…)", "hf_", "[A-Za-z0-9]{24,}"),
    *_kind("an xAI key (xai-…)", "xai-", "[A-Za-z0-9]{24,}"),
    *_kind("a Cerebras key (csk-…)", "csk-", "[A-Za-z0-9]{24,}"),
    *_kind("a Fireworks key (fw_…)", "fw_", "[A-Za-z0-9]{20,}"),
    *_kind("a Perplexity key (pplx-…)", "pplx-", "[A-Za-z0-9]{24,}"),
    *_kind("an NVIDIA key (nvapi-…)", "nvapi-", "[A-Za-z0-9_-]{24,}"),
    *_kind("a Replicate token (r8_…)", "r8_", "[A-Za-z0-9]{24,}"),
    *_kind("a Tavily key (tvly-…)", "tvly-", "(?:dev-|prod-)?[A-Za-z0-9]{16,}"),
    *_kind("a Stripe key", "sk_live_|rk_live_|sk_test_|rk_test_", "[A-Za-z0-9]{16,}"),
    *_kind("an AWS access key id", "AKIA|ASIA", "[0-9A-Z]{16}(?![0-9A-Za-z])"),
    *_kind("a GitHub token", "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_", "[A-Za-z0-9_]{30,}"),
    *_kind("a Slack token (xox…)", "xox", "[abeoprs]-[A-Za-z0-9-]{16,}"),
    *_kind("a JSON web token", "eyJ", r"[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}"),
    *_kind("a private key", "-----BEGIN ", "[A-Z ]{0,20}PRIVATE KEY-----"),
    *_kind("a bearer token", "Bearer |bearer ", rf" *{_HAS_DIGIT}[A-Za-z0-9._~+/-]{{16,}}"),
    *_kind("basic credentials", "Basic |basic ", rf" *{_HAS_DIGIT}[A-Za-z0-9+/]{{16,}}"),
)
"""Values that no cassette may hold."""

ACCOUNT_IDS = tuple(_kind("an account id", "org-|org_|proj_", f"{_HAS_DIGIT}[A-Za-z0-9]{{16,}}"))
"""Ids of organisations and projects, as OpenAI and Groq write them into error messages."""

SECRET_QUERY = frozenset(
    {"access_token", "api-key", "api_key", "apikey", "auth", "code", "key", "sig", "token"}
)
"""Names of query parameters, in lower case, whose values are secrets."""

SECRET_FIELDS = frozenset(
    spelling
    for name in ("access_token", "api_key", "apikey", "authorization", "x-api-key")
    for spelling in (name, name.title(), name.upper())
)
"""JSON fields whose text is a secret wherever they stand: Groq's ``wolfram_settings``
(``authorization``), the headers that a request hands on to a tool's server."""


def find_secrets(interaction: Interaction, known: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Look for keys, and for known secrets, in an interaction that is not compressed.

    What is found is said by its place and its kind, never by its value, for example
    ``("response body, choices[0].message.content", "a Groq key (gsk_…)")``.
    """
    texts = list(_texts(interaction))
    whole = "\n".join(text for _, text in texts)  # one look at it passes over most of the table
    secrets = [secret for secret in known if secret in whole]
    kinds = [kind for kind in KEYS if kind.prefix in whole]
    if not secrets and not kinds:
        return
    for place, text in texts:
        if any(secret in text for secret in secrets):
            yield place, "the value of a secret header or field"
            continue
        kind = next((kind for kind in kinds if kind.found_in(text)), None)
        if kind is not None:
            yield place, kind.name


def _texts(interaction: Interaction) -> Iterator[tuple[str, str]]:
    request, response = interaction.request, interaction.response
    yield "URL", request.url
    for name, value in request.headers.pairs:
        yield f"request header {name}", f"{name}: {value}"
    yield from _body_texts("request body", request.body)
    for name, value in response.headers.pairs:
        yield f"response header {name}", f"{name}: {value}"
    yield from _body_texts("response body", response.body)


def _body_texts(place: str, body: bytes) -> Iterator[tuple[str, str]]:
    try:
        value = cast("JsonValue", from_json(body))
    except ValueError:
        yield place, body.decode("utf-8", "replace")
        return
    keys: dict[str, None] = {}
    for path, item in flatten(value):
        keys |= dict.fromkeys(key for key in path if isinstance(key, str))
        if isinstance(item, str):
            yield f"{place}, {path_name(path)}" if path else place, item
    yield from ((f"{place}, a key", key) for key in keys)
