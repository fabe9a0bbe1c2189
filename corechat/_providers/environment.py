"""Environment: variables that a repr does not show, so that a traceback does not tell the key."""

from collections.abc import Callable, Iterator, Mapping

CASSETTE = "CORECHAT_CASSETTE"
"""Names a cassette that every client plays, or records as `RECORD_MODE` says."""

RECORD_MODE = "CORECHAT_RECORD_MODE"
"""One of the record modes; ``none`` where it is not set."""


class Environment(Mapping[str, str]):
    """Read another mapping, for example `os.environ`, without showing what is in it."""

    __slots__ = ("_variables",)

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def __getitem__(self, name: str) -> str:
        return self._variables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._variables)

    def __len__(self) -> int:
        return len(self._variables)

    def __repr__(self) -> str:
        return "Environment(…)"


def hide(value: str | None) -> Callable[[], str] | None:
    """Return a function that gives the secret, since the function's repr does not show it."""
    return None if value is None else lambda: value


def names_in(text: str) -> list[str]:
    """Return the names in a variable's value, which separates them by commas."""
    return [name.strip() for name in text.split(",") if name.strip()]
