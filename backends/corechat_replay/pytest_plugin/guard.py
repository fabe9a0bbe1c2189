"""Guard: nothing that goes through Python's sockets leaves a test that replays."""

import functools
import ipaddress
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

_INTERNET = (socket.AF_INET, socket.AF_INET6)
# what the socket module tells the hooks of `sys.addaudithook`, of the module beneath it as well
_SENDING = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
_LOOK_UPS = frozenset({"socket.getaddrinfo", "socket.gethostbyname"})
_REVERSE = frozenset({"socket.gethostbyaddr", "socket.getnameinfo"})
_up: "list[Guard]" = []


class Guard:
    """Refuse connections, datagrams and look-ups of names, and remember what was refused.

    The hosts in ``allowed``, sockets of one machine's files (AF_UNIX) and `socket.socketpair`, of
    which event loops are made, stay free.
    """

    def __init__(self, allowed: Sequence[str] = ()) -> None:
        self.refused: list[str] = []
        self._allowed = {host.lower() for host in allowed}
        self._pairing = threading.local()

    @contextmanager
    def up(self) -> Iterator[None]:
        """Stand before the sockets of this process, in all its threads, as long as this lasts."""
        getaddrinfo, socketpair = socket.getaddrinfo, socket.socketpair

        def noted_getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
            __tracebackhide__ = True
            answers = getaddrinfo(host, *args, **kwargs)
            if _text(host).lower() in self._allowed:  # then so is what the name stands for
                self._allowed |= {str(answer[4][0]).lower() for answer in answers}
            return answers

        def free_socketpair(*args: Any, **kwargs: Any) -> Any:
            self._pairing.active = True  # Windows makes a pair by a connection to itself
            try:
                return socketpair(*args, **kwargs)
            finally:
                self._pairing.active = False

        _listen()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(socket, "getaddrinfo", noted_getaddrinfo)
            patch.setattr(socket, "socketpair", free_socketpair)
            _up.append(self)
            try:
                yield
            finally:
                _up.remove(self)

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """Judge what is about to happen; pytest's failure keeps it from happening."""
        __tracebackhide__ = True
        if event in _SENDING:
            self._check_address(*args)
        elif event in _LOOK_UPS | _REVERSE:
            host = args[0][0] if isinstance(args[0], tuple) else args[0]
            self._check_name(_text(host), reverse=event in _REVERSE)

    def check(self) -> None:
        """Fail if a refusal was swallowed on its way to the test's end."""
        if self.refused:
            pytest.fail(_explain(self.refused[0]), pytrace=False)

    def _check_address(self, sock: socket.socket, address: Any) -> None:
        __tracebackhide__ = True
        if address is None or sock.family not in _INTERNET:
            return
        host = _text(address[0])
        if not getattr(self._pairing, "active", False) and host.lower() not in self._allowed:
            sock.close()  # whoever made it expects other errors, and would not
            self._refuse(f"{host}:{address[1]}")

    def _check_name(self, name: str, *, reverse: bool) -> None:
        __tracebackhide__ = True
        if name.lower() in {"", "localhost", socket.gethostname().lower(), *self._allowed}:
            return
        address = _address(name)
        if address is None or (reverse and not address.is_loopback):
            self._refuse(name)

    def _refuse(self, host: str) -> None:
        __tracebackhide__ = True
        self.refused.append(host)
        pytest.fail(_explain(host))


@functools.cache
def _listen() -> None:
    sys.addaudithook(_hear)  # for good: Python has no way to take a hook back


def _hear(event: str, args: tuple[Any, ...]) -> None:
    __tracebackhide__ = True
    if _up and event.startswith("socket."):
        _up[-1].hear(event, args)


def _explain(host: str) -> str:
    return (
        f"This test replays a cassette, and something in it tried to reach {host}. Nothing was "
        "sent. Take the call out; or send it by corechat_client, or by a client that the fixture "
        "corechat_cassette sees made (`usefixtures = corechat_cassette` in pytest's settings for "
        "those made at import); or allow the host: @pytest.mark.corechat(allow_hosts=[...]), or "
        "corechat_allow_hosts in pytest's settings."
    )


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
