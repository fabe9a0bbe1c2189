"""What users of pyreqwest have sees the calls of the backend ``pyreqwest``."""

import json

import pytest
from pyreqwest.pytest_plugin import ClientMocker

from corechat import Client, PluginError

ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "m",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}
    ],
}
CHAT = {"model": "m", "messages": [{"role": "user", "content": "Hello?"}]}


def test_pyreqwest_s_own_mock_answers_a_call_and_keeps_its_request(
    client_mocker: ClientMocker,
) -> None:
    client_mocker.strict().post(path="/v1/chat/completions").with_body_json(ANSWER)
    with Client("pyreqwest", base_url="https://api.example.com/v1", api_key="planted") as client:
        assert client.complete(model="m", messages=CHAT["messages"]).text == "Hello."
    (request,) = client_mocker.get_requests()
    assert request.headers["authorization"] == "Bearer planted"
    assert request.body is not None
    assert json.loads(bytes(request.body.copy_bytes() or b"")) == CHAT


def test_a_call_that_a_strict_mock_does_not_know_never_leaves(client_mocker: ClientMocker) -> None:
    client_mocker.strict()
    client = Client("pyreqwest", base_url="https://api.example.com/v1", api_key="planted")
    with client, pytest.raises(PluginError, match="No mock rule matched"):
        client.complete(model="m", messages=CHAT["messages"])
