"""What a type checker must accept, and infer, of the double for tests."""

from typing import assert_type

from pydantic import BaseModel

from corechat import ChatRequest, Client, ToolCall
from corechat.testing import Answer, FakeTransport, error_response, tool_call
from corechat.transport import HttpRequest, HttpResponse


class City(BaseModel):
    name: str


def by_request(request: ChatRequest) -> Answer:
    return 429 if request.model == "busy" else "Paris."


fake = FakeTransport("Paris.", 429, TimeoutError(), City(name="Paris"), by_request, {"choices": []})
fake.when("France", [tool_call("population", city="Paris")]).when(lambda one: one.n == 1, "Rome.")
Client(fake)
assert_type(fake.requests, list[ChatRequest])
assert_type(fake.http_requests, list[HttpRequest])
assert_type(tool_call("population", city="Paris"), ToolCall)
assert_type(error_response(429, headers={"retry-after": "1"}), HttpResponse)
FakeTransport(b"bytes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
FakeTransport("Paris.", repeat=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
