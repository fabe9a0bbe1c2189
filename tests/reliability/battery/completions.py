"""Successes by status that are no chat completion, and the few odd ones that are."""

import json
from typing import Any

from corechat.testing._kit.replies import chunked, head
from tests.reliability.battery.fault import Fault, Outcome
from tests.reliability.battery.plays import (
    FINE,
    answers,
    answers_as,
    closes,
    completion,
    says,
)

_CHOICE = json.loads(FINE)["choices"][0]
_EVENTS = (
    b'data: {"id":"1","object":"chat.completion.chunk","choices":[{"delta":{"content":"f"}}]}\n\n'
    b"data: [DONE]\n\n"
)
_HTML = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


def _with(**fields: Any) -> bytes:
    return completion(**fields)


def _hole(value: bytes) -> bytes:
    """Put raw bytes where the answer's text stands."""
    return FINE.replace(b'"fine"', value)


def _extra(value: bytes) -> bytes:
    """Put raw bytes into a field of their own."""
    return FINE[:-1] + b', "x": ' + value + b"}"


_JSON: dict[str, bytes] = {
    "an empty body": b"",
    "white space": b" \r\n\t ",
    "HTML that says it is JSON": _HTML,
    "an event stream that says it is JSON": _EVENTS,
    "an empty object": b"{}",
    "an empty list": b"[]",
    "a list of completions": b"[" + FINE + b"]",
    "null": b"null",
    "true": b"true",
    "a number": b"42",
    "a string": b'"fine"',
    "a completion in a string": json.dumps(FINE.decode()).encode(),
    "an error object": b'{"error": {"message": "out of memory", "type": "server_error"}}',
    "an error string": b'{"error": "out of memory"}',
    "an error beside an answer": _with(error={"message": "cut short", "code": 502}),
    "an error list": _with(error=["a"]),
    "choices: null": _with(choices=None),
    "choices: []": _with(choices=[]),
    "choices: {}": _with(choices={}),
    "choices: a string": _with(choices="fine"),
    "choices: a number": _with(choices=1),
    "choices: [null]": _with(choices=[None]),
    "choices: [{}]": _with(choices=[{}]),
    "choices: [[]]": _with(choices=[[]]),
    "choices: ['fine']": _with(choices=["fine"]),
    "message: null": _with(choices=[_CHOICE | {"message": None}]),
    "message: a string": _with(choices=[_CHOICE | {"message": "fine"}]),
    "message: a list": _with(choices=[_CHOICE | {"message": [{"content": "fine"}]}]),
    "message: a number": _with(choices=[_CHOICE | {"message": 1}]),
    "a good choice and a null": _with(choices=[_CHOICE, None]),
    "a good choice and one without a message": _with(choices=[_CHOICE, {"index": 1}]),
    "a chunk of a stream": _with(choices=[{"index": 0, "delta": {"content": "fine"}}]),
    "a legacy text completion": _with(choices=[{"index": 0, "text": "fine"}]),
    "the list of models": b'{"object": "list", "data": [{"id": "m", "object": "model"}]}',
    "a gateway's message": b'{"message": "no Route matched with those values"}',
    "a batch's envelope": b'{"response": {"body": ' + FINE + b"}}",
    "JSON cut in a string": FINE[:60],
    "JSON cut before its last brace": FINE[:-1],
    "JSON followed by garbage": FINE + b"garbage",
    "two JSON documents": FINE + FINE,
    "JSON lines": FINE + b"\n" + FINE + b"\n",
    "a trailing comma": FINE[:-1] + b",}",
    "single quotes": FINE.replace(b'"', b"'"),
    "a comment": b"/* fine */" + FINE,
    "a prefix against hijacking": b")]}',\n" + FINE,
    "a leading zero": _extra(b"01"),
    "NaN": _extra(b"NaN"),
    "Infinity": _extra(b"Infinity"),
    "-Infinity in a list": _extra(b"[-Infinity]"),
    "NaN in the usage": _with(usage={"total_tokens": float("nan")}),
    "a byte that is no UTF-8": _hole(b'"fi\xffne"'),
    "Latin-1": _hole(b'"fin\xe9"'),
    "UTF-8 cut in a character": _hole(b'"fine\xe2\x82"'),
    "overlong UTF-8": _hole(b'"fi\xc0\xafne"'),
    "a surrogate in UTF-8": _hole(b'"fi\xed\xa0\x80ne"'),
    "UTF-16 with a BOM": FINE.decode().encode("utf-16"),
    "UTF-16 without a BOM": FINE.decode().encode("utf-16-le"),
    "UTF-32": FINE.decode().encode("utf-32"),
    "NUL bytes after the answer": FINE + b"\0\0\0",
    "a raw newline in the text": _hole(b'"fi\nne"'),
    "a bad escape": _hole(b'"fi\\xne"'),
    "100 000 levels of lists": _extra(b"[" * 100_000 + b"]" * 100_000),
    "100 000 levels of objects": _extra(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "100 000 open brackets": b"[" * 100_000,
    "an integer of 6 000 digits": _extra(b"9" * 6_000),
    "a negative integer of 6 000 digits": _extra(b"-" + b"9" * 6_000),
    "binary": bytes(range(256)),
}

_OTHER: dict[str, tuple[str | None, bytes, int]] = {
    "an HTML page": ("text/html; charset=utf-8", _HTML, 200),
    "an event stream": ("text/event-stream", _EVENTS, 200),
    "plain text": ("text/plain", b"OK", 200),
    "XML": ("application/xml", b"<answer>fine</answer>", 200),
    "a 201 with HTML": ("text/html", _HTML, 201),
    "a 202 for later": ("application/json", b'{"status": "queued", "id": "1"}', 202),
    "a 206 with a part of the answer": ("application/json", FINE[:50], 206),
}

_GOOD: dict[str, tuple[str | None, bytes, int]] = {
    "an answer after a BOM": ("application/json", b"\xef\xbb\xbf" + FINE, 200),
    "an answer within white space": ("application/json", b"\r\n  " + FINE + b"\n\n", 200),
    "an answer with error: null": ("application/json", _with(error=None), 200),
    "an answer with unknown fields": ("application/json", _with(x={"y": [None, 1.5, "z"]}), 200),
    "an answer with an unknown finish_reason": (
        "application/json",
        _with(choices=[_CHOICE | {"finish_reason": "eos"}]),
        200,
    ),
    "an answer with half a surrogate pair": (
        "application/json",
        _extra(b'"fi\\ud800ne"'),
        200,
    ),
    "an answer with half a surrogate pair in a name": (
        "application/json",
        _extra(b'{"\\udc00": 1}'),
        200,
    ),
    "an answer with usage: null": ("application/json", _with(usage=None), 200),
    "an answer with a key twice": ("application/json", b'{"choices": null,' + FINE[1:], 200),
    "an answer that says NaN in its words": (
        "application/json",
        _with(note="NaN and Infinity"),
        200,
    ),
    "an answer as text/plain": ("text/plain", FINE, 200),
    "an answer of no content type": (None, FINE, 200),
    "an answer of a nonsense charset": ("application/json; charset=klingon", FINE, 200),
    "an answer that says Latin-1": ("application/json; charset=iso-8859-1", FINE, 200),
    "an answer as a 201": ("application/json", FINE, 201),
}


def _bad(name: str, content_type: str | None, body: bytes, status: int = 200) -> Fault:
    return Fault(
        name=f"{status}: {name}",
        plays=(answers_as(content_type, body, status),),
        ending=Outcome.NO_COMPLETION,
        also=(Outcome.ANSWER,) if name.startswith(("UTF-16", "UTF-32")) else (),
        started=True,
    )


COMPLETIONS: tuple[Fault, ...] = (
    *(_bad(name, "application/json", body) for name, body in _JSON.items()),
    *(_bad(name, *rest) for name, rest in _OTHER.items()),
    Fault(
        name="204 without a body",
        plays=(says(head(204, reason="No Content")),),
        ending=Outcome.NO_COMPLETION,
        started=True,
    ),
    Fault(
        name="205 without a body",
        plays=(answers(b"", 205),),
        ending=Outcome.NO_COMPLETION,
        started=True,
    ),
    *(
        Fault(name=name, plays=(answers_as(*rest),), ending=Outcome.ANSWER, started=True)
        for name, rest in _GOOD.items()
    ),
    Fault(
        name="an answer in chunks of one byte",
        plays=(says(chunked(*[bytes([value]) for value in FINE])),),
        ending=Outcome.ANSWER,
        started=True,
    ),
    Fault(
        name="an answer by HTTP/1.0, to the end of the connection",
        plays=(closes(b"HTTP/1.0 200 OK\r\n\r\n" + FINE),),
        ending=Outcome.ANSWER,
        started=True,
    ),
    Fault(
        name="an answer after 1xx replies",
        plays=(
            says(
                head(100)
                + head(103)
                + b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(FINE), FINE)
            ),
        ),
        ending=Outcome.ANSWER,
        started=True,
    ),
)
