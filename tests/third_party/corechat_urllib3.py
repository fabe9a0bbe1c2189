"""A backend over urllib3, as a third party writes one."""

import http.client

from urllib3 import HTTPHeaderDict, exceptions
from urllib3.connection import HTTPConnection
from urllib3.util import SKIP_HEADER

from corechat import transport as api

_INTERIM = "http.client takes an interim response other than 100 for the response"
_LIMITS = {
    "bounds.head-within": "http.client reads at most 100 fields of a head",
    "deadline.interim-drips": _INTERIM,
    "response.early-hints": _INTERIM,
    "response.many-interim": _INTERIM,
}
_AUTOMATIC = {"accept-encoding", "user-agent"}


class _Connection(api.SocketConnection):
    errors = (OSError, ValueError, exceptions.HTTPError, http.client.HTTPException)

    def carry(self, exchange: api.Exchange) -> bool:
        request, (target, fields) = exchange.request, self.head(exchange)
        given = {name.lower() for name, _ in request.headers.pairs}
        skipped = [(name, SKIP_HEADER) for name in _AUTOMATIC - given]
        engine = HTTPConnection("")
        engine.sock = self.connect(exchange)
        engine.request(
            request.method,
            target,
            body=request.body,
            headers=HTTPHeaderDict([*fields, *skipped]),
            preload_content=False,
            decode_content=False,
        )
        response = engine.getresponse()
        came = response.headers.items()
        exchange.head(response.status, [(name, text.encode("latin-1")) for name, text in came])
        exchange.read(response.read)
        return engine.sock is not None

    def failure(self, error: Exception, exchange: api.Exchange) -> Exception:
        too_large = type(error) in {http.client.HTTPException, http.client.LineTooLong}
        if too_large and exchange.status is None:
            return exchange.too_large_head()
        return super().failure(error, exchange)


@api.conformance_exceptions(_LIMITS)
def urllib3(options: api.TransportOptions) -> api.Transport:
    """Make a transport over urllib3."""
    return api.PooledTransport(options, _Connection)
