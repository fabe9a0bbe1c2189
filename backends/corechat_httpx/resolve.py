"""Resolve a name within a deadline: getaddrinfo itself knows none."""

import ipaddress
import queue
import socket
import threading

from corechat.transport import Deadline
from corechat.transport._reasons import unknown_host
from corechat_httpx.engine import Engine


def resolve(host: str, port: int, deadline: Deadline, engine: Engine) -> list[str]:
    """Find a host's addresses.

    Args:
        host: a name or an address.
        port: the port.
        deadline: by when.
        engine: whose exceptions to raise.

    Returns:
        At least one address, in the system's order of preference (RFC 6724).
    """
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    answer: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()
    # a daemon: a resolver that hangs must not keep the process alive
    threading.Thread(target=_ask, args=(host, port, answer), daemon=True).start()
    try:
        found = answer.get(timeout=deadline.remaining())
    except queue.Empty:
        raise engine.ConnectTimeout from None
    if isinstance(found, OSError):
        raise engine.ConnectError(unknown_host(host, found)) from None
    return found


def _ask(host: str, port: int, answer: "queue.SimpleQueue[list[str] | OSError]") -> None:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        answer.put(error)
    except UnicodeError:
        answer.put(socket.gaierror(socket.EAI_NONAME, "the name is not valid"))
    else:
        answer.put(list(dict.fromkeys(str(info[4][0]) for info in infos)))
