"""What breaks a promise, and how a check says so."""


class PromiseBroken(AssertionError):  # noqa: N818 - says what happened, as AssertionError's kind do
    """A transport did not do what every transport promises."""


class NotApplicable(Exception):  # noqa: N818 - not an error: a reason
    """A promise cannot be put to the test on this system."""


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
