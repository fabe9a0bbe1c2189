"""Write one interaction as vcrpy's version 1 has it, in JSON that YAML readers take as well."""

import base64
import json
import re
from http import HTTPStatus

from corechat._http.content_coding import CodingError, TooLargeError, decode_content
from corechat.errors import CassetteError
from corechat.transport import Headers, HttpResponse
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES
from corechat_replay.interaction import Interaction

_INDENT = "    "
# what YAML 1.1 §5.1 calls not printable, and what it takes for a line break inside quotes (§5.4)
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_OMITTED = frozenset({"content-length", "transfer-encoding"})


def write_entry(interaction: Interaction, path: str = "") -> str:
    """Write an interaction as the text of one item of ``interactions``.

    Args:
        interaction: one whose response body is not compressed.
        path: the cassette's name, for messages.

    Returns:
        Indented JSON without a line break at its end; the same text for equal interactions.

    Raises:
        CassetteError: the request's body is no UTF-8, which version 1 cannot say in JSON.
    """
    request, response = interaction.request, interaction.response
    try:
        sent = request.body.decode()
    except UnicodeDecodeError:
        raise CassetteError(
            f"Interaction {interaction.number + 1} cannot be written to {path!r}: its request's "
            "body is no UTF-8, which version 1 has no JSON for.",
            path=path,
        ) from None
    tree = {
        "request": {
            "method": request.method,
            "uri": request.url,
            "body": sent,
            "headers": _headers(request.headers),
        },
        "response": {
            "status": {"code": response.status, "message": _reason(interaction)},
            "headers": _headers(response.headers),
            "body": _body(response.body),
        },
    }
    text = json.dumps(tree, ensure_ascii=False, indent=2)
    if not text.isascii() or "\x7f" in text:
        text = _NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return _INDENT + text.replace("\n", "\n" + _INDENT)


def without_coding(interaction: Interaction, path: str = "") -> Interaction:
    """Undo the content coding of a response, so that its text can be read and checked.

    Args:
        interaction: any interaction.
        path: the cassette's name, for messages.

    Returns:
        The interaction, without Content-Encoding.

    Raises:
        CassetteError: the body is not what its coding says, or is over 32 MB.
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
    plain = HttpResponse(response.status, Headers(pairs), body, truncated=response.truncated)
    return Interaction(interaction.request, plain, interaction.reason, interaction.number)


def _headers(headers: Headers) -> dict[str, list[str]]:
    # sorted and in lower case: so the file does not depend on the transport
    names = sorted({name.lower() for name, _ in headers.pairs} - _OMITTED)
    return {name: headers.get_list(name) for name in names}


def _reason(interaction: Interaction) -> str:
    if interaction.reason:
        return interaction.reason
    try:
        return HTTPStatus(interaction.response.status).phrase
    except ValueError:
        return ""


def _body(body: bytes) -> dict[str, str]:
    try:
        return {"string": body.decode()}
    except UnicodeDecodeError:  # JSON has no bytes: vcrpy reads the first, corechat the second
        text = body.decode("utf-8", "replace")
        return {"string": text, "base64_string": base64.b64encode(body).decode("ascii")}
