"""What breaks a promise, and how a check says so: the cause first."""

import contextlib
import time
from collections.abc import Iterator

from corechat.transport import HttpResponse, TransportFailure


class PromiseBroken(AssertionError):  # noqa: N818 - says what happened, as AssertionError's kind do
    """Report that a transport did not do what every transport promises.

    Args:
        detail: what it did.
        cause: the part of that which other promises may share; by default all of it.
    """

    def __init__(self, detail: str, cause: str = "") -> None:
        super().__init__(detail)
        self.cause = cause or detail


PromiseBroken.__module__ = "corechat.testing"


class NotApplicable(Exception):  # noqa: N818 - not an error: a reason
    """A promise cannot be put to the test on this system."""


def expect(holds: object, explanation: str) -> None:
    """Break the promise unless something holds; the explanation says what is the matter then."""
    if not holds:
        raise PromiseBroken(explanation)


def expect_equal(actual: object, wanted: object, what: str) -> None:
    """Break the promise unless two values are equal; `what` names the thing compared."""
    if actual != wanted:
        raise PromiseBroken(f"{what}: {_short(actual)}, not {_short(wanted)}")


def expect_flags(failure: TransportFailure, **wanted: object) -> None:
    """Break the promise unless a failure's flags are as wanted."""
    for name, value in wanted.items():
        actual = getattr(failure, name)
        if actual != value:
            cause = f"{name} is {actual!r}, not {value!r}"
            raise PromiseBroken(f"{cause}, in {describe(failure)}", cause)


@contextlib.contextmanager
def expect_within(seconds: float, what: str = "it") -> Iterator[None]:
    """Break the promise if what happens in the context takes longer."""
    start = time.monotonic()
    yield
    took = time.monotonic() - start
    if took > seconds:
        words = f"{what} took {took:.2f} s, more than {seconds:g} s"
        raise PromiseBroken(words, f"{what} took too long")


def describe(failure: TransportFailure) -> str:
    """Show a failure with its flags."""
    return (
        f"{type(failure).__name__}({str(failure)!r}, status={failure.status}, "
        f"bytes_received={failure.bytes_received}, reused={failure.reused}, sent={failure.sent})"
    )


def in_place_of(ended: HttpResponse | TransportFailure, wanted: str) -> PromiseBroken:
    """Explain that a send ended in another way than it must."""
    if isinstance(ended, TransportFailure):
        shown, kind = describe(ended), type(ended).__name__
    else:
        shown, kind = (
            f"a response of status {ended.status} and {len(ended.body)} bytes",
            "a response",
        )
    return PromiseBroken(f"{shown} in place of {wanted}", f"{kind} in place of {wanted}")


def foreign(error: Exception) -> PromiseBroken:
    """Explain an exception that no transport may raise."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return PromiseBroken(
        f"raised {kind}({str(error)[:200]!r}); a transport raises "
        "ConnectionFailure, TimeoutFailure or TooLargeFailure",
        f"raised {kind}",
    )


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:150]}… ({len(text)} characters)"  # noqa: PLR2004 - a line or two
