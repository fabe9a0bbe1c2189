"""Errors by status, with bodies of every shape; redirects among them."""

import gzip
import json
import unicodedata

from corechat.testing import ReceivedRequest
from corechat.testing._kit.replies import chunked, head, reply
from tests.reliability.battery.fault import Fault, Outcome, Play, Run
from tests.reliability.battery.plays import FINE, answers, answers_as, fields, fine, made, says

_WORDS = "the model is on fire"
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


def _error(**more: object) -> bytes:
    return json.dumps({"error": {"message": _WORDS, **more}}).encode()


_BODIES: dict[str, bytes] = {
    "an empty body": b"",
    "HTML": _HTML,
    "plain text": _WORDS.encode(),
    "an error object": _error(type="t", code="c", param="p"),
    "an error in a list": b"[" + _error(code=400, status="INVALID_ARGUMENT") + b"]",
    "an error string": json.dumps({"error": _WORDS}).encode(),
    "error: null": b'{"error": null}',
    "an error list": b'{"error": ["a", {"b": 1}]}',
    "an error number": b'{"error": 7}',
    "a code that is a number": _error(code=1234),
    "a message that is an object": b'{"error": {"message": {"a": ["b"]}}}',
    "types that are all wrong": b'{"error": {"message": 1, "type": [], "code": {}, "param": 2.5}}',
    "FastAPI's detail": b'{"detail": [{"loc": ["body"], "msg": "field required"}]}',
    "RFC 9457's problem": b'{"title": "Bad", "status": 400, "detail": "worse"}',
    "null": b"null",
    "a number": b"42",
    "a string": b'"no"',
    "a list": b"[1, 2, 3]",
    "a chat completion": FINE,
    "JSON cut": _error()[:20],
    "NaN": b'{"error": {"message": "no", "code": NaN}}',
    "100 000 levels": b'{"error": ' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "an integer of 6 000 digits": b'{"error": {"message": "no", "code": ' + b"9" * 6000 + b"}}",
    "bytes that are no UTF-8": b'{"error": {"message": "n\xff\xfeo"}}',
    "UTF-16": _error().decode().encode("utf-16"),
    "a lone surrogate": b'{"error": {"message": "n\\ud800o", "code": "\\udfff"}}',
    "control characters": b'{"error": {"message": "\\u001b[31mred\\u0000\\u0007\\u009b\\u202e"}}',
    "a message of 60 kB": json.dumps({"error": {"message": "x" * 60_000}}).encode(),
    "a body of 1 MB": json.dumps({"error": {"message": "x" * 1_000_000}}).encode(),
    "NUL bytes": b"\0" * 1000,
    "binary": bytes(range(256)),
    "a BOM": b"\xef\xbb\xbf" + _error(),
}


def _clean(run: Run) -> str:
    """Check that the message is short and holds nothing that steers a terminal."""
    words = str(run.calls[-1].error)
    if len(words.encode()) > 1024:
        return f"a message of {len(words.encode())} bytes"
    bad = [char for char in words if unicodedata.category(char) in ("Cc", "Cs")]
    return f"the message holds {bad[0]!a}" if bad else ""


def _shape(name: str, play: Play) -> Fault:
    return Fault(name=f"400: {name}", plays=(play,), ending=400, own=_clean)


def _failed_generation(run: Run) -> str:
    found = getattr(run.calls[-1].error, "failed_generation", None)
    return "" if found == "<tool>" else f"failed_generation is {found!r}"


_SHAPES = (
    *(_shape(name, answers(body, 400)) for name, body in _BODIES.items()),
    _shape("gzip", answers(gzip.compress(_error()), 400, fields("Content-Encoding: gzip"))),
    _shape("no gzip that says it is", answers(_error(), 400, fields("Content-Encoding: gzip"))),
    _shape("an unknown coding", answers(_error(), 400, fields("Content-Encoding: rot13"))),
    _shape("chunks", says(chunked(_error()).replace(b"200 OK", b"400 Bad Request"))),
    _shape("no content type", answers_as(None, _error(), 400)),
    _shape("a nonsense charset", answers_as("application/json; charset=klingon", _error(), 400)),
    _shape("a request id of control characters", answers(b"{}", 400, [("x-request-id", "a\x01b")])),
    _shape("a request id of 8 kB", answers(b"{}", 400, [("x-request-id", "a" * 8000)])),
    _shape("no reason phrase", says(b"HTTP/1.1 400\r\nContent-Length: 2\r\n\r\n{}")),
    _shape("a reason phrase of 8 kB", says(b"HTTP/1.1 400 " + b"x" * 8000 + reply(b"")[15:])),
    Fault(
        name="400: a failed generation",
        plays=(answers(_error(code="c", failed_generation="<tool>"), 400),),
        ending=400,
        own=_failed_generation,
    ),
)


def _elsewhere(status: int) -> Play:
    """Redirect to another origin that is the same server, so that it sees who comes."""

    def make(request: ReceivedRequest) -> bytes:
        port = request.values("host")[0].rpartition(":")[2]
        return reply(b"", status, [("Location", f"http://localhost:{port}/stolen")])

    return made(make)


def _at_home(status: int) -> Play:
    return answers(b"", status, fields("Location: /v1/moved"))


_REDIRECTS = (
    *(
        Fault(
            name=f"{status} to another origin",
            plays=(_elsewhere(status), fine),
            ending=status,
        )
        for status in (301, 302, 303, 307, 308)
    ),
    *(
        Fault(
            name=f"{status} to another path",
            plays=(_at_home(status), fine),
            ending=status,
            also=(Outcome.ANSWER,),
        )
        for status in (301, 302, 303, 307, 308)
    ),
    Fault(
        name="307 without a Location",
        plays=(says(head(307, fields("Content-Length: 0"))), fine),
        ending=307,
    ),
    Fault(
        name="308 to itself without end",
        plays=(answers(b"", 308, fields("Location: /v1/chat/completions")),),
        ending=308,
    ),
    Fault(
        name="307 to a file",
        plays=(answers(b"", 307, fields("Location: file:///etc/passwd")),),
        ending=307,
    ),
)

STATUSES: tuple[Fault, ...] = (
    *_SHAPES,
    *_REDIRECTS,
    Fault(
        name="502: a proxy's HTML",
        plays=(answers_as("text/html", _HTML, 502),),
        ending=502,
        retries=0,
    ),
    Fault(
        name="500: an empty body",
        plays=(answers(b"", 500),),
        ending=500,
        retries=0,
    ),
)
