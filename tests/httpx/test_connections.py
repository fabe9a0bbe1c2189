"""An interrupt at any point loses no permit, and closes no connection that another call uses."""

import gc
from collections import deque
from typing import Any

import pytest

from corechat.testing._kit.scripts import echo
from corechat.transport._deadline import Deadline
from corechat_httpx.connections import Permits
from tests.httpx.conftest import Make, post
from tests.servers.fixtures import Serve


def test_a_permit_goes_home_once_however_it_is_left() -> None:
    permits = Permits(2)
    released, forgotten = permits.get(), permits.get()
    assert permits.empty()
    released.release()
    released.release()
    del released, forgotten
    gc.collect()
    assert permits.qsize() == 2


class Interrupted(deque[Any]):
    """A deque that is interrupted just after something was put in."""

    armed = True

    def append(self, item: Any) -> None:
        super().append(item)
        if self.armed:
            self.armed = False
            raise KeyboardInterrupt


def test_an_interrupt_does_not_close_a_connection_that_may_be_lent_again(
    make: Make, serve: Serve
) -> None:
    server, transport = serve(echo()), make(max_connections=1)
    transport.send(post(server.url), Deadline.after(5))
    (pool,) = vars(transport)["_pools"].values()
    vars(pool)["_idle"] = Interrupted(vars(pool)["_idle"])
    with pytest.raises(KeyboardInterrupt):
        transport.send(post(server.url), Deadline.after(5))
    assert transport.send(post(server.url), Deadline.after(5)).status == 200
    assert len(server.connections) == 1
