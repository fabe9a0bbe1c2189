"""Promise: one thing that every transport does; PromiseGroup: how those of a theme are proved."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from corechat.testing._kit.expectations import expect, expect_equal, expect_flags
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.scripts import then_close, then_wait
from corechat.testing._kit.server import Script
from corechat.transport import ConnectionFailure, TransportFailure, TransportOptions

Proof = Callable[[Any], None]
"""A method of a `PromiseGroup`."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise of the transport contract.

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

    def is_answered(
        self,
        script: Script,
        body: bytes,
        status: int = 200,
        options: TransportOptions | None = None,
        *,
        truncated: bool = False,
    ) -> None:
        """Check the answer of a call that a script serves."""
        response = self.answer(script, options)
        expect_equal(response.status, status, "status")
        expect_equal(len(response.body), len(body), "length of the body")
        expect(response.body == body, "the body has other bytes")
        expect_equal(response.truncated, truncated, "truncated")


def proof(method: Proof) -> Callable[[str], Proof]:
    """Return what gives a made method the sentence that it proves: one row of a table."""

    def row(sentence: str) -> Proof:
        method.__doc__ = sentence
        return method

    return row


def answers(
    script: Script | bytes,
    body: bytes = b"{}",
    status: int = 200,
    options: TransportOptions | None = None,
    *,
    truncated: bool = False,
) -> Callable[[str], Proof]:
    """Prove that a call gets this answer from a script, or from bytes that a silence follows."""
    script = then_wait(script) if isinstance(script, bytes) else script

    def prove(group: PromiseGroup) -> None:
        group.is_answered(script, body, status, options, truncated=truncated)

    return proof(prove)


def fails(
    script: Script | bytes,
    flags: Mapping[str, object],
    kind: type[TransportFailure] = ConnectionFailure,
    options: TransportOptions | None = None,
) -> Callable[[str], Proof]:
    """Prove that a call fails in one way by a script, or by bytes that a close follows."""
    script = then_close(script) if isinstance(script, bytes) else script

    def prove(group: PromiseGroup) -> None:
        expect_flags(group.failure_of(script, kind, options), **flags)

    return proof(prove)
