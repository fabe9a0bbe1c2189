"""Calls: the connections to one model on which a call is under way or was given up."""

import contextlib
import os
import socket
import threading
import time

from corechat.errors import ConfigurationError
from corechat.transport import ConnectionFailure, Deadline, TimeoutFailure

_BUSY_WAIT = 0.005
_CHUNK = 65_536


class Calls:
    """Keeps account of the calls, so that closing can end them all.

    llama.cpp looks whether a connection still stands when for a second no answer was finished; an
    answer that nobody waits for grows until then, at most to the end of its context. A call that is
    given up closes its half of the connection and leaves the other open: when llama.cpp has
    stopped to generate, it closes that one, and this is how we know.

    A forked child shares its parent's model. It keeps no account, and takes no lock that another
    thread may have held at the fork.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._owner = os.getpid()
        self._changed = threading.Condition()
        self._under_way: set[socket.socket] = set()
        self._given_up: set[socket.socket] = set()
        self.closed = False

    def begin(self, deadline: Deadline) -> socket.socket:
        """Open a connection for one call, or say why that cannot be."""
        try:
            connection = _connect(self._address, deadline, self._owner)
        except ConnectionFailure:
            self._check_open()  # a better word for what happened
            raise
        if os.getpid() != self._owner:
            return connection
        with self._changed:
            if self.closed:
                connection.close()
                self._check_open()
            self._sweep(Deadline(0.0))  # do not wait
            self._under_way.add(connection)
        return connection

    def end(self, connection: socket.socket) -> None:
        """Close the connection of a call that has its answer."""
        connection.close()
        if os.getpid() == self._owner:
            with self._changed:
                self._under_way.discard(connection)
                self._changed.notify_all()

    def give_up(self, connection: socket.socket) -> None:
        """Make llama.cpp stop the call on a connection."""
        with contextlib.suppress(OSError):  # it is closed on the other side already
            connection.shutdown(socket.SHUT_WR)
        if os.getpid() != self._owner:
            connection.close()
            return
        with self._changed:
            self._under_way.discard(connection)
            self._given_up.add(connection)
            self._changed.notify_all()

    def close(self, seconds: float) -> bool:
        """Refuse new calls, and stop those under way; tell whether llama.cpp stopped in time."""
        self.closed = True
        if os.getpid() != self._owner:
            return False
        deadline = Deadline.after(seconds)
        with self._changed:
            for connection in self._under_way:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
            self._changed.wait_for(lambda: not self._under_way, deadline.remaining())
            self._sweep(deadline)
            return not self._under_way and not self._given_up

    def _check_open(self) -> None:
        if self.closed:
            raise ConfigurationError("This transport is closed.")

    def _sweep(self, deadline: Deadline) -> None:
        for connection in list(self._given_up):
            if _drain(connection, deadline):
                connection.close()
                self._given_up.discard(connection)


def _connect(address: str, deadline: Deadline, owner: int) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if os.getpid() != owner:
            _check_alive(owner)
        while not deadline.expired:
            connection.settimeout(deadline.remaining())
            try:
                connection.connect(address)
            except BlockingIOError:  # unix(7): the listener's queue is full
                time.sleep(_BUSY_WAIT)
            except TimeoutError:
                break
            else:
                return connection
    except OSError as error:
        connection.close()
        raise ConnectionFailure(
            f"the local model is gone ({error.strerror or error})", sent=False
        ) from None
    except BaseException:
        connection.close()
        raise
    connection.close()
    raise TimeoutFailure("the deadline passed before llama.cpp took the request", sent=False)


def _check_alive(owner: int) -> None:
    # A forked child holds the listener open, also when the parent is gone and nobody accepts.
    with contextlib.suppress(PermissionError):  # it is there, and another user's
        os.kill(owner, 0)


def _drain(connection: socket.socket, deadline: Deadline) -> bool:
    """Read until llama.cpp has closed; tell whether it has."""
    try:
        connection.settimeout(deadline.remaining())  # 0.0: do not wait
        while connection.recv(_CHUNK):
            connection.settimeout(deadline.remaining())
    except (BlockingIOError, TimeoutError):
        return False
    except OSError:
        return True
    return True
