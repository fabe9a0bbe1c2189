"""Promise: one thing that every transport does, and how to prove it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from corechat.testing._kit.harness import Harness

Check = Callable[[Harness], None]


@dataclass(frozen=True, slots=True)
class Promise:
    """Describe one promise of the transport contract.

    Attributes:
        id: theme and name, for example ``"deadline.response-body"``.
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


class PromiseGroup:
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
