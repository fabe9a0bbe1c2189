"""Run the promises against a transport, one after the other, each within a bound."""

import threading
import time
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import cast

from corechat._errors.text import one_of
from corechat.errors import ConfigurationError
from corechat.plugins._named import find_backend
from corechat.testing._kit.expectations import NotApplicable, PromiseBroken
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises import PROMISES
from corechat.testing._kit.report import Report, Result, Verdict
from corechat.transport import TransportFactory

_BOUND = 25.0
_FREED = 3.0


def run_conformance(
    backend: str | TransportFactory,
    *,
    only: str = "*",
    not_applicable: Mapping[str, str] | None = None,
    on_result: Callable[[Result], None] | None = None,
) -> Report:
    """Put every promise of the transport contract to the test.

    The promises are checked one after the other, since some change the environment, fork or count
    open files: do not do anything else in the process meanwhile.

    Args:
        backend: a backend's name, or a factory.
        only: check only the promises whose id matches this pattern, for example ``"deadline.*"``.
        not_applicable: id or pattern to the reason why those promises do not apply; besides the
            factory's own attribute ``conformance_exceptions``.
        on_result: called with each result as it comes.

    Returns:
        What came of each promise.

    Raises:
        ConfigurationError: no promise matches a pattern.
        BackendNotFoundError: nothing offers a backend of this name.
        PluginError: the backend's plugin is broken.
    """
    factory = find_backend(backend) if isinstance(backend, str) else backend
    name = backend if isinstance(backend, str) else getattr(backend, "__name__", repr(backend))
    reasons = {**declared_by(factory), **(not_applicable or {})}
    results: list[Result] = []
    for promise in select(only):
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


def _reason_for(promise: Promise, reasons: Mapping[str, str]) -> str | None:
    for pattern, reason in reasons.items():
        select(pattern)
        if not reason.strip():
            raise ConfigurationError(f"Say why {pattern!r} does not apply.")
    found = (text for pattern, text in reasons.items() if fnmatchcase(promise.id, pattern))
    return next(found, None)


def check(
    promise: Promise, factory: TransportFactory, reasons: Mapping[str, str] | None = None
) -> Result:
    """Put one promise to the test; a check that hangs is a broken promise."""
    reason = _reason_for(promise, reasons or {})
    if reason is not None:
        return Result(promise.id, promise.sentence, Verdict.NOT_APPLICABLE, reason, 0.0)
    start = time.monotonic()
    verdict, detail = _verdict(promise, factory)
    return Result(promise.id, promise.sentence, verdict, detail, time.monotonic() - start)


def _verdict(promise: Promise, factory: TransportFactory) -> tuple[Verdict, str]:
    """Check in a thread of its own, so that a transport that hangs cannot hang the kit."""
    harness = promise.group(factory)
    found: list[tuple[Verdict, str]] = []
    thread = threading.Thread(target=_run, args=(promise, harness, found), daemon=True)
    thread.start()
    thread.join(_BOUND)
    if not found:
        harness.close_servers()
        thread.join(_FREED)
        return Verdict.BROKEN, f"did not end within {_BOUND:g} s"
    return found[0]


def _run(promise: Promise, harness: Harness, found: list[tuple[Verdict, str]]) -> None:
    try:
        with harness:
            getattr(harness, promise.method)()
    except NotApplicable as reason:
        found.append((Verdict.NOT_APPLICABLE, str(reason)))
    except PromiseBroken as broken:
        found.append((Verdict.BROKEN, str(broken)))
    except BaseException as error:  # noqa: BLE001 - whatever a transport raises is a result
        found.append((Verdict.BROKEN, f"raised {type(error).__name__}: {error}"))
    else:
        mistakes = harness.script_errors()
        verdict = Verdict.BROKEN if mistakes else Verdict.KEPT
        found.append((verdict, f"the kit's script failed: {mistakes[0]!r}" if mistakes else ""))
