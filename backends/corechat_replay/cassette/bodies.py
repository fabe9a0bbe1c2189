"""Bodies: how cassettes write a body down, turned into bytes, and content codings undone."""

import base64
import binascii
import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from corechat._http.content_coding import CodingError, TooLargeError, decode_content
from corechat.errors import CassetteError
from corechat.transport import Headers
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES
from corechat_replay.interaction import Interaction

MAX_DEPTH = 100

_REWRITTEN = frozenset({"content-length", "transfer-encoding"})

Tree = Mapping[object, object]


class DamageError(ValueError):
    """A cassette is damaged; the reader makes it a CassetteError with the file's name."""


def request_body(request: Tree) -> bytes:
    """Read the body of a request; DamageError if it is of no known form."""
    if "body" not in request and "parsed_body" in request:
        return _json(request["parsed_body"])
    body = request.get("body")
    if isinstance(body, Mapping | list):
        # {} is vcrpy's word for no body under aiohttp; any other mapping is aiohttp's json=
        return b"" if body == {} else _json(cast("object", body))
    return _text(body)


def response_body(response: Tree, headers: Headers) -> bytes:
    """Read the body of a response; DamageError if it is missing, or of no known form."""
    if "body" in response:
        body = response["body"]
        return _from_mapping(cast("Tree", body)) if isinstance(body, Mapping) else _text(body)
    if "parsed_body" in response:
        parsed = response["parsed_body"]
        if isinstance(parsed, str) and "json" not in headers.get("content-type", ""):
            return _text(parsed)
        return _json(parsed)
    if "content" in response:  # vcrpy's httpx stub before 6.0
        return _text(response["content"])
    raise DamageError("'response' has no body")


def settle_encoding(headers: Headers, body: bytes) -> Headers:
    """Make the headers of a response fit the body that the file holds.

    Content-Length is right; Transfer-Encoding goes, and so does the Content-Encoding of a body that
    is text: what gzip, deflate, br and zstd make of an answer is not UTF-8.
    """
    dropped = _REWRITTEN
    if "content-encoding" in headers:
        with contextlib.suppress(UnicodeDecodeError):
            body.decode()
            dropped = dropped | {"content-encoding"}
    pairs = [pair for pair in headers.pairs if pair[0].lower() not in dropped]
    return Headers([*pairs, ("content-length", str(len(body)))])


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


def _from_mapping(body: Tree) -> bytes:
    encoded = body.get("base64_string")  # what our own writer adds where bytes are not text
    if encoded is not None:
        try:
            return base64.b64decode(str(encoded), validate=True)
        except (binascii.Error, ValueError):
            raise DamageError("the base64_string of a body is not Base64") from None
    if body and "string" not in body:
        raise DamageError("a body has no 'string'")
    return _text(body.get("string"))


def _text(value: object) -> bytes:
    if value is None or isinstance(value, bytes):
        return value or b""
    if not isinstance(value, str):
        raise DamageError("a body is neither text nor bytes")
    try:
        return value.encode()
    except UnicodeEncodeError:  # half a surrogate pair, which PyYAML's own parser takes
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode()


def _json(value: object) -> bytes:
    if _depth(value) > MAX_DEPTH:
        raise DamageError(f"a body is nested deeper than {MAX_DEPTH} levels")
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()
    except (TypeError, ValueError):
        raise DamageError("a body holds a value that JSON cannot say") from None


def _depth(value: object) -> int:
    if isinstance(value, Mapping):
        value = list(cast("Tree", value).values())
    if not isinstance(value, list):
        return 0
    return 1 + max(map(_depth, cast("list[object]", value)), default=0)
