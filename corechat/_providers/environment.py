"""Environment: variables that no representation shows, so that no traceback tells the key."""

from collections.abc import Callable, Iterator, Mapping


class Environment(Mapping[str, str]):
    """Read another mapping, and show nothing of it.

    Args:
        variables: for example `os.environ`, whose own representation shows every value.
    """

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
    """Put a secret where no representation shows it.

    Args:
        value: the secret, or None.
    """
    return None if value is None else lambda: value


def names_in(text: str) -> list[str]:
    """Read a list of names.

    Args:
        text: a variable's value: names, separated by commas.
    """
    return [name.strip() for name in text.split(",") if name.strip()]
