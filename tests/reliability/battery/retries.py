"""What is tried again, when, and what never is."""

import re
import time
from email.utils import formatdate
from itertools import pairwise
from typing import Any

from corechat.testing import ReceivedRequest
from corechat.testing._kit.replies import reply
from tests.reliability.battery.fault import Check, Fault, Outcome, Play, Run, nothing
from tests.reliability.battery.plays import answers, error, fields, fine, made

_RETRIED = (408, 409, 425, 429, 498, 500, 501, 502, 503, 504, 507, 520, 524, 529, 599)
_FINAL = (300, 304, 305, 400, 401, 402, 403, 404, 405, 406, 410, 411, 413, 415, 418, 421, 422)
_MORE_FINAL = (423, 424, 426, 428, 431, 451, 499)


def _same(run: Run) -> str:
    """Check that all attempts are one request under one idempotency key."""
    keys = {tuple(request.values("idempotency-key")) for request in run.received}
    bodies = {request.body for request in run.received}
    if len(keys) != 1 or len(next(iter(keys))) != 1:
        return f"{len(keys)} idempotency keys on {len(run.received)} attempts"
    return "" if len(bodies) == 1 else "the attempts differ"


def _once(name: str, play: Play, check: Check, *also: int) -> Fault:
    """Fail once, and answer then."""

    def own(run: Run) -> str:
        return _same(run) or check(run)

    return Fault(
        name=name,
        plays=(play, fine),
        ending=Outcome.ANSWER,
        also=also,
        requests=2,
        check=_SOON if _BEYOND.search(name) else check,
        own=own,
    )


_BEYOND = re.compile(r"Retry-After(: \d[\w.]*[a-z]| twice)")
"""Forms that RFC 9110 §10.2.3 does not know: who ignores them keeps to it."""


def _waited(least: float, most: float = 8.0) -> Check:
    """Check that the second attempt came when it was asked for, not before."""

    def check(run: Run) -> str:
        if len(run.times) < 2:
            return "there was no second attempt"
        gap = run.times[1] - run.times[0]
        return "" if least - 0.005 <= gap <= most else f"waited {gap:.3f} s"

    return check


_SOON = _waited(0.0, 1.6)
"""The client's own back-off before its first retry: corechat's is at most 0.5 s, groq's 1.0 s."""


def _asked(status: int, *lines: str) -> Play:
    return error(status, "Rate limit reached", fields(*lines))


def _in_seconds(seconds: float) -> Play:
    def make(_: ReceivedRequest) -> bytes:
        date = formatdate(time.time() + seconds, usegmt=True)
        return reply(b"{}", 429, fields(f"Retry-After: {date}"))

    return made(make)


_OBEYED: dict[str, tuple[Play, Check]] = {
    "Retry-After: 1": (_asked(429, "Retry-After: 1"), _waited(1.0)),
    "Retry-After: 0": (_asked(429, "Retry-After: 0"), _SOON),
    "Retry-After: 0.7": (_asked(429, "Retry-After: 0.7"), _waited(0.7)),
    "Retry-After twice, 0.4 and 0.8": (
        _asked(429, "Retry-After: 0.4", "Retry-After: 0.8"),
        _waited(0.8),
    ),
    "Retry-After: 700ms": (_asked(429, "Retry-After: 700ms"), _waited(0.7)),
    "Retry-After: 0.7s": (_asked(429, "Retry-After: 0.7s"), _waited(0.7)),
    "Retry-After: 0m0.7s": (_asked(429, "Retry-After: 0m0.7s"), _waited(0.7)),
    "retry-after-ms: 700": (_asked(429, "retry-after-ms: 700"), _waited(0.7)),
    "retry-after-ms: 700 beside Retry-After: 30": (
        _asked(429, "Retry-After: 30", "retry-after-ms: 700"),
        _waited(0.7),
    ),
    "Retry-After: 0.7 on a 503": (_asked(503, "Retry-After: 0.7"), _waited(0.7)),
    "Retry-After: 0.7 on a 498": (_asked(498, "Retry-After: 0.7"), _waited(0.7)),
    "Retry-After: a date in two seconds": (_in_seconds(2.0), _waited(0.9)),
    "Retry-After: a date that has passed": (_in_seconds(-100.0), _SOON),
}

_GARBAGE = (
    "soon",
    "-5",
    "nan",
    "inf",
    "1e999",
    "0x10",
    "9" * 40,
    "Fri, 31 Dec 99999 23:59:59 GMT",
    "Fri, 99 Foo 2026 99:99:99 GMT",
    "",
    "5 apples",
    "\x01",
)


def _retry_after(least: float, most: float) -> Check:
    """Check that the error says how long the server asked to wait, and came at once."""

    def check(run: Run) -> str:
        value: Any = getattr(run.calls[-1].error, "retry_after", None)
        if not isinstance(value, float | int) or not least <= value <= most:
            return f"retry_after is {value!r}"
        took = run.calls[-1].seconds
        return "" if took < 1.5 else f"raised after {took:.1f} s, not at once"

    return check


def _not_before(seconds: float) -> Check:
    """Check that no attempt came earlier than the server had asked."""

    def check(run: Run) -> str:
        gaps = [after - before for before, after in pairwise(run.times)]
        early = [gap for gap in gaps if gap < seconds]
        return f"asked again after {early[0]:.2f} s, not {seconds:g} s" if early else ""

    return check


def _too_long(name: str, play: Play, least: float, most: float, status: int = 429) -> Fault:
    return Fault(
        name=f"{name}, too long for the timeout",
        plays=(play,),
        ending=status,
        also=(Outcome.HANG,),  # others may wait as long as they are asked to
        check=nothing if _BEYOND.search(name) else _not_before(least),
        own=_retry_after(least, most),
        timeout=4.0,
    )


_TOO_LONG = (
    _too_long("Retry-After: 300", _asked(429, "Retry-After: 300"), 300, 300),
    _too_long("Retry-After: 30 on a 503", _asked(503, "Retry-After: 30"), 30, 30, 503),
    _too_long("Retry-After: 2m59.56s", _asked(429, "Retry-After: 2m59.56s"), 179.56, 179.56),
    _too_long("Retry-After: 1h2m", _asked(429, "Retry-After: 1h2m"), 3720, 3720),
    _too_long("retry-after-ms: 600000", _asked(429, "retry-after-ms: 600000"), 600, 600),
    _too_long("Retry-After: a date in an hour", _in_seconds(3600.0), 3500, 3601),
)

_LIMIT = "Request too large for model `m` on tokens per minute (TPM): Limit {}, {}Requested {}"

_VERDICTS = (
    Fault(
        name="503 with x-should-retry: false",
        plays=(error(503, fields=fields("x-should-retry: false")), fine),
        ending=503,
    ),
    Fault(
        name="400 with x-should-retry: true",
        plays=(error(400, fields=fields("x-should-retry: true")), fine),
        ending=Outcome.ANSWER,
        requests=2,
    ),
    Fault(
        name="503 with x-should-retry: perhaps",
        plays=(error(503, fields=fields("x-should-retry: perhaps")), fine),
        ending=Outcome.ANSWER,
        requests=2,
    ),
    Fault(
        name="429 for a request over the limit itself",
        plays=(error(429, _LIMIT.format(7000, "Used 0, ", 12903)),),
        ending=429,
    ),
    Fault(
        name="429 for a request within the limit",
        plays=(error(429, _LIMIT.format(7000, "Used 6900, ", 300)), fine),
        ending=Outcome.ANSWER,
        requests=2,
    ),
    Fault(name="429, always", plays=(error(429),), ending=429, requests=3, own=_same),
    Fault(name="503, always", plays=(error(503),), ending=503, requests=3, own=_same),
    Fault(name="503, and no retries allowed", plays=(error(503),), ending=503, retries=0),
    Fault(
        name="429, 503, then an answer",
        plays=(error(429), error(503), fine),
        ending=Outcome.ANSWER,
        requests=3,
        own=_same,
    ),
    Fault(
        name="503, then a 2xx that is no chat completion",
        plays=(error(503), answers(b"{}")),
        ending=Outcome.NO_COMPLETION,
        requests=2,
        started=True,
    ),
    Fault(name="503, then 401", plays=(error(503), error(401)), ending=401, requests=2),
)

RETRIES: tuple[Fault, ...] = (
    *(
        _once(f"{status} once, then an answer", answers(b"{}", status), _SOON, status)
        for status in _RETRIED
    ),
    *(
        Fault(name=f"{status}", plays=(answers(b"{}", status), fine), ending=status)
        for status in (*_FINAL, *_MORE_FINAL)
    ),
    *(_once(name, play, check, 429, 498, 503) for name, (play, check) in _OBEYED.items()),
    *(
        _once(f"Retry-After: {text!r}", _asked(429, f"Retry-After: {text}"), _SOON)
        for text in _GARBAGE
    ),
    *_TOO_LONG,
    *_VERDICTS,
)
