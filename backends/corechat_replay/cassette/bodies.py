"""Bodies: how cassettes write a body down, turned into bytes, and content codings undone."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import cast

from corechat._http.content_coding import CodingError, TooLargeError, decode_content
from corechat.errors import CassetteError
from corechat.transport import Headers
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES
from corechat_replay.interaction import Interaction

MAX_DEPTH = 100

_MAGIC = {
    "gzip": b"\x1f\x8b",  # RFC 1952 §2.3.1
    "x-gzip": b"\x1f\x8b",
    "zstd": b"\x28\xb5\x2f\xfd",  # RFC 8878 §3.1.1
}
_ZLIB_METHOD, _ZLIB_CHECK = 8, 31  # RFC 1950 §2.2
_REWRITTEN = frozenset({"content-length", "transfer-encoding"})

Tree = Mapping[object, object]


class DamageError(ValueError):
    """A cassette is damaged; the reader makes it a CassetteError with the file's name."""


@dataclass(frozen=True, slots=True)
class RecordedBody:
    """A response's body: the bytes, and whether a content coding may still be applied.

    A recorder has decoded what the file holds as text: ``as_received`` is False.
    """

    data: bytes
    as_received: bool


def request_body(request: Tree) -> bytes:
    """Read the body of a request; DamageError if it is of no known form."""
    if "body" not in request and "parsed_body" in request:
        return _json(request["parsed_body"])
    body = request.get("body")
    if isinstance(body, Mapping):
        # {} is vcrpy's word for no body under aiohttp; any other mapping is aiohttp's json=
        known = cast("Tree", body)
        return _json(known) if known else b""
    if isinstance(body, list):
        return _json(cast("list[object]", body))
    return _text(body).data


def response_body(response: Tree, headers: Headers) -> RecordedBody:
    """Read the body of a response; DamageError if it is missing, or of no known form."""
    if "body" in response:
        body = response["body"]
        return _from_mapping(cast("Tree", body)) if isinstance(body, Mapping) else _text(body)
    if "parsed_body" in response:
        parsed = response["parsed_body"]
        if isinstance(parsed, str) and "json" not in headers.get("content-type", ""):
            return _text(parsed)
        return RecordedBody(_json(parsed), as_received=False)
    if "content" in response:  # vcrpy's httpx stub before 6.0
        return _text(response["content"])
    raise DamageError("'response' has no body")


def settle_encoding(headers: Headers, body: RecordedBody) -> Headers:
    """Make the headers of a response fit the body that the file holds.

    Content-Length is right; Transfer-Encoding goes, and a Content-Encoding that has been undone.
    """
    dropped = _REWRITTEN
    coding = headers.get("content-encoding")
    if coding is not None and not (body.as_received and _is_encoded(body.data, coding)):
        dropped = dropped | {"content-encoding"}
    pairs = [pair for pair in headers.pairs if pair[0].lower() not in dropped]
    pairs.append(("content-length", str(len(body.data))))
    return Headers(pairs)


def without_coding(interaction: Interaction, path: str = "") -> Interaction:
    """Undo the content coding of a response, so that its text can be read and checked.

    Raises CassetteError if the body is not what its coding says, or is over 32 MB.
    """
    response = interaction.response
    coding = response.headers.get("content-encoding")
    if coding is None:
        return interaction
    try:
        body = decode_content(response.body, coding, MAX_CASSETTE_BYTES, cut=response.truncated)
    except (CodingError, TooLargeError) as error:
        raise CassetteError(
            f"A response with Content-Encoding {coding[:40]!r} cannot be read, so it cannot be "
            f"checked for secrets nor recorded: {str(error) or 'it is too large'}.",
            path=path,
        ) from None
    pairs = [pair for pair in response.headers.pairs if pair[0].lower() != "content-encoding"]
    return replace(interaction, response=replace(response, headers=Headers(pairs), body=body))


def _is_encoded(data: bytes, coding: str) -> bool:
    last = coding.rpartition(",")[2].strip().lower()
    if last in _MAGIC:
        return data.startswith(_MAGIC[last])
    if last == "deflate" and len(data) > 1 and data[0] & 15 == _ZLIB_METHOD:
        return (data[0] * 256 + data[1]) % _ZLIB_CHECK == 0
    try:  # br and bare deflate have no magic number; a body that is text has been decoded
        data.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _from_mapping(body: Tree) -> RecordedBody:
    encoded = body.get("base64_string")  # what our own writer adds where bytes are not text
    if encoded is not None:
        try:
            return RecordedBody(base64.b64decode(str(encoded), validate=True), as_received=True)
        except (binascii.Error, ValueError):
            raise DamageError("the base64_string of a body is not Base64") from None
    if "string" in body:
        return _text(body["string"])
    if not body:
        return RecordedBody(b"", as_received=True)
    raise DamageError("a body has no 'string'")


def _text(value: object) -> RecordedBody:
    if isinstance(value, str):
        return RecordedBody(_utf8(value), as_received=False)
    if isinstance(value, bytes):
        return RecordedBody(value, as_received=True)
    if value is None:
        return RecordedBody(b"", as_received=True)
    raise DamageError("a body is neither text nor bytes")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which PyYAML's own parser takes
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _json(value: object) -> bytes:
    _check_depth(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError):
        raise DamageError("a body holds a value that JSON cannot say") from None


def _check_depth(value: object) -> None:
    level: list[object] = [value]
    for _ in range(MAX_DEPTH):
        inner: list[object] = []
        for item in level:
            if isinstance(item, Mapping):
                inner += cast("Tree", item).values()
            elif isinstance(item, list):
                inner += cast("list[object]", item)
        if not inner:
            return
        level = inner
    raise DamageError(f"a body is nested deeper than {MAX_DEPTH} levels")
