"""The example of a third party's plugin: its promises kept, its wheel installed and used."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corechat._http.messages import Headers, HttpRequest
from corechat.errors import ConfigurationError
from corechat.testing._kit.child import Child
from corechat.testing._kit.scripts import always, reply
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import TransportOptions
from corechat.transport._deadline import Deadline

ROOT = Path(__file__).parents[1]
PLUGIN = ROOT / "tests" / "plugins" / "corechat_pyreqwest"
ANSWER = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1760000000,
    "model": "m",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "Hello."},
            "finish_reason": "stop",
        }
    ],
}
USE = """
import sys
import corechat
with corechat.Client("pyreqwest", base_url=sys.argv[1], api_key="planted-key") as client:
    reply = client.complete(model="m", messages=[{"role": "user", "content": "Hello?"}])
assert "aiohttp" not in sys.modules and "httpx" not in sys.modules
print(reply.text)
"""
CHECK = """
import sys
sys.path.insert(0, sys.argv[1])
from corechat.testing import Verdict, run_conformance
from corechat_pyreqwest import PyreqwestTransport
report = run_conformance(PyreqwestTransport)
for result in report.broken:
    print(result.id, result.detail, file=sys.stderr)
print(report.count(Verdict.KEPT), report.count(Verdict.BROKEN))
"""
NO_INDEX = ("Could not fetch URL", "Connection", "Temporary failure", "No matching distribution")

pytestmark = pytest.mark.source_tree


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    """A server that answers every request with a chat completion."""
    with LoopbackServer(always(reply(json.dumps(ANSWER).encode()))) as running:
        yield running


def run(*command: str | Path, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - this interpreter's, or a new environment's
        [str(part) for part in command],
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build corechat's wheel and the plugin's."""
    pytest.importorskip("build")
    folder = tmp_path_factory.mktemp("wheels")
    for source in (ROOT, PLUGIN):
        done = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "-o", folder, source)
        assert done.returncode == 0, done.stderr
    return sorted(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory, wheels: list[Path]) -> Path:
    """Install both wheels into a new environment, and give its interpreter."""
    folder = tmp_path_factory.mktemp("environment")
    assert run(sys.executable, "-m", "venv", folder).returncode == 0
    interpreter = next(
        path for path in (folder / "bin/python", folder / "Scripts/python.exe") if path.exists()
    )
    done = run(interpreter, "-m", "pip", "install", "--retries", "1", "--timeout", "20", *wheels)
    if any(words in done.stderr for words in NO_INDEX):
        pytest.skip("no package index is within reach: the plugin's dependencies cannot come")
    assert done.returncode == 0, done.stderr
    return interpreter


@pytest.mark.timeout(600)
def test_both_wheels_install_into_a_clean_environment_and_the_plugin_is_used_by_its_name(
    python: Path, server: LoopbackServer
) -> None:
    done = run(python, "-W", "error", "-c", USE, f"{server.url}/v1", seconds=60)
    assert (done.stdout.strip(), done.stderr) == ("Hello.", "")
    assert server.received[-1].target == "/v1/chat/completions"
    assert server.received[-1].values("authorization") == ["Bearer planted-key"]


@pytest.mark.timeout(600)
def test_a_misspelt_name_is_answered_with_the_plugin_s(python: Path) -> None:
    script = """
import corechat
try:
    corechat.Client("pyrequest", base_url="http://127.0.0.1:1/v1", api_key="x")
except corechat.BackendNotFoundError as error:
    print(error)
"""
    assert "pyreqwest" in run(python, "-c", script, seconds=60).stdout


def test_the_plugin_and_its_pyproject_have_fewer_than_130_lines() -> None:
    files = [PLUGIN / "pyproject.toml", PLUGIN / "corechat_pyreqwest.py"]
    assert sum(len(file.read_text().splitlines()) for file in files) < 130


@pytest.fixture(scope="module")
def plugin() -> Any:
    """Import the plugin from its folder."""
    pytest.importorskip("pyreqwest")
    path = PLUGIN / "corechat_pyreqwest.py"
    spec = importlib.util.spec_from_file_location("corechat_pyreqwest", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.timeout(300)
def test_the_plugin_keeps_every_promise_that_it_does_not_declare_itself_unable_to_keep() -> None:
    pytest.importorskip("pyreqwest")
    done = run(sys.executable, "-c", CHECK, PLUGIN)
    kept, broken = done.stdout.split()
    assert broken == "0", done.stderr
    assert int(kept) >= 170


def post(server: LoopbackServer) -> HttpRequest:
    return HttpRequest("POST", f"{server.url}/v1", Headers({"Accept": "*/*"}), b"{}")


def test_a_forked_child_is_told_at_once_that_the_plugin_cannot_work_there(
    plugin: Any, server: LoopbackServer
) -> None:
    transport = plugin.PyreqwestTransport(TransportOptions())
    transport.send(post(server), Deadline.after(10))

    def work() -> dict[str, object]:
        server.abandon()
        with pytest.raises(ConfigurationError, match="child"):
            transport.send(post(server), Deadline.after(10))
        return {"refused": True}

    assert Child(work).result(5) == {"refused": True}
    assert transport.send(post(server), Deadline.after(10)).status == 200
    transport.close()
