"""Pool: lend each call a connection, session or client of its own."""

import os
import select
import socket
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from operator import methodcaller
from typing import Generic, TypeVar

from corechat.transport._deadline import Deadline
from corechat.transport._failures import ConnectionFailure, TimeoutFailure
from corechat.transport._process import PerProcess
from corechat.transport._reasons import late_to_answer, none_free

T = TypeVar("T")
_LOOK_AGAIN = 1.0  # seconds; nobody tells of an item that an interrupt lost


def is_quiet(connection: int | socket.socket) -> bool:
    """Say whether an idle connection may carry a request.

    Bytes that came uncalled for would be taken for the next response; and the end may have come.

    Args:
        connection: a socket, or its descriptor; a negative one stands for none.
    """
    number = connection if isinstance(connection, int) else connection.fileno()
    if number < 0:
        return True
    if hasattr(select, "poll"):
        poll = select.poll()  # any number, where select() takes those under 1024
        poll.register(number, select.POLLIN)
        return not poll.poll(0)
    return not select.select([number], [], [], 0)[0]


class Pool(Generic[T]):
    """Lend each call an item of its own: the one that was used last, or a new one.

    Each process has items of its own. An item that an interrupt loses does not count any more once
    it is collected.

    Args:
        make: makes an item, which can be weakly referred to.
        close: closes one; by default by its method of that name.
        limit: how many there may be at once.
        expiry: seconds after which an item that nobody uses is closed.
        abandon: lets go, in the child of a fork, of one of its parent's.
        usable: says of an idle item whether it may be lent again; if not, it is closed.
    """

    def __init__(  # noqa: PLR0913 - nearly all have defaults
        self,
        make: Callable[[], T],
        *,
        close: Callable[[T], object] = methodcaller("close"),
        limit: int = 100,
        expiry: float = 30.0,
        abandon: Callable[[T], object] | None = None,
        usable: Callable[[T], bool] | None = None,
    ) -> None:
        def shelf() -> _Shelf[T]:
            return _Shelf(make, close, abandon, limit, expiry)

        self._usable = usable
        self._shelves = PerProcess(shelf, close=_Shelf.close, abandon=_Shelf.abandon)

    def take(self, deadline: Deadline) -> T:
        """Take an item, or wait for one.

        Args:
            deadline: how long to wait.

        Returns:
            An item, to be given back by `give_back`.

        Raises:
            TimeoutFailure: the deadline has passed, or all items were lent until then.
            ConnectionFailure: the system has no resources left for a new one.
        """
        shelf = self._shelves.get()
        if deadline.expired:
            raise TimeoutFailure(late_to_answer(None), sent=False)
        while True:
            item = shelf.take(deadline)
            if self._usable is None or self._usable(item):
                return item
            shelf.give_back(item, sound=False)

    def give_back(self, item: T, *, sound: bool) -> None:
        """Give an item back.

        Args:
            item: what `take` returned.
            sound: whether it may be used again; if not, it is closed.
        """
        self._shelves.get().give_back(item, sound=sound)

    def close(self) -> None:
        """Close the items of this process: those that are lent, when they come back."""
        self._shelves.close()


class _Shelf(Generic[T]):
    """The items of one process."""

    def __init__(
        self,
        make: Callable[[], T],
        close: Callable[[T], object],
        abandon: Callable[[T], object] | None,
        limit: int,
        expiry: float,
    ) -> None:
        self._make = make
        self._close = close
        self._abandon = abandon
        self._limit = limit
        self._expiry = expiry
        self._all: weakref.WeakSet[T] = weakref.WeakSet()
        self._idle: deque[tuple[T, float]] = deque()  # the longest idle one first
        self._waiting = 0
        self._freed = threading.Condition()
        self._closed = False

    def take(self, deadline: Deadline) -> T:
        item = self._pop()  # without a lock: a deque's ends are safe from many threads
        return self._wait(deadline) if item is None else item

    def give_back(self, item: T, *, sound: bool) -> None:
        if not sound:
            self._drop(item)
            return
        now = time.monotonic()
        self._idle.append((item, now))
        if self._waiting:
            with self._freed:
                self._freed.notify()
        if self._closed or self._is_overdue(now - self._expiry):
            self._drain(now - self._expiry)

    def close(self) -> None:
        self._closed = True
        self._drain()

    def abandon(self) -> None:
        while (item := self._pop()) is not None:
            if self._abandon is not None:
                self._abandon(item)

    def _pop(self) -> T | None:
        try:
            return self._idle.pop()[0]
        except IndexError:
            return None

    def _wait(self, deadline: Deadline) -> T:
        with self._freed:
            self._waiting += 1  # first of all: who gives back appends first, then looks at this
            try:
                while (item := self._pop()) is None:
                    if len(self._all) < self._limit:
                        return self._new()
                    if deadline.expired:
                        raise TimeoutFailure(none_free(self._limit), sent=False)
                    self._freed.wait(min(deadline.remaining(), _LOOK_AGAIN))
                return item
            finally:
                self._waiting -= 1

    def _new(self) -> T:
        try:
            item = self._make()
        except OSError as error:
            reason = os.strerror(error.errno or 0)
        else:
            self._all.add(item)
            return item
        raise ConnectionFailure(f"no connection can be opened: {reason}", sent=False)

    def _is_overdue(self, before: float) -> bool:
        try:
            return self._idle[0][1] < before
        except IndexError:  # another thread took the last one
            return False

    def _drop(self, item: T) -> None:
        self._all.discard(item)
        self._close(item)
        with self._freed:
            self._freed.notify()

    def _drain(self, before: float = 0.0) -> None:
        """Close the items that are idle since before a moment; all, if this is closed."""
        while True:
            try:
                item, since = self._idle.popleft()
            except IndexError:
                return
            if not self._closed and since >= before:
                self._idle.appendleft((item, since))
                return
            self._drop(item)
