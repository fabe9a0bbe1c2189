"""The warnings about what is done all the same, told at the line of the caller."""

import inspect
import warnings

_INNER = ("corechat", "corechat_replay", "pluggy", "pydantic")


class UnsupportedFieldWarning(UserWarning):
    """Warn of a field that the provider is known to refuse: it was sent even so, or left out."""


class UnknownWordWarning(UserWarning):
    """Warn of a word that is nearly one of the API's: it is sent, since providers add their own."""


def warn(text: str, category: type[Warning]) -> None:
    """Warn at the line that called corechat, by whichever of its methods."""
    level = 1
    frame = inspect.currentframe()  # skip_file_prefixes= is of Python 3.12
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] in _INNER:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, category, stacklevel=level)
