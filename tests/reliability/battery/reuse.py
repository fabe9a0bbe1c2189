"""Two calls on one client: nothing of the first may reach the second."""

from corechat.testing import Connection, ReceivedRequest
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, chunked, head, reply
from tests.reliability.battery.fault import Ending, Fault, Outcome, Play, Run
from tests.reliability.battery.plays import (
    FINE,
    FINE_REPLY,
    answers,
    closes,
    completion,
    drips,
    error,
    fields,
    fine,
    in_order,
    pauses,
    pours,
    resets,
    says,
)

_POISON = reply(completion("poison"))
_MIB = 1024 * 1024


def _after(  # noqa: PLR0913 - a fault's own fields
    name: str,
    first: Play,
    *more: Play,
    ending: Ending = Outcome.ANSWER,
    requests: int = 2,
    timeout: float = 10.0,
    started: bool = False,
) -> Fault:
    """Do something to the first call; the second must have its own answer."""
    return Fault(
        name=f"{name}, then a second call",
        plays=(first, *more, fine),
        ending=Outcome.ANSWER,
        first=ending,
        requests=requests,
        calls=2,
        started=started,
        timeout=timeout,
    )


def _no_cookie(run: Run) -> str:
    return "a cookie came back" if run.received[-1].values("cookie") else ""


def _late(first: bytes, late: bytes) -> Play:
    """Answer, and send more a moment later, while the connection is idle."""

    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(first)
        connection.sleep(0.02)
        connection.send(late)

    return play


def _gone(run: Run) -> str:
    """Check that every attempt of the second call had a connection of its own."""
    numbers = [request.connection for request in run.received[1:]]
    return "" if len(set(numbers)) == len(numbers) else "a broken connection was used again"


REUSE: tuple[Fault, ...] = (
    _after("an answer", fine),
    _after("an answer and a second one behind it", says(FINE_REPLY + _POISON)),
    _after("chunks and a second answer behind them", says(chunked(FINE) + _POISON)),
    _after("an answer and garbage behind it", says(FINE_REPLY + b"\r\n\r\ngarbage")),
    _after("an answer, and another one when nobody asked", _late(FINE_REPLY, _POISON)),
    _after(
        "an answer, and a 408 when nobody asked",
        _late(FINE_REPLY, head(408, fields("Content-Length: 0", "Connection: close"))),
    ),
    _after(
        "a 204 with an answer behind it",
        says(head(204) + _POISON),
        ending=Outcome.NO_COMPLETION,
    ),
    _after("an answer shorter than what is sent", says(reply(FINE)[:-1] + b"}" + _POISON)),
    _after("an answer and a close", closes(FINE_REPLY)),
    _after("an answer and a reset", resets(FINE_REPLY)),
    _after("an answer with Connection: close", says(reply(FINE, 200, fields("Connection: close")))),
    _after("an answer by HTTP/1.0", closes(b"HTTP/1.0 200 OK\r\n\r\n" + FINE)),
    _after("an answer, then a reset as the next goes out", fine, resets(), requests=3),
    _after("an answer, then a close as the next goes out", fine, closes(), requests=3),
    _after("a 400", error(400), ending=400),
    _after("a 400 with an answer behind it", in_order(error(400), says(_POISON)), ending=400),
    _after("a 400 whose body pours", pours(head(400), b"x" * 65_536, _MIB), ending=400),
    _after("an answer cut", closes(FINE_REPLY[:-5]), ending=Outcome.NO_WHOLE_ANSWER, started=True),
    _after("no HTTP", closes(b"garbage\r\n\r\n"), ending=Outcome.NO_WHOLE_ANSWER),
    _after(
        "a 2xx that is no completion",
        answers(b"{}"),
        ending=Outcome.NO_COMPLETION,
        started=True,
    ),
    _after(
        "an answer over the bound",
        pours(CHUNKED_HEAD, chunk(b" " * 65_000), 40 * _MIB),
        ending=Outcome.TOO_LARGE,
        started=True,
    ),
    _after(
        "an answer that comes too late",
        in_order(pauses(2.0), says(_POISON)),
        ending=Outcome.TIMEOUT,
        timeout=1.5,
    ),
    _after(
        "a body that drips",
        drips(CHUNKED_HEAD, chunk(b" ")),
        ending=Outcome.TIMEOUT,
        timeout=1.5,
        started=True,
    ),
    Fault(
        name="a cookie, then a second call",
        plays=(answers(FINE, fields=fields("Set-Cookie: session=1; Path=/")), fine),
        ending=Outcome.ANSWER,
        requests=2,
        calls=2,
        check=_no_cookie,
    ),
    Fault(
        name="a cookie on a 429, then an answer",
        plays=(error(429, fields=fields("Set-Cookie: session=1; Path=/")), fine),
        ending=Outcome.ANSWER,
        requests=2,
        check=_no_cookie,
    ),
    Fault(
        name="an answer, then resets for ever",
        plays=(fine, resets()),
        ending=Outcome.NO_WHOLE_ANSWER,
        requests=5,  # the first call; the stale connection; a fresh one and its two retries
        calls=2,
        check=_gone,
    ),
    Fault(
        name="an answer, then a body cut on the used connection",
        plays=(fine, closes(FINE_REPLY[:-5])),
        ending=Outcome.NO_WHOLE_ANSWER,
        requests=2,
        calls=2,
        started=True,
    ),
    Fault(
        name="ten answers in a row",
        plays=(fine,),
        ending=Outcome.ANSWER,
        requests=10,
        calls=10,
    ),
)
