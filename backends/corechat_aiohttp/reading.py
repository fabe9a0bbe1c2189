"""From aiohttp's response to an HttpResponse, within the bounds."""

from aiohttp import ClientResponse

from corechat.transport import (
    BodyBuffer,
    ConnectionFailure,
    Headers,
    HttpResponse,
    TransportOptions,
)
from corechat_aiohttp.tap import Tap

_STATUSES = range(200, 600)


async def read_response(
    response: ClientResponse, tap: Tap | None, options: TransportOptions
) -> HttpResponse:
    """Read the whole response.

    Args:
        response: aiohttp's, of which the head has come.
        tap: its connection.
        options: where the bounds stand.

    Raises:
        ConnectionFailure: the status is none that can end an exchange.
        TooLargeFailure: the body is over its bound.
    """
    if response.status not in _STATUSES:
        raise ConnectionFailure(
            f"the server answered with status {response.status}, which is none of 200 to 599",
            bytes_received=True,
            reused=tap is not None and tap.reused,
        )
    headers = headers_of(response)
    if tap is not None and tap.whole and tap.body_size <= _least_bound(options):
        body = response.content.read_nowait()
        tap.finish(len(body))
        return HttpResponse(response.status, headers, body)
    buffer = BodyBuffer(response.status, headers, options)
    content = response.content
    if tap is not None:
        tap.watch(content)
    size = 0
    while not content.at_eof():
        chunk = await content.readany()
        size += len(chunk)
        if not buffer.feed(chunk):
            break
    if tap is not None and buffer.truncated:
        tap.abort()
    elif tap is not None:
        tap.finish(size, chunked="chunked" in headers.get("transfer-encoding", "").lower())
    return HttpResponse(response.status, headers, buffer.join(), buffer.truncated)


def _least_bound(options: TransportOptions) -> int:
    return min(options.max_body_bytes, options.max_error_body_bytes)


def headers_of(response: ClientResponse) -> Headers:
    """Give a response's header fields.

    Args:
        response: aiohttp's, of which the head has come.
    """
    # some versions of aiohttp keep the white space behind a value
    raw = [(name, value.strip(b" \t")) for name, value in response.raw_headers]
    try:
        return Headers([(name.decode(), value.decode()) for name, value in raw])
    except UnicodeDecodeError:
        return Headers([(_text(name), _text(value)) for name, value in raw])


def _text(field: bytes) -> str:
    try:
        return field.decode()
    except UnicodeDecodeError:
        return field.decode("latin-1")
