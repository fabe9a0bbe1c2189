"""LlamaTransport: requests answered by a local model."""

import weakref

from corechat.errors import ConfigurationError
from corechat.transport import Deadline, Exchange, HttpRequest, HttpResponse, TransportOptions
from corechat_llamacpp.calls import Calls
from corechat_llamacpp.exchange import exchange, parse
from corechat_llamacpp.model import Model

_SUCCESS = 200
_STOP_SECONDS = 5.0  # llama.cpp looks about once a second


class LlamaTransport:
    """Carries requests to a model in this process.

    A forked child shares its parent's model, as long as the parent keeps it.

    Attributes:
        endpoint: the base URL; its path is llama.cpp's.
    """

    endpoint = "http://llamacpp.localhost/v1"

    def __init__(self, model: Model, calls: Calls, options: TransportOptions) -> None:
        self._calls = calls
        self._options = options
        self._limit = options.max_header_bytes + max(
            options.max_body_bytes, options.max_error_body_bytes
        )
        self._end = weakref.finalize(self, _end, calls, model)  # also at the interpreter's exit

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Give the request to llama.cpp and read the whole response."""
        if self._calls.closed:
            raise ConfigurationError("This transport is closed.")
        raw = exchange(self._calls, request, deadline, self._limit)
        status, headers, content = parse(raw)
        if self._calls.closed and status == _SUCCESS and not content:
            raise ConfigurationError("This transport was closed, and its call stopped.")
        answer = Exchange(request, deadline, self._options)
        answer.head(status, headers.pairs)
        answer.feed(content)
        return answer.response()

    def close(self) -> None:
        """Stop the calls under way and free the model. May be called more than once."""
        self._end()


def _end(calls: Calls, model: Model) -> None:
    if calls.close(_STOP_SECONDS):
        model.unload()  # else a thread of llama.cpp still runs in it: better keep it than crash
