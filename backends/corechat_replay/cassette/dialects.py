"""Dialects: from the tree in a cassette file to interactions, whoever wrote the file.

vcrpy's version 1 and what grew out of it (`parsed_body`, mapping bodies, the old httpx stub), the
``http_interactions`` of Ruby's and R's VCR, and files that hold a single interaction.
"""

from collections.abc import Mapping
from typing import cast

from corechat.transport import Headers, HttpRequest, HttpResponse
from corechat_replay.cassette.bodies import (
    DamageError,
    request_body,
    response_body,
    settle_encoding,
)
from corechat_replay.interaction import Cassette, Interaction, is_chat_url

_STATUSES = range(100, 600)  # RFC 9110 §15
_VERSIONS = {"1", "1.0"}

Tree = Mapping[object, object]


def to_cassette(tree: object, path: str) -> Cassette:
    """Read the tree of a cassette file.

    Args:
        tree: what the file's JSON or YAML says.
        path: the file's name.

    Raises:
        DamageError: it is no cassette, or an interaction with a chat endpoint is incomplete. The
            message says which interaction, and what is wrong.
    """
    dialect, items = _interactions(tree)
    interactions: list[Interaction] = []
    skipped: list[str] = []
    for number, item in enumerate(items):
        try:
            interactions.append(_interaction(item, number))
        except DamageError as damage:
            note = f"interaction {number + 1} of {len(items)}: {damage}"
            if not _is_of_another_api(item):
                raise DamageError(note) from None
            skipped.append(note)
    return Cassette(path, tuple(interactions), tuple(skipped), dialect)


def _interactions(tree: object) -> tuple[str, list[object]]:
    if tree is None:
        raise DamageError("the file is empty")
    if isinstance(tree, list):
        raise DamageError(
            "a list stands at the top, as in vcrpy before 1.0; migrate it with vcrpy's own script "
            "or record it anew"
        )
    if not isinstance(tree, Mapping):
        raise DamageError("no mapping stands at the top; this is no cassette")
    known = cast("Tree", tree)
    if "interactions" in known:
        version = known.get("version", 1)
        if str(version) not in _VERSIONS:
            raise DamageError(f"its version is {str(version)[:20]!r}; version 1 is known")
        return "vcrpy", _as_list(known["interactions"], "interactions")
    if "http_interactions" in known:
        items = _as_list(known["http_interactions"], "http_interactions")
        return "http_interactions", items
    if "request" in known and "response" in known:
        return "single", [known]
    raise DamageError("it has no 'interactions'; this is no cassette")


def _as_list(value: object, name: str) -> list[object]:
    if not isinstance(value, list):
        raise DamageError(f"{name!r} is no list")
    return cast("list[object]", value)


def _is_of_another_api(item: object) -> bool:
    request = cast("Tree", item).get("request") if isinstance(item, Mapping) else None
    if not isinstance(request, Mapping):
        return False
    known = cast("Tree", request)
    url = known.get("uri", known.get("url"))
    return isinstance(url, str) and url != "" and not is_chat_url(url)


def _interaction(item: object, number: int) -> Interaction:
    known = _as_mapping(item, "the interaction")
    request = _as_mapping(known.get("request"), "'request'")
    response = _as_mapping(known.get("response"), "'response'")
    method = request.get("method")
    url = request.get("uri", request.get("url"))
    if not isinstance(method, str) or not method:
        raise DamageError("'request' has no method")
    if not isinstance(url, str) or not url:
        raise DamageError("'request' has no uri")
    sent = HttpRequest(method.upper(), url, _headers(request, "request"), request_body(request))
    status, reason = _status(response)
    headers = _headers(response, "response")
    body = response_body(response, headers)
    headers = settle_encoding(headers, body)
    return Interaction(sent, HttpResponse(status, headers, body.data), reason, number)


def _as_mapping(value: object, name: str) -> Tree:
    if not isinstance(value, Mapping):
        raise DamageError(f"{name} is {'absent' if value is None else 'no mapping'}")
    return cast("Tree", value)


def _headers(message: Tree, name: str) -> Headers:
    fields = message.get("headers")
    if fields is None:
        return Headers()
    pairs: list[tuple[str, str]] = []
    for key, value in _as_mapping(fields, f"'headers' of the {name}").items():
        if not isinstance(key, str):
            raise DamageError(f"a header of the {name} has a name that is no text")
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        for one in values:
            if isinstance(one, str):  # all but a few
                pairs.append((key, one))
            elif one is not None:
                pairs.append((key, _header_text(one, key)))
    return Headers(pairs)


def _header_text(value: object, name: str) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")  # RFC 9110 §5.5: what is no ASCII is opaque
    if isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    raise DamageError(f"the header {name[:40]!r} has a value that is no text")


def _status(response: Tree) -> tuple[int, str]:
    found = response.get("status", response.get("status_code"))
    reason: object = response.get("reason", "")
    if isinstance(found, Mapping):
        known = cast("Tree", found)
        found = known.get("code", known.get("status_code"))
        reason = known.get("message", known.get("reason", ""))
    if isinstance(found, str) and found.isdecimal() and len(found) == 3:  # noqa: PLR2004 - RFC 9110 §15
        found = int(found)
    if isinstance(found, bool) or not isinstance(found, int) or found not in _STATUSES:
        raise DamageError("'response' has no status code")
    return found, reason if isinstance(reason, str) else ""
