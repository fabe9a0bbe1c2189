"""What mocks httpx mocks corechat: respx, pytest-httpx and httpx's own MockTransport."""

import gzip
import json
from importlib import import_module
from typing import Any

import httpx
import pytest
import respx
from pytest_httpx import HTTPXMock

import corechat
from tests.cassettes.support import completion
from tests.ecosystem.conftest import MakeClient
from tests.ecosystem.support import KEY, ask

URL = "https://api.example/v1/chat/completions"


def test_respx_answers(make_client: MakeClient) -> None:
    with respx.mock(base_url="https://api.example") as router:
        route = router.post("/v1/chat/completions", json__model="m").respond(json=completion("hi"))
        client = make_client()
        assert [ask(client), ask(client)] == ["hi", "hi"]
    request = route.calls.last.request
    assert json.loads(request.content)["messages"] == [{"role": "user", "content": "hi"}]
    assert request.headers["authorization"] == f"Bearer {KEY}"


def test_respx_that_patches_clients_answers_through_an_own_client(make_client: MakeClient) -> None:
    with respx.mock(using="httpx") as router, httpx.Client() as own:
        router.post(URL).respond(json=completion("hi"))
        assert ask(make_client(http_client=own)) == "hi"


def test_respx_fails_and_the_call_is_tried_again(
    make_client: MakeClient, respx_mock: respx.MockRouter
) -> None:
    answers = [httpx.ConnectError("nobody there"), httpx.Response(200, json=completion("hi"))]
    route = respx_mock.post(URL).mock(side_effect=answers)
    assert ask(make_client()) == "hi"
    assert route.call_count == 2


def test_pytest_httpx_answers_and_nothing_goes_to_the_network(
    make_client: MakeClient, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_response(url=URL, method="POST", json=completion("hi"))
    assert ask(make_client()) == "hi"
    request = httpx_mock.get_request()
    assert request is not None
    assert json.loads(request.content)["model"] == "m"
    assert request.extensions["timeout"]["read"] == pytest.approx(20, abs=5)


def test_a_failure_of_a_mock_is_told_in_its_own_words(
    make_client: MakeClient, httpx_mock: HTTPXMock
) -> None:
    httpx_mock.add_exception(httpx.ReadTimeout("the mock took a nap"))
    httpx_mock.add_exception(httpx.ReadError("the mock hung up"))
    client = make_client(max_retries=0)
    with pytest.raises(corechat.APITimeoutError, match="the mock took a nap"):
        ask(client)
    with pytest.raises(corechat.APIConnectionError, match="the mock hung up"):
        ask(client)


def test_a_status_of_pytest_httpx_is_the_error_that_it_would_be(
    make_client: MakeClient, httpx_mock: HTTPXMock
) -> None:
    error = {"error": {"message": "no such model", "type": "invalid_request_error"}}
    httpx_mock.add_response(status_code=404, json=error)
    with pytest.raises(corechat.NotFoundError, match="no such model"):
        ask(make_client())


@pytest.mark.httpx_mock(assert_all_requests_were_expected=False)
def test_a_call_that_pytest_httpx_does_not_expect_says_so(
    make_client: MakeClient, httpx_mock: HTTPXMock
) -> None:
    assert httpx_mock.get_requests() == []
    with pytest.raises(corechat.APITimeoutError, match="No response can be found for POST"):
        ask(make_client(max_retries=0))


@pytest.mark.parametrize("library", ["httpx", "httpx2"])
def test_mock_transport_answers_through_an_own_client(
    make_client: MakeClient, library: str
) -> None:
    module: Any = import_module(library)
    seen: list[Any] = []

    def handler(request: Any) -> Any:
        seen.append(json.loads(request.content))
        return module.Response(200, json=completion("hi"))

    with module.Client(transport=module.MockTransport(handler)) as own:
        client = make_client(library, http_client=own)
        assert [ask(client), ask(client)] == ["hi", "hi"]
    assert [body["model"] for body in seen] == ["m", "m"]


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_coded_answer_of_mock_transport_is_decoded_once(
    make_client: MakeClient, coding: str
) -> None:
    body = json.dumps(completion("hi")).encode()
    coded = gzip.compress(body) if coding == "gzip" else body
    headers = {"Content-Encoding": coding, "Content-Type": "application/json"}

    def handler(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=coded, headers=headers)

    with httpx.Client(transport=httpx.MockTransport(handler)) as own:
        assert ask(make_client(http_client=own)) == "hi"
