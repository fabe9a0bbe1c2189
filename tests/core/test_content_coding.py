"""Content codings: undone in bounded steps; damage is a typed error, a bomb costs no memory."""

import gzip
import importlib
import json
import random
import sys
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat import APIResponseValidationError, ResponseTooLargeError
from corechat._call.call_errors import CallErrors
from corechat._call.decode import Decoder
from corechat._http.content_coding import (
    CodingError,
    TooLargeError,
    accept_encoding,
    decode_content,
)
from corechat.transport import TransportOptions
from tests.core.support import MIB, answer, completion

brotli: Any = importlib.import_module("brotli")  # it has no types
PLAIN = json.dumps(completion("Hello! " * 500)).encode()


def zstd_of_unknown_size(data: bytes) -> bytes:
    compressor = zstandard.ZstdCompressor().compressobj()
    return compressor.compress(data) + compressor.flush()


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


CODERS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "GZIP": ("GZIP", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "br": ("br", brotli.compress),
    "zstd": ("zstd", zstandard.compress),
    "zstd of unknown size": ("zstd", zstd_of_unknown_size),
}
every_coding = pytest.mark.parametrize(
    ("coding", "encode"), CODERS.values(), ids=list(CODERS)
)  # fmt: skip


def through_decoder(body: bytes, coding: str) -> str:
    response = answer(body, headers={"content-encoding": coding})
    return Decoder().decode(response, elapsed=0, attempts=1).text


@every_coding
def test_a_coded_answer_is_read(coding: str, encode: Callable[[bytes], bytes]) -> None:
    assert decode_content(encode(PLAIN), coding, MIB) == PLAIN
    assert through_decoder(encode(PLAIN), coding) == "Hello! " * 500
    assert decode_content(encode(b""), coding, MIB) == b""


@every_coding
def test_a_coded_body_cut_anywhere_is_refused(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    body = encode(PLAIN)
    for end in {1, 2, 5, 10, 18, len(body) // 2, len(body) - 9, len(body) - 4, len(body) - 1}:
        with pytest.raises(CodingError):
            decode_content(body[:end], coding, MIB)
        with pytest.raises(APIResponseValidationError):
            through_decoder(body[:end], coding)


@every_coding
def test_what_is_there_of_a_cut_error_body_is_used(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    body = encode(PLAIN)
    for end in (1, len(body) // 2, len(body) - 1):
        assert PLAIN.startswith(decode_content(body[:end], coding, MIB, cut=True))
    assert decode_content(body, coding, 100, cut=True) == PLAIN[:100]
    assert decode_content(b"no such thing", coding, 100, cut=True) == b""


@every_coding
def test_a_damaged_coded_body_is_refused(coding: str, encode: Callable[[bytes], bytes]) -> None:
    body = bytearray(encode(PLAIN))
    for at in range(0, len(body), 3):
        damaged = bytes(body[:at] + bytes([body[at] ^ 0xFF]) + body[at + 1 :])
        try:
            decode_content(damaged, coding, MIB)
        except CodingError:
            continue  # a format without a checksum may give other bytes, but nothing else


@pytest.mark.parametrize(
    ("coding", "encode"), [CODERS[name] for name in ("gzip", "deflate", "br", "zstd")]
)
def test_bytes_after_a_coded_body_are_refused(
    coding: str, encode: Callable[[bytes], bytes]
) -> None:
    for surplus in (b"trailing", b"\x00" * 8):
        with pytest.raises(CodingError):
            decode_content(encode(PLAIN) + surplus, coding, MIB)


def test_members_and_frames_may_follow_one_another() -> None:
    halves = PLAIN[:1000], PLAIN[1000:]
    for coding, encode in (CODERS["gzip"], CODERS["zstd"], CODERS["zstd of unknown size"]):
        assert decode_content(b"".join(map(encode, halves)), coding, MIB) == PLAIN, coding


def test_members_without_end_cost_little_time() -> None:
    for coding, encode in (CODERS["gzip"], CODERS["zstd"]):
        with pytest.raises(CodingError, match="too many"):
            decode_content(encode(b"") * 200_000, coding, MIB)


def test_a_large_incompressible_body_is_read_in_time_that_grows_with_it() -> None:
    body = random.Random(1).randbytes(8 * MIB)  # noqa: S311 - test data
    for coding, encode in (CODERS["gzip"], CODERS["deflate"], CODERS["zstd"]):
        assert decode_content(encode(body), coding, 32 * MIB) == body


def test_a_body_that_is_not_what_its_coding_says_is_refused() -> None:
    for coding in ("gzip", "deflate", "br", "zstd"):
        for body in (PLAIN, b"\x00", b"<html>"):
            with pytest.raises(CodingError):
                decode_content(body, coding, MIB)


def test_several_codings_are_undone_from_the_last_to_the_first() -> None:
    body = brotli.compress(gzip.compress(zlib.compress(PLAIN)))
    assert decode_content(body, "deflate, gzip , br", MIB) == PLAIN
    assert decode_content(gzip.compress(PLAIN), "identity, gzip", MIB) == PLAIN
    with pytest.raises(CodingError):
        decode_content(gzip.compress(PLAIN), "gzip, br", MIB)


def test_more_codings_than_anyone_needs_are_refused() -> None:
    with pytest.raises(CodingError, match="4 content codings"):
        decode_content(b"x", "gzip, gzip, gzip, gzip", MIB)
    with pytest.raises(CodingError):
        decode_content(b"x", ",".join(["gzip"] * 10_000), MIB)


@pytest.mark.parametrize("coding", ["", "identity", " , ", "Identity"])
def test_no_coding_leaves_the_body_and_keeps_its_bound(coding: str) -> None:
    assert decode_content(PLAIN, coding, len(PLAIN)) is PLAIN
    assert decode_content(PLAIN, coding, 10, cut=True) == PLAIN[:10]
    with pytest.raises(TooLargeError):
        decode_content(PLAIN, coding, len(PLAIN) - 1)


@pytest.mark.parametrize("coding", ["compress", "aes128gcm", "gzip;q=1", "x" * 10_000, "\x1b[31m"])
def test_an_unknown_coding_is_one_typed_error(coding: str) -> None:
    with pytest.raises(CodingError):
        decode_content(PLAIN, coding, MIB)
    with pytest.raises(APIResponseValidationError, match="content coding") as caught:
        through_decoder(PLAIN, coding)
    assert len(caught.value.message.encode()) <= 1000


BOMB = 64 * MIB


def bomb(coding: str) -> bytes:
    zeros = b"\x00" * MIB
    if coding == "zstd":
        zstd = zstandard.ZstdCompressor().compressobj()
        return b"".join(zstd.compress(zeros) for _ in range(BOMB // MIB)) + zstd.flush()
    if coding == "br":
        br = brotli.Compressor(quality=5)
        return bytes(b"".join(br.process(zeros) for _ in range(BOMB // MIB)) + br.finish())
    zlib_ = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    return b"".join(zlib_.compress(zeros) for _ in range(BOMB // MIB)) + zlib_.flush()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_refused_at_the_bound_and_costs_little_memory(coding: str) -> None:
    body = bomb(coding)
    assert len(body) < 2 * MIB
    response = answer(body, headers={"content-encoding": coding})
    tracemalloc.start()
    try:
        with pytest.raises(ResponseTooLargeError, match="when inflated") as caught:
            Decoder(bounds=TransportOptions(max_body_bytes=4 * MIB)).decode(
                response, elapsed=0, attempts=1
            )
        error = CallErrors().of_status(answer(body, 500, {"content-encoding": coding}), attempts=1)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 24 * MIB
    assert caught.value.limit == 4 * MIB
    assert len(str(error.body)) <= 64 * 1024


def test_a_bomb_in_a_bomb_is_refused() -> None:
    with pytest.raises(TooLargeError):
        decode_content(gzip.compress(bomb("gzip")), "gzip, gzip", MIB)


def test_a_zstandard_window_over_8_mb_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    body = compressor.compress(b"x" * 100) + compressor.flush()
    with pytest.raises(CodingError):
        decode_content(body, "zstd", MIB)


def test_what_is_asked_for_can_be_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert accept_encoding() == "gzip, deflate, br, zstd"
    for coding in accept_encoding().split(", "):
        assert coding in CODERS
    monkeypatch.setitem(sys.modules, "brotli", None)
    monkeypatch.setitem(sys.modules, "zstandard", None)
    assert accept_encoding() == "gzip, deflate"
    for coding, extra in (("br", "corechat[br]"), ("zstd", "corechat[zstd]")):
        with pytest.raises(APIResponseValidationError, match="pip install") as caught:
            through_decoder(b"x", coding)
        assert extra in caught.value.message


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60), st.sampled_from(["gzip", "deflate", "br", "zstd", "gzip, br"]))
def test_any_bytes_are_decoded_or_refused(body: bytes, coding: str) -> None:
    assert isinstance(decode_content(body, coding, MIB, cut=True), bytes)
    try:
        decode_content(body, coding, MIB)
    except CodingError:
        return
