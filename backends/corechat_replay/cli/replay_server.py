"""ReplayServer: plays a cassette over HTTP on loopback."""

from collections.abc import Callable, Sequence
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import urlsplit

from pydantic_core import to_json

from corechat.errors import UnmatchedRequestError
from corechat.transport import Deadline, Headers, HttpRequest
from corechat_replay.cassette.files import MAX_CASSETTE_BYTES
from corechat_replay.cassette.matching import Matching
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


class ReplayServer(ThreadingHTTPServer):
    """Answer requests from recordings, whatever scheme and host they were recorded from.

    Args:
        name: the cassette's file, for messages.
        interactions: what to play, without content coding.
        port: the port on 127.0.0.1; 0 for a free one.
        ignore: as in `Matching`.
        repeat_last: whether the last recording of a request plays for ever.
        log: what is told of each request, in one line.

    Raises:
        OSError: the port is not free.
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
        """Find the answer to a request.

        Args:
            method: its method.
            target: its path and query.
            body: its body.

        Returns:
            Status, headers and body; 404 and OpenAI's form of an error if nothing fits.
        """
        request = HttpRequest(method, _ORIGIN + target, Headers(), body)
        try:
            found = self._replay.send(request, Deadline.after(_IDLE))
        except UnmatchedRequestError as error:
            return _error(HTTPStatus.NOT_FOUND, "not_recorded", error.message)
        return found.status, found.headers, found.body

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has gone away.

        Args:
            request: the connection.
            client_address: whose it was.
        """
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
    moved = HttpRequest(request.method, _ORIGIN + target, request.headers, request.body)
    return Interaction(moved, interaction.response, interaction.reason, interaction.number)


def _is_field(name: str, value: str) -> bool:
    # what could end the header early does not go out (RFC 9112 §5.5)
    return (name + value).isascii() and (name + value).isprintable() and ":" not in name
