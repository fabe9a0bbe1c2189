"""Standard streams that a shell has closed, or that cannot be used: a line and an exit code."""

import subprocess

import pytest

from tests.cli.support import BOUND, COMMAND
from tests.core.support import answer, serve

pytestmark = pytest.mark.slow


def run_in_shell(streams: str, *args: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command with its streams redirected by a shell."""
    return subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", f'exec "$@" {streams}', "sh", *COMMAND, *args],
        input=b"From a pipe.",
        capture_output=True,
        timeout=BOUND,
        check=False,
    )


@pytest.mark.parametrize("streams", ["<&-", "2>&-", "<&- 2>&-"])
def test_an_answer_needs_neither_standard_input_nor_standard_error(streams: str) -> None:
    with serve(answer()) as server:
        done = run_in_shell(streams, "chat", "Hi", "--base-url", f"{server.url}/v1")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Hello!\n", b"")


@pytest.mark.parametrize("more", [["chat"], ["chat", "-"]], ids=str)
@pytest.mark.parametrize("streams", ["<&-", "0>/dev/null", "</dev/null"])
def test_a_prompt_that_cannot_be_read_is_wrong_usage(more: list[str], streams: str) -> None:
    with serve(answer()) as server:
        done = run_in_shell(streams, *more, "--base-url", f"{server.url}/v1")
        assert server.received == []
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"Error: " in done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("streams", [">&-", ">&- <&-"])
@pytest.mark.parametrize("flags", [[], ["--json"], ["--details"]], ids=str)
def test_nothing_is_asked_where_the_answer_could_not_be_shown(
    streams: str, flags: list[str]
) -> None:
    with serve(answer()) as server:
        done = run_in_shell(streams, "chat", "Hi", "--base-url", f"{server.url}/v1", *flags)
        assert server.received == []
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"Error: standard output is closed; nothing was asked.\n"


@pytest.mark.parametrize("args", [["--help"], ["plugins"], ["cassette", "show", "x.json"]], ids=str)
@pytest.mark.parametrize("streams", [">&-", "<&-", "2>&-", "<&- >&- 2>&-", ">/dev/full"])
def test_no_command_ends_in_a_traceback(args: list[str], streams: str) -> None:
    done = run_in_shell(streams, *args)
    assert done.returncode in (0, 1, 2)
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
    if ">&-" in streams.replace("2>&-", ""):
        assert done.returncode == 1
