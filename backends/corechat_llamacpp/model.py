"""Model: one GGUF file loaded by llama.cpp, which answers on a Unix socket of its own."""

import ctypes
import functools
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, Headers, HttpRequest, TransportFailure
from corechat_llamacpp.calls import Calls
from corechat_llamacpp.exchange import exchange

_LONGEST_ADDRESS = 103  # bytes of sun_path: 104 with its end on macOS and the BSDs, 108 on Linux
_FIRST_ANSWER = 10.0
_SILENT = -1


@dataclass(frozen=True, slots=True)
class Settings:
    """Which model to load, and how; `llamacpp` says what each means."""

    path: Path
    n_ctx: int
    n_parallel: int
    n_threads: int
    chat_template: str
    seed: int | None


class Model:
    """A model in this process, loaded by llama.cpp.

    xllamacpp always opens llama.cpp's HTTP listener. Here it is a Unix socket in a directory that
    only this user may enter, and all requests go through it: it is the only way into xllamacpp by
    which an answer under way can be stopped, and its statuses and bodies are llama.cpp's own.
    """

    def __init__(self, library: ModuleType, settings: Settings) -> None:
        _let_children_exit()
        directory = tempfile.mkdtemp(prefix="corechat-")
        self.address = str(Path(directory, "llama.sock"))
        self._owner = os.getpid()
        try:
            self._server: Any = _start(library, settings, self.address)
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        # The server's destructor waits for its threads, which a forked child has not: there it
        # must never run, not even at exit. So one reference belongs to nobody but `unload`.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(self._server))
        self._wait_until_running()

    def unload(self) -> None:
        """Free the model, once no call is under way. In a forked child do nothing."""
        if os.getpid() != self._owner:
            return
        server, self._server = self._server, None
        if server is not None:
            ctypes.pythonapi.Py_DecRef(ctypes.py_object(server))
            del server
            shutil.rmtree(Path(self.address).parent, ignore_errors=True)

    def _wait_until_running(self) -> None:
        # xllamacpp says that it is ready just before its loop begins, and a server that is freed
        # in between never ends. The list of slots is answered by the loop.
        request = HttpRequest("GET", "http://llamacpp.localhost/slots", Headers(), b"")
        try:
            exchange(Calls(self.address), request, Deadline.after(_FIRST_ANSWER), 2**20)
        except TransportFailure as failure:
            raise ConfigurationError(
                f"llama.cpp loaded the model, but does not answer: {failure.message}."
            ) from None


def _start(library: ModuleType, settings: Settings, address: str) -> Any:
    if len(os.fsencode(address)) > _LONGEST_ADDRESS:
        raise ConfigurationError(
            f"The directory for temporary files, {tempfile.gettempdir()!r}, has too long a name "
            "for a Unix socket. Set TMPDIR to a shorter one."
        )
    params = library.CommonParams()
    params.model.path = str(settings.path)
    params.model_alias = {settings.path.stem}  # else every answer shows the whole path
    params.hostnames = [address]
    params.n_ctx = settings.n_ctx * settings.n_parallel
    params.n_parallel = settings.n_parallel
    params.cpuparams.n_threads = settings.n_threads
    params.cpuparams_batch.n_threads = settings.n_threads
    params.chat_template = settings.chat_template
    params.use_jinja = True
    if settings.seed is not None:
        params.sampling.seed = settings.seed
    params.cache_prompt = False  # so that an answer does not depend on earlier requests
    params.cache_ram_mib = 0
    params.ui = False
    params.verbosity = _SILENT
    try:
        return library.Server(params)
    except (RuntimeError, ValueError):
        raise ConfigurationError(
            f"llama.cpp cannot load the model {str(settings.path)!r}. The file may be damaged or "
            "of a kind that this llama.cpp does not know, the chat_template wrong, or the memory "
            f"too small for n_ctx * n_parallel = {settings.n_ctx * settings.n_parallel} tokens."
        ) from None


@functools.cache
def _let_children_exit() -> None:
    """Make children that are forked from now on end without llama.cpp's exit handlers.

    One of them destroys a condition variable on which, at the fork, a thread was waiting. In the
    child that thread is gone, and glibc waits for it to wake, for ever. So the child leaves by
    ``_exit`` when Python is done, as multiprocessing's children do anyway.
    """
    library = ctypes.CDLL(None)
    on_exit = getattr(library, "on_exit", None)  # glibc's; elsewhere nothing waits
    if on_exit is not None:
        leave = ctypes.cast(getattr(library, "_exit"), ctypes.c_void_p)  # noqa: B009 - C's name
        on_exit.argtypes = (ctypes.c_void_p, ctypes.c_void_p)
        os.register_at_fork(after_in_child=lambda: on_exit(leave, None))
