"""map_requests: what `Client.map` does with its options."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Sized
from concurrent.futures import Executor
from functools import partial
from typing import Any

from corechat._batch.outcome import Item, Outcome
from corechat._batch.outcomes import Outcomes
from corechat._batch.progress import Progress
from corechat._batch.stop import StopWhen
from corechat._batch.work import Complete, Work
from corechat._call.options import OF_A_CALL, BesideRequest, CallOptions
from corechat.errors import ConfigurationError
from corechat.requests import ChatRequest

_MOST = 10_000
_NO_BOUNDS = StopWhen()
_BESIDE = ("tools", "extra_body")


class MapOptions(BesideRequest, total=False):
    """Name the options of `Client.map`, which says what each means."""

    concurrency: int
    ordered: bool
    executor: Executor | None
    stop_when: StopWhen | None
    progress: bool
    keep_rate_limits: bool
    tools: Sequence[Any] | None


def map_requests(
    complete: Complete,
    requests: Iterable[Item],
    beside: Mapping[str, Any],
    on_outcome: Callable[[Outcome[Any]], object] | None,
    options: MapOptions,
) -> Outcomes[Any]:
    """Check the options, and return the outcomes that `complete` will give."""
    unknown = sorted(options.keys() - MapOptions.__annotations__.keys())
    if unknown:
        raise ConfigurationError(
            f"map does not take {', '.join(unknown)}; it takes "
            f"{', '.join(MapOptions.__annotations__)}. Parameters stand in the requests."
        )
    executor, stop_when = options.get("executor"), options.get("stop_when") or _NO_BOUNDS
    if not isinstance(requests, Iterable) or isinstance(
        requests, str | bytes | Mapping | ChatRequest
    ):
        raise ConfigurationError(
            f"map takes an iterable of requests, not one {type(requests).__name__}."
        )
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ConfigurationError("executor must be a concurrent.futures.Executor.")
    if not isinstance(stop_when, StopWhen):
        raise ConfigurationError("stop_when must be a corechat.StopWhen.")
    given: dict[str, Any] = {**options}
    call_options = CallOptions(**{name: given[name] for name in given.keys() & OF_A_CALL})
    call_options.check()
    work = partial(
        Work,
        complete,
        {**beside, **{name: given[name] for name in _BESIDE if given.get(name) is not None}},
        call_options,
        governed=options.get("keep_rate_limits", True),
    )
    return Outcomes(
        requests,
        work,
        concurrency=_check_concurrency(options.get("concurrency", 32)),
        ordered=options.get("ordered", True),
        executor=executor,
        stop_when=stop_when,
        on_outcome=on_outcome,
        progress=(
            Progress(len(requests) if isinstance(requests, Sized) else None)
            if options.get("progress", False)
            else None
        ),
    )


def _check_concurrency(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= _MOST:
        raise ConfigurationError(f"concurrency must be a whole number from 1 to {_MOST}.")
    return value
