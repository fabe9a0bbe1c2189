"""Content codings: undone in bounded steps, so that a bomb does not cost memory (RFC 9110 §8.4)."""

import io
import zlib
from collections.abc import Callable, Generator, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

_STEP = 64 * 1024
_ZSTD_STEP = 128  # 4 bytes may stand for 128 kB (RFC 8878 §3.1.1.2.2)
_MAX_CODINGS = 3
_MAX_MEMBERS = 1000


class CodingError(Exception):
    """Report a body that is not what its Content-Encoding says, or a coding that is not known."""


class TooLargeError(Exception):
    """Report a decoded body that is over the bound."""


def accept_encoding() -> str:
    """Return the value of Accept-Encoding: what this installation can undo."""
    codings = ["gzip", "deflate"]
    if find_spec("brotli") is not None:
        codings.append("br")
    if find_spec("zstandard") is not None:
        codings.append("zstd")
    return ", ".join(codings)


def decode_content(body: bytes, coding: str, limit: int, *, cut: bool = False) -> bytes:
    """Return a body without its content codings, undone from the last to the first.

    Of a body that was cut, what is there is returned.

    Raises:
        CodingError: it is not what its coding says, ends early, or the coding is unknown.
        TooLargeError: it would be over the limit, in bytes.
    """
    names = [name.strip() for name in coding.lower().split(",")]
    names = [name for name in names if name not in ("", "identity")] if coding else []
    if len(names) > _MAX_CODINGS:
        raise CodingError(f"{len(names)} content codings on one body")
    for name in reversed(names):
        decoder = _DECODERS.get(name)
        if decoder is None:
            known = ", ".join(_DECODERS)
            raise CodingError(f"the content coding is not one of {known}")
        body = _collect(decoder(body), name, limit, cut=cut)
    if len(body) > limit and not cut:  # not coded, by a transport that does not keep the bound
        raise TooLargeError
    return body[:limit]


def _collect(pieces: Iterator[bytes], name: str, limit: int, *, cut: bool) -> bytes:
    whole = io.BytesIO()  # unlike a list to be joined, it never holds all twice
    size = 0
    try:
        for piece in pieces:
            size += len(piece)
            if size > limit:
                if not cut:
                    raise TooLargeError  # noqa: TRY301 - the loop is the function
                whole.write(piece[: len(piece) - (size - limit)])
                break
            whole.write(piece)
    except (CodingError, TooLargeError):
        if not cut:
            raise
    except Exception as error:  # noqa: BLE001 - zlib's, brotli's and zstandard's own
        if not cut:
            raise CodingError(f"the body is not {name}: {error}") from None
    return whole.getvalue()


def _gzip(data: bytes) -> Iterator[bytes]:
    position = 0
    for _ in range(_MAX_MEMBERS):  # members may follow one another (RFC 1952 §2.2)
        if position == len(data):
            return
        position = yield from _inflate(zlib.decompressobj(wbits=31), data, position)
    raise CodingError("too many gzip members")


def _deflate(data: bytes) -> Iterator[bytes]:
    # RFC 9110 §8.4.1.2: the zlib format; some servers send the bare stream
    wrapped = len(data) > 1 and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0  # noqa: PLR2004 - RFC 1950 §2.2
    position = yield from _inflate(zlib.decompressobj(wbits=15 if wrapped else -15), data, 0)
    if position < len(data):
        raise CodingError("bytes follow the deflate stream")


def _inflate(decompressor: Any, data: bytes, position: int) -> Generator[bytes, None, int]:
    while not decompressor.eof:
        piece = data[position : position + _STEP]
        position += len(piece)
        rest = decompressor.decompress(piece, _STEP)
        if not piece and not rest:
            raise CodingError("the compressed body ends early")
        yield rest
        while piece := decompressor.unconsumed_tail:
            yield decompressor.decompress(piece, _STEP)
    return position - len(decompressor.unused_data)


def _brotli(data: bytes) -> Iterator[bytes]:
    try:
        brotli: Any = import_module("brotli")  # it has no types
    except ImportError:
        raise CodingError("to read Brotli: pip install 'corechat[br]'") from None
    decompressor: Any = brotli.Decompressor()
    yield decompressor.process(data, output_buffer_limit=_STEP)
    while not decompressor.can_accept_more_data():
        yield decompressor.process(b"", output_buffer_limit=_STEP)
    if not decompressor.is_finished():
        raise CodingError("the compressed body ends early")


def _zstd(data: bytes) -> Iterator[bytes]:
    try:
        zstandard: Any = import_module("zstandard")
    except ImportError:
        raise CodingError("to read Zstandard: pip install 'corechat[zstd]'") from None
    made = zstandard.ZstdDecompressor(max_window_size=2**23)  # RFC 8878 §3.1.1.1.2
    position = 0
    for _ in range(_MAX_MEMBERS):  # frames may follow one another (RFC 8878 §3)
        if position == len(data):
            return
        frame = made.decompressobj()
        while not frame.eof:
            if position == len(data):
                raise CodingError("the compressed body ends early")
            piece = data[position : position + _ZSTD_STEP]
            position += len(piece)
            yield frame.decompress(piece)
        position -= len(frame.unused_data)
    raise CodingError("too many Zstandard frames")


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
