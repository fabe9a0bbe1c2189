"""The list of faults at socket level that every HTTP transport must stand, as data."""

from tests.reliability.battery.codings import CODINGS
from tests.reliability.battery.completions import COMPLETIONS
from tests.reliability.battery.fault import Fault
from tests.reliability.battery.retries import RETRIES
from tests.reliability.battery.reuse import REUSE
from tests.reliability.battery.slow import SLOW
from tests.reliability.battery.statuses import STATUSES
from tests.reliability.battery.wire import WIRE

GROUPS: dict[str, tuple[Fault, ...]] = {
    "2xx bodies": COMPLETIONS,
    "codings and bounds": CODINGS,
    "error bodies and redirects": STATUSES,
    "retries": RETRIES,
    "broken connections": WIRE,
    "slow servers": SLOW,
    "two calls on a client": REUSE,
}

OF_THE_CORE = ("2xx bodies", "codings and bounds", "error bodies and redirects")
"""Groups that end the same whatever carries them: the core decodes, the kit tests the bounds."""

FAULTS: tuple[Fault, ...] = tuple(fault for group in GROUPS.values() for fault in group)

OF_TRANSPORTS: tuple[Fault, ...] = tuple(
    fault for name, group in GROUPS.items() if name not in OF_THE_CORE for fault in group
)
