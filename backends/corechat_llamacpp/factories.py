"""The factory of the backend ``llamacpp``."""

import importlib
import os
import socket
from pathlib import Path
from types import ModuleType

from corechat._errors.text import excerpt
from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.transport import Transport, TransportOptions, conformance_exceptions, needs
from corechat_llamacpp.calls import Calls
from corechat_llamacpp.model import Model, Settings
from corechat_llamacpp.transport import LlamaTransport

_MAGIC = b"GGUF"
_MAX_TOKENS = 2**31 - 1
_MAX_SLOTS = 256  # LLAMA_MAX_SEQ of llama.cpp
_MAX_THREADS = 512  # GGML_MAX_N_THREADS
_MAX_SEED = 2**32 - 2  # the next one is llama.cpp's sign for "a random one"


@needs("xllamacpp", "corechat[llamacpp]")
@conformance_exceptions(
    {"*": "it opens no connection: the model answers in this process, so no server can misbehave"}
)
def llamacpp(  # noqa: PLR0913 - one each of the model's settings
    options: TransportOptions,
    *,
    model_path: str | os.PathLike[str] | None = None,
    n_ctx: int = 4096,
    n_parallel: int = 2,
    n_threads: int = 1,
    chat_template: str | None = None,
    seed: int | None = None,
) -> Transport:
    """Load a model with llama.cpp and make a transport that it answers.

    Loading takes half a second for 100 MB and holds Python's global lock that long.

    Args:
        options: what the core tells every transport.
        model_path: a GGUF file; required.
        n_ctx: the most tokens of one request, prompt and answer together.
        n_parallel: how many choices are generated at once; further requests wait their turn. The
            memory for ``n_ctx * n_parallel`` tokens is taken when the model is loaded.
        n_threads: threads that compute; more are faster on idle cores only.
        chat_template: a Jinja template in place of the one in the file.
        seed: of requests that give none, 0 to 2**32 - 2; None for another one each time.

    Raises:
        ConfigurationError: an option is out of range, or llama.cpp cannot load the file.
        MissingDependencyError: xllamacpp is not installed.
    """
    if not hasattr(socket, "AF_UNIX"):
        raise ConfigurationError(
            "The backend 'llamacpp' needs Unix domain sockets, which this Python has not. Run "
            "llama.cpp's server and use provider='llamacpp'."
        )
    slots = _check_number("n_parallel", n_parallel, 1, _MAX_SLOTS)
    settings = Settings(
        path=_check_file(model_path),
        n_ctx=_check_number("n_ctx", n_ctx, 1, _MAX_TOKENS // slots),
        n_parallel=slots,
        n_threads=_check_number("n_threads", n_threads, 1, _MAX_THREADS),
        chat_template=chat_template or "",
        seed=None if seed is None else _check_number("seed", seed, 0, _MAX_SEED),
    )
    model = Model(_import_xllamacpp(), settings)
    return LlamaTransport(model, Calls(model.address), options)


def _check_number(name: str, value: int, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ConfigurationError(
            f"{name} must be a whole number from {least} to {most}, not {value!r}."
        )
    return value


def _check_file(given: str | os.PathLike[str] | None) -> Path:
    if given is None:
        raise ConfigurationError(
            "The backend 'llamacpp' needs a model: "
            "Client(backend='llamacpp', model_path='model.gguf')."
        )
    if not isinstance(given, str | os.PathLike):
        raise ConfigurationError(f"model_path must be a path, not a {type(given).__name__}.")
    path = Path(given)
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except (OSError, ValueError) as error:  # ValueError: a null character
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigurationError(
            f"The model {str(path)!r} cannot be read: {why}. model_path must name a GGUF file."
        ) from None
    if magic != _MAGIC:
        raise ConfigurationError(f"The model {str(path)!r} is not a GGUF file.")
    return path


def _import_xllamacpp() -> ModuleType:
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        raise MissingDependencyError(
            "The backend 'llamacpp' needs xllamacpp: pip install 'corechat[llamacpp]'. The library "
            f"does not load here: {excerpt(str(error), 300)}"
        ) from None
