"""gevent: greenlets share a thread, so the backends that answer them must not need a loop of it."""

import pytest

from corechat.testing import LoopbackServer
from tests.core.support import run_python

PATCHED = """
import sys
from gevent import monkey
monkey.patch_all()
import gevent
from corechat import Client, ConfigurationError

ASK = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
"""

CALLS = """
client = Client("BACKEND", base_url=sys.stdin.read(), api_key="k", timeout=20)
calls = [gevent.spawn(lambda: client.complete(**ASK).text) for _ in range(8)]
gevent.joinall(calls)
print({call.get() for call in calls})
client.close()
"""

MAKES = """
try:
    Client("aiohttp", base_url="http://127.0.0.1:1/v1")
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.parametrize("backend", ["httpx", "httpx2", "pyreqwest"])
def test_greenlets_that_call_at_the_same_time_are_all_answered(
    backend: str, live: LoopbackServer
) -> None:
    script = PATCHED + CALLS.replace("BACKEND", backend)
    done = run_python(script, stdin=f"{live.url}/v1".encode())
    assert len(eval(done.stdout)) == 1  # noqa: S307 - our own child's words


def test_aiohttp_is_refused_when_the_client_is_made() -> None:
    said = run_python(PATCHED + MAKES).stdout.decode()
    assert "gevent" in said
    assert "Use the backend 'httpx'" in said


def test_aiohttp_answers_beside_gevent_that_has_not_patched_anything(live: LoopbackServer) -> None:
    script = PATCHED.replace("monkey.patch_all()", "") + CALLS.replace("BACKEND", "aiohttp")
    assert run_python(script, stdin=f"{live.url}/v1".encode()).stdout
