"""Interaction and Cassette: what a cassette file holds, free of the file's dialect."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from corechat.transport import HttpRequest, HttpResponse

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

JsonPath = tuple[str | int, ...]

CHAT_PATH = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Interaction:
    """One recorded request and its response.

    Attributes:
        request: what was sent; the headers as far as they were recorded.
        response: what came back; Content-Length fits the body, and Content-Encoding is there only
            if the body is still encoded.
        reason: the response's reason phrase, "" where none was recorded.
        number: its place in the file, from 0.
    """

    request: HttpRequest
    response: HttpResponse
    reason: str = ""
    number: int = 0

    @property
    def is_chat(self) -> bool:
        """Whether the request went to a chat-completions endpoint."""
        return is_chat_url(self.request.url)


@dataclass(frozen=True, slots=True)
class Cassette:
    """The interactions of one file, in recorded order.

    Attributes:
        path: the file, as the caller named it.
        interactions: those that can be played.
        skipped: one line for each interaction of another API that cannot be played.
    """

    path: str
    interactions: tuple[Interaction, ...]
    skipped: tuple[str, ...] = field(default=())

    @property
    def endpoint(self) -> str | None:
        """The URL of the first chat request without ``/chat/completions``; None if there is none.

        A query stays: Azure's ``api-version`` is part of the endpoint. A URL whose base was
        replaced when it was recorded (``<API_BASE>/chat/completions``) is passed over.
        """
        for url in (interaction.request.url for interaction in self.interactions):
            if is_chat_url(url) and url.startswith(("http:", "https:")):
                address, mark, query = url.partition("#")[0].partition("?")
                return address.removesuffix(CHAT_PATH) + mark + query
        return None


def is_chat_url(url: str) -> bool:
    """Tell whether an absolute URL, without query and fragment, is a chat-completions endpoint."""
    return url.partition("#")[0].partition("?")[0].endswith(CHAT_PATH)


def flatten(value: JsonValue) -> Iterator[tuple[JsonPath, JsonValue]]:
    """Give the texts, numbers and empty containers in a JSON value, each with its path."""
    pending: list[tuple[JsonPath, JsonValue]] = [((), value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, dict) and item:
            pending += [((*path, key), item[key]) for key in reversed(item)]
        elif isinstance(item, list) and item:
            pending += [((*path, i), item[i]) for i in reversed(range(len(item)))]
        else:
            yield path, item


def path_name(path: JsonPath) -> str:
    """Write a path as ``"choices[0].message"``, its keys cut to forty characters."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step[:40]}" for step in path)
    return "".join(steps).removeprefix(".")
