"""Scripts that many promises share: what the server does with a connection."""

from collections.abc import Callable

from corechat.testing._kit.connection import Connection, ReceivedRequest
from corechat.testing._kit.replies import reply
from corechat.testing._kit.server import Script


def each(answer: Callable[[ReceivedRequest], bytes]) -> Script:
    """Answer every request on a connection, until the client goes."""

    def script(connection: Connection) -> None:
        while True:
            connection.send(answer(connection.read_request()))

    return script


def always(data: bytes) -> Script:
    """Answer every request on a connection with the same bytes, until the client goes."""
    return each(lambda _: data)


def echo() -> Script:
    """Answer every request with its own body, until the client goes."""
    return each(lambda request: reply(request.body))


Step = bytes | float | Callable[[Connection], object]

READ: Step = Connection.read_request
RESET: Step = Connection.reset
WAIT: Step = Connection.wait_gone


def play(*steps: Step) -> Script:
    """Do one step after the other: send bytes, sleep for seconds, or call with the connection."""

    def script(connection: Connection) -> None:
        for step in steps:
            if isinstance(step, bytes):
                connection.send(step)
            elif isinstance(step, int | float):
                connection.sleep(step)
            else:
                step(connection)

    return script


def repeat(times: int, *steps: Step) -> Script:
    """Do the same steps several times."""
    return play(*steps * times)


def drip(data: bytes, every: float) -> Step:
    """Send bytes one at a time, so many seconds apart."""
    return lambda connection: connection.drip(data, every)


def pour(data: bytes, limit: int) -> Step:
    """Send the same bytes over and over, up to a limit in bytes."""
    return lambda connection: connection.pour(data, limit)


def then_close(data: bytes) -> Script:
    """Read one request, send bytes, and close in an orderly way."""
    return play(READ, data)


def then_reset(data: bytes) -> Script:
    """Read one request, send bytes, let them arrive, and reset the connection."""
    return play(READ, data, 0.1, RESET)  # some systems discard what is unread by then


def then_wait(data: bytes) -> Script:
    """Read one request, send bytes, and wait in silence until the client goes."""
    return play(READ, data, WAIT)


def in_turn(*scripts: Script) -> Script:
    """Treat the server's connections by one script each; the last serves all further ones."""

    def script(connection: Connection) -> None:
        scripts[min(connection.number, len(scripts) - 1)](connection)

    return script
