"""Fuzz a target, guided by coverage. Needs atheris, which is no dependency of the tests.

Run from the repository's root: ``python -m tests.reliability.fuzz call --seconds 300``; targets
are ``call`` and ``cassette``. The smallest set of inputs that covers all that was found is kept in
``tests/reliability/corpus``, which the tests replay.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # it has no types

with atheris.instrument_imports(include=["corechat", "corechat_replay", "json"]):
    from tests.reliability import targets

from tests.reliability.battery.plays import FINE

CORPUS = Path(__file__).parent / "corpus"
_SEEDS = {
    "call": [
        b"\0\0\n" + FINE,
        b"\x04\0\n" + b'{"error": {"message": "KEY", "type": "t", "code": "tool_use_failed"}}',
        b"\x08\x002m59.56s\n" + b'{"error": {"message": "Limit 7, Used 0, Requested 9"}}',
        b"\0\0\n" + b'{"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}]}}]}',
    ],
    "cassette": [
        (
            b'{"version": 1, "interactions": [{"request": {"method": "POST", "uri": "https://x/",'
            b' "body": "{}", "headers": {}}, "response": {"status": {"code": 200, "message": "OK"},'
            b' "headers": {}, "body": {"string": "x"}}}]}'
        ),
        (
            b"interactions:\n- request: {body: !!binary 'e30=', method: POST, uri: https://x/}\n"
            b"  response: {body: {string: x}, headers: {a: [b]}, status: {code: 200}}\nversion: 1\n"
        ),
    ],
}
_WORDS = {
    "call": [
        '"error"',
        '"choices"',
        '"message"',
        '"tool_calls"',
        "KEY",
        "\\\\u0067",
        "NaN",
        "1e999",
    ],
    "cassette": ['"interactions"', '"request"', "!!binary", "&a", "*a", "body:", "parsed_body"],
}


def main() -> int:
    """Fuzz, or with ``--inside`` be the process that libFuzzer drives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=targets.TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--inside", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.inside is not None:
        atheris.Setup(args.inside, targets.TARGETS[args.target])
        atheris.Fuzz()
        return 0
    with tempfile.TemporaryDirectory() as folder:
        return _fuzz(args.target, args.seconds, Path(folder))


def _fuzz(target: str, seconds: int, folder: Path) -> int:
    """Let libFuzzer run in processes of its own, since it ends the one it runs in."""
    kept = CORPUS / target
    seeds, found, merged, crashes = (folder / name for name in ("s", "found", "merged", "crashes"))
    for path in (kept, seeds, found, merged, crashes):
        path.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(_SEEDS[target]):
        (seeds / str(number)).write_bytes(seed)
    words = folder / "words"
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in _WORDS[target]))
    run = folder / "run"  # what libFuzzer itself can start again
    arguments = [sys.executable, "-m", "tests.reliability.fuzz", target, "--inside", str(run)]
    run.write_text(f'#!/bin/sh\nexec {shlex.join(arguments)} "$@"\n')
    run.chmod(0o700)
    options = [f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048"]
    options += [f"-artifact_prefix={crashes}{os.sep}", f"-dict={words}", "-print_final_stats=1"]
    code = _run(run, *options, found, kept, seeds)
    _run(run, "-merge=1", "-max_len=4096", merged, seeds, kept, found)
    for path in kept.iterdir():
        path.unlink()
    for path in (*merged.iterdir(), *crashes.iterdir()):
        (kept / path.name).write_bytes(path.read_bytes())
    return code


def _quoted(word: str) -> str:
    return word.replace('"', '\\"')


def _run(*command: str | Path) -> int:
    return subprocess.run(command, check=False).returncode  # noqa: S603 - this very script


if __name__ == "__main__":
    sys.exit(main())
