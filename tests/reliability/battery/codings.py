"""Content codings done wrong, and answers without end: what inflates, and what pours."""

import functools
import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]  # it has no types
import zstandard

from corechat.testing import Connection, ReceivedRequest
from corechat.testing._kit.replies import CHUNKED_HEAD, chunk, head, reply
from tests.reliability.battery.fault import Fault, Outcome, Run
from tests.reliability.battery.plays import FINE, answers, fields, pours, says

_MIB = 1024 * 1024
BOMB_SIZE = 400 * _MIB
_POURED = 80 * _MIB


def _raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def _zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def _brotli(data: bytes) -> bytes:
    packed: bytes = brotli.compress(data)
    return packed


_GZIP = gzip.compress(FINE)

_GOOD: dict[str, tuple[str, bytes]] = {
    "gzip": ("gzip", _GZIP),
    "GZIP in capitals": ("GZIP", _GZIP),
    "x-gzip": ("x-gzip", _GZIP),
    "gzip in two members": ("gzip", gzip.compress(FINE[:50]) + gzip.compress(FINE[50:])),
    "gzip twice": ("gzip, gzip", gzip.compress(_GZIP)),
    "deflate": ("deflate", zlib.compress(FINE)),
    "deflate without its wrapper": ("deflate", _raw_deflate(FINE)),
    "br": ("br", _brotli(FINE)),
    "zstd": ("zstd", _zstd(FINE)),
    "identity": ("identity", FINE),
}
_BAD: dict[str, tuple[str, bytes]] = {
    "plain JSON that says it is gzip": ("gzip", FINE),
    "nothing that says it is gzip": ("gzip", b""),
    "gzip cut": ("gzip", _GZIP[:-20]),
    "gzip without its checksum": ("gzip", _GZIP[:-8]),
    "gzip with a wrong checksum": ("gzip", _GZIP[:-8] + b"\0\0\0\0" + _GZIP[-4:]),
    "gzip with a flipped bit": ("gzip", _GZIP[:40] + bytes([_GZIP[40] ^ 1]) + _GZIP[41:]),
    "gzip followed by garbage": ("gzip", _GZIP + b"garbage"),
    "gzip in gzip that says it is one": ("gzip", gzip.compress(_GZIP)),
    "deflate that says it is gzip": ("gzip", zlib.compress(FINE)),
    "deflate cut": ("deflate", zlib.compress(FINE)[:-20]),
    "plain JSON that says it is deflate": ("deflate", FINE),
    "br cut": ("br", _brotli(FINE)[:-10]),
    "plain JSON that says it is br": ("br", FINE),
    "zstd cut": ("zstd", _zstd(FINE)[:-10]),
    "plain JSON that says it is zstd": ("zstd", FINE),
    "a coding that nobody knows": ("rot13", FINE),
    "five codings": ("gzip, gzip, gzip, gzip, gzip", FINE),
    "gzip of JSON cut": ("gzip", gzip.compress(FINE[:-1])),
}


@functools.cache
def _gzip_bomb() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    zeros = bytes(_MIB)
    parts = [packer.compress(zeros) for _ in range(BOMB_SIZE // _MIB)]
    return b"".join([*parts, packer.flush()])


@functools.cache
def _zstd_bomb() -> bytes:
    packer = zstandard.ZstdCompressor(level=1).compressobj()
    zeros = bytes(_MIB)
    parts = [packer.compress(zeros) for _ in range(BOMB_SIZE // _MIB)]
    return b"".join([*parts, packer.flush()])


@functools.cache
def _brotli_bomb() -> bytes:
    packer = brotli.Compressor(quality=1)
    zeros = bytes(_MIB)
    parts: list[bytes] = [packer.process(zeros) for _ in range(BOMB_SIZE // _MIB)]
    return b"".join([*parts, packer.finish()])


_BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a gzip bomb": ("gzip", _gzip_bomb),
    "a gzip bomb in gzip": ("gzip, gzip", lambda: gzip.compress(_gzip_bomb(), 1)),
    "a deflate bomb": ("deflate", lambda: b"\x78\x01" + _gzip_bomb()[10:]),
    "a br bomb": ("br", _brotli_bomb),
    "a zstd bomb": ("zstd", _zstd_bomb),
}


def _bomb(name: str, coding: str, make: Callable[[], bytes], status: int = 200) -> Fault:
    def play(connection: Connection, _: ReceivedRequest) -> None:
        connection.send(reply(make(), status, [("Content-Encoding", coding)]))

    return Fault(
        name=f"{status}: {name}",
        plays=(play,),
        ending=Outcome.TOO_LARGE if status == 200 else status,
        started=status == 200,
        timeout=60.0,  # the server makes its bomb first, on a machine that may be busy
    )


def _unread(run: Run) -> str:
    took = run.calls[-1].seconds
    return f"took {took:.1f} s over an answer to refuse unread" if took > 2 else ""


_ENDLESS = (
    Fault(
        name="200: a Content-Length of 40 MB",
        plays=(says(head(fields=fields(f"Content-Length: {40 * _MIB}")) + b" " * 1000),),
        ending=Outcome.TOO_LARGE,
        started=True,
        check=_unread,
    ),
    Fault(
        name="200: a Content-Length of 10 to the power of 18",
        plays=(says(head(fields=fields(f"Content-Length: {10**18}")) + b" " * 1000),),
        ending=Outcome.TOO_LARGE,
        started=True,
        check=_unread,
    ),
    Fault(
        name="200: a body that pours in chunks",
        plays=(pours(CHUNKED_HEAD, chunk(b" " * 65_000), _POURED),),
        ending=Outcome.TOO_LARGE,
        started=True,
    ),
    Fault(
        name="200: a body that pours without framing",
        plays=(pours(head(), b" " * 65_536, _POURED),),
        ending=Outcome.TOO_LARGE,
        started=True,
    ),
    Fault(
        name="400: a body that pours",
        plays=(pours(head(400), b"x" * 65_536, _POURED),),
        ending=400,
    ),
    Fault(
        name="400: a Content-Length of 10 to the power of 12",
        plays=(pours(head(400, fields("Content-Length: 1000000000000")), b"x" * 65_536, _POURED),),
        ending=400,
    ),
    Fault(
        name="a header field without end",
        plays=(pours(b"HTTP/1.1 200 OK\r\nX-A: ", b"x" * 65_536, 8 * _MIB),),
        ending=Outcome.TOO_LARGE,
    ),
    Fault(
        name="header fields without end",
        plays=(pours(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n", 8 * _MIB),),
        ending=Outcome.TOO_LARGE,
    ),
    Fault(
        name="a status line without end",
        plays=(pours(b"HTTP/1.1 200 ", b"x" * 65_536, 8 * _MIB),),
        ending=Outcome.TOO_LARGE,
    ),
    Fault(
        name="1xx replies without end",
        plays=(pours(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 8 * _MIB),),
        ending=Outcome.TOO_LARGE,
    ),
)

CODINGS: tuple[Fault, ...] = (
    *(
        Fault(
            name=f"200: an answer in {name}",
            plays=(answers(body, fields=[("Content-Encoding", coding)]),),
            ending=Outcome.ANSWER,
            started=True,
        )
        for name, (coding, body) in _GOOD.items()
    ),
    *(
        Fault(
            name=f"200: {name}",
            plays=(answers(body, fields=[("Content-Encoding", coding)]),),
            ending=Outcome.NO_COMPLETION,
            started=True,
        )
        for name, (coding, body) in _BAD.items()
    ),
    *(_bomb(name, coding, make) for name, (coding, make) in _BOMBS.items()),
    _bomb("a gzip bomb", "gzip", _gzip_bomb, 400),
    *_ENDLESS,
)
