"""Read a cassette: vcrpy's version 1 and what grew out of it, in JSON or YAML.

JSON is tried first: its parser takes a fiftieth of a YAML parser's time. What grew out of vcrpy's
format are pydantic-ai's ``parsed_body``, the mapping bodies of aiohttp, the content of httpx before
vcrpy 6, and files that hold a single interaction.
"""

import os
from collections.abc import Mapping
from typing import cast

from pydantic_core import from_json

from corechat._errors.text import excerpt
from corechat.errors import CassetteError, MissingDependencyError
from corechat.requests._json import replace_half_surrogates
from corechat.transport import Headers, HttpRequest, HttpResponse
from corechat_replay.cassette.bodies import (
    DamageError,
    Tree,
    request_body,
    response_body,
    settle_encoding,
    without_coding,
)
from corechat_replay.cassette.files import read_cassette_file
from corechat_replay.cassette.yaml_reader import read_yaml
from corechat_replay.interaction import Cassette, Interaction, is_chat_url

_STATUSES = range(100, 600)  # RFC 9110 §15
_VERSIONS = {"1", "1.0"}


def load(path: str | os.PathLike[str]) -> Cassette:
    """Read a cassette file; whether it is JSON or YAML tells the text, not the name.

    Args:
        path: the file.

    Returns:
        Its interactions. Those with other APIs that cannot be read are in ``skipped``.

    Raises:
        CassetteError: the file is missing, damaged, not a cassette, or over a bound; the message
            says where. The file is untouched.
        MissingDependencyError: it is YAML, and PyYAML is not installed.
    """
    return parse(read_cassette_file(path), os.fspath(path))


def parse(data: bytes, path: str) -> Cassette:
    """Read a cassette from its bytes, as `load` does; the path is for messages."""
    try:
        return _cassette(read_tree(data), path)
    except DamageError as damage:
        raise CassetteError(
            f"The cassette {path!r} cannot be used: {excerpt(str(damage), 400)}. "
            "Repair it or record it anew; it was left as it is.",
            path=path,
        ) from None


def parse_whole(data: bytes, path: str) -> list[Interaction]:
    """Read a cassette of which nothing may be lost, without content coding.

    Raises CassetteError if it is damaged, or holds interactions that cannot be read.
    """
    cassette = parse(data, path)
    if cassette.skipped:
        raise CassetteError(
            f"The cassette {path!r} holds interactions of other APIs that cannot be read and would "
            f"be lost: {cassette.skipped[0]}. It was left as it is; take them out first.",
            path=path,
        )
    return [without_coding(each, path) for each in cassette.interactions]


def _decode(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DamageError(f"line {line}: byte {error.start} is not UTF-8") from None
    if "\0" in text:
        raise DamageError(f"byte {data.index(0)} is NUL: this is not text")
    return text


def read_tree(data: bytes) -> object:
    """Read the JSON or YAML of a cassette, or raise DamageError."""
    text = _decode(data)
    try:
        return _parse(text)
    except DamageError:
        repaired = replace_half_surrogates(text.encode()).decode()
        if repaired == text:
            raise
    return _parse(repaired)


def _parse(text: str) -> object:
    if text.lstrip()[:1] not in ("{", "["):
        return read_yaml(text)
    try:
        return cast("object", from_json(text))
    except ValueError as error:
        damage = DamageError(str(error))
    try:
        return read_yaml(text)  # YAML's flow style looks like JSON
    except (DamageError, MissingDependencyError):
        raise damage from None


def _cassette(tree: object, path: str) -> Cassette:
    items = _items(tree)
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
    return Cassette(path, tuple(interactions), tuple(skipped))


def _items(tree: object) -> list[object]:
    if tree is None:
        raise DamageError("the file is empty")
    if isinstance(tree, list):
        raise DamageError(
            "a list stands at the top, as in vcrpy before 1.0; migrate it with vcrpy's own script "
            "or record it anew"
        )
    if not isinstance(tree, Mapping):
        raise DamageError("what stands at the top is not a mapping; this is not a cassette")
    known = cast("Tree", tree)
    if "request" in known and "response" in known:
        return [known]
    if "interactions" not in known:
        raise DamageError("it has no 'interactions'; this is not a cassette of vcrpy's format")
    version = known.get("version", 1)
    if str(version) not in _VERSIONS:
        raise DamageError(f"its version is {str(version)[:20]!r}; version 1 is known")
    items = known["interactions"]
    if not isinstance(items, list):
        raise DamageError("'interactions' is not a list")
    return cast("list[object]", items)


def _is_of_another_api(item: object) -> bool:
    request = cast("Tree", item).get("request") if isinstance(item, Mapping) else None
    if not isinstance(request, Mapping):
        return False
    url = _url(cast("Tree", request))
    return isinstance(url, str) and url != "" and not is_chat_url(url)


def _interaction(item: object, number: int) -> Interaction:
    known = _as_mapping(item, "the interaction")
    request = _as_mapping(known.get("request"), "'request'")
    response = _as_mapping(known.get("response"), "'response'")
    method, url = request.get("method"), _url(request)
    if not isinstance(method, str) or not method:
        raise DamageError("'request' has no method")
    if not isinstance(url, str) or not url:
        raise DamageError("'request' has no uri")
    sent = HttpRequest(method.upper(), url, _headers(request, "request"), request_body(request))
    status, reason = _status(response)
    headers = _headers(response, "response")
    body = response_body(response, headers)
    received = HttpResponse(status, settle_encoding(headers, body), body)
    return Interaction(sent, received, reason, number)


def _url(request: Tree) -> object:
    return request.get("uri", request.get("url"))


def _as_mapping(value: object, name: str) -> Tree:
    if not isinstance(value, Mapping):
        raise DamageError(f"{name} is {'absent' if value is None else 'not a mapping'}")
    return cast("Tree", value)


def _headers(message: Tree, name: str) -> Headers:
    fields = message.get("headers")
    if fields is None:
        return Headers()
    pairs: list[tuple[str, str]] = []
    for key, value in _as_mapping(fields, f"'headers' of the {name}").items():
        if not isinstance(key, str):
            raise DamageError(f"a header of the {name} has a name that is not text")
        values = cast("list[object]", value) if isinstance(value, list) else [value]
        for one in values:
            if isinstance(one, str):  # all but a few
                pairs.append((key, one))
            elif one is not None:
                pairs.append((key, _header_text(one, key)))
    return Headers(pairs)


def _header_text(value: object, name: str) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")  # RFC 9110 §5.5: what is not ASCII is opaque
    if isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    raise DamageError(f"the header {name[:40]!r} has a value that is not text")


def _status(response: Tree) -> tuple[int, str]:
    status = response.get("status")
    known = cast("Tree", status) if isinstance(status, Mapping) else {}
    code = known.get("code") if known else response.get("status_code", status)
    if isinstance(code, bool) or not isinstance(code, int) or code not in _STATUSES:
        raise DamageError("'response' has no status code")
    reason = known.get("message")
    return code, reason if isinstance(reason, str) else ""
