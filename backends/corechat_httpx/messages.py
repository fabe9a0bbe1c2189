"""Heads of requests and responses, as the library and the contract want them."""

from corechat.errors import ConfigurationError
from corechat.transport import Exchange, HttpRequest, TransportOptions

_FRAMING = frozenset({"content-length", "host", "transfer-encoding"})

Fields = list[tuple[bytes, bytes]]


def header_fields(request: HttpRequest) -> Fields:
    """Give the fields of a request's head, but for those that the transport writes."""
    pairs = request.headers.pairs
    if not _FRAMING.isdisjoint([name.lower() for name, _ in pairs]):
        raise ConfigurationError(f"The transport itself writes {', '.join(sorted(_FRAMING))}.")
    return [(name.encode(), value.encode()) for name, value in pairs]


def check_head(fields: Fields, exchange: Exchange, options: TransportOptions) -> None:
    """Check the size of a response's head whose bytes the network did not count."""
    if sum(len(name) + len(value) for name, value in fields) > options.max_header_bytes:
        raise exchange.too_large_head()
