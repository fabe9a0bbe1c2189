"""Fault: what a server does wrong, and what a good client makes of it. Data, not tests."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from corechat.testing import Connection, ReceivedRequest


class Outcome(StrEnum):
    """How a call ends, in words that fit any client of the field."""

    ANSWER = "an answer"
    NO_COMPLETION = "a 2xx that is no chat completion"
    TOO_LARGE = "an answer over a bound"
    NO_WHOLE_ANSWER = "no whole answer"
    TIMEOUT = "no whole answer in time"
    UNTYPED = "an exception outside the library's own tree"
    OTHER = "an exception of the library's own tree, of another kind"
    HANG = "no end"


Ending: TypeAlias = Outcome | int
"""How a call ends; a number is the error of that status."""

Play: TypeAlias = Callable[[Connection, ReceivedRequest], None]
"""What the server does once it has read a request; then it reads the next, if it can."""

Greeting: TypeAlias = Callable[[Connection], None]
"""What the server does with a connection before it reads a request."""

Place: TypeAlias = Literal["plain", "refused", "black hole", "untrusted tls", "plain for https"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call, ended.

    Attributes:
        ending: how.
        text: the text of the answer, where there is one.
        error: what was raised.
        seconds: how long it took.
    """

    ending: Ending
    text: str
    error: BaseException | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Run:
    """One fault, run.

    Attributes:
        calls: every call.
        received: every request whose head the server read.
        times: when each whole request had been read, on the monotonic clock.
    """

    calls: list[Call]
    received: list[ReceivedRequest]
    times: list[float]


Check: TypeAlias = Callable[[Run], str]
"""Say what is wrong, or nothing."""


def nothing(_: Run) -> str:
    """Find nothing wrong."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Describe one fault.

    Attributes:
        name: what the server does.
        plays: what it does with its first request, its second and so on; the last one repeats.
        ending: how the last call must end.
        also: how else it may end in a client of other habits, which is as good.
        requests: how many requests the server must have seen in the end; None for any number.
        first: how every earlier call must end.
        calls: how many calls are made, on one client, one after the other.
        text: the text of the answer where there is one.
        started: whether a whole 2xx head comes in the call that goes wrong: then its answer may
            have been billed.
        check: what else must hold for any client.
        own: what else must hold for corechat.
        greet: what the server does before it reads.
        place: where the client is sent.
        timeout: of a call, in seconds.
        retries: how often the client may try again.
        prompt: characters of the prompt.
    """

    name: str
    plays: tuple[Play, ...] = ()
    ending: Ending
    also: tuple[Ending, ...] = ()
    requests: int | None = 1
    first: Ending = Outcome.ANSWER
    calls: int = 1
    text: str = "fine"
    started: bool = False
    check: Check = nothing
    own: Check = nothing
    greet: Greeting | None = None
    place: Place = "plain"
    timeout: float = 10.0
    retries: int = 2
    prompt: int = 5
