"""Lines of a batch's output, in OpenAI's and Groq's format: written from outcomes, and read."""

import re
from secrets import token_hex
from typing import Any

from pydantic_core import from_json, to_json

from corechat._batch.outcome import Outcome
from corechat.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    CorechatError,
)

_WORD = re.compile("(?<=[a-z])(?=[A-Z])")
_CODES: dict[type[CorechatError], str] = {
    APITimeoutError: "request_timeout",
    APIConnectionError: "connection_error",
    APIResponseValidationError: "invalid_response",
}
_OK = 200
_REDIRECTS = 300


def write_line(custom_id: str, outcome: Outcome[Any]) -> bytes:
    """Write how a request ended: the server's JSON as it came, or the error.

    An error that keeps a whole answer, which may have been billed, gives both.
    """
    response, error = outcome.response, outcome.error
    if response is None and isinstance(error, APIError):
        response = error.response
    answered, told = b"null", b"null"
    if isinstance(error, APIStatusError):
        body = _in_a_line(response.http.body) if response is not None else to_json(_body(error))
        answered = _response(error.status_code, error.request_id, body)
    elif response is not None:
        body = _in_a_line(response.http.body)
        answered = _response(response.http.status, response.request_id, body)
    if error is not None and not isinstance(error, APIStatusError):
        told = to_json({"code": code_of(error), "message": error.message})
    return b'{"id":"batch_req_%s","custom_id":%s,"response":%s,"error":%s}\n' % (
        token_hex(12).encode(),
        to_json(custom_id),
        answered,
        told,
    )


def _response(status: int, request_id: str | None, body: bytes) -> bytes:
    return b'{"status_code":%d,"request_id":%s,"body":%s}' % (status, to_json(request_id), body)


def _in_a_line(body: bytes) -> bytes:
    """Return JSON in one line: a line break stands between its tokens only, and means nothing."""
    return body.strip().replace(b"\r", b" ").replace(b"\n", b" ")


def _body(error: APIStatusError) -> object:
    if isinstance(error.body, dict):
        return error.body
    return {"error": {"message": error.body if isinstance(error.body, str) else error.message}}


def code_of(error: CorechatError) -> str:
    """Return a word for an error that is not a status: OpenAI's, ``request_timeout``, or ours."""
    for kind, word in _CODES.items():
        if isinstance(error, kind):
            return word
    name = type(error).__name__.removeprefix("API").removesuffix("Error")
    return _WORD.sub("_", name).lower()


def read_line(data: bytes) -> tuple[str, bool] | None:
    """Return a line's ``custom_id`` and whether it is a success; None where it is another's."""
    try:
        line: Any = from_json(data)
        custom_id, response = line["custom_id"], line["response"]
        status = 0 if response is None else response["status_code"]
        good = line["error"] is None and _OK <= status < _REDIRECTS
    except (ValueError, TypeError, KeyError):
        return None
    return (custom_id, good) if isinstance(custom_id, str) else None
