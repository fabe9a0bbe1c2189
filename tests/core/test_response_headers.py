"""Every field of a response that corechat reads is in its list, and a cassette keeps it."""

import pytest

from corechat import APIStatusError, Headers
from corechat._call.call_errors import CallErrors
from corechat._call.decode import Decoder
from corechat._http.response_headers import READ_HEADERS
from corechat._http.retry_after import read_should_retry
from corechat.responses import RateLimits
from corechat.transport import HttpRequest, HttpResponse
from corechat_replay.interaction import Interaction
from corechat_replay.secrets.redaction import Redactor
from tests.core.support import REQUEST, ScriptedTransport, answer, client_over


class Watched(Headers):
    """Headers that remember which of their fields were asked for."""

    asked: set[str]

    def __init__(self, *items: object) -> None:
        super().__init__(*items)  # type: ignore[arg-type]  # as given
        self.asked = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name.lower())
        return super().__getitem__(name)


def fields_read() -> set[str]:
    """Read a success and an error in every way, and tell which fields were asked for."""
    found: set[str] = set()
    for status in (200, 429):
        headers = Watched([("content-type", "application/json"), ("x-ratelimit-new", "1")])
        response = HttpResponse(status, headers, answer().body)
        if status == 200:
            Decoder().decode(response, elapsed=0, attempts=1)
        CallErrors().of_status(response, attempts=1)
        CallErrors().not_a_completion(response, b"", "why", attempts=1)
        read_should_retry(headers)
        RateLimits.from_headers(headers)
        found |= headers.asked
    return found


def test_what_is_read_is_listed() -> None:
    assert fields_read() == READ_HEADERS


def test_a_cassette_keeps_what_is_read() -> None:
    received = Headers([(name, "5") for name in sorted(READ_HEADERS - {"content-encoding"})])
    request = HttpRequest("POST", "https://h/v1/chat/completions", Headers(), b"{}")
    recorded = Interaction(request, HttpResponse(429, received, b"{}"))
    assert Redactor().clean(recorded).response.headers == received


def test_the_request_id_of_every_provider_is_told() -> None:
    for name in READ_HEADERS:
        if "id" in name.split("-"):
            transport = ScriptedTransport(answer(status=400, headers={name: "id_1"}))
            with pytest.raises(APIStatusError) as caught:
                client_over(transport).complete(REQUEST)
            assert caught.value.request_id == "id_1"
