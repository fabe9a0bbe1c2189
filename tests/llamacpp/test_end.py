"""The backend llamacpp ends well: closed, forgotten, forked, or never used."""

import gc
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from corechat.errors import ConfigurationError
from corechat.transport import ConnectionFailure, TimeoutFailure, Transport, TransportOptions
from corechat_llamacpp.factories import llamacpp
from corechat_llamacpp.transport import LlamaTransport
from tests.llamacpp.local import ENDLESS, HELLO, ask, roomy, text

LATE = 3.0  # llama.cpp looks once a second whether a call still stands
ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Have all temporary files made in a folder of this test's."""
    path = tempfile.mkdtemp(prefix="t")  # tmp_path may be too long for a socket
    monkeypatch.setattr(tempfile, "tempdir", path)
    monkeypatch.setenv("TMPDIR", path)
    yield Path(path)
    shutil.rmtree(path)


def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program with the tests' modules at hand."""
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-X", "dev", "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_closes_twice_and_leaves_no_file(tiny_model_path: Path, folder: Path) -> None:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path)
    assert text(ask(transport, HELLO)) == "Hi!"
    [made] = folder.iterdir()
    assert made.stat().st_mode & 0o777 == 0o700
    transport.close()
    transport.close()
    assert not list(folder.iterdir())


def test_it_closes_unused(tiny_model_path: Path) -> None:
    for _ in range(10):
        llamacpp(TransportOptions(), model_path=tiny_model_path).close()


def test_a_call_after_close_is_refused(tiny_model_path: Path) -> None:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path)
    transport.close()
    with pytest.raises(ConfigurationError, match="closed"):
        ask(transport, HELLO)


def test_close_stops_the_calls_under_way_in_other_threads(tiny_model_path: Path) -> None:
    transport = roomy(tiny_model_path)
    assert isinstance(transport, LlamaTransport)
    ends: list[str] = []

    def call() -> None:
        try:
            ask(transport, ENDLESS)
        except ConfigurationError as error:
            ends.append(error.message)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(transport._calls._under_way) < len(threads):
        time.sleep(0.01)
    started = time.monotonic()
    transport.close()
    for thread in threads:
        thread.join(LATE)
    assert time.monotonic() - started < LATE
    assert ends == ["This transport was closed, and its call stopped."] * 4


def test_close_waits_for_a_call_that_was_given_up(tiny_model_path: Path, folder: Path) -> None:
    transport = roomy(tiny_model_path)
    with pytest.raises(TimeoutFailure):
        ask(transport, ENDLESS, seconds=0.2)
    started = time.monotonic()
    transport.close()
    assert time.monotonic() - started < LATE
    assert not list(folder.iterdir())


def test_a_forgotten_one_frees_its_model(tiny_model_path: Path, folder: Path) -> None:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path)
    ask(transport, HELLO)
    del transport
    gc.collect()
    assert not list(folder.iterdir())


def test_two_models_live_side_by_side(tiny_model_path: Path) -> None:
    first = llamacpp(TransportOptions(), model_path=tiny_model_path)
    second = llamacpp(TransportOptions(), model_path=tiny_model_path)
    first.close()
    assert text(ask(second, HELLO)) == "Hi!"
    second.close()


NOT_CLOSED = """
import sys, threading, time
from pathlib import Path
from corechat.transport import TimeoutFailure
from tests.llamacpp.local import ENDLESS, HELLO, ask, roomy, text
transport = roomy(Path(sys.argv[1]))
assert text(ask(transport, HELLO)) == "Hi!"
try:
    ask(transport, ENDLESS, seconds=0.2)
except TimeoutFailure:
    pass
def go_on():
    try:
        ask(transport, ENDLESS)
    except Exception:
        pass
threading.Thread(target=go_on, daemon=True).start()
time.sleep(0.3)
"""


def test_the_interpreter_exits_quietly_though_nobody_closed_it(
    tiny_model_path: Path, folder: Path
) -> None:
    done = run(NOT_CLOSED, str(tiny_model_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(folder.iterdir())


FORKS = """
import os, sys
from pathlib import Path
from tests.llamacpp.local import HELLO, ask, roomy, text
transport = roomy(Path(sys.argv[1]))
for _ in range(3):
    child = os.fork()
    assert text(ask(transport, HELLO)) == "Hi!"
    if child == 0:
        sys.exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
assert text(ask(transport, HELLO)) == "Hi!"
"""


def test_a_forked_child_shares_the_model_and_exits(tiny_model_path: Path, folder: Path) -> None:
    done = run(FORKS, str(tiny_model_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not list(folder.iterdir())


def _answer_of_child(transport: Transport, *, close_first: bool) -> str:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.read(reader, 1)
            said = text(ask(transport, HELLO))
        except ConnectionFailure as error:
            said = error.message
        finally:
            os.write(writer, said.encode())
            os._exit(0)
    if close_first:
        transport.close()
    os.write(writer, b"x")
    os.waitpid(child, 0)
    os.close(writer)
    with open(reader, "rb") as pipe:  # noqa: PTH123 - a descriptor
        return pipe.read().decode()


def test_a_forked_child_is_told_when_the_parent_has_closed(tiny_model_path: Path) -> None:
    transport = llamacpp(TransportOptions(), model_path=tiny_model_path)
    said = _answer_of_child(transport, close_first=True)
    assert said == "the local model is gone (No such file or directory)"


ORPHAN = """
import os, signal, sys, time
from pathlib import Path
from corechat.transport import ConnectionFailure
from tests.llamacpp.local import HELLO, ask, roomy
owner = os.fork()
if owner:
    os.waitpid(owner, 0)
    os._exit(0)
transport = roomy(Path(sys.argv[1]))
owner = os.getpid()
if os.fork():
    os.kill(owner, signal.SIGKILL)
while os.getppid() == owner:
    time.sleep(0.01)
time.sleep(0.3)
try:
    ask(transport, HELLO, seconds=10)
except ConnectionFailure as failure:
    print(failure.message)
"""


def test_a_forked_child_is_told_when_the_parent_was_killed(
    tiny_model_path: Path, folder: Path
) -> None:
    done = run(ORPHAN, str(tiny_model_path))
    assert list(folder.iterdir()), "what the killed parent could not take away"
    assert done.stdout == "the local model is gone (No such process)\n"
