"""Registers the backend ``pyreqwest``; imports pyreqwest when a transport is made."""

import contextlib
import sys
import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from corechat.errors import ConfigurationError
from corechat.plugins import hookimpl
from corechat.transport import (
    Transport,
    TransportFactory,
    TransportOptions,
    check_pool,
    conformance_exceptions,
    needs,
)

if TYPE_CHECKING:
    from pyreqwest.client import SyncClientBuilder

Configure = Callable[["SyncClientBuilder"], "SyncClientBuilder"]

_BYTE = (
    "pyreqwest does not tell whether a byte of the response had come: corechat takes it that one "
    "had, and sends nothing again"
)
_REUSED = "pyreqwest does not tell which connection a request was sent on"
_FORK = "pyreqwest refuses to work in a child of a process that has used it"
_SIGNAL = "the call waits in Rust: a signal is noticed when it ends"


@needs("pyreqwest", "corechat[pyreqwest]")
@conformance_exceptions(
    {
        "bounds.head-within": "pyreqwest reads at most 100 fields of a head",
        "bounds.usable-afterwards": "pyreqwest reads some 400 kB of a head before it refuses it",
        "deadline.connect": "pyreqwest does not tell a deadline while connecting from a later one",
        "deadline.silent-server": _BYTE,
        "deadline.unread-request": _BYTE,
        "deadline.on-a-reused-connection": _REUSED,
        "failure.*-at-once": _BYTE,
        "failure.*-before-answer": _BYTE,
        "failure.reset-while-sending": _BYTE,
        "fork.child": _FORK,
        "fork.both-at-once": _FORK,
        "fork.while-busy": _FORK,
        "interrupt.*": f"{_SIGNAL}; and the kit forks",
        "request.adds-nothing": "pyreqwest adds Accept and User-Agent where they are missing",
        "response.header-bytes": "pyreqwest gives no value of a field that is not ASCII",
        "reuse.*-as-the-next-goes-out": _BYTE,
        "reuse.failure-on-a-used-connection": _REUSED,
    }
)
def pyreqwest(
    options: TransportOptions,
    *,
    configure: Configure | None = None,
    http2: bool = False,
    max_connections: int = 100,
    keepalive_expiry: float = 30.0,
) -> Transport:
    """Make a transport over pyreqwest.

    The authorities of ``ca_file`` and ``ca_dir`` are trusted in addition to pyreqwest's own.

    Args:
        options: what the core tells every transport.
        configure: takes pyreqwest's `SyncClientBuilder`, with all that corechat sets, and returns
            it with what you set: middleware, a client certificate, a local address … It is called
            once in every process that sends.
        http2: whether to offer HTTP/2 (https only).
        max_connections: how many requests may be under way at once; a further one waits for its
            turn within its deadline.
        keepalive_expiry: seconds after which an idle connection is closed.

    Raises:
        ConfigurationError: an option is out of range, or a file of authorities cannot be read.
    """
    check_pool(max_connections, keepalive_expiry)
    if configure is not None and not callable(configure):
        raise ConfigurationError("configure= takes a callable: from a builder to a builder.")
    _load()
    from corechat_pyreqwest.transport import PyreqwestTransport  # noqa: PLC0415 - optional library

    return PyreqwestTransport(
        options,
        configure=configure,
        http2=http2,
        max_connections=max_connections,
        keepalive_expiry=keepalive_expiry,
    )


def _load() -> None:
    """Load pyreqwest in a thread that lasts: when the thread that loaded it ends, it crashes."""
    if "pyreqwest" in sys.modules or threading.current_thread() is threading.main_thread():
        return
    loaded = threading.Event()

    def load_and_stay() -> None:
        with contextlib.suppress(ImportError):  # the caller's own import meets it as well
            import_module("pyreqwest.client")
        loaded.set()
        threading.Event().wait()

    threading.Thread(target=load_and_stay, name="corechat-pyreqwest", daemon=True).start()
    loaded.wait()


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"pyreqwest": pyreqwest}
