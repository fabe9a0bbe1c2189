"""Promises about forked processes."""

import threading
import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import echo, reply
from corechat.transport import Transport

_BOUND = 8.0


class ForkPromises(PromiseGroup):
    """A transport that a parent has used works in a forked child, and goes on in the parent."""

    theme = "fork"

    def _bodies(self, transport: Transport, url: str, name: str, count: int) -> list[str]:
        """Send so many requests, and give the answers."""
        answers: list[str] = []
        for number in range(count):
            request = self.request(url, body=f"{name} {number}".encode())
            answers.append(self.send(transport, request).body.decode())
        return answers

    def child(self) -> None:
        """Works in a forked child, on a connection of its own, and then in the parent again."""
        server, transport, _ = self.prepare(echo())
        self._bodies(transport, server.url, "before", 1)
        child = self.fork(lambda: {"answers": self._bodies(transport, server.url, "child", 2)})
        expect_equal(
            child.result(_BOUND)["answers"], ["child 0", "child 1"], "answers in the child"
        )
        parents = {r.connection for r in server.received if not r.body.startswith(b"child")}
        childs = {r.connection for r in server.received if r.body.startswith(b"child")}
        expect(not parents & childs, "the child sent on the parent's connection")
        after = self._bodies(transport, server.url, "after", 2)
        expect_equal(after, ["after 0", "after 1"], "answers in the parent")

    def both_at_once(self) -> None:
        """Gives parent and child each their own answers when both send at the same time."""
        server, transport, _ = self.prepare(echo())
        self._bodies(transport, server.url, "before", 1)
        child = self.fork(lambda: {"answers": self._bodies(transport, server.url, "child", 20)})
        answers = self._bodies(transport, server.url, "parent", 20)
        expect_equal(answers, [f"parent {n}" for n in range(20)], "answers in the parent")
        wanted = [f"child {n}" for n in range(20)]
        expect_equal(child.result(_BOUND)["answers"], wanted, "answers in the child")

    def while_busy(self) -> None:
        """Works in a child that was forked while another thread was in the middle of a call."""

        def script(connection: Connection) -> None:
            while True:
                request = connection.read_request()
                if request.body == b"slow 0":
                    connection.sleep(0.5)
                connection.send(reply(request.body))

        server, transport, _ = self.prepare(script)
        slow: list[str] = []
        thread = threading.Thread(
            target=lambda: slow.extend(self._bodies(transport, server.url, "slow", 1)), daemon=True
        )
        thread.start()
        expect(server.wait_for_requests(1), "the request did not arrive")
        child = self.fork(lambda: {"answers": self._bodies(transport, server.url, "child", 2)})
        expect_equal(
            child.result(_BOUND)["answers"], ["child 0", "child 1"], "answers in the child"
        )
        thread.join(_BOUND)
        expect_equal(slow, ["slow 0"], "the answer of the parent's call")

    def close_in_child(self) -> None:
        """Closes in a child without closing the parent's connections."""
        server, transport, _ = self.prepare(echo())
        self._bodies(transport, server.url, "before", 1)

        def work() -> dict[str, object]:
            transport.close()
            return {"closed": True}

        self.fork(work).result(_BOUND)
        time.sleep(0.05)
        expect_equal(self._bodies(transport, server.url, "after", 1), ["after 0"], "answers")
