"""Serve every answer that might cost a client much memory, each under a path of its own.

It is a process of its own, so that only the client is measured: ``python -m
tests.reliability.memory_server`` prints its port and the cases' names, and ends with its input.
"""

import gzip
import json
import sys

from corechat.testing import Connection, LoopbackServer
from corechat.testing._kit.replies import head
from tests.reliability.battery.codings import CODINGS
from tests.reliability.battery.fault import Outcome, Play
from tests.reliability.battery.plays import FINE, answers, completion, fine, pours

_MIB = 1024 * 1024


def _cases() -> dict[str, Play]:
    large = completion("x" * 30 * _MIB)
    cases: dict[str, Play] = {"a small answer": fine}
    for fault in CODINGS:
        if fault.ending is Outcome.TOO_LARGE or fault.ending == 400:
            cases[fault.name] = fault.plays[0]
    return cases | {
        "500: a body that pours": pours(head(500), b"x" * 65_536, 80 * _MIB),
        "200: an answer of 30 MB": answers(large),
        "200: an answer of 30 MB in gzip": answers(
            gzip.compress(large, 1), 200, [("Content-Encoding", "gzip")]
        ),
        "200: 30 MB of HTML": answers(b"<p>" * 10 * _MIB),
        "200: 30 MB of JSON cut": answers(large[:-10]),
        "200: 30 MB of brackets": answers(b"[" * 30 * _MIB),
        "200: 30 MB of white space": answers(FINE + b" " * 30 * _MIB),
        "200: 30 MB of tool calls": answers(_tool_calls(10 * _MIB)),
        "200: 88 000 tool calls": answers(_tool_calls(88_000)),
        "200: 1 000 000 numbers": answers(_extra(b"[" + b"1.5," * 1_000_000 + b"0]")),
        "200: 290 000 names": answers(
            _extra(b"{" + b",".join(b'"%x":0' % number for number in range(290_000)) + b"}")
        ),
    }


def _extra(value: bytes) -> bytes:
    return FINE[:-1] + b', "x": ' + value + b"}"


def _tool_calls(count: int) -> bytes:
    return FINE.replace(b'"content"', b'"tool_calls": [' + b"{}," * count + b'{}], "content"')


def main() -> None:
    """Serve until the input ends."""
    plays = _cases()
    names = list(plays)

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            number = int(request.target.split("/")[1])
            plays[names[number]](connection, request)

    with LoopbackServer(script) as server:
        sys.stdout.write(json.dumps([server.port, names]) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
