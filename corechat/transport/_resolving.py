"""Resolve host names, and connect, within a deadline: getaddrinfo itself knows none."""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable

from corechat.transport._deadline import Deadline
from corechat.transport._failures import ConnectionFailure, TimeoutFailure
from corechat.transport._reasons import unknown_host, unreachable

_AT_ONCE = 0.001  # 0 would make the socket one that does not block
Deliver = Callable[[list[str] | OSError], object]


def resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Resolve a host name.

    Args:
        host: a name or an address.
        port: the port.
        deadline: by when.

    Returns:
        At least one address, in the system's order of preference (RFC 6724).

    Raises:
        ConnectionFailure: the name leads nowhere.
        TimeoutFailure: the answer did not come in time.
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()
    look_up(host, port, answer.put)
    try:
        found = answer.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutFailure(
            f"the host name {host!r} was not resolved in time", sent=False
        ) from None
    if isinstance(found, OSError):
        raise ConnectionFailure(unknown_host(host, found), sent=False) from None
    return found


def connect(host: str, port: int, deadline: Deadline) -> socket.socket:
    """Connect to the first address of a host that takes the connection.

    Args:
        host: a name or an address.
        port: the port.
        deadline: by when.

    Returns:
        A connected socket, which sends at once what it is given (TCP_NODELAY).

    Raises:
        ConnectionFailure: the name leads nowhere, or nobody takes the connection.
        TimeoutFailure: the deadline passed.
    """
    problem: OSError | None = None
    for address in resolve(host, port, deadline):
        left = deadline.remaining()
        try:
            sock = socket.create_connection((address, port), left or _AT_ONCE)
        except OSError as error:
            problem = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    if isinstance(problem, TimeoutError):
        raise TimeoutFailure(f"no connection to {host}:{port} in time", sent=False)
    raise ConnectionFailure(unreachable(host, port, problem), sent=False)


def look_up(host: str, port: int, deliver: Deliver) -> None:
    """Resolve a host name in a thread, and return at once.

    The thread is a daemon, since a resolver that hangs must not keep the process alive.

    Args:
        host: a name or an address.
        port: the port.
        deliver: called in that thread, with the addresses or with why there are none.
    """

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            deliver(error)
        except UnicodeError:  # a label that is empty, or too long for IDNA
            deliver(socket.gaierror(socket.EAI_NONAME, "the name is not valid"))
        else:
            deliver(list(dict.fromkeys(str(info[4][0]) for info in found)))

    threading.Thread(target=ask, name="corechat-resolver", daemon=True).start()
