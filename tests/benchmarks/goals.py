"""The goals that corechat's speed is held to, each with what was measured."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from clients import BACKENDS, BARE, CORE, FLOOR, GROQ
from run import Results
from startup import PYDANTIC
from tables import table

FLOOR_US = {"small": 65.0, "large": 139.0}
"""What the typed floor took on the machine on which the goals of the core were set."""


@dataclass(frozen=True)
class Goal:
    """Hold one goal.

    Attributes:
        figure: what is measured.
        part: the part that measures it.
        bounds: what the values are held to.
        read: gives the values from the part's figures.
        why: what stands in the way, and what it would take; said where a bound is missed.
        least: whether a bound is the least, and not the most.
        form: how a value is written.
    """

    figure: str
    part: str
    bounds: tuple[float, ...]
    read: Callable[[Results], list[float]]
    why: str
    least: bool = False
    form: str = "{:.2f}"


def _cpu(name: str, other: str, *cases: str) -> Callable[[Results], list[float]]:
    return lambda cpu: [cpu[case][name]["to"][other][0] for case in cases or ("small", "large")]


def _own(cpu: Results) -> list[float]:
    return [cpu[case]["corechat aiohttp"]["own"][0] for case in ("small", "large")]


def _core(cpu: Results) -> list[float]:
    return [cpu[case][CORE]["to"][FLOOR][0] * took for case, took in FLOOR_US.items()]


def _text(cpu: Results) -> list[float]:
    of = "corechat httpx"
    return [cpu["text"][of]["to"][BARE][0], cpu["logprobs"][of]["to"][GROQ][0]]


def _replay(replay: Results) -> list[float]:
    same = replay["transport"]["small, same bytes"]
    spelt = replay["transport"]["large, other spelling"]
    beyond = replay["calls"]["small, beyond the core"]
    return [beyond["5000"][0], same["5000"][0] / same["10"][0], spelt["500"][0]]


def _threads(threads: Results) -> list[float]:
    return [threads["64"][f"corechat {name}"]["to"][0] for name in ("httpx", "pyreqwest")]


def _import(startup: Results) -> list[float]:
    mine = startup["imports"]["corechat"]
    return [mine["to"][PYDANTIC][0], mine["modules"], mine["to"]["groq"][0]]


def _second(startup: Results) -> list[float]:
    return [startup["second"][f"corechat {name}"]["ms"][0] for name in BACKENDS]


GOALS = (
    Goal(
        "httpx, typed, to bare httpx, untyped: small, large",
        "cpu",
        (0.90, 0.95),
        _cpu("corechat httpx", BARE),
        "httpx's own parser and its connection are nearly all of the call, and its tools must go "
        "on seeing it; less would take an HTTP engine of our own, which was tried and dropped",
    ),
    Goal(
        "httpx to groq-python: small, large",
        "cpu",
        (0.32, 0.14),
        _cpu("corechat httpx", GROQ),
        "as above: what is left is httpx's",
    ),
    Goal(
        "pyreqwest to groq-python: small, large",
        "cpu",
        (0.12, 0.06),
        _cpu("corechat pyreqwest", GROQ),
        "what bare pyreqwest leaves is the core's checks and the transport's own work, of which "
        "the next line speaks",
    ),
    Goal(
        "pyreqwest to the typed floor: small, large",
        "cpu",
        (2.5, 2.0),
        _cpu("corechat pyreqwest", FLOOR),
        "bare pyreqwest, untyped, takes about what the floor takes; the core's checks come on top, "
        "and in the transport the deadline, the bounded reading and the headers, in Python",
    ),
    Goal(
        "aiohttp to bare aiohttp: small, large",
        "cpu",
        (1.25, 1.25),
        _own,
        "the core's own work stands beside a bare call that checks nothing; in the large case the "
        "checking of messages and tools is most of it",
    ),
    Goal(
        "core alone, µs, where the floor is 65 and 139: small, large",
        "cpu",
        (25, 110),
        _core,
        "small: checking, encoding, dispatching and decoding share it about equally, and no one "
        "change would do; large: pydantic's checking of messages and tools is half of it",
        form="{:.0f}",
    ),
    Goal(
        "64 kB of text to bare httpx; log probabilities to groq-python",
        "cpu",
        (0.9, 0.5),
        _text,
        "most of decoding a long text are searches of its bytes, for an error's words and for NaN, "
        "and one search in place of several would save it; log probabilities become one typed "
        "object a token, and reading them late would hide a malformed answer until then",
    ),
    Goal(
        "replay beyond the core, µs; 5 000 interactions to 10; a large request spelt otherwise, µs",
        "replay",
        (25, 1.2, 50),
        _replay,
        "a lookup is one of a dict, and takes a few microseconds in any cassette: what a large one "
        "takes more is likely the processor's cache; another spelling is parsed and written anew",
    ),
    Goal(
        "64 threads, 20 ms, calls a second to groq-python: httpx, pyreqwest",
        "threads",
        (3.5, 4.5),
        _threads,
        "under one interpreter lock a call's own work is the bound, the library's and the core's; "
        "on two cores the server, which is Python too, has one of them",
        least=True,
    ),
    Goal(
        "import corechat: to pydantic's BaseModel, modules, to groq",
        "startup",
        (1.5, 260, 0.45),
        _import,
        "pydantic builds the models of requests and responses at import, and a third of the "
        "modules is its own; it would take fewer models, or building those that are rare when they "
        "are first used",
    ),
    Goal(
        "a second https client, ms: httpx, httpx2, aiohttp, pyreqwest",
        "startup",
        (0.5, 0.5, 0.5, 0.5),
        _second,
        "the TLS context is shared over the first three, and what is left is the client and its "
        "connection; pyreqwest's library sets TLS up anew for each client",
    ),
)


def _rows(figures: Results) -> Iterator[list[str]]:
    for goal in GOALS:
        if goal.part not in figures:
            continue
        values = goal.read(figures[goal.part]["found"])
        kept = [
            value >= bound if goal.least else value <= bound
            for value, bound in zip(values, goal.bounds, strict=True)
        ]
        sign = "≥" if goal.least else "≤"
        reached = "yes" if all(kept) else "**in part**" if any(kept) else "**no**"
        yield [
            goal.figure,
            f"{sign} " + "; ".join(f"{bound:g}" for bound in goal.bounds),
            "; ".join(
                f"{value:.0f}" if value >= 100 else goal.form.format(value) for value in values
            ),
            reached,
            "" if all(kept) else goal.why,
        ]


def goals(figures: Results) -> str:
    """Write the table of goals; its last column says what stands in the way."""
    return table(["figure", "goal", "measured", "reached", ""], _rows(figures))
