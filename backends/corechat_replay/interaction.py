"""Interaction and Cassette: what a cassette file holds, free of the file's dialect."""

from dataclasses import dataclass, field

from corechat.transport import HttpRequest, HttpResponse

JsonValue = dict[str, "JsonValue"] | list["JsonValue"] | str | int | float | bool | None

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
        for interaction in self.interactions:
            if interaction.is_chat and interaction.request.url.startswith(("http:", "https:")):
                address, mark, query = interaction.request.url.partition("#")[0].partition("?")
                return address.removesuffix(CHAT_PATH) + mark + query
        return None


def is_chat_url(url: str) -> bool:
    """Tell whether an absolute URL, without query and fragment, is a chat-completions endpoint."""
    return url.partition("#")[0].partition("?")[0].endswith(CHAT_PATH)
