"""Promise: one thing that every transport does; PromiseGroup: how those of a theme are proved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Concatenate, ParamSpec

from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.scripts import then_close, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, TransportFailure, TransportOptions

P = ParamSpec("P")
Proof = Callable[[Any], None]
"""A method of a `PromiseGroup`."""


@dataclass(frozen=True, slots=True)
class Promise:
    """Hold one promise of the transport contract.

    Attributes:
        id: theme and name, for example ``"deadline.body-drips"``.
        sentence: what a transport does.
    """

    id: str
    sentence: str
    group: "type[PromiseGroup]" = field(repr=False)
    method: str = field(repr=False)

    @property
    def theme(self) -> str:
        """The first part of the promise's id."""
        return self.group.theme


class PromiseGroup(Harness):
    """A harness whose public methods, in a subclass, each prove a promise.

    Such a method raises `PromiseBroken` if the harness's transport does not do what the method's
    docstring says. The method's name is the second part of the promise's id. A method is written
    out, or made by `answers` or `fails`, where only what the server does is its own.
    """

    theme: ClassVar[str]

    @classmethod
    def promises(cls) -> list[Promise]:
        """List the promises of this group, in the order of their methods."""
        return [
            Promise(
                f"{cls.theme}.{name.strip('_').replace('_', '-')}",
                " ".join((method.__doc__ or name).split()),
                cls,
                name,
            )
            for name, method in vars(cls).items()
            if callable(method) and not name.startswith("_")
        ]


def rows(prove: Callable[Concatenate[Any, P], None]) -> Callable[P, Callable[[str], Proof]]:
    """Turn a proof with parameters into what makes the rows of a table.

    `fails(script, flags)("What a transport does.")` is a method that proves this sentence.
    """

    def row(*args: P.args, **kwargs: P.kwargs) -> Callable[[str], Proof]:
        def promising(sentence: str) -> Proof:
            def method(group: PromiseGroup) -> None:
                prove(group, *args, **kwargs)

            method.__doc__ = sentence
            return method

        return promising

    return row


def is_answered(  # noqa: PLR0913 - what is sent, and all that is looked at
    group: PromiseGroup,
    script: Script | bytes,
    body: bytes = b"{}",
    status: int = 200,
    options: TransportOptions | None = None,
    *,
    truncated: bool = False,
) -> None:
    """Prove that a call gets this answer from a script, or from bytes that a silence follows."""
    response = group.answer(then_wait(script) if isinstance(script, bytes) else script, options)
    expect_equal(response.status, status, "status")
    expect_equal(len(response.body), len(body), "length of the body")
    expect(response.body == body, "the body has other bytes")
    expect_equal(response.truncated, truncated, "truncated")


answers = rows(is_answered)


@rows
def fails(
    group: PromiseGroup,
    script: Script | bytes,
    flags: Mapping[str, object],
    kind: type[TransportFailure] = ConnectionFailure,
    options: TransportOptions | None = None,
) -> None:
    """Prove that a call fails in one way by a script, or by bytes that a close follows."""
    script = then_close(script) if isinstance(script, bytes) else script
    expect_flags(group.failure_of(script, kind, options), **flags)
