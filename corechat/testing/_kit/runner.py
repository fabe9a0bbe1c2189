"""Run the promises against a transport, one after the other, each within a bound."""

import sys
import time
import traceback
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import cast

from corechat._errors.text import one_of
from corechat.errors import ConfigurationError
from corechat.plugins._named import find_backend
from corechat.testing._kit.child import Background
from corechat.testing._kit.expectations import NotApplicable, PromiseBroken
from corechat.testing._kit.first_call import FirstCall, explain
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises import PROMISES
from corechat.testing._kit.report import Report, Result, Verdict
from corechat.transport import TransportFactory

__tracebackhide__ = True  # pytest shows the transport's frames
_BOUND = 25.0
_FREED = 3.0


def run_conformance(
    backend: str | TransportFactory,
    *,
    only: str = "*",
    not_applicable: Mapping[str, str] | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Report:
    """Put every promise of the transport contract to the test, after one plain call.

    The promises are checked one after the other, since some change the environment, fork or count
    open files: do not do anything else in the process meanwhile.

    Args:
        backend: a backend's name, or a factory.
        only: check only the promises whose id matches this pattern, for example ``"deadline.*"``.
        not_applicable: id or pattern to the reason why those promises do not apply; besides the
            factory's own attribute ``conformance_exceptions``.
        on_result: called with each result as it comes.

    Returns:
        What came of each promise; or, where the plain call fails, its traceback and nothing else.

    Raises:
        ConfigurationError: no promise matches a pattern.
        BackendNotFoundError: nothing offers a backend of this name.
        PluginError: the backend's plugin is broken.
    """
    factory = find_backend(backend) if isinstance(backend, str) else backend
    name = backend if isinstance(backend, str) else getattr(backend, "__name__", repr(backend))
    reasons = {**declared_by(factory), **(not_applicable or {})}
    chosen = select(only)
    if not {promise.id for promise in chosen} <= by_promise(reasons).keys():
        error = first_call(factory)
        if error is not None:
            return Report(name, (), explain(error))
    results: list[Result] = []
    for promise in chosen:
        result = check(promise, factory, reasons)
        results.append(result)
        if on_result is not None:
            on_result(result)
    return Report(name, tuple(results))


def declared_by(factory: object) -> dict[str, str]:
    """Give the reasons, by id or pattern, that a factory has in ``conformance_exceptions``."""
    declared = getattr(factory, "conformance_exceptions", None) or {}
    return dict(cast("Mapping[str, str]", declared))


def select(pattern: str) -> list[Promise]:
    """Choose the promises whose id matches a pattern; at least one must."""
    chosen = [promise for promise in PROMISES if fnmatchcase(promise.id, pattern)]
    if not chosen:
        guess = one_of(pattern, [promise.id for promise in PROMISES]).partition(" Known:")[0]
        themes = ", ".join(dict.fromkeys(f"{promise.theme}.*" for promise in PROMISES))
        raise ConfigurationError(f"No promise matches {pattern!r}. {guess} Themes: {themes}.")
    return chosen


def by_promise(reasons: Mapping[str, str]) -> dict[str, str]:
    """Give the reasons by a promise's id; the first pattern that matches counts."""
    found: dict[str, str] = {}
    for pattern, reason in reasons.items():
        if not reason.strip():
            raise ConfigurationError(f"Say why {pattern!r} does not apply.")
        found = {**{promise.id: reason for promise in select(pattern)}, **found}
    return found


def first_call(factory: TransportFactory) -> BaseException | None:
    """Make one plain call; return what is the matter with it, with its causes, or None."""
    harness = FirstCall(factory)
    error = _attempt(harness, harness.prove)
    if error is not None:
        error.add_note(harness.seen())
    return error


def check(
    promise: Promise, factory: TransportFactory, reasons: Mapping[str, str] | None = None
) -> Result:
    """Put one promise to the test; a check that hangs is a broken promise."""
    reason = by_promise(reasons or {}).get(promise.id)
    start = time.monotonic()
    verdict, detail, cause = Verdict.NOT_APPLICABLE, reason or "", ""
    if reason is None:
        harness = promise.group(factory)
        verdict, detail, cause = _judge(_attempt(harness, getattr(harness, promise.method)))
    seconds = round(time.monotonic() - start, 3)
    return Result(promise.id, promise.sentence, verdict, detail, cause, seconds)


def _judge(error: BaseException | None) -> tuple[Verdict, str, str]:
    if error is None:
        return Verdict.KEPT, "", ""
    if isinstance(error, NotApplicable):
        return Verdict.NOT_APPLICABLE, str(error), ""
    if isinstance(error, PromiseBroken):
        return Verdict.BROKEN, str(error), error.cause
    raised = f"raised {type(error).__name__}: {error}"
    return Verdict.BROKEN, raised, raised


def _attempt(harness: Harness, prove: Callable[[], None]) -> BaseException | None:
    """Prove in a thread of its own, so that a transport that hangs cannot hang the kit."""

    def work() -> None:
        with harness:
            prove()

    thread = Background(work)
    if thread.ends(_BOUND):
        return thread.error
    stack = traceback.format_stack(sys._current_frames().get(thread.ident or 0))  # noqa: SLF001 - documented, for debuggers
    harness.close_servers()
    thread.join(_FREED)
    hung = PromiseBroken(f"did not end within {_BOUND:g} s")
    hung.add_note(f"It hung here:\n{''.join(stack)}")
    return hung
