"""What a replayed call costs over vcrpy or cassetter, less what httpx itself costs.

``python replay_peers.py LIBRARY FOLDER SIZE...`` prints JSON; it needs that library and httpx.
"""

import gc
import json
import sys
import time
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
from replay_material import FIELDS, URL, answer, as_sent, small, spread_over

_CALLS = {500: 40, 5000: 2}  # vcrpy takes a second a call at 5 000 interactions
_ROUNDS = 3


def _vcr(path: Path) -> AbstractContextManager[Any]:
    opened: AbstractContextManager[Any] = import_module("vcr").use_cassette(
        str(path),
        record_mode="none",
        match_on=["method", "uri", "body"],
        allow_playback_repeats=True,
    )
    return opened


def _cassetter(path: Path) -> AbstractContextManager[Any]:
    opened: AbstractContextManager[Any] = import_module("cassetter").use_cassette(
        str(path), record_mode="none", match_on=["method", "uri", "json_body"]
    )
    return opened


_LIBRARIES = {"vcrpy": _vcr, "cassetter": _cassetter}


def _post(client: httpx.Client, bodies: list[bytes]) -> float:
    """Give the CPU microseconds of one call of httpx, under whatever patches it."""
    gc.collect()
    started = time.process_time()
    for body in bodies:
        client.post(URL, content=body, headers=FIELDS)
    return (time.process_time() - started) / len(bodies) * 1e6


def _beyond_httpx(library: str, folder: Path, size: int) -> float:
    """Give the microseconds at best."""
    bodies = [as_sent(small(number)) for number in spread_over(size, _CALLS.get(size, size))]
    mock = httpx.MockTransport(lambda _: httpx.Response(200, json=answer(0)))
    with httpx.Client(transport=mock) as client:
        bare = min(_post(client, bodies) for _ in range(_ROUNDS))
    took: list[float] = []
    for _ in range(_ROUNDS if size not in _CALLS else 1):
        with _LIBRARIES[library](folder / f"small-{size}.yaml"), httpx.Client() as client:
            took.append(_post(client, bodies))
    return min(took) - bare


def main() -> None:
    """Print the microseconds, one figure a size."""
    library, folder, *sizes = sys.argv[1:]
    found = {size: _beyond_httpx(library, Path(folder), int(size)) for size in sizes}
    print(json.dumps(found))  # noqa: T201 - read by the parent


if __name__ == "__main__":
    main()
