"""The backend ``pyreqwest``: corechat over reqwest, a client written in Rust."""

import os
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from pyreqwest.client import SyncClient, SyncClientBuilder
from pyreqwest.exceptions import DecodeError, RequestError, RequestTimeoutError
from pyreqwest.proxy import ProxyBuilder

import corechat
from corechat.plugins import hookimpl
from corechat.transport import (
    BodyBuffer,
    ConnectionFailure,
    Deadline,
    HttpRequest,
    HttpResponse,
    TimeoutFailure,
    TransportFactory,
    TransportOptions,
)

_BLIND = "pyreqwest does not tell whether a first byte came, nor on which connection"
_HEADS = "pyreqwest reads 100 fields and some 400 kB of head; neither can be set"
_FORK = "pyreqwest refuses to work in a child of a process that has used it"


class PyreqwestTransport:
    """Send requests over pyreqwest's pool of connections."""

    conformance_exceptions: ClassVar[Mapping[str, str]] = {
        "fork.*": _FORK,
        "interrupt.*": "pyreqwest waits in Rust, where Ctrl-C is noticed late; and see fork",
        "bounds.head-*": _HEADS,
        "bounds.*field*": _HEADS,
        "bounds.usable-afterwards": _HEADS,
        "deadline.connect": "pyreqwest does not tell the deadline from an answer that is late",
        "deadline.head-*": _BLIND,
        "deadline.on-a-reused-connection": _BLIND,
        "failure.*-head": _BLIND,
        "failure.closed-in-status-line": _BLIND,
        "reuse.*-as-the-next-goes-out": _BLIND,
        "reuse.failure-on-a-used-connection": _BLIND,
        "request.adds-nothing": "pyreqwest adds Accept and User-Agent where they are missing",
        "response.header-bytes": "pyreqwest gives no header value that is not ASCII",
    }

    def __init__(self, options: TransportOptions) -> None:
        self._options = options
        self._process = os.getpid()
        self._client: SyncClient | None = _build(options)

    def send(self, request: HttpRequest, deadline: Deadline) -> HttpResponse:
        """Send the request and read the whole response."""
        client = self._client
        if client is None or os.getpid() != self._process:  # it would wait for ever
            raise corechat.ConfigurationError(f"The transport is closed, or {_FORK}.")
        left = deadline.remaining()
        if not left:
            raise TimeoutFailure("the deadline had passed", sent=False)
        fields = [*request.headers.pairs, ("Content-Length", str(len(request.body)))]
        builder = client.request(request.method, request.url).headers(fields)
        builder = builder.body_bytes(request.body).timeout(timedelta(seconds=left))
        status: int | None = None
        came, sent = True, True
        kind: type[ConnectionFailure | TimeoutFailure] = ConnectionFailure
        try:
            with builder.streamed_read_buffer_limit(0).build_streamed() as response:
                if 200 <= response.status <= 599:
                    status = response.status
                    headers = corechat.Headers(response.headers.items())
                    body = BodyBuffer(status, headers, self._options)
                    while (chunk := response.body_reader.read_chunk()) is not None:
                        if not body.feed(bytes(chunk)):
                            break
                    return HttpResponse(status, headers, body.join(), body.truncated)
            words = "the status is no final one"
        except RequestError as error:
            if isinstance(error, RequestTimeoutError):
                kind = TimeoutFailure
            words = f"pyreqwest's {type(error).__name__}"
            came = isinstance(error, DecodeError)
            sent = {"message": "client error (Connect)"} not in (error.details["causes"] or [])
        except ValueError:
            words = "a header value is not ASCII"
        raise kind(words, status=status, bytes_received=came, sent=sent)  # here without a context

    def close(self) -> None:
        """Close every connection."""
        if self._client is not None:
            self._client.close()
        self._client = None  # only then do its connections close


def _build(options: TransportOptions) -> SyncClient:
    builder = SyncClientBuilder().no_proxy()
    for undo in ("follow_redirects", "referer", "gzip", "brotli", "zstd", "deflate"):
        builder = getattr(builder, undo)(enable=False)
    builder = builder.connect_timeout(timedelta(seconds=options.connect_timeout))
    if options.proxy is not None:
        builder = builder.proxy(ProxyBuilder.all(options.proxy))
    if options.ca_file is not None:
        builder = builder.add_root_certificate_pem(Path(options.ca_file).read_bytes())
    return builder.build()


@hookimpl
def corechat_register_backends() -> Mapping[str, TransportFactory]:
    """Offer the backend."""
    return {"pyreqwest": PyreqwestTransport}
