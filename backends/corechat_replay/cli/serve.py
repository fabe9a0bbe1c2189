"""``corechat cassette serve``: a cassette as a server on loopback, for any client."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit

import click
from pydantic_core import to_json

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls
from corechat.errors import CassetteError, UnmatchedRequestError
from corechat.transport import Deadline, Headers, HttpRequest
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES
from corechat_replay.cassette.matching import Matching
from corechat_replay.cassette.reader import load
from corechat_replay.cli.common import counted
from corechat_replay.interaction import Cassette, Interaction
from corechat_replay.replay import ReplayTransport

_ORIGIN = "http://cassette"
_IDLE = 60.0  # seconds
# those of one connection (RFC 9110 §7.6.1), of a session, and those that a server of its own writes
_NOT_SENT = frozenset(
    {
        "alt-svc",
        "connection",
        "content-encoding",
        "content-length",
        "keep-alive",
        "proxy-connection",
        "set-cookie",
        "strict-transport-security",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
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
                file, interactions, port=port, ignore=ignore, repeat_last=not once, log=_log
            )
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "no such port"
            raise CassetteError(
                f"The port {port} of 127.0.0.1 cannot be used: {reason}. Give another --port, or 0."
            ) from None
    count = len(cassette.interactions)
    held = counted(count, "recording")
    click.echo(escape_controls(f"{held} of {file} at {server.url}/v1; Ctrl-C ends it"))
    click.echo(f"export GROQ_BASE_URL={server.url} OPENAI_BASE_URL={server.url}/v1")
    with server:
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo(f"{count - len(server.unplayed())} of {held} played", err=True)


def _log(line: str) -> None:
    click.echo(escape_controls(line), err=True)


class ReplayServer(ThreadingHTTPServer):
    """Answers requests from recordings, whatever scheme and host they were recorded from.

    Messages name the cassette by ``name``; ``log`` is told one line a request. Raises OSError if
    the port is not free.
    """

    daemon_threads = True

    def __init__(  # noqa: PLR0913 - all but two are keywords
        self,
        name: str,
        interactions: Sequence[Interaction],
        *,
        port: int = 0,
        ignore: Sequence[str] = (),
        repeat_last: bool = True,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        moved = tuple(_move(each) for each in interactions)
        matching = Matching(ignore=ignore, match_base_url=False)
        self._replay = ReplayTransport(Cassette(name, moved), matching, repeat_last=repeat_last)
        self.log = log
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def unplayed(self) -> tuple[Interaction, ...]:
        """List the recordings that no request has asked for."""
        return self._replay.unplayed()

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Headers, bytes]:
        """Give status, headers and body: 404 and an error in OpenAI's form if nothing fits."""
        request = HttpRequest(method, _ORIGIN + target, Headers(), body)
        try:
            found = self._replay.send(request, Deadline.after(_IDLE))
        except UnmatchedRequestError as error:
            return _error(HTTPStatus.NOT_FOUND, "not_recorded", error.message)
        return found.status, found.headers, found.body

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
            if name.lower() not in _NOT_SENT and _is_field(name, value):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self._owner().log(f"{self.command} {self.path} → {status}")

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Treat every method as POST: http.server looks for ``do_GET`` and so on."""
        if name.startswith("do_"):
            return self.do_POST
        raise AttributeError(name)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Leave the log to the server."""

    def _owner(self) -> ReplayServer:
        return cast("ReplayServer", self.server)

    def _answer(self) -> tuple[int, Headers, bytes]:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal():
            self.close_connection = True  # where the body ends is not known
            text = "The request has no Content-Length."
            return _error(HTTPStatus.LENGTH_REQUIRED, "no_length", text)
        if int(length) > MAX_CASSETTE_BYTES:
            self.close_connection = True
            return _error(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", "The body is too large."
            )
        return self._owner().answer(self.command, self.path, self.rfile.read(int(length)))


def _error(status: HTTPStatus, code: str, message: str) -> tuple[int, Headers, bytes]:
    error = {"message": message, "type": "cassette_error", "param": None, "code": code}
    # the SDKs obey the second: to ask again changes nothing
    headers = Headers({"content-type": "application/json", "x-should-retry": "false"})
    return status, headers, to_json({"error": error})


def _move(interaction: Interaction) -> Interaction:
    request = interaction.request
    parts = urlsplit(request.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return replace(interaction, request=replace(request, url=_ORIGIN + target))


def _is_field(name: str, value: str) -> bool:
    # what could end the header early does not go out (RFC 9112 §5.5)
    return (name + value).isascii() and (name + value).isprintable() and ":" not in name
