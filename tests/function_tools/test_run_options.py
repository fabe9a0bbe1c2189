"""run_tools takes what complete takes; what a tool raises is logged, kept, and raised on wish."""

import json
import logging
import time
from typing import Any

import pytest
from pydantic import BaseModel

import corechat
from corechat import ChatRequest, ConfigurationError, ToolStep
from corechat.transport import Deadline, HttpRequest, HttpResponse
from tests.core.support import ScriptedTransport, answer, client_over, completion

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "How warm?"}]}


def warmth(city: str) -> int:
    """Tell how warm it is.

    Args:
        city: the city.
    """
    if city == "Atlantis":
        raise LookupError(f"{city} is under water")
    return 21


def calls(city: str = "Ulm", name: str = "warmth") -> HttpResponse:
    call = {"id": "1", "type": "function", "function": {"name": name, "arguments": ""}}
    call["function"]["arguments"] = json.dumps({"city": city})  # type: ignore[index]
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return answer(completion(choices=[{"message": message, "finish_reason": "tool_calls"}]))


class Weather(BaseModel):
    """Say how warm it is."""

    celsius: int


def test_the_request_may_be_given_by_keywords() -> None:
    transport = ScriptedTransport(calls(), answer())
    run = client_over(transport).run_tools(tools=[warmth], temperature=0, **ASK)
    assert run.stop_reason == "answer"
    assert run.response.text == "Hello!"
    assert [json.loads(one.body)["temperature"] for one in transport.requests] == [0, 0]


def test_options_of_a_call_hold_for_every_round() -> None:
    transport = ScriptedTransport(calls(), answer())
    client_over(transport).run_tools(
        ChatRequest(**ASK), [warmth], headers={"X-Team": "blue"}, extra_body={"debug": True}
    )
    assert [one.headers["x-team"] for one in transport.requests] == ["blue", "blue"]
    assert [json.loads(one.body)["debug"] for one in transport.requests] == [True, True]


def test_retries_are_the_runs() -> None:
    transport = ScriptedTransport(answer({}, status=500))
    with pytest.raises(corechat.InternalServerError):
        client_over(transport).run_tools(ChatRequest(**ASK), [warmth], max_retries=0)
    assert len(transport.requests) == 1


def test_a_timeout_is_the_whole_runs() -> None:
    class Slow(ScriptedTransport):
        left: list[float]

        def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
            self.left = [*getattr(self, "left", []), deadline.remaining()]
            time.sleep(0.05)
            return super().send(request, deadline)

    transport = Slow(calls(), calls(), answer())
    client_over(transport, timeout=500.0).run_tools(ChatRequest(**ASK), [warmth], timeout=60.0)
    first, second, third = transport.left
    assert 60.0 >= first > second > third
    assert third <= first - 0.1
    each = Slow(calls(), answer())
    client_over(each, timeout=500.0).run_tools(ChatRequest(**ASK), [warmth])
    assert all(499.0 < left <= 500.0 for left in each.left)


def test_the_last_answer_is_read_as_the_type_asked_for() -> None:
    transport = ScriptedTransport(calls(), answer(completion('{"celsius": 21}')))
    run = client_over(transport).run_tools(tools=[warmth], response_format=Weather, **ASK)
    assert run.response.parsed == Weather(celsius=21)
    assert run.rounds == 2


def test_a_last_answer_of_another_shape_is_told_and_kept() -> None:
    transport = ScriptedTransport(calls(), answer(completion("warm")))
    with pytest.raises(corechat.StructuredOutputError) as caught:
        client_over(transport).run_tools(tools=[warmth], response_format=Weather, **ASK)
    assert caught.value.response is not None
    assert caught.value.text == "warm"


def test_what_a_tool_raises_is_logged_with_its_traceback_and_kept(
    caplog: pytest.LogCaptureFixture,
) -> None:
    steps: list[ToolStep] = []
    transport = ScriptedTransport(calls("Atlantis"), answer())
    with caplog.at_level(logging.WARNING, logger="corechat"):
        client_over(transport).run_tools(ChatRequest(**ASK), [warmth], on_step=steps.append)
    assert [type(step.error) for step in steps] == [LookupError, type(None)]
    assert steps[0].results[0]["content"] == "Error: LookupError: Atlantis is under water"
    (record,) = [one for one in caplog.records if one.levelno == logging.WARNING]
    assert "the tool warmth raised" in record.getMessage()
    assert record.exc_info is not None
    assert "raise LookupError" in caplog.text


def test_what_a_tool_raises_is_raised_on_wish() -> None:
    transport = ScriptedTransport(calls("Atlantis"), answer())
    with pytest.raises(LookupError, match="under water"):
        client_over(transport).run_tools(ChatRequest(**ASK), [warmth], tool_errors="raise")
    assert len(transport.requests) == 1


def test_what_the_model_does_wrong_is_only_told_to_it() -> None:
    steps: list[ToolStep] = []
    transport = ScriptedTransport(calls(name="wamrth"), answer())
    client_over(transport).run_tools(
        ChatRequest(**ASK), [warmth], tool_errors="raise", on_step=steps.append
    )
    assert isinstance(steps[0].error, corechat.UnknownToolError)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tool_errors": "ignore"}, "tool_errors"),
        ({"max_rounds": 0}, "max_rounds"),
        ({"timeout": 0}, "timeout"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_is_paid(
    options: dict[str, Any], words: str
) -> None:
    transport = ScriptedTransport()
    with pytest.raises(ConfigurationError, match=words):
        client_over(transport).run_tools(ChatRequest(**ASK), [warmth], **options)
    assert transport.requests == []


def test_parameters_beside_a_request_are_refused() -> None:
    with pytest.raises(corechat.RequestValidationError, match="temperature"):
        client_over(ScriptedTransport()).run_tools(ChatRequest(**ASK), [warmth], temperature=1)


def test_what_no_handler_can_write_is_logged_as_what_one_can(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def warmth(city: str) -> int:
        raise OSError(f"{city}: caf\udce9.txt")

    transport = ScriptedTransport(calls(), answer())
    with caplog.at_level(logging.WARNING, logger="corechat"):
        client_over(transport).run_tools(ChatRequest(**ASK), [warmth])
    assert "Ulm: caf\ufffd.txt" in caplog.text
    caplog.text.encode()


def test_a_notebook_shows_a_run_as_a_table() -> None:
    transport = ScriptedTransport(calls(), answer(completion("<b>21</b>")))
    shown = client_over(transport).run_tools(tools=[warmth], **ASK)._repr_html_()
    assert shown.startswith("<table>")
    for told in ("How warm?", "warmth", "&lt;b&gt;21&lt;/b&gt;", "answer after 2 round(s)"):
        assert told in shown
