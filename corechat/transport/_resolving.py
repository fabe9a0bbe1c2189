"""Resolve host names within a deadline: getaddrinfo itself knows none."""

import ipaddress
import queue
import socket
import threading

from corechat.transport._deadline import Deadline
from corechat.transport._failures import ConnectionFailure, TimeoutFailure
from corechat.transport._reasons import unknown_host


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

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            answer.put(error)
        except UnicodeError:  # a label that is empty, or too long for IDNA
            answer.put(socket.gaierror(socket.EAI_NONAME, "the name is not valid"))
        else:
            answer.put(list(dict.fromkeys(str(info[4][0]) for info in found)))

    # a daemon, since a resolver that hangs must not keep the process alive
    threading.Thread(target=ask, name="corechat-resolver", daemon=True).start()
    try:
        found = answer.get(timeout=deadline.remaining())
    except queue.Empty:
        raise TimeoutFailure(
            f"the host name {host!r} was not resolved in time", sent=False
        ) from None
    if isinstance(found, OSError):
        raise ConnectionFailure(unknown_host(host, found), sent=False) from None
    return found
