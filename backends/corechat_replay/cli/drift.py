"""Drift: where a file that loads here is not what vcrpy's version 1 says.

The rules are vcrpy 9.4.2's: a request is made from exactly four keys, and a further one is a
TypeError; ``metadata`` at the top stops pytest-recording 0.14; Python tags are refused.
"""

import re
from collections.abc import Iterator, Mapping
from typing import cast

from pydantic_core import from_json

from corechat_replay.cassette.yaml_reader import read_yaml

_TOP = {"version", "interactions"}
_REQUEST = {"method", "uri", "body", "headers"}
_RESPONSE = {"status", "headers", "body"}
_PYTHON_TAG = re.compile(rb"^[\s?-]*!!python/", re.MULTILINE)

Tree = Mapping[object, object]


def find_drift(data: bytes) -> Iterator[str]:
    """Compare a cassette that loads with version 1, and give one line a kind of drift."""
    try:
        tree = cast("object", from_json(data))
    except ValueError:
        tree = read_yaml(data.decode("utf-8-sig"))
        if _PYTHON_TAG.search(data):
            yield "a Python tag, which vcrpy refuses to read"
    known = cast("Tree", tree)
    if "interactions" not in known:
        yield "no 'interactions' at the top: another tool's form, which vcrpy does not read"
        return
    if known.get("version") != 1:
        yield "no 'version: 1' at the top"
    extra = sorted(str(key) for key in known.keys() - _TOP)
    if extra:
        yield f"{_names(extra)} at the top, which vcrpy drops and pytest-recording may stop at"
    seen: set[str] = set()
    for number, item in enumerate(cast("list[object]", known["interactions"]), 1):
        for problem in _of_interaction(item):
            if problem not in seen:
                seen.add(problem)
                yield f"interaction {number}: {problem}"


def _of_interaction(item: object) -> Iterator[str]:
    known = _mapping(item)
    request, response = _mapping(known.get("request")), _mapping(known.get("response"))
    extra = sorted(str(key) for key in request.keys() - _REQUEST)
    if extra:
        yield f"{_names(extra)} in the request, which stops vcrpy"
    missing = sorted(_REQUEST - request.keys())
    if missing:
        yield f"no {_names(missing)} in the request, which stops vcrpy"
    missing = sorted(_RESPONSE - response.keys())
    if missing:
        yield f"no {_names(missing)} in the response"
    elif "string" not in _mapping(response["body"]):
        yield "no 'string' in the response's body"


def _mapping(value: object) -> Tree:
    return cast("Tree", value) if isinstance(value, Mapping) else {}


def _names(keys: list[str]) -> str:
    return " and ".join(repr(key[:40]) for key in keys[:4])
