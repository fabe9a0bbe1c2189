"""The promises that every transport keeps, by theme, the quick ones first."""

from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises.bounds import BoundsPromises
from corechat.testing._kit.promises.closing import ClosingPromises, InterruptPromises
from corechat.testing._kit.promises.concurrency import (
    ConcurrencyPromises,
    EventLoopPromises,
    ForkPromises,
)
from corechat.testing._kit.promises.deadline import DeadlinePromises
from corechat.testing._kit.promises.failure import FailurePromises, FramingPromises
from corechat.testing._kit.promises.once import OncePromises
from corechat.testing._kit.promises.proxy import EnvironmentPromises, ProxyPromises
from corechat.testing._kit.promises.request import RequestPromises
from corechat.testing._kit.promises.response import ResponsePromises
from corechat.testing._kit.promises.reuse import ReusePromises
from corechat.testing._kit.promises.secrecy import SecrecyPromises
from corechat.testing._kit.promises.tls import TLSPromises

_GROUPS = (
    RequestPromises,
    ResponsePromises,
    FailurePromises,
    FramingPromises,
    BoundsPromises,
    ReusePromises,
    OncePromises,
    EnvironmentPromises,
    ProxyPromises,
    SecrecyPromises,
    ConcurrencyPromises,
    EventLoopPromises,
    ForkPromises,
    InterruptPromises,
    ClosingPromises,
    TLSPromises,
    DeadlinePromises,
)

PROMISES: tuple[Promise, ...] = tuple(p for group in _GROUPS for p in group.promises())
"""All of them, in the order in which the kit checks them."""
