"""The promises that every transport keeps, by theme, the quick ones first."""

from corechat.testing._kit.promise import Promise
from corechat.testing._kit.promises.bounds import BOUNDS
from corechat.testing._kit.promises.closing import CLOSING
from corechat.testing._kit.promises.concurrency import CONCURRENCY
from corechat.testing._kit.promises.deadline import DEADLINE
from corechat.testing._kit.promises.environment import ENVIRONMENT
from corechat.testing._kit.promises.event_loop import EVENT_LOOP
from corechat.testing._kit.promises.failure import FAILURE
from corechat.testing._kit.promises.fork import FORK
from corechat.testing._kit.promises.framing import FRAMING
from corechat.testing._kit.promises.interrupt import INTERRUPT
from corechat.testing._kit.promises.once import ONCE
from corechat.testing._kit.promises.proxy import PROXY
from corechat.testing._kit.promises.request import REQUEST
from corechat.testing._kit.promises.response import RESPONSE
from corechat.testing._kit.promises.reuse import REUSE
from corechat.testing._kit.promises.secrecy import SECRECY
from corechat.testing._kit.promises.tls import TLS

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
