"""The promises that every transport keeps, by theme, the quick ones first."""

from corechat.testing.promise import Promise
from corechat.testing.promises.bounds import BOUNDS
from corechat.testing.promises.closing import CLOSING
from corechat.testing.promises.concurrency import CONCURRENCY
from corechat.testing.promises.deadline import DEADLINE
from corechat.testing.promises.environment import ENVIRONMENT
from corechat.testing.promises.event_loop import EVENT_LOOP
from corechat.testing.promises.failure import FAILURE
from corechat.testing.promises.fork import FORK
from corechat.testing.promises.framing import FRAMING
from corechat.testing.promises.interrupt import INTERRUPT
from corechat.testing.promises.once import ONCE
from corechat.testing.promises.proxy import PROXY
from corechat.testing.promises.request import REQUEST
from corechat.testing.promises.response import RESPONSE
from corechat.testing.promises.reuse import REUSE
from corechat.testing.promises.secrecy import SECRECY
from corechat.testing.promises.tls import TLS

PROMISES: tuple[Promise, ...] = (
    *REQUEST,
    *RESPONSE,
    *FAILURE,
    *FRAMING,
    *BOUNDS,
    *REUSE,
    *ONCE,
    *ENVIRONMENT,
    *PROXY,
    *SECRECY,
    *CONCURRENCY,
    *EVENT_LOOP,
    *FORK,
    *INTERRUPT,
    *CLOSING,
    *TLS,
    *DEADLINE,
)
"""All of them, in the order in which the kit checks them."""
