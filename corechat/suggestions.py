"""Name the nearest known word to one that is not known."""

import difflib
from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Find the known word that a misspelt one probably means.

    Args:
        word: what was written.
        known: what there is.
    """
    matches = difflib.get_close_matches(word.lower(), list(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def one_of(word: str, known: Iterable[str], others: Iterable[str] = ()) -> str:
    """Write the sentence that follows «no such name».

    Args:
        word: what was written.
        known: what there is.
        others: what might have been meant too, and is not listed.

    Returns:
        For example ``"Did you mean 'httpx'? Known: aiohttp, httpx."``.
    """
    names = list(known)
    guess = nearest(word, [*names, *others])
    listed = f"Known: {', '.join(names)}." if names else "None are known."
    return f"Did you mean {guess!r}? {listed}" if guess else listed
