"""Scan: the last look at an interaction before it is written."""

from collections.abc import Iterable, Iterator
from typing import cast

from pydantic_core import from_json

from corechat_replay.interaction import Interaction, JsonValue
from corechat_replay.secrets.patterns import KEYS


def find_secrets(interaction: Interaction, known: Iterable[str] = ()) -> Iterator[tuple[str, str]]:
    """Look for keys, and for known secrets, in an interaction that is not compressed.

    What is found is said by its place and its kind, never by its value, for example
    ``("response body, choices[0].message.content", "a Groq key (gsk_…)")``.
    """
    texts = list(_texts(interaction))
    whole = "\n".join(text for _, text in texts)  # one look at it passes over most of the table
    secrets = [secret for secret in known if secret in whole]
    kinds = [kind for kind in KEYS if kind.prefix in whole]
    if not secrets and not kinds:
        return
    for place, text in texts:
        if any(secret in text for secret in secrets):
            yield place, "the value of a secret header or field"
            continue
        kind = next((kind for kind in kinds if kind.found_in(text)), None)
        if kind is not None:
            yield place, kind.name


def _texts(interaction: Interaction) -> Iterator[tuple[str, str]]:
    request, response = interaction.request, interaction.response
    yield "URL", request.url
    for name, value in request.headers.pairs:
        yield f"request header {name}", f"{name}: {value}"
    yield from _body_texts("request body", request.body)
    for name, value in response.headers.pairs:
        yield f"response header {name}", f"{name}: {value}"
    yield from _body_texts("response body", response.body)


def _body_texts(place: str, body: bytes) -> Iterator[tuple[str, str]]:
    try:
        value = cast("JsonValue", from_json(body))
    except ValueError:
        yield place, body.decode("utf-8", "replace")
        return
    pending: list[tuple[str, JsonValue]] = [("", value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, str):
            yield f"{place}, {path}" if path else place, item
        elif isinstance(item, dict):
            for key in item:
                yield f"{place}, {path or 'top'}, a key", key
            dot = "." if path else ""
            pending += [(f"{path}{dot}{key[:40]}", item[key]) for key in reversed(item)]
        elif isinstance(item, list):
            pending += [(f"{path}[{i}]", item[i]) for i in reversed(range(len(item)))]
