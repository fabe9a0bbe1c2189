"""Counted: a number and its noun."""


def counted(number: int, noun: str) -> str:
    """Write a number with its noun.

    Args:
        number: how many.
        noun: of what, in the singular.

    Returns:
        For example ``"1 file"`` or ``"2 files"``.
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
