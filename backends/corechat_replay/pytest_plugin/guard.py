"""Guard: no connection leaves a test that replays."""

import ipaddress
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

_INTERNET = (socket.AF_INET, socket.AF_INET6)


class Guard:
    """Refuse connections and look-ups of names, and remember what was refused.

    Sockets of one machine's files (AF_UNIX) and `socket.socketpair`, of which event loops are
    made, stay free.

    Args:
        allowed: hosts that may be connected to.

    Attributes:
        refused: the hosts that the test tried to reach.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self.refused: list[str] = []
        self._allowed = {host.lower() for host in allowed}
        self._pairing = threading.local()

    @contextmanager
    def up(self) -> Iterator[None]:
        """Stand before `socket` in this process, in all its threads, as long as this lasts."""
        connect, connect_ex = socket.socket.connect, socket.socket.connect_ex
        getaddrinfo, socketpair = socket.getaddrinfo, socket.socketpair

        def guarded_connect(sock: socket.socket, address: Any) -> None:
            __tracebackhide__ = True
            self._check_address(sock, address)
            return connect(sock, address)

        def guarded_connect_ex(sock: socket.socket, address: Any) -> int:
            __tracebackhide__ = True
            self._check_address(sock, address)
            return connect_ex(sock, address)

        def guarded_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            self._check_name(host)
            answers = getaddrinfo(host, *args, **kwargs)
            if self._is_allowed(_text(host)):  # then so is what the name stands for
                self._allowed |= {str(answer[4][0]).lower() for answer in answers}
            return answers

        def free_socketpair(*args: Any, **kwargs: Any) -> Any:
            self._pairing.active = True  # Windows makes a pair by a connection to itself
            try:
                return socketpair(*args, **kwargs)
            finally:
                self._pairing.active = False

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket.socket, "connect", guarded_connect)
            patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
            patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
            patch.setattr(socket, "socketpair", free_socketpair)
            yield

    def check(self) -> None:
        """Fail if a refusal was swallowed on its way to the test's end."""
        if self.refused:
            pytest.fail(_explain(self.refused[0]), pytrace=False)

    def _check_address(self, sock: socket.socket, address: Any) -> None:
        __tracebackhide__ = True
        if sock.family in _INTERNET and not getattr(self._pairing, "active", False):
            host = _text(address[0])
            if not self._is_allowed(host):
                sock.close()  # whoever made it expects other errors, and would not
                self._refuse(f"{host}:{address[1]}")

    def _check_name(self, host: Any) -> None:
        __tracebackhide__ = True
        name = _text(host)
        if name and name != "localhost" and not _is_address(name) and not self._is_allowed(name):
            self._refuse(name)

    def _is_allowed(self, host: str) -> bool:
        return host.lower() in self._allowed

    def _refuse(self, host: str) -> None:
        __tracebackhide__ = True
        self.refused.append(host)
        pytest.fail(_explain(host))


def _explain(host: str) -> str:
    return (
        f"This test replays a cassette, and something in it tried to reach {host}. Nothing was "
        "sent. Take the call out, send it by corechat_client, or allow the host: "
        "@pytest.mark.corechat(allow_hosts=[...]), or corechat_allow_hosts in pytest's settings."
    )


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
