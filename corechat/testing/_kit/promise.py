"""Promise: one thing that every transport does; PromiseGroup: how those of a theme are proved."""

from dataclasses import dataclass, field
from typing import ClassVar

from corechat.testing._kit.harness import Harness


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
    docstring says. The method's name is the second part of the promise's id.
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
