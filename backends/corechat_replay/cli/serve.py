"""``corechat cassette serve``: a cassette as a server on loopback, for any client."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit, urlunsplit

import click
from pydantic_core import to_json

from corechat._cli.output import readable_errors
from corechat.errors import CassetteError, UnmatchedRequestError
from corechat.transport import Deadline, Headers, HttpRequest
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES
from corechat_replay.cassette.matching import Matching
from corechat_replay.cassette.reader import load
from corechat_replay.cli.common import counted, say
from corechat_replay.interaction import Cassette, Interaction
from corechat_replay.replay import ReplayTransport
from corechat_replay.secrets.redaction import is_recorded

_ORIGIN = "http://cassette"
_IDLE = 60.0  # seconds
_ADVICE = (
    ' Record it, by `corechat chat --record FILE` or Client(record=FILE, record_mode="new"), and '
    "serve that."
)


@click.command()
@click.argument("file")
@click.option("--port", default=8089, show_default=True, help="The port; 0 for a free one.")
@click.option("--ignore", multiple=True, metavar="FIELD", help="A body field that may differ.")
@click.option("--once", is_flag=True, help="Play each recording once only; then answer 404.")
def serve(*, file: str, port: int, ignore: Sequence[str], once: bool) -> None:
    """Answer any client from FILE, on loopback and without a key, until Ctrl-C.

    Point the client's base URL at the address that is printed. A request that is not recorded gets
    a 404 in OpenAI's form that says what is different. Recordings of the same request are played
    in their order, the last one again and again.
    """
    with readable_errors():
        cassette = load(file)
        interactions = [without_coding(each, file) for each in cassette.interactions]
        try:
            server = ReplayServer(
                file, interactions, port=port, ignore=ignore, repeat_last=not once
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise CassetteError(
                f"The port {port} of 127.0.0.1 cannot be used: {reason}. Give another --port, or 0."
            ) from None
    count = len(cassette.interactions)
    held = counted(count, "recording")
    say(f"{held} of {file} at {server.url}/v1; Ctrl-C ends it")
    say(f"export GROQ_BASE_URL={server.url} OPENAI_BASE_URL={server.url}/v1")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            say(f"{count - len(server.unplayed())} of {held} played", err=True)


class ReplayServer(ThreadingHTTPServer):
    """Answers requests from recordings, whatever scheme and host they were recorded from.

    Messages name the cassette by ``name``; one line a request goes to standard error. Raises
    OSError if the port is not free.
    """

    daemon_threads = True

    def __init__(
        self,
        name: str,
        interactions: Sequence[Interaction],
        *,
        port: int = 0,
        ignore: Sequence[str] = (),
        repeat_last: bool = True,
    ) -> None:
        moved = tuple(_move(each) for each in interactions)
        matching = Matching(ignore=ignore, match_base_url=False)
        self.replay = ReplayTransport(
            Cassette(name, moved), matching, repeat_last=repeat_last, advice=_ADVICE
        )
        self.unplayed = self.replay.unplayed
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has gone away."""
        del request, client_address


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = _IDLE

    def do_POST(self) -> None:
        status, headers, body = self._answer()
        self.send_response_only(status)
        for name, value in headers.pairs:
            if is_recorded(name) and value.isascii() and value.isprintable():
                self.send_header(name, value)  # what could end the header early does not go out
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        say(f"{self.command} {self.path} → {status}", err=True)

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Treat every method as POST: http.server looks for ``do_GET`` and so on."""
        if name.startswith("do_"):
            return self.do_POST
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Leave the log to the server."""

    def _answer(self) -> tuple[int, Headers, bytes]:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal():
            self.close_connection = True  # where the body ends is not known
            return _error(411, "no_length", "The request has no Content-Length.")
        if int(length) > MAX_CASSETTE_BYTES:
            self.close_connection = True
            return _error(413, "too_large", "The body is too large.")
        body = self.rfile.read(int(length))
        request = HttpRequest(self.command, _ORIGIN + self.path, Headers(), body)
        try:
            found = cast("ReplayServer", self.server).replay.send(request, Deadline.after(_IDLE))
        except UnmatchedRequestError as error:
            return _error(404, "not_recorded", error.message)
        return found.status, found.headers, found.body


def _error(status: int, code: str, message: str) -> tuple[int, Headers, bytes]:
    error = {"message": message, "type": "cassette_error", "param": None, "code": code}
    # the SDKs obey the second: to ask again changes nothing
    headers = Headers({"content-type": "application/json", "x-should-retry": "false"})
    return status, headers, to_json({"error": error})


def _move(interaction: Interaction) -> Interaction:
    request = interaction.request
    parts = urlsplit(request.url)
    target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
    return replace(interaction, request=replace(request, url=_ORIGIN + target))
