"""Promise: one thing that every transport does, and how to prove it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from corechat.testing.harness import Harness

Check = Callable[["Harness"], None]


class PromiseBroken(AssertionError):  # noqa: N818 - says what happened, as AssertionError's kind do
    """A transport did not do what every transport promises."""


class NotApplicable(Exception):  # noqa: N818 - not an error: a reason
    """A promise cannot be put to the test on this system."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One promise of DESIGN.md's transport contract.

    Attributes:
        id: theme and name, for example ``"deadline.body-drip"``.
        sentence: what a transport does.
        check: raises `PromiseBroken` if the harness's transport does not do it.
    """

    id: str
    sentence: str
    check: Check

    @property
    def theme(self) -> str:
        """The first part of the id."""
        return self.id.partition(".")[0]


class Theme:
    """Collect the promises of one kind.

    Args:
        name: the first part of their ids.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._promises: list[Promise] = []

    def promise(self, check: Check) -> Check:
        """Add a promise; the function's docstring is its sentence, the function's name its id.

        Args:
            check: the function that proves it.
        """
        name = check.__name__.strip("_").replace("_", "-")
        sentence = " ".join((check.__doc__ or name).split())
        self._promises.append(Promise(f"{self._name}.{name}", sentence, check))
        return check

    def __iter__(self) -> Iterator[Promise]:
        return iter(self._promises)


def expect(holds: object, explanation: str) -> None:
    """Break the promise unless something holds.

    Args:
        holds: what must be true.
        explanation: what is the matter if it is not.

    Raises:
        PromiseBroken: it is not.
    """
    if not holds:
        raise PromiseBroken(explanation)


def expect_equal(actual: object, wanted: object, what: str) -> None:
    """Break the promise unless two values are equal.

    Args:
        actual: what came.
        wanted: what should have come.
        what: the name of the thing, for the explanation.

    Raises:
        PromiseBroken: they differ.
    """
    if actual != wanted:
        raise PromiseBroken(f"{what}: {_short(actual)}, not {_short(wanted)}")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:150]}… ({len(text)} characters)"  # noqa: PLR2004 - a line or two
