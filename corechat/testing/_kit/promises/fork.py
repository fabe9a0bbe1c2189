"""A transport that a parent has used works in a forked child, and goes on in the parent."""

import threading
import time

from corechat.testing._kit.connection import Connection
from corechat.testing._kit.expectations import expect, expect_equal
from corechat.testing._kit.harness import Harness
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import each, reply
from corechat.transport import Transport

FORK = PromiseGroup("fork")

_BOUND = 8.0


def _bodies(harness: Harness, transport: Transport, url: str, name: str, count: int) -> list[str]:
    """Send so many requests, and give the answers."""
    answers: list[str] = []
    for number in range(count):
        request = harness.request(url, body=f"{name} {number}".encode())
        answers.append(harness.send(transport, request).body.decode())
    return answers


@FORK.promise
def _child(harness: Harness) -> None:
    """Works in a forked child, on a connection of its own, and then in the parent again."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    _bodies(harness, transport, server.url, "before", 1)
    child = harness.fork(lambda: {"answers": _bodies(harness, transport, server.url, "child", 2)})
    expect_equal(child.result(_BOUND)["answers"], ["child 0", "child 1"], "answers in the child")
    parents = {r.connection for r in server.received if not r.body.startswith(b"child")}
    childs = {r.connection for r in server.received if r.body.startswith(b"child")}
    expect(not parents & childs, "the child sent on the parent's connection")
    after = _bodies(harness, transport, server.url, "after", 2)
    expect_equal(after, ["after 0", "after 1"], "answers in the parent")


@FORK.promise
def _both_at_once(harness: Harness) -> None:
    """Gives parent and child each their own answers when both send at the same time."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    _bodies(harness, transport, server.url, "before", 1)
    child = harness.fork(lambda: {"answers": _bodies(harness, transport, server.url, "child", 20)})
    answers = _bodies(harness, transport, server.url, "parent", 20)
    expect_equal(answers, [f"parent {n}" for n in range(20)], "answers in the parent")
    wanted = [f"child {n}" for n in range(20)]
    expect_equal(child.result(_BOUND)["answers"], wanted, "answers in the child")


@FORK.promise
def _while_busy(harness: Harness) -> None:
    """Works in a child that was forked while another thread was in the middle of a call."""

    def script(connection: Connection) -> None:
        while True:
            request = connection.read_request()
            if request.body == b"slow 0":
                connection.sleep(0.5)
            connection.send(reply(request.body))

    server = harness.serve(script)
    transport = harness.transport()
    slow: list[str] = []
    thread = threading.Thread(
        target=lambda: slow.extend(_bodies(harness, transport, server.url, "slow", 1)), daemon=True
    )
    thread.start()
    expect(server.wait_for_requests(1), "the request did not arrive")
    child = harness.fork(lambda: {"answers": _bodies(harness, transport, server.url, "child", 2)})
    expect_equal(child.result(_BOUND)["answers"], ["child 0", "child 1"], "answers in the child")
    thread.join(_BOUND)
    expect_equal(slow, ["slow 0"], "the answer of the parent's call")


@FORK.promise
def _close_in_child(harness: Harness) -> None:
    """Closes in a child without closing the parent's connections."""
    server = harness.serve(each(lambda request: reply(request.body)))
    transport = harness.transport()
    _bodies(harness, transport, server.url, "before", 1)

    def work() -> dict[str, object]:
        transport.close()
        return {"closed": True}

    harness.fork(work).result(_BOUND)
    time.sleep(0.05)
    expect_equal(_bodies(harness, transport, server.url, "after", 1), ["after 0"], "answers")
