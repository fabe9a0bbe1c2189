"""How long a server asks to wait: every form that servers write, and nothing that is none."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import Headers
from corechat._http.retry_after import read_retry_after, read_should_retry
from corechat.responses import RateLimits

NOW = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"Retry-After": "0"}, 0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 3 "}, 3),
        ({"retry-after": "2m59.56s"}, 179.56),
        ({"retry-after": "250ms"}, 0.25),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "0.5"}, 0.0005),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"x-ms-retry-after-ms": "1500"}, 1.5),
        ({"X-Ms-Retry-After-Ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "soon", "x-ms-retry-after-ms": "700"}, 0.7),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, 30),
        ({"retry-after": "Tuesday, 14-Nov-23 22:13:50 GMT"}, 30),
        ({"retry-after": "Tue Nov 14 22:13:50 2023"}, 30),
        ({"retry-after": "Tue, 14 Nov 2023 23:13:50 +0100"}, 30),
        ({"retry-after": "Mon, 13 Nov 2023 22:13:20 GMT"}, 0),
        ({"retry-after": "86400"}, 86400),
        ({"retry-after": "7, 5"}, 7),
        ({"retry-after": "5, 1m"}, 60),
    ],
)
def test_a_wait_is_read_in_every_form(headers: dict[str, str], seconds: float) -> None:
    assert read_retry_after(Headers(headers), now=NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "soon",
        "-1",
        "-0.5s",
        "nan",
        "NaN",
        "inf",
        "Infinity",
        "1e400",
        "1e5",
        "9" * 31,
        "9" * 5000,
        "1,5",
        "٣",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 99 Dec 2023 23:59:59 GMT",
        "Fri, 31 Dec 2023 99:59:59 GMT",
        "Fri, 31 Dec 2023 23:59:59 +9999999",
        "31/12/2030",
        "2030-12-31T00:00:00Z",
        "\x00",
        "3600; foo=bar",
    ],
)
def test_what_is_no_sensible_wait_is_none(text: str) -> None:
    assert read_retry_after(Headers({"retry-after": text}), now=NOW) is None


def test_without_the_header_there_is_no_wait() -> None:
    assert read_retry_after(Headers()) is None


@settings(deadline=None, max_examples=500)
@given(st.text(max_size=60) | st.from_regex(r"\w{3}, \d+ \w{3} \d+ \d+:\d+:\d+ \S{0,6}"))
def test_any_text_is_a_sensible_wait_or_none(text: str) -> None:
    for name in ("retry-after", "retry-after-ms"):
        seconds = read_retry_after(Headers({name: text}))
        assert seconds is None or (math.isfinite(seconds) and 0 <= seconds <= 366 * 86400)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [("true", True), ("false", False), (" TRUE ", True), ("1", None), ("", None), ("no", None)],
)
def test_the_servers_verdict_is_read(text: str, verdict: bool | None) -> None:  # noqa: FBT001 - a table
    assert read_should_retry(Headers({"x-should-retry": text})) is verdict
    assert read_should_retry(Headers()) is None


def test_rate_limits_are_read_as_groq_writes_them() -> None:
    limits = RateLimits.from_headers(
        Headers(
            {
                "x-ratelimit-limit-requests": "14400",
                "X-RateLimit-Limit-Tokens": "18000",
                "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-remaining-tokens": "17997",
                "x-ratelimit-reset-requests": "2m59.56s",
                "x-ratelimit-reset-tokens": "7.66s",
            }
        )
    )
    assert limits == RateLimits(14400, 18000, 14370, 17997, 179.56, 7.66)


@pytest.mark.parametrize("text", ["", "many", "-1", "1.5", "٣", "1" * 30, "1 000"])
def test_a_limit_that_is_no_number_is_none(text: str) -> None:
    fields = ("limit-requests", "remaining-tokens")
    headers = Headers({f"x-ratelimit-{name}": text for name in fields})
    assert RateLimits.from_headers(headers) == RateLimits()
    assert RateLimits.from_headers(Headers()) == RateLimits()
