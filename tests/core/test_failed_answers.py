"""Errors inside a 2xx answer, and answers without a message: what was paid for is never lost."""

import copy
import pickle
from typing import Any

import pytest

from corechat import (
    APIError,
    APIResponseValidationError,
    APIStatusError,
    ChatResponse,
    InternalServerError,
    RateLimitError,
)
from tests.core.support import KEY, REQUEST, ScriptedTransport, answer, client_over, completion

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
SAID = {"code": 502, "message": "The provider went away."}


def ended(reason: Any = "stop", **choice: Any) -> dict[str, Any]:
    message = {"role": "assistant", "content": "Hel"}
    return completion(choices=[{"index": 0, "finish_reason": reason, "message": message, **choice}])


def fails(body: dict[str, Any]) -> APIError:
    """Ask once, and check what every such error keeps."""
    transport = ScriptedTransport(answer(body, headers={"x-request-id": "req_1"}))
    with pytest.raises(APIError) as caught:
        client_over(transport).complete(REQUEST)
    error = caught.value
    assert len(transport.requests) == 1
    assert "may have been billed" in error.message
    assert "HTTP 200" in error.message
    assert error.request_id == "req_1"
    assert error.response is not None
    assert error.response.http.status == 200
    assert error.usage is not None
    assert error.usage.total_tokens == 5
    assert pickle.loads(pickle.dumps(error)) == error == copy.deepcopy(error)  # noqa: S301 - our own
    return error


def answers(body: dict[str, Any]) -> ChatResponse:
    return client_over(ScriptedTransport(answer(body))).complete(REQUEST)


@pytest.mark.parametrize(
    "choice",
    [
        {"error": SAID},
        {"error": {"code": "502", "message": SAID["message"]}},
        {"error": {"status": 502, "message": SAID["message"]}},
        {"error": {"status_code": 502, "detail": SAID["message"]}},
        {"error": {"code": "provider_error", "status": 502, "message": SAID["message"]}},
        {"error": {"error": SAID}},
        {"error": SAID, "finish_reason": "error"},
        {"error": SAID, "finish_reason": None},
        {"error": SAID, "message": {}},
        {"error": SAID, "message": None, "finish_reason": "error"},
        {"error": SAID, "finish_reason": "error", "native_finish_reason": None, "logprobs": None},
        {"message": {"role": "assistant", "content": "", "error": SAID}},
    ],
    ids=str,
)
def test_an_error_inside_a_choice_is_the_error_of_its_status(choice: dict[str, Any]) -> None:
    error = fails(ended(**choice))
    assert type(error) is InternalServerError
    assert error.status_code == 502
    assert "The provider went away." in error.message


def test_the_class_is_the_statuss() -> None:
    error = fails(ended(error={"code": 429, "message": "Slow down.", "type": "t", "param": "p"}))
    assert type(error) is RateLimitError
    assert (error.code, error.type, error.param) == (429, "t", "p")
    assert fails(ended(error={"code": 429, "message": "Try again in 3s"})).retry_after == 3
    assert isinstance(fails(ended(error={"code": 418, "message": "m"})), APIStatusError)


@pytest.mark.parametrize(
    "choice",
    [
        {"error": "went away"},
        {"error": ["went away"]},
        {"error": {"message": "went away"}},
        {"error": {"message": "went away", "code": "server_error"}},
        {"error": {"message": "went away", "code": 200}},
        {"error": {"message": "went away", "code": 1e9}},
        {"error": {"message": "went away", "code": 10**30}},
        {"error": {"message": "went away", "code": "²³⁴"}},
        {"error": {"message": "went away", "code": "٥٠٢"}},
        {"error": True},
        {"finish_reason": "error"},
        {"finish_reason": "ERROR"},
        {"finish_reason": "network_error"},
        {"finish_reason": "error", "message": None},
        {"finish_reason": "error", "message": {"content": None, "tool_calls": []}},
    ],
    ids=str,
)
def test_an_error_without_a_status_is_no_answer_either(choice: dict[str, Any]) -> None:
    error = fails(ended(**choice))
    assert type(error) is APIResponseValidationError
    assert error.status_code == 200
    assert "choices.0" in error.message
    if isinstance(choice.get("error"), str | list | dict):
        assert "went away" in error.message


def test_one_failed_choice_of_several_fails_the_answer_which_the_error_keeps() -> None:
    body = ended()
    body["choices"].append({"index": 1, "message": {}, "error": SAID, "finish_reason": "error"})
    error = fails(body)
    assert "choices.1" in error.message
    assert error.response is not None
    assert error.response.text == "Hel"


@pytest.mark.parametrize("error", [None, "", {}, [], False])
def test_a_choice_with_an_empty_error_is_an_answer(error: Any) -> None:
    assert answers(ended(error=error)).text == "Hel"


@pytest.mark.parametrize(
    "reason", ["stop", "length", "abort", "eos", None, "", "MAX_TOKENS", "terror "]
)
def test_another_reason_to_end_is_no_error(reason: Any) -> None:
    assert answers(ended(reason)).text == "Hel"


def test_an_error_beside_the_choices_keeps_the_answer() -> None:
    error = fails({**ended(), "error": {"message": "went away"}})
    assert type(error) is APIResponseValidationError
    assert "went away" in error.message


def test_the_error_shows_the_key_nowhere() -> None:
    for said in ({"code": 502, "message": f"bad {KEY}"}, {"message": f"bad {KEY}"}, f"bad {KEY}"):
        error = fails(ended(error=said))
        assert KEY not in error.message + repr(vars(error))


@pytest.mark.parametrize("reason", ["stop", "content_filter", "SAFETY", "length"])
@pytest.mark.parametrize("missing", [False, True])
def test_a_choice_without_a_message_is_an_error_that_keeps_its_reason_and_the_usage(
    reason: str,
    missing: bool,  # noqa: FBT001 - a table
) -> None:
    body = ended(reason, message=None)
    if missing:
        del body["choices"][0]["message"]
    error = fails(body)
    assert type(error) is APIResponseValidationError
    assert "choices.0.message" in error.message
    assert repr(reason) in error.message
    assert error.response is not None
    assert (error.response.text, error.response.finish_reason) == ("", reason)


def test_a_good_choice_beside_one_without_a_message_is_kept() -> None:
    body = ended()
    body["choices"].append({"index": 1, "message": None, "finish_reason": "content_filter"})
    error = fails(body)
    assert error.response is not None
    assert error.response.text == "Hel"


@pytest.mark.parametrize(
    "choice",
    [
        {"message": None},
        {"message": None, "finish_reason": None},
        {"message": None, "finish_reason": 5},
        {"message": "text", "finish_reason": "content_filter"},
        {"text": "a legacy completion", "finish_reason": "length"},
        {"delta": {"content": "a chunk"}, "finish_reason": "length"},
    ],
    ids=str,
)
def test_what_is_no_chat_completion_stays_refused(choice: dict[str, Any]) -> None:
    transport = ScriptedTransport(answer(completion(choices=[choice])))
    with pytest.raises(APIResponseValidationError) as caught:
        client_over(transport).complete(REQUEST)
    assert caught.value.response is None
