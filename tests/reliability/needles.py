"""Look for a planted secret in whatever a program shows, in every dress it may wear there."""

import base64
import copy
import json
import logging
import os
import pickle
import pprint
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import corechat
import corechat_aiohttp
import corechat_httpx
import corechat_replay

_OURS = tuple(
    f"{Path(package.__file__).parent}{os.sep}"
    for package in (corechat, corechat_aiohttp, corechat_httpx, corechat_replay)
)


def dresses(secret: str) -> list[str]:
    """List the ways in which a text can hold a secret."""
    escaped = "".join(f"\\u{ord(char):04x}" for char in secret)
    hexed = secret.encode().hex()
    shifted = (base64.b64encode(b"x" * pad + secret.encode())[4:-4].decode() for pad in range(3))
    forms = {
        secret,
        secret.lower(),
        secret.upper(),
        secret[::-1],
        secret[:-4],
        secret[4:],
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        secret.replace("/", "\\/"),
        escaped,
        hexed,
        *shifted,
    }
    return sorted(forms)


def holds(shown: str | bytes, secret: str) -> bool:
    """Tell whether something that is shown gives a secret away."""
    if isinstance(shown, bytes):
        wide = secret.encode("utf-16-le")
        return wide in shown or holds(shown.decode("latin-1"), secret)
    return any(form in shown for form in dresses(secret))


def shown_by(name: str, thing: object) -> Iterator[tuple[str, str | bytes]]:
    """Give all that an object shows of itself."""
    yield f"repr of {name}", repr(thing)
    yield f"str of {name}", str(thing)
    yield f"format of {name}", f"{thing}"
    yield f"pprint of {name}", pprint.pformat(thing)
    try:
        fields = vars(thing)
    except TypeError:
        slots = [slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())]
        fields = {slot: getattr(thing, slot, None) for slot in slots if slot != "_items"}
    yield f"vars of {name}", repr(fields)
    for verb, make in (("copy", copy.copy), ("deep copy", copy.deepcopy)):
        try:
            yield f"repr of a {verb} of {name}", repr(make(thing))
        except Exception as error:  # noqa: BLE001 - a refusal is shown, too
            yield f"refusal of a {verb} of {name}", repr(error)
    for protocol in (0, pickle.HIGHEST_PROTOCOL):
        try:
            yield f"pickle {protocol} of {name}", pickle.dumps(thing, protocol)
        except Exception as error:  # noqa: BLE001 - a refusal is shown, too
            yield f"refusal of pickle {protocol} of {name}", repr(error)


def chain(error: BaseException) -> list[BaseException]:
    """List an exception and all that it refers to."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__]
            waiting += list(getattr(one, "exceptions", ()))
    return found


def shown_by_error(name: str, error: BaseException) -> Iterator[tuple[str, str | bytes]]:
    """Give all that an exception shows, its chain and our frames' local variables included."""
    yield from shown_by(name, error)
    yield f"traceback of {name}", "".join(traceback.format_exception(error))
    for number, one in enumerate(chain(error)):
        link = f"link {number} of {name}"
        yield f"args of {link}", repr(one.args)
        yield f"notes of {link}", repr(getattr(one, "__notes__", ()))
        yield f"vars of {link}", repr(vars(one))
        yield f"local variables of {link}", "\n".join(_locals(one))
    record = logging.LogRecord("x", 40, "x", 1, "failed", (), (type(error), error, None))
    yield f"log record of {name}", logging.Formatter().format(record)


def _locals(error: BaseException) -> Iterator[str]:
    """Show the local variables of our own frames, as error trackers do."""
    stack = traceback.TracebackException.from_exception(error, capture_locals=True).stack
    for frame in stack:
        if frame.filename.startswith(_OURS):
            yield f"{frame.name}: {frame.locals}"
