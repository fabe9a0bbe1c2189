"""The promises that every transport keeps, by theme, the quick ones first."""

from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises import (
    concurrency,
    ending,
    failure,
    limits,
    messages,
    routes,
    secrecy,
    sending,
)

_GROUPS = (
    messages.RequestPromises,
    messages.ResponsePromises,
    failure.FailurePromises,
    failure.FramingPromises,
    limits.BoundsPromises,
    sending.ReusePromises,
    sending.OncePromises,
    routes.EnvironmentPromises,
    routes.ProxyPromises,
    secrecy.SecrecyPromises,
    concurrency.ConcurrencyPromises,
    concurrency.EventLoopPromises,
    concurrency.ForkPromises,
    ending.InterruptPromises,
    ending.ClosingPromises,
    routes.TLSPromises,
    limits.DeadlinePromises,
)

PROMISES: tuple[Promise, ...] = tuple(p for group in _GROUPS for p in group.promises())
"""All of them, in the order in which the kit checks them."""
