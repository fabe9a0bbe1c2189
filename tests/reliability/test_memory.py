"""Whatever a server sends, a client stays under 150 MB of memory, Python and all."""

import gc
import json
import subprocess
import sys
import traceback
import weakref

import pytest

import corechat
from corechat._call.decode import Decoder
from corechat._http.messages import Headers, HttpRequest, HttpResponse
from corechat.transport._deadline import Deadline
from tests.reliability.battery.plays import FINE, completion
from tests.reliability.clients import BACKENDS

pytestmark = pytest.mark.slow

_MOST = 150.0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_stays_within_its_bound_whatever_comes(backend: str) -> None:
    done = subprocess.run(  # noqa: S603 - this very interpreter, fixed words
        [sys.executable, "-m", "tests.reliability.memory", backend],
        capture_output=True,
        timeout=100,
        check=True,
    )
    peaks = json.loads(done.stdout)
    assert len(peaks) >= 25
    assert {name: peak for name, peak in peaks.items() if peak > _MOST} == {}


def test_log_probabilities_of_4096_tokens_are_not_too_dense() -> None:
    entry = {"token": " the", "logprob": -0.12345, "bytes": [32, 116, 104, 101]}
    content = [{**entry, "top_logprobs": [entry] * 20}] * 4096
    choice = json.loads(FINE)["choices"][0] | {"logprobs": {"content": content}}
    body = completion(choices=[choice])
    reply = Decoder().decode(HttpResponse(200, Headers(), body), elapsed=0, attempts=1)
    assert reply.choices[0].logprobs is not None


def test_a_long_answer_full_of_code_is_not_too_dense() -> None:
    body = completion('if (a[0]) { b({"c": [1, 2]}); }\n' * 10_000)
    reply = Decoder().decode(HttpResponse(200, Headers(), body), elapsed=0, attempts=1)
    assert len(reply.text) == 320_000


class _Huge:
    """Answer with much that is no chat completion."""

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        del request, deadline
        return HttpResponse(200, Headers(), b"<p>" * 1_000_000)

    def close(self) -> None:
        pass


def test_an_error_does_not_keep_the_body_that_it_is_about() -> None:
    client = corechat.Client(_Huge(), base_url="http://127.0.0.1", api_key="x")
    with pytest.raises(corechat.APIResponseValidationError) as raised:
        client.complete(model="m", messages=[{"role": "user", "content": "hi"}])
    for frame, _ in traceback.walk_tb(raised.value.__traceback__):
        kept = [value for value in frame.f_locals.values() if isinstance(value, HttpResponse)]
        assert not kept, frame
    assert raised.value.__context__ is None


def test_an_error_goes_when_it_is_dropped_without_the_garbage_collector() -> None:
    client = corechat.Client(_Huge(), base_url="http://127.0.0.1", api_key="x")
    gc.disable()
    try:
        kept: list[weakref.ref[BaseException]] = []
        try:
            client.complete(model="m", messages=[{"role": "user", "content": "hi"}])
        except corechat.APIResponseValidationError as error:
            kept.append(weakref.ref(error))
        assert kept[0]() is None
    finally:
        gc.enable()
