"""Look at a failure: show it, and check that it says how far the call had come."""

from corechat.testing._kit.expectations import PromiseBroken, expect_equal
from corechat.transport import TransportFailure


def describe(failure: TransportFailure) -> str:
    """Show a failure with its flags.

    Args:
        failure: what a transport raised.
    """
    return (
        f"{type(failure).__name__}({str(failure)!r}, status={failure.status}, "
        f"bytes_received={failure.bytes_received}, reused={failure.reused}, sent={failure.sent})"
    )


def foreign(error: Exception) -> PromiseBroken:
    """Explain an exception that no transport may raise.

    Args:
        error: what came.
    """
    kind = type(error)
    return PromiseBroken(
        f"raised {kind.__module__}.{kind.__qualname__}({str(error)[:200]!r}), which is none of "
        "ConnectionFailure, TimeoutFailure and TooLargeFailure"
    )


def expect_flags(failure: TransportFailure, **wanted: object) -> None:
    """Break the promise unless a failure says what happened.

    Args:
        failure: what a transport raised.
        wanted: of ``status``, ``response_started``, ``bytes_received``, ``reused`` and ``sent``.

    Raises:
        PromiseBroken: one differs.
    """
    for name, value in wanted.items():
        expect_equal(getattr(failure, name), value, f"{name} of {describe(failure)}")
