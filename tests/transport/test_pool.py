"""Pool and PerProcess: lent last in, first out, bounded, expired, and never shared by a fork."""

import gc
import os
import threading
import time
from collections import deque

import pytest

from corechat.transport import (
    Connection,
    ConnectionFailure,
    Deadline,
    Exchange,
    PerProcess,
    ProcessLock,
    TimeoutFailure,
)
from corechat.transport._pool import Pool


class Item(Connection):
    closed = abandoned = spoilt = False

    def carry(self, exchange: Exchange) -> bool:
        raise NotImplementedError

    def is_usable(self) -> bool:
        return not self.spoilt

    def close(self) -> None:
        self.closed = True

    def abandon(self) -> None:
        self.abandoned = True


def pool(limit: int = 2, expiry: float = 30.0) -> Pool:
    return Pool(Item, limit, expiry)


def soon() -> Deadline:
    return Deadline.after(0.05)


def test_the_item_used_last_is_lent_first() -> None:
    items = pool()
    first, second = items.take(soon()), items.take(soon())
    items.give_back(second, sound=True)
    items.give_back(first, sound=True)
    assert items.take(soon()) is first
    assert items.take(soon()) is second


def test_a_take_over_the_limit_ends_at_its_deadline() -> None:
    items = pool(limit=1)
    lent = items.take(soon())
    with pytest.raises(TimeoutFailure, match="max_connections") as caught:
        items.take(soon())
    assert not lent.closed
    assert not caught.value.sent


def test_a_take_that_waits_gets_what_comes_back() -> None:
    items = pool(limit=1)
    item = items.take(soon())
    timer = threading.Timer(0.05, items.give_back, (item,), {"sound": True})
    timer.start()
    assert items.take(Deadline.after(20)) is item
    timer.join()


def test_what_is_unsound_is_closed_and_makes_room() -> None:
    items = pool(limit=1)
    item = items.take(soon())
    items.give_back(item, sound=False)
    assert item.closed
    assert items.take(soon()) is not item


def test_an_item_that_nobody_gave_back_makes_room_once_it_is_collected() -> None:
    items = pool(limit=1)
    items.take(soon())
    gc.collect()
    assert items.take(soon())


def test_an_item_idle_for_too_long_is_closed_when_another_comes_back() -> None:
    items = pool(expiry=0.01)
    first, second = items.take(soon()), items.take(soon())
    items.give_back(first, sound=True)
    time.sleep(0.05)
    items.give_back(second, sound=True)
    assert first.closed
    assert not second.closed


def test_close_closes_what_is_idle_now_and_what_is_lent_when_it_comes_back() -> None:
    items = pool()
    idle, lent = items.take(soon()), items.take(soon())
    items.give_back(idle, sound=True)
    items.close()
    assert idle.closed
    assert not lent.closed
    items.give_back(lent, sound=True)
    assert lent.closed


def test_where_the_system_has_no_room_for_an_item_nothing_was_sent() -> None:
    def make() -> Item:
        raise OSError(24, "Too many open files")

    items = Pool(make, 1, 1.0)
    with pytest.raises(ConnectionFailure, match="no connection can be opened") as caught:
        items.take(soon())
    assert not caught.value.sent


def test_a_child_of_a_fork_has_things_of_its_own_and_leaves_its_parents_open() -> None:
    pools = PerProcess(lambda: pool(limit=1), close=Pool.close, abandon=Pool.abandon)
    one = PerProcess(Item)
    lock = ProcessLock()
    item = pools.get().take(soon())
    pools.get().give_back(item, sound=True)
    mine = one.get()
    with lock:
        child = os.fork()
        if not child:
            with lock:  # though another thread of the parent may hold it
                fresh = pools.get().take(soon()) is not item and one.get() is not mine
            os._exit(0 if fresh and item.abandoned and not item.closed else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert pools.get().take(soon()) is item
    assert one.get() is mine


def test_an_idle_item_that_is_not_usable_is_closed_and_another_one_is_lent() -> None:
    items = pool()
    first = items.take(soon())
    items.give_back(first, sound=True)
    assert items.take(soon()) is first
    items.give_back(first, sound=True)
    first.spoilt = True
    assert items.take(soon()) is not first
    assert first.closed


def test_nothing_is_lent_after_the_deadline() -> None:
    with pytest.raises(TimeoutFailure) as caught:
        pool().take(Deadline(0.0))
    assert not caught.value.sent


class TakenAtOnce(deque[object]):
    """What is appended is gone again, as if another thread had taken it in that moment."""

    def append(self, item: object) -> None:
        super().append(item)
        self.pop()


def test_an_item_that_another_thread_takes_at_once_was_given_back_all_the_same() -> None:
    items = pool()
    item = items.take(soon())
    items._idle = TakenAtOnce()  # type: ignore[assignment]
    items.give_back(item, sound=True)
    assert not item.closed
