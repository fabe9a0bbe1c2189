"""Which proxy the environment names: as urllib, curl and httpx read it, but for loopback."""

import urllib.request

import pytest

from corechat import ConfigurationError
from corechat._providers.proxy import find_proxy, without_credentials

PROXY = "http://proxy.example:3128"
URL = "https://api.groq.com/openai/v1"

ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"https_proxy": PROXY},
    {"HTTPS_PROXY": PROXY},
    {"https_proxy": PROXY, "HTTPS_PROXY": "http://upper.example:1"},
    {"https_proxy": "", "HTTPS_PROXY": PROXY},
    {"http_proxy": PROXY},
    {"HTTP_PROXY": PROXY},
    {"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"},
    {"http_proxy": PROXY, "REQUEST_METHOD": "GET"},
    {"HTTPS_PROXY": PROXY, "REQUEST_METHOD": "GET"},
    {"https_proxy": PROXY, "no_proxy": "*"},
    {"https_proxy": PROXY, "no_proxy": "groq.com"},
    {"https_proxy": PROXY, "NO_PROXY": "groq.com"},
    {"https_proxy": PROXY, "no_proxy": "", "NO_PROXY": "groq.com"},
    {"https_proxy": PROXY, "no_proxy": ".groq.com"},
    {"https_proxy": PROXY, "no_proxy": "api.groq.com"},
    {"https_proxy": PROXY, "no_proxy": "API.GROQ.COM"},
    {"https_proxy": PROXY, "no_proxy": "oq.com"},
    {"https_proxy": PROXY, "no_proxy": "other.example, api.groq.com"},
    {"https_proxy": PROXY, "no_proxy": "other.example"},
    {"https_proxy": PROXY, "no_proxy": " , ,"},
    {"https_proxy": PROXY, "no_proxy": "192.0.2.1"},
    {"https_proxy": PROXY, "no_proxy": "localhost,127.0.0.1,[::1]"},
]
HOSTS = [
    "https://api.groq.com/openai/v1",
    "https://groq.com",
    "https://notgroq.com",
    "https://192.0.2.1/v1",
    "https://[::1]:8080/v1",
    "http://gateway.example/v1",
]


def as_urllib(url: str) -> str | None:
    """Ask the standard library, in the environment as it is."""
    scheme, host = url.split("://")
    host = host.split("/")[0]
    if urllib.request.proxy_bypass_environment(host):  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue] - undocumented
        return None
    return urllib.request.getproxies_environment().get(scheme)


@pytest.mark.parametrize("url", HOSTS)
@pytest.mark.parametrize("environ", ENVIRONMENTS, ids=str)
def test_it_is_the_standard_librarys_choice(
    url: str, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert find_proxy(url, environ) == as_urllib(url)


@pytest.mark.parametrize(
    ("environ", "proxy"),
    [
        ({"all_proxy": PROXY}, PROXY),
        ({"ALL_PROXY": PROXY}, PROXY),
        ({"all_proxy": PROXY, "https_proxy": "http://x.example:1"}, "http://x.example:1"),
        ({"all_proxy": PROXY, "no_proxy": "groq.com"}, None),
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128"),
        ({"https_proxy": " http://proxy.example:3128 "}, PROXY),
        ({"https_proxy": "socks5://proxy.example:1080"}, "socks5://proxy.example:1080"),
        ({"https_proxy": "socks5h://proxy.example"}, "socks5h://proxy.example"),
        ({"https_proxy": "https://u:p@proxy.example"}, "https://u:p@proxy.example"),
        ({"https_proxy": PROXY, "no_proxy": "*.groq.com"}, None),
    ],
    ids=str,
)
def test_what_httpx_and_curl_read_beyond_it_is_read(
    environ: dict[str, str], proxy: str | None
) -> None:
    assert find_proxy(URL, environ) == proxy


@pytest.mark.parametrize(
    ("no_proxy", "url", "bypassed"),
    [
        ("10.0.0.0/8", "https://10.1.2.3/v1", True),
        ("10.0.0.0/8", "https://11.1.2.3/v1", False),
        ("2001:db8::/32", "https://[2001:db8::1]/v1", True),
        ("[2001:db8::1]", "https://[2001:db8::1]:8080/v1", True),
        ("[2001:db8::1]:8080", "https://[2001:db8::1]:8080/v1", True),
        ("[2001:db8::1]:8080", "https://[2001:db8::1]:9090/v1", False),
        ("h.example:8443", "https://h.example:8443/v1", True),
        ("h.example:8443", "https://h.example:9443/v1", False),
        ("h.example:443", "https://h.example/v1", True),
    ],
)
def test_a_rule_may_be_a_network_or_name_a_port(
    no_proxy: str,
    url: str,
    bypassed: bool,  # noqa: FBT001 - a table
) -> None:
    found = find_proxy(url, {"https_proxy": PROXY, "no_proxy": no_proxy})
    assert (found is None) is bypassed


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/v1", "http://localhost/v1", "http://[::1]/v1"]
)
def test_plain_http_to_loopback_is_not_handed_to_a_proxy_on_another_machine(url: str) -> None:
    assert find_proxy(url, {"http_proxy": PROXY}) is None
    assert find_proxy(url, {"all_proxy": "socks5://proxy.example"}) is None
    assert find_proxy(url, {"http_proxy": "http://localhost:8888"}) == "http://localhost:8888"


@pytest.mark.parametrize(
    "proxy",
    [
        "http://",
        "http://:3128",
        "http://h:99999",
        "http://h:port",
        "http://[::1",
        "ftp://h",
        "http://u:hunter2@h:x",
        "http://h\x00",
        "http://h h",
    ],
)
def test_a_proxy_that_cannot_be_one_is_refused_without_its_password(proxy: str) -> None:
    with pytest.raises(ConfigurationError, match="https_proxy") as caught:
        find_proxy(URL, {"https_proxy": proxy})
    assert "hunter2" not in caught.value.message


def test_the_log_shows_a_proxy_without_its_password() -> None:
    assert without_credentials("http://user:hunter2@h:3128/x?y") == "http://h:3128"
    assert without_credentials("socks5h://h") == "socks5h://h"


def test_a_proxys_scheme_may_be_written_in_any_case() -> None:
    environ = {"https_proxy": "HTTP://User:Pass@Proxy.Example:3128"}
    assert find_proxy("https://api.groq.com", environ) == "http://User:Pass@Proxy.Example:3128"
