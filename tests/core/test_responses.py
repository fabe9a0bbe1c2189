"""ChatResponse: open to whatever a server sends, typed where it keeps to the API, lossless."""

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import APIResponseValidationError, ChatRequest, ChatResponse, RequestValidationError
from corechat._call.call_errors import CallErrors
from corechat._http.messages import Headers
from tests.core.corpus import strictly
from tests.core.json_values import JSON, WORD
from tests.core.support import MESSAGES, answer, completion, decode, with_message

NAMES = st.sampled_from(
    [*ChatResponse.model_fields, "content", "role", "tool_calls", "reasoning", "audio", "text",
     "annotations", "executed_tools", "finish_reason", "index", "logprobs", "function", "custom",
     "function_call", "model_config", "model_extra", "json", "copy", "http", "_http", "id", "é"]
)  # fmt: skip
OBJECT = st.dictionaries(NAMES | WORD, JSON, max_size=5)
CHOICE = st.builds(lambda choice, message: {**choice, "message": message}, OBJECT, OBJECT)
CONTENT = st.none() | st.text(max_size=9) | st.lists(JSON, max_size=2) | OBJECT


def whole(outer: dict[str, Any], choices: list[dict[str, Any]], content: Any) -> dict[str, Any]:
    for choice in choices:
        if "content" in choice["message"]:  # the one field that is not open to every type
            choice["message"]["content"] = content
    outer.pop("error", None)
    return {**outer, "choices": choices}


@settings(deadline=None, max_examples=120)
@given(st.builds(whole, OBJECT, st.lists(CHOICE, min_size=1, max_size=3), CONTENT))
def test_any_object_with_the_skeleton_comes_back_as_it_was(body: dict[str, Any]) -> None:
    reply = decode(body)
    assert strictly(reply.model_dump(exclude_unset=True)) == strictly(body)
    assert strictly(json.loads(reply.model_dump_json(exclude_unset=True))) == strictly(body)
    again = pickle.loads(pickle.dumps(reply))  # noqa: S301 - our own
    assert again == reply == copy.deepcopy(reply)
    assert isinstance(reply.text, str)
    assert isinstance(reply.tool_calls, list)
    assert reply.request_id is None or isinstance(reply.request_id, str)
    assert reply.finish_reason is None or isinstance(reply.finish_reason, str)
    repr(reply)


@settings(deadline=None, max_examples=80)
@given(st.builds(whole, OBJECT, st.lists(CHOICE, min_size=1, max_size=2), CONTENT))
def test_any_answer_can_be_repeated_or_says_why_not(body: dict[str, Any]) -> None:
    message = decode(body).message
    try:
        repeated = message.to_request(reasoning=True)
    except RequestValidationError:
        return
    ChatRequest(messages=[*MESSAGES, repeated]).to_json()


@settings(deadline=None, max_examples=80)
@given(JSON | OBJECT)
def test_any_json_without_the_skeleton_is_refused(body: Any) -> None:
    if isinstance(body, dict):
        body.pop("choices", None)
    with pytest.raises(APIResponseValidationError):
        decode(json.dumps(body).encode())


@pytest.mark.parametrize(
    "choices",
    [
        None,
        [],
        {},
        "text",
        5,
        [None],
        [5],
        [[]],
        [{}],
        [{"text": "a legacy completion"}],
        [{"delta": {"content": "a chunk"}}],
        [{"message": None}],
        [{"message": "text"}],
        [{"message": []}],
        [{"message": {}}, {"message": None}],
        [{"message": {"content": "a"}}, {}],
        [{"message": {"content": 5}}],
        [{"message": {"content": True}}],
    ],
    ids=json.dumps,
)
def test_choices_that_are_no_answers_are_refused(choices: Any) -> None:
    with pytest.raises(APIResponseValidationError, match="choices"):
        decode(completion(choices=choices))


def test_an_answer_is_read_with_the_words_of_the_api() -> None:
    reply = decode(
        completion(
            "Hello!",
            x_groq={"id": "req_groq", "usage": {"dram_cached_tokens": 1}},
            service_tier="on_demand",
            brand_new={"a": 1},
        ),
        {"x-request-id": "req_1", "x-ratelimit-remaining-tokens": "5000"},
    )
    assert (reply.text, reply.message.content, reply.message.role) == (
        "Hello!",
        "Hello!",
        "assistant",
    )
    assert reply.finish_reason == "stop"
    assert reply.tool_calls == []
    assert reply.usage is not None
    assert reply.usage.total_tokens == 5
    assert reply.request_id == "req_1"
    assert reply.rate_limits.remaining_tokens == 5000
    assert (reply.http.status, reply.http.attempts, reply.http.elapsed) == (200, 2, 0.25)
    assert reply.http.headers["x-request-id"] == "req_1"
    assert reply.model_extra == {"brand_new": {"a": 1}}
    assert getattr(reply, "brand_new") == {"a": 1}  # noqa: B009 - no checker knows it


@pytest.mark.parametrize(
    "name",
    ["X-Request-ID", "request-id", "apim-request-id", "x-ds-trace-id", "mistral-correlation-id"],
)
def test_the_id_of_the_request_is_found_under_every_name_that_providers_give_it(name: str) -> None:
    assert decode(completion(x_groq={"id": "groq"}), {name: "id_1"}).request_id == "id_1"
    error = CallErrors().of_status(answer({}, 400, {name: "id_1"}), attempts=1)
    assert error.request_id == "id_1"


def test_without_a_header_groqs_own_id_is_the_request_id() -> None:
    assert decode(completion(x_groq={"id": "req_groq"})).request_id == "req_groq"
    assert decode(completion(x_groq={"id": 5})).request_id is None
    assert decode(completion(x_groq="odd")).request_id is None
    assert decode(completion()).request_id is None


def test_every_field_of_groqs_and_openais_answers_is_typed() -> None:
    reply = with_message(
        reasoning="because",
        executed_tools=[
            {
                "type": "python",
                "index": 0,
                "code_results": [{"chart": {"type": "bar", "elements": [{"value": 1.5}]}}],
                "search_results": {"results": [{"url": "u", "score": 0.5}]},
            }
        ],
        annotations=[{"type": "url_citation", "url_citation": {"url": "u", "end_index": 3}}],
        audio={"id": "a", "expires_at": 1},
    )
    tool = (reply.message.executed_tools or [])[0]
    assert tool.code_results is not None
    assert tool.code_results[0].chart is not None
    assert (tool.code_results[0].chart.elements or [])[0].value == 1.5
    assert tool.search_results is not None
    assert (tool.search_results.results or [])[0].score == 0.5
    citation = (reply.message.annotations or [])[0].url_citation
    assert citation is not None
    assert citation.end_index == 3
    assert reply.message.audio is not None
    assert reply.message.audio.id == "a"


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a", "a"),
        (None, ""),
        ([{"type": "text", "text": "a"}, {"type": "thinking"}, {"text": "b"}, "c", None], "ab"),
        ({"text": "a"}, "a"),
        ({"title": "x"}, ""),
        ([{"text": 5}], ""),
        ([], ""),
    ],
)
def test_the_text_of_every_shape_of_content(content: Any, text: str) -> None:
    assert with_message(content=content).text == text


def test_tool_calls_are_read_also_where_a_server_is_careless() -> None:
    reply = with_message(
        tool_calls=[
            {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}},
            {"id": "2", "type": "custom", "custom": {"name": "g", "input": "x"}},
            {"function": {"name": "h"}},
            {},
        ]
    )
    assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == [
        ("1", "f", "{}"),
        ("2", "g", "x"),
        (None, "h", ""),
        (None, "", ""),
    ]
    mixed = with_message(tool_calls=[None, {"id": "1", "function": {"name": "f"}}, "odd", []])
    assert [call.name for call in mixed.tool_calls] == ["f"]
    assert len(mixed.message.tool_calls or []) == 4
    assert len(mixed.message.to_request().tool_calls or []) == 1
    assert with_message(tool_calls=None).tool_calls == []
    assert with_message(tool_calls="odd").tool_calls == []
    assert with_message().tool_calls == []


def test_a_value_of_another_type_is_kept_and_neither_refused_nor_warned_about() -> None:
    odd = completion(
        created="yesterday",
        usage={"prompt_tokens": "x", "queue_time": [1]},
        model=5,
        system_fingerprint={"a": 1},
        service_tier=["flex"],
    )
    odd["choices"][0] |= {"finish_reason": 7, "index": "0", "logprobs": "none"}
    reply = decode(odd)
    assert strictly(reply.model_dump(exclude_unset=True)) == strictly(odd)
    assert strictly(json.loads(reply.model_dump_json(exclude_unset=True))) == strictly(odd)
    created: object = reply.created
    assert created == "yesterday"
    assert reply.finish_reason is None


def test_numbers_keep_their_type() -> None:
    reply = decode(completion(usage={"total_tokens": 5, "total_time": 1, "queue_time": 1.0}))
    assert '"queue_time":1.0,"total_time":1}' in reply.model_dump_json(exclude_unset=True)


def test_answers_are_equal_by_what_the_server_said() -> None:
    one = decode(completion(), {"x-request-id": "a"})
    assert one == decode(completion(), {"x-request-id": "b"})
    assert one != decode(completion("Bye!"))
    assert one != completion()
    with pytest.raises(TypeError):
        hash(one)


def test_a_pickled_answer_keeps_how_it_came_but_no_cookie() -> None:
    reply = decode(completion(), {"x-request-id": "a", "set-cookie": "s=secret"})
    again = pickle.loads(pickle.dumps(reply))  # noqa: S301 - our own
    assert again.http == reply.http
    assert again.request_id == "a"
    assert "secret" not in repr(reply.http)
    assert b"secret" not in pickle.dumps(reply)


def test_an_answer_made_by_hand_knows_that_it_did_not_come() -> None:
    reply = ChatResponse.model_validate(completion())
    assert reply.http.headers == Headers()
    assert reply.http.attempts == 0


def test_an_answer_says_whether_it_was_cut_off() -> None:
    for reason, cut in (("length", True), ("stop", False), (None, False), (5, False)):
        choice = {"message": {"content": "a"}, "finish_reason": reason}
        response = decode({"choices": [choice, {"message": {}, "finish_reason": "length"}]})
        assert response.cut_off is response.choices[0].cut_off is cut
        assert response.choices[1].cut_off


def test_an_answer_is_represented_by_what_the_server_said_in_a_line_or_two() -> None:
    reply = decode(completion("words " * 10_000))
    assert len(repr(reply)) <= 200
    assert "None" not in repr(reply)
    assert repr(reply.usage) == "Usage(prompt_tokens=3, completion_tokens=2, total_tokens=5)"


def test_a_notebook_shows_an_answer_as_a_table_and_runs_nothing_in_it() -> None:
    call = {"id": "1", "function": {"name": "f", "arguments": '{"a": "<b>"}'}}
    message = {"role": "assistant", "content": "<script>x</script>", "tool_calls": [call]}
    shown = decode({"choices": [{"message": message, "finish_reason": "stop"}]})._repr_html_()
    assert shown.startswith("<table>")
    assert "&lt;script&gt;x&lt;/script&gt;" in shown
    assert "f({&quot;a&quot;: &quot;&lt;b&gt;&quot;})" in shown
    assert "stop" in shown
    assert "<script" not in shown
