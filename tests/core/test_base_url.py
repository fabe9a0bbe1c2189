"""Where requests go: base URLs are checked once, by the rules of the design's chapter 9."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import Client, ConfigurationError
from corechat._providers.base_url import BaseUrl, find_base_url
from corechat._providers.known import PROVIDERS
from corechat.plugins import Provider
from tests.core.support import ScriptedTransport


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1/chat/completions"),
        ("https://api.groq.com/openai/v1/", "https://api.groq.com/openai/v1/chat/completions"),
        ("https://api.groq.com/openai/v1///", "https://api.groq.com/openai/v1/chat/completions"),
        ("https://api.groq.com", "https://api.groq.com/chat/completions"),
        ("https://api.groq.com/", "https://api.groq.com/chat/completions"),
        ("HTTPS://API.groq.com/V1", "https://API.groq.com/V1/chat/completions"),
        ("  https://h/v1\n", "https://h/v1/chat/completions"),
        ("https://h:8443/v1", "https://h:8443/v1/chat/completions"),
        ("https://192.0.2.1/v1", "https://192.0.2.1/v1/chat/completions"),
        ("https://[2001:db8::1]:8443/v1", "https://[2001:db8::1]:8443/v1/chat/completions"),
        ("https://h/openai/d?api-version=1", "https://h/openai/d/chat/completions?api-version=1"),
        ("https://h/v1/chat/completions", "https://h/v1/chat/completions"),
        ("https://h/v1/chat/completions/", "https://h/v1/chat/completions"),
        ("https://h/chat/completions?a=b", "https://h/chat/completions?a=b"),
        ("https://h/v1/models", "https://h/v1/chat/completions"),
        ("https://h/v1/models/x", "https://h/v1/models/x/chat/completions"),
        ("https://h/a%20b/v1", "https://h/a%20b/v1/chat/completions"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080/v1/chat/completions"),
        ("http://127.9.9.9", "http://127.9.9.9/chat/completions"),
        ("http://localhost:1", "http://localhost:1/chat/completions"),
        ("http://LOCALHOST", "http://LOCALHOST/chat/completions"),
        ("http://a.localhost/v1", "http://a.localhost/v1/chat/completions"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1/chat/completions"),
    ],
)
def test_a_good_base_url_is_joined_with_the_endpoint(text: str, joined: str) -> None:
    assert BaseUrl.parse(text).join("/chat/completions") == joined


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "api.groq.com/openai/v1",
        "/openai/v1",
        "//api.groq.com/v1",
        "https://",
        "https:///v1",
        "https://:8080/v1",
        "https:api.groq.com",
        "ftp://h/v1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user@h/v1",
        "https://user:hunter2@h/v1",
        "https://:hunter2@h/v1",
        "https://h@evil.example/v1",
        "https://h\\@evil.example/v1",
        "https://h\\evil.example/v1",
        "https://h/v1#fragment",
        "https://h/v1#",
        "https://h:99999/v1",
        "https://h:port/v1",
        "https://h:-1/v1",
        "https://[::1/v1",
        "https://[zz]/v1",
        "https://h/v 1",
        "https://h/v1\x00",
        "https://h/v\t1",
        "https://h/v\n1",
        "https://h/v\r\nHost: evil.example",
        "https://h/v\x1b[2J1",
        "https://hé/v1",
        "https://h/é",
        "https://h\u2024example/v1",
        "https://h\uff0fexample/v1",
        "http://api.groq.com/openai/v1",
        "http://192.168.1.10:8080/v1",
        "http://10.0.0.1",
        "http://0.0.0.0:8080",
        "http://[::]:8080",
        "http://[2001:db8::1]/v1",
        "http://127.0.0.1.evil.example/v1",
        "http://127.0.0.1@evil.example/v1",
        "http://localhost.evil.example/v1",
        "http://evil-localhost/v1",
        "http://127.1/v1",
        "http://2130706433/v1",
        "http://0x7f000001/v1",
        "http://127.0.0.1%2eevil.example/v1",
    ],
)  # fmt: skip
def test_an_unusable_base_url_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        BaseUrl.parse(text)
    assert "hunter2" not in caught.value.message
    assert caught.value.message.isprintable()


@pytest.mark.parametrize("given_url", [5, b"https://h/v1", ["https://h"], True])
def test_a_base_url_that_is_no_text_is_refused(given_url: object) -> None:
    with pytest.raises(ConfigurationError, match="base_url"):
        Client(ScriptedTransport(), base_url=given_url)  # type: ignore[arg-type]  # the test


def test_plain_http_further_than_loopback_must_be_asked_for() -> None:
    url = "http://192.168.1.10:8080/v1"
    with pytest.raises(ConfigurationError, match="allow_insecure=True"):
        BaseUrl.parse(url)
    assert BaseUrl.parse(url, allow_insecure=True).base == url


def test_plain_http_is_refused_for_a_url_of_the_environment_too() -> None:
    for url in ("http://192.168.1.10", "http://gateway.example/v1"):
        with pytest.raises(ConfigurationError, match="clear"):
            find_base_url(PROVIDERS["groq"], None, {"GROQ_BASE_URL": url})


@pytest.mark.parametrize(
    ("provider", "url", "base"),
    [
        ("groq", "https://api.groq.com", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/openai/v1", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/openai/v1/", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/openai", "https://api.groq.com/openai/v1"),
        ("groq", "https://proxy.example/groq", "https://proxy.example/groq/openai/v1"),
        ("groq", "https://proxy.example/groq/openai/v1", "https://proxy.example/groq/openai/v1"),
        ("groq", "http://127.0.0.1:4000/v1", "http://127.0.0.1:4000/v1"),
        ("openai", "https://api.openai.com/v1", "https://api.openai.com/v1"),
        ("openai", "https://api.deepseek.com", "https://api.deepseek.com"),
        (
            "openai",
            "https://generativelanguage.googleapis.com/v1beta/openai/",
            "https://generativelanguage.googleapis.com/v1beta/openai",
        ),
        ("azure-openai", "https://r.openai.azure.com/", "https://r.openai.azure.com/openai/v1"),
        ("azure-openai", "https://r.openai.azure.com/openai", "https://r.openai.azure.com/openai/v1"),
        ("ollama", "http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
    ],
)  # fmt: skip
def test_a_base_url_of_the_environment_is_read_in_both_of_its_meanings(
    provider: str, url: str, base: str
) -> None:
    known = PROVIDERS[provider]
    assert known.base_url_env is not None
    assert find_base_url(known, None, {known.base_url_env: url}).base == base
    assert find_base_url(known, url, {}).base == base


AZURE = "https://r.openai.azure.com"
FOUNDRY = "https://r.services.ai.azure.com"
DATED = "?api-version=2024-10-21"


@pytest.mark.parametrize(
    ("provider", "url", "goes_to"),
    [
        (
            "groq",
            "https://api.groq.com/openai/v1/chat/completions",
            "https://api.groq.com/openai/v1",
        ),
        ("groq", "https://api.groq.com/openai/chat/completions", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/chat/completions/", "https://api.groq.com/openai/v1"),
        ("groq", "https://api.groq.com/openai/v1/models", "https://api.groq.com/openai/v1"),
        ("groq", "https://p.example/groq/chat/completions", "https://p.example/groq"),
        ("groq", "https://p.example", "https://p.example/openai/v1"),
        (
            "groq",
            "https://gateway.ai.cloudflare.com/v1/a/g/groq",
            "https://gateway.ai.cloudflare.com/v1/a/g/groq",
        ),
        (
            "groq",
            "https://api.groq.com/openai/v1/audio/transcriptions",
            "https://api.groq.com/openai/v1",
        ),
        ("groq", "https://api.groq.com/v1", "https://api.groq.com/openai/v1"),
        ("openai", "https://api.openai.com", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/images/generations", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/chat", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/responses", "https://api.openai.com/v1"),
        ("openai", "https://p.example/x", "https://p.example/x"),
        ("openai", "https://p.example/x/chat/completions", "https://p.example/x"),
        (
            "azure-openai",
            f"{AZURE}/openai/deployments/gpt-4o/chat/completions{DATED}",
            f"{AZURE}/openai/deployments/gpt-4o{DATED}",
        ),
        (
            "azure-openai",
            f"{AZURE}/openai/deployments/gpt-4o{DATED}",
            f"{AZURE}/openai/deployments/gpt-4o{DATED}",
        ),
        (
            "azure-openai",
            f"{AZURE}/openai/deployments/gpt-4o/",
            f"{AZURE}/openai/deployments/gpt-4o",
        ),
        (
            "azure-openai",
            f"{AZURE}/openai/deployments/gpt-4o/embeddings{DATED}",
            f"{AZURE}/openai/deployments/gpt-4o{DATED}",
        ),
        ("azure-openai", f"{AZURE}/openai/v1/chat/completions", f"{AZURE}/openai/v1"),
        (
            "azure-openai",
            f"{AZURE}/openai/v1/?api-version=preview",
            f"{AZURE}/openai/v1?api-version=preview",
        ),
        (
            "azure-openai",
            f"{AZURE}/openai/responses?api-version=2025-04-01-preview",
            f"{AZURE}/openai/v1",
        ),
        ("azure-openai", f"{AZURE}/openai/deployments", f"{AZURE}/openai/v1"),
        ("azure-openai", FOUNDRY, f"{FOUNDRY}/openai/v1"),
        ("azure-openai", f"{FOUNDRY}/models", f"{FOUNDRY}/models"),
        (
            "azure-openai",
            f"{FOUNDRY}/models/chat/completions?api-version=2024-05-01-preview",
            f"{FOUNDRY}/models?api-version=2024-05-01-preview",
        ),
        ("ollama", "http://localhost:11434/", "http://localhost:11434/v1"),
        ("ollama", "http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434/v1"),
        ("ollama", "http://localhost:11434/api/chat", "http://localhost:11434/v1"),
        ("ollama", "http://localhost:11434/api/generate", "http://localhost:11434/v1"),
        ("ollama", "http://localhost:11434/api/", "http://localhost:11434/v1"),
        ("ollama", "http://localhost:11434/api/embed", "http://localhost:11434/v1"),
        ("ollama", "http://localhost:11434/api/version", "http://localhost:11434/v1"),
        ("ollama", "https://h.example/ollama", "https://h.example/ollama/v1"),
        ("ollama", "https://h.example/ollama/api/chat", "https://h.example/ollama/v1"),
        ("ollama", "http://localhost:11434/v1/chat/completions", "http://localhost:11434/v1"),
    ],
)
def test_a_base_url_as_people_have_it_goes_to_the_endpoint_that_they_mean(
    provider: str, url: str, goes_to: str
) -> None:
    known = PROVIDERS[provider]
    assert known.base_url_env is not None
    base, _, query = goes_to.partition("?")
    for found in (
        find_base_url(known, url, {}),
        find_base_url(known, None, {known.base_url_env: f" {url}\n"}),
    ):
        assert (found.base, found.query) == (base, query)


@pytest.mark.parametrize("known", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_every_providers_own_url_is_recognised_whole_cut_and_with_the_endpoint(
    known: Provider,
) -> None:
    own = known.base_url or f"{AZURE}/openai/v1"
    scheme, _, rest = own.partition("://")
    host, *steps = rest.split("/")
    cut = ["/".join((f"{scheme}://{host}", *steps[:count])) for count in range(len(steps) + 1)]
    for url in (*cut, f"{own}/", f"{own}/chat/completions", f"{own}/chat/completions/"):
        assert find_base_url(known, url, {}).base == own


def test_a_base_url_given_wins_over_the_environment() -> None:
    environ = {"GROQ_BASE_URL": "https://other.example"}
    groq = PROVIDERS["groq"]
    assert find_base_url(groq, "https://h/v1", environ).base == "https://h/v1"
    for unset in ({}, {"GROQ_BASE_URL": ""}, {"GROQ_BASE_URL": " "}):
        assert find_base_url(groq, None, unset).base == "https://api.groq.com/openai/v1"


def test_a_provider_without_a_url_of_its_own_says_which_variable_to_set() -> None:
    with pytest.raises(ConfigurationError, match=r"base_url=.*AZURE_OPENAI_ENDPOINT"):
        find_base_url(PROVIDERS["azure-openai"], None, {})


@pytest.mark.parametrize("known", PROVIDERS.values(), ids=PROVIDERS.keys())
def test_every_provider_of_the_table_has_a_usable_url_and_variables(known: Provider) -> None:
    if known.base_url is not None:
        assert BaseUrl.parse(known.base_url).base == known.base_url
    assert bool(known.key_env) or not known.needs_key
    assert known.key_url.startswith("https://") or not known.needs_key
    assert all(name.isupper() for name in known.key_env)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40) | st.from_regex(r"https?://[^/]{0,20}/.{0,9}"))
def test_any_text_is_a_safe_base_url_or_refused(text: str) -> None:
    try:
        base = BaseUrl.parse(text)
    except ConfigurationError:
        return
    url = base.join("/chat/completions")
    assert url.startswith(("https://", "http://"))
    assert url.isascii()
    assert url.isprintable()
    assert " " not in url
    assert "@" not in url.split("/")[2]
