"""What must hold of any bytes whatever: targets of the property tests and of the fuzzer."""

import copy
import pickle
import unicodedata
import warnings

import corechat
from corechat._errors.text import escape_controls
from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport._deadline import Deadline
from corechat_replay.cassette.reader import parse

KEY = "gsk_Planted/0123456789-abcdefGHIJ"
_STATUSES = (200, 201, 200, 206, 400, 401, 404, 422, 429, 498, 500, 503, 307, 599)
_CODINGS = (None, None, None, "gzip", "deflate", "br", "zstd", "gzip, gzip", "x")
_FUZZED_FIELDS = ("x-request-id", "content-type", "retry-after", "x-ratelimit-reset-tokens")
_ASK = corechat.ChatRequest(
    model="m",
    messages=[{"role": "user", "content": "hi"}],
    tools=[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
)


class _Canned:
    """Answer every request with one response."""

    def __init__(self) -> None:
        self.response = HttpResponse(200, Headers(), b"")

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        del request, deadline
        return self.response

    def close(self) -> None:
        pass


_CANNED = _Canned()
_CLIENT = corechat.Client(
    _CANNED, base_url="http://127.0.0.1/v1", api_key=KEY, max_retries=0, max_body_bytes=1_000_000
)


def call(data: bytes) -> None:
    """Answer a call with any status, field, coding and body: an answer, or a typed, clean error.

    Args:
        data: two bytes choose status and coding; a line is a field's value; the rest is the body.
    """
    choice = (data[:2] + b"\0\0")[:2]
    line, _, body = data[2:].partition(b"\n")
    body = body.replace(b"KEY", KEY.encode())
    coding = _CODINGS[choice[1] % len(_CODINGS)]
    value = line.decode("latin-1")
    fields = [(name, value.replace("KEY", KEY)) for name in _FUZZED_FIELDS]
    fields += [("content-encoding", coding)] if coding else []
    status = _STATUSES[choice[0] % len(_STATUSES)]
    _CANNED.response = HttpResponse(status, Headers(fields), body)
    try:
        answer = _CLIENT.complete(_ASK)
    except corechat.CorechatError as error:
        _check_error(error)
    else:
        assert 200 <= status < 300
        _check_answer(answer)


def _check_error(error: corechat.CorechatError) -> None:
    shown = f"{error} {error!r} {vars(error)!r}"
    assert KEY not in shown
    assert len(error.message.encode()) <= 1024
    assert not [char for char in error.message if unicodedata.category(char) in ("Cc", "Cs")]
    assert escape_controls(error.message) == error.message
    assert copy.deepcopy(error) == error
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own error


def _check_answer(answer: corechat.ChatResponse) -> None:
    assert answer.choices
    assert isinstance(answer.text, str)
    assert isinstance(answer.finish_reason, str | None) or answer.finish_reason
    _ = (answer.tool_calls, answer.usage, answer.rate_limits, answer.request_id, answer.message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dumped = answer.model_dump_json(exclude_unset=True)
        again = corechat.ChatResponse.model_validate_json(dumped)
    assert again.model_dump(exclude_unset=True) == answer.model_dump(exclude_unset=True)
    assert KEY not in dumped


def cassette(data: bytes) -> None:
    """Read any bytes as a cassette: interactions, or a CassetteError."""
    try:
        found = parse(data, "any.yaml")
    except corechat.CassetteError as error:
        _check_error(error)
    else:
        assert isinstance(found.interactions, list | tuple)


TARGETS = {"call": call, "cassette": cassette}
