"""What secrets look like, as data: headers, fields, query parameters and the shapes of keys."""

import re
from dataclasses import dataclass

# a letter before a key would make it part of a word; the n of an escaped \n does not
_EDGE = r"(?:(?<![A-Za-z0-9])|(?<=\\[bfnrt]))"


@dataclass(frozen=True, slots=True)
class SecretPattern:
    """One kind of secret.

    Attributes:
        name: what it is, for messages.
        marker: a text that every such secret holds, to pass over most texts quickly.
        pattern: what finds it.
    """

    name: str
    marker: str
    pattern: re.Pattern[str]


def _pattern(name: str, marker: str, pattern: str) -> SecretPattern:
    return SecretPattern(name, marker, re.compile(_EDGE + pattern))


KEYS = (
    _pattern("a Groq key (gsk_…)", "gsk_", r"gsk_[A-Za-z0-9]{16,}"),
    _pattern("an API key (sk-…)", "sk-", r"sk-(?=[A-Za-z_-]{0,99}[0-9])[A-Za-z0-9_-]{16,}"),
    _pattern("a Google key (AIza…)", "AIza", r"AIza[A-Za-z0-9_-]{30,}"),
    _pattern("a Hugging Face token (hf_…)", "hf_", r"hf_[A-Za-z0-9]{24,}"),
    _pattern("an xAI key (xai-…)", "xai-", r"xai-[A-Za-z0-9]{24,}"),
    _pattern("a Cerebras key (csk-…)", "csk-", r"csk-[A-Za-z0-9]{24,}"),
    _pattern("a Fireworks key (fw_…)", "fw_", r"fw_[A-Za-z0-9]{20,}"),
    _pattern("a Perplexity key (pplx-…)", "pplx-", r"pplx-[A-Za-z0-9]{24,}"),
    _pattern("an NVIDIA key (nvapi-…)", "nvapi-", r"nvapi-[A-Za-z0-9_-]{24,}"),
    _pattern("a Replicate token (r8_…)", "r8_", r"r8_[A-Za-z0-9]{24,}"),
    _pattern("a Tavily key (tvly-…)", "tvly-", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{16,}"),
    _pattern("a Stripe key", "k_", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    _pattern("an AWS access key id", "IA", r"A(?:KIA|SIA)[0-9A-Z]{16}(?![0-9A-Za-z])"),
    _pattern("a GitHub token (gh…_)", "gh", r"gh[oprsu]_[A-Za-z0-9]{30,}"),
    _pattern("a GitHub token (github_pat_…)", "github_pat_", r"github_pat_[A-Za-z0-9_]{30,}"),
    _pattern("a Slack token (xox…)", "xox", r"xox[abeoprs]-[A-Za-z0-9-]{16,}"),
    _pattern(
        "a JSON web token", "eyJ", r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"
    ),
    _pattern("a private key", "PRIVATE KEY", r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"),
    _pattern(
        "a bearer token",
        "earer ",
        r"[Bb]earer +(?=[A-Za-z._~+/-]{0,99}[0-9])[A-Za-z0-9._~+/-]{16,}",
    ),
    _pattern(
        "basic credentials",
        "asic ",
        r"[Bb]asic +(?=[A-Za-z+/]{0,99}[0-9])[A-Za-z0-9+/]{16,}",
    ),
)
"""Values that no cassette may hold."""

ACCOUNT_IDS = re.compile(_EDGE + r"(?:org|proj)[-_](?=[A-Za-z]{0,99}[0-9])[A-Za-z0-9]{16,}")
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


def is_secret_header(name: str) -> bool:
    """Tell whether a header's value must not be seen anywhere in a cassette.

    Args:
        name: the header's name, in any case.
    """
    words = name.lower().replace("_", "-").split("-")
    return "ratelimit" not in words and not _SECRET_WORDS.isdisjoint(words)
