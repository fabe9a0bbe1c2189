"""FirstCall: a plain call, made before any promise: what breaks it breaks nearly all of them."""

import traceback
from pathlib import Path

from corechat.testing._kit.expectations import expect_equal
from corechat.testing._kit.harness import BODY, Harness
from corechat.testing._kit.scripts import echo

__tracebackhide__ = True  # pytest shows the transport's frames
_KIT = str(Path(__file__).parent)


class FirstCall(Harness):
    """One POST, to a server that sends the request's body back."""

    def prove(self) -> None:
        """Send it, and look at the answer."""
        response = self.answer(echo())
        expect_equal((response.status, response.body), (200, BODY), "answer to a plain POST")

    def seen(self) -> str:
        """Say what the server saw of it."""
        connections = sum(len(server.connections) for server in self.servers)
        received = [request for server in self.servers for request in server.received]
        heads = [request.head.decode("latin-1").splitlines()[0] for request in received]
        return f"Connections at the server: {connections}. Requests there: {heads}."


def explain(error: BaseException) -> str:
    """Write the traceback of an error and of its causes, without the kit's own frames."""
    shown = traceback.TracebackException.from_exception(error)
    link: traceback.TracebackException | None = shown
    while link is not None:
        frames = [frame for frame in link.stack if not frame.filename.startswith(_KIT)]
        link.stack = traceback.StackSummary.from_list(frames)
        link = link.__cause__ or link.__context__
    return "".join(shown.format())
