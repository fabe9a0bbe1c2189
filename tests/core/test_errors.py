"""The error tree: as it is drawn, plain data, bounded, and copied to an equal one by every road."""

import copy
import inspect
import pickle
import re
from collections.abc import Callable, Iterator
from typing import Any

import groq
import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corechat
from corechat import errors
from corechat.errors import (
    APIError,
    APIStatusError,
    BadRequestError,
    CorechatError,
    RequestValidationError,
    UnknownToolError,
)
from corechat.responses import ChatResponse, Usage
from tests.core.support import completion, run_python

LIMIT = 1000


def subclasses(cls: type[CorechatError]) -> Iterator[type[CorechatError]]:
    for child in cls.__subclasses__():
        if child.__module__.startswith("corechat"):
            yield child
            yield from subclasses(child)


EVERY = list(dict.fromkeys([CorechatError, *subclasses(CorechatError)]))  # some have two parents
DRAWN = re.compile(
    r"^(?P<indent>[│ ├└─]*)(?P<name>\w*Error)(?: +(?P<status>\d[\dx]{2}))?", re.MULTILINE
)
ALSO = re.compile(r"(\w+Error) +and an? (\w+Error)")
FIELDS: dict[str, Any] = {
    "refusal": BadRequestError("No.", status_code=400, code="tool_use_failed", body={"a": [1]}),
    "problems": (("messages[2].tool_call_id", "Field required"),),
    "attempts": 3,
    "status_code": 429,
    "request_id": "req_1",
    "code": "rate_limit_exceeded",
    "type": "tokens",
    "param": "max_tokens",
    "retry_after": 2.5,
    "failed_generation": "<function=…",
    "body": {"error": {"message": "Slow down.", "deep": [1, {"a": None}]}},
    "content_type": "text/html",
    "excerpt": "<html>",
    "limit": 1000,
    "path": "a.yaml",
    "differences": ("#1 model: 'a' → 'b'",),
    "reason": "wrong_shape",
    "errors": ({"type": "missing", "loc": ("a", 0), "msg": "Field required"},),
    "text": "{",
    "usage": Usage(total_tokens=5),
    "response": ChatResponse.model_validate(completion()),
    "name": "f",
    "arguments": "{",
    "tool_call_id": "1",
    "known": ("g",),
}


def make(cls: type[CorechatError], message: str = "What, which, what to do.") -> CorechatError:
    named: set[str] = set()
    for parent in cls.__mro__:
        if parent is APIStatusError and "refusal" in named:
            continue  # what it says comes with the refusal
        if "__init__" in vars(parent) and issubclass(parent, CorechatError):
            named |= set(inspect.signature(parent).parameters)
    fields = {name: value for name, value in FIELDS.items() if name in named}
    return cls(message, **fields)


def test_the_tree_is_as_it_is_drawn() -> None:
    parents: list[str] = []
    drawn: dict[str, tuple[str, str | None]] = {}
    for match in DRAWN.finditer(errors.__doc__ or ""):
        depth = len(match["indent"]) // 4
        parents[depth:] = [match["name"]]
        drawn[match["name"]] = (parents[depth - 1] if depth else "Exception", match["status"])
    also = {name: [base] for name, base in ALSO.findall(errors.__doc__ or "")}
    assert drawn.keys() == {cls.__name__ for cls in EVERY}
    for cls in EVERY:
        parent, status = drawn[cls.__name__]
        assert cls.__base__ is not None
        assert cls.__bases__[0].__name__ == parent
        assert [base.__name__ for base in cls.__bases__[1:]] == also.get(cls.__name__, [])
        if status and status.isdecimal():
            assert APIStatusError.class_for(int(status)) is cls


@pytest.mark.parametrize("status", [300, 301, 304, 402, 405, 413, 418, 451, 499, 600, 999])
def test_a_status_without_a_class_of_its_own_is_an_api_status_error(status: int) -> None:
    assert APIStatusError.class_for(status) is APIStatusError


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 520, 529, 599])
def test_every_5xx_is_an_internal_server_error(status: int) -> None:
    assert APIStatusError.class_for(status) is errors.InternalServerError


def test_every_error_class_is_public() -> None:
    assert {cls.__name__ for cls in EVERY} == set(errors.__all__)
    assert set(errors.__all__) <= set(corechat.__all__)


def test_a_migrated_except_clause_catches_what_it_did() -> None:
    """As in groq-python and openai-python: what fails on the way is an APIError, too."""
    for peer in (groq, openai):
        for name in errors.__all__:
            theirs = getattr(peer, name, None)
            if theirs is None:
                continue
            for base in theirs.__mro__:
                ours = getattr(errors, base.__name__, None)
                assert ours is None or issubclass(getattr(errors, name), ours), (name, base)
    late = errors.APITimeoutError("late", status_code=200, attempts=2)
    assert (late.status_code, late.request_id, late.attempts) == (200, None, 2)
    assert late.response_started
    assert errors.APIConnectionError("down").status_code is None


def test_what_the_server_refused_is_an_error_of_both_kinds() -> None:
    for cls in EVERY:
        if issubclass(cls, errors.RefusedToolCallError | errors.RefusedOutputError):
            error = make(cls)
            assert isinstance(error, BadRequestError)
            assert isinstance(error, errors.ToolCallError | errors.StructuredOutputError)
            assert vars(error).items() >= {"status_code": 400, "code": "tool_use_failed"}.items()


ROADS: list[Callable[[CorechatError], CorechatError]] = [
    copy.copy,
    copy.deepcopy,
    *(
        lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ),
]


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("road", ROADS)
def test_an_error_is_copied_to_an_equal_one(
    cls: type[CorechatError], road: Callable[[CorechatError], CorechatError]
) -> None:
    error = make(cls)
    error.add_note("seen in batch 7")
    try:
        raise error from ValueError("a cause with a library's objects")
    except CorechatError as raised:
        other = road(raised)
    assert type(other) is cls
    assert other == error
    assert hash(other) == hash(error)
    assert (str(other), repr(other), other.args) == (str(error), repr(error), error.args)
    assert vars(other) == vars(error)
    assert other.__notes__ == ["seen in batch 7"]
    assert other.__cause__ is None


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
def test_an_error_differs_when_a_field_does(cls: type[CorechatError]) -> None:
    error = make(cls)
    assert error != make(cls, "Something else.")
    for name in vars(error):
        if name != "message":
            other = copy.copy(error)
            setattr(other, name, "different")
            assert other != error, name


def test_an_error_equals_nothing_but_its_own_class() -> None:
    assert make(CorechatError) != ValueError("What, which, what to do.")
    assert make(errors.APIConnectionError) != make(errors.APITimeoutError)


@pytest.mark.parametrize("cls", EVERY, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    "message", ["x" * 100_000, "é" * 3000, "🙂" * 3000, "a\n" * 3000, "\ud800" * 3000]
)
def test_no_message_is_over_1_kb(cls: type[CorechatError], message: str) -> None:
    error = make(cls, f"begin {message} end")
    for shown in (error.message, str(error), *error.args):
        assert len(shown.encode()) <= LIMIT
        assert shown.startswith("begin ")
        assert shown.endswith(" end")
        assert "…" in shown


def test_a_short_message_stays_as_it_is() -> None:
    assert make(CorechatError, "line\nline é 🙂").message == "line\nline é 🙂"


def test_a_message_is_printable_whatever_is_in_it() -> None:
    message = make(CorechatError, "half \ud83d, \x1b[31m red, \x00, \u202e").message
    assert message.isprintable()


def test_an_error_of_another_process_arrives_whole() -> None:
    code = (
        "import pickle, sys; from corechat import RateLimitError; "
        "sys.stdout.buffer.write(pickle.dumps(RateLimitError('m', status_code=429, "
        "retry_after=1.5, body={'a': [1]})))"
    )
    done = run_python(code)
    error = pickle.loads(done.stdout)  # noqa: S301 - our own
    assert error == corechat.RateLimitError("m", status_code=429, retry_after=1.5, body={"a": [1]})


def test_an_error_travels_through_a_subclass_of_someone_else() -> None:
    assert copy.copy(OwnError("x", "y")).other == "y"
    assert pickle.loads(pickle.dumps(OwnError("x", "y"))) == OwnError("x", "y")  # noqa: S301 - our own


class OwnError(APIError):
    def __init__(self, message: str, other: str) -> None:
        super().__init__(message, status_code=200)
        self.other = other


def test_problems_and_advice_are_readable() -> None:
    error = RequestValidationError("m", (("a", "b"),))
    assert error.problems == (("a", "b"),)
    unknown = UnknownToolError("m", name="f", known=("g", "h"))
    assert "g, h" in unknown.tool_message()["content"]


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(), max_size=3000))
def test_any_text_makes_a_bounded_printable_message(text: str) -> None:
    error = CorechatError(text)
    assert len(error.message.encode()) <= LIMIT
    assert pickle.loads(pickle.dumps(error)) == error  # noqa: S301 - our own
