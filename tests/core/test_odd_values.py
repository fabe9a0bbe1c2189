"""Whatever a caller passes: an answer or an error of the tree, never another exception."""

from typing import Any

import pytest

from corechat import ChatRequest, Client, CorechatError, requests
from corechat._call.settings import OPTION_NAMES
from corechat.requests._base import OpenModel
from tests.core.support import KEY, MESSAGES, ScriptedTransport, client_over

LOOP: list[Any] = []
LOOP.append(LOOP)
NESTED: dict[str, Any] = {}
NESTED["self"] = NESTED


class Odd:
    """An object of someone's own."""


ODD: list[Any] = [
    5, -1, 1.5, float("nan"), 10**5000, "x", "", "\ud800", b"\xff", [], [None], [[]], {},
    {"a": object()}, {5: 5}, {"self": 1}, object(), Odd, len, True, None, {1}, LOOP, NESTED,
    range(3), list[int], ValueError("x"), ...,
]  # fmt: skip
CALL = [*ChatRequest.model_fields, "strict", "lenient", "timeout", "max_retries", "headers", "self"]
SETTINGS = [*(name for name in OPTION_NAMES if name != "record"), "nonsense"]  # a path is created
MODELS = [
    model
    for name in requests.__all__
    if isinstance(model := getattr(requests, name), type) and issubclass(model, OpenModel)
]


@pytest.mark.parametrize("name", CALL)
def test_a_call_with_an_odd_value_ends_in_the_tree(name: str) -> None:
    client = client_over(ScriptedTransport())
    for value in ODD:
        given: dict[str, Any] = {"messages": MESSAGES, "model": "m", name: value}
        for call in (client.complete, client.chat.completions.create):
            try:
                call(**given)
            except CorechatError as error:
                assert len(error.message.encode()) <= 1000  # noqa: PT017 - most may succeed


@pytest.mark.parametrize("name", SETTINGS)
def test_a_client_with_an_odd_setting_is_made_or_refused(name: str) -> None:
    for value in ODD:
        given = {"backend": ScriptedTransport(), "base_url": "https://h", "api_key": KEY}
        try:
            Client(**{**given, name: value}).close()
        except CorechatError as error:
            assert KEY not in str(error)  # noqa: PT017 - most may succeed


@pytest.mark.parametrize("value", [5, True, object(), ["x"], "\ud800"])
def test_a_record_that_is_no_path_is_refused(value: Any) -> None:
    with pytest.raises(CorechatError):
        client_over(ScriptedTransport(), record=value)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_part_of_a_request_with_an_odd_value_is_made_or_refused(model: type[OpenModel]) -> None:
    for name in [*model.model_fields, "self", "cls", "nonsense"]:
        for value in ODD:
            for make in (lambda given: model(**given), model.model_validate):
                try:
                    make({name: value})
                except CorechatError:
                    continue
    for value in ODD:
        try:
            model.model_validate(value)
        except CorechatError:
            continue


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_what_is_no_request_at_all_is_refused(value: Any) -> None:
    for make in (ChatRequest.model_validate, ChatRequest.model_validate_json):
        with pytest.raises(CorechatError):
            make(value)


def test_many_wrong_values_are_told_in_little_time() -> None:
    wrong = dict.fromkeys(map(str, range(50_000)), "hot")
    with pytest.raises(CorechatError, match="logit_bias"):
        ChatRequest(messages=MESSAGES, logit_bias=wrong)  # type: ignore[arg-type]  # the test
