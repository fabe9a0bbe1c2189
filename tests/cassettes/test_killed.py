"""A process that is killed while it records leaves a whole cassette."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corechat.transport import TransportOptions
from corechat_httpx.factories import httpx
from corechat_replay.cassette.reader import load
from corechat_replay.record import RecordingTransport
from tests.cassettes.support import Answer, ask, chat, completion, content, serve

pytestmark = pytest.mark.slow

KILLS = 50
CHILD = """
import os, random, signal, sys, time
from corechat.transport import TransportOptions
from corechat_httpx.factories import httpx
from corechat_replay.record import RecordingTransport
from tests.cassettes.support import ask, chat

url, folder, kills = sys.argv[1], sys.argv[2], int(sys.argv[3])
random.seed(7)
httpx(TransportOptions()).close()  # imports the library once, before the forks

def record(kill):
    path = f"{folder}/{kill // 2}.json"  # every second one goes on in a file that is there
    transport = RecordingTransport(httpx(TransportOptions()), path, "new")
    count = 0
    while True:
        ask(transport, chat(f"{kill}-{count}"), url)
        count += 1
        os.write(acknowledge, b".")

for kill in range(kills):
    read, acknowledge = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            record(kill)
        finally:
            os._exit(1)
    os.close(acknowledge)
    first = os.read(read, 1)  # recording is under way
    time.sleep(random.uniform(0, 0.04))
    os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status), status
    acknowledged = len(first)
    while data := os.read(read, 65536):
        acknowledged += len(data)
    os.close(read)
    print(kill, acknowledged, flush=True)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills processes as POSIX does")
def test_a_recording_killed_at_any_moment_holds_every_answer_but_the_one_in_flight(
    tmp_path: Path,
) -> None:
    answered: dict[str, int] = {}
    padding = os.urandom(20_000).hex()

    def answering(_headers: dict[str, str], body: bytes) -> Answer:
        prompt = str(json.loads(body)["messages"][0]["content"])
        kill = prompt.partition("-")[0]
        answered[kill] = answered.get(kill, 0) + 1
        return Answer(json.dumps(completion(f"{prompt} {padding}")).encode())

    with serve(answering) as server:
        run = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", CHILD, server.chat_url, str(tmp_path), str(KILLS)],
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            cwd=Path(__file__).parents[2],
        )
    assert run.returncode == 0, run.stderr
    lines = [line.split() for line in run.stdout.splitlines()]
    assert len(lines) == KILLS
    assert sum(int(count) for _, count in lines) > KILLS  # it was in the midst of it
    kept = {f"{number}.json" for number in range(KILLS // 2)}
    left = {each.name for each in tmp_path.iterdir()} - kept
    assert left <= {f".{name}{end}" for name in kept for end in ("~", ".spare~")}
    for kill, acknowledged in lines:
        path = tmp_path / f"{int(kill) // 2}.json"
        assert json.loads(path.read_bytes())["version"] == 1  # whole, for any reader
        cassette = load(path)
        prompts = [content(each.response).split()[0] for each in cassette.interactions]
        mine = [prompt for prompt in prompts if prompt.startswith(f"{kill}-")]
        assert mine == [f"{kill}-{n}" for n in range(len(mine))]
        assert int(acknowledged) <= len(mine) <= answered[kill]
        assert len(mine) >= answered[kill] - 1
    with serve() as server:
        for name in kept:
            transport = RecordingTransport(httpx(TransportOptions()), tmp_path / name, "new")
            ask(transport, chat("once more"), server.chat_url)
            transport.close()
    assert {each.name for each in tmp_path.iterdir()} == kept
