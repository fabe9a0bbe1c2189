"""Where a head ends is found in whatever pieces it comes."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corechat_aiohttp.head import HeadFinder, whole_reply

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def size_of(data: bytes, places: list[int], limit: int = 1000) -> int:
    finder = HeadFinder(limit)
    for piece in cut(data, places):
        if not finder.size:
            finder.feed(piece)
    return finder.size


@pytest.mark.parametrize(
    "head",
    [
        OK,
        CONTINUE + OK,
        CONTINUE + HINTS + CONTINUE + OK,
        b"\r\n" + OK,
        OK.replace(b"\r\n", b"\n"),
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"not http\r\n\r\n",
    ],
)
@given(places=st.lists(st.integers(0, 500), max_size=12))
def test_the_final_head_s_end_is_found_however_it_is_cut(head: bytes, places: list[int]) -> None:
    assert size_of(head + b"{}", places) == len(head)


@given(places=st.lists(st.integers(0, 500), max_size=12), limit=st.integers(1, 300))
def test_heads_over_the_limit_are_too_large_however_they_are_cut(
    places: list[int], limit: int
) -> None:
    data = CONTINUE + OK[:-2] + b"X-Pad: " + b"x" * 200 + b"\r\n\r\n"
    finder = HeadFinder(limit)
    for piece in cut(data, places):
        if not (finder.size or finder.too_large):
            finder.feed(piece)
    assert finder.too_large == (len(data) > limit)


def test_a_head_without_end_is_kept_no_further_than_the_limit() -> None:
    finder = HeadFinder(100)
    finder.feed(b"HTTP/1.1 200 OK\r\n" + b"x" * 10_000)
    assert finder.too_large
    assert len(finder._current) == 101


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (OK + b"{}", len(OK)),
        (OK.replace(b"Length", b"lENGTH") + b"{}", len(OK)),
        (OK + b"{", 0),
        (OK + b"{}x", 0),
        (OK.replace(b"2\r", b"0\r"), 0),
        (CONTINUE + OK + b"{}", 0),
        (OK.replace(b"Content-Length: 2", b"Transfer-Encoding: chunked") + b"0\r\n\r\n", 0),
        (OK.replace(b": 2", b": 1, 2") + b"{}", 0),
        (OK[:-2], 0),
        (b"", 0),
    ],
)
def test_only_a_whole_reply_with_a_plain_length_is_recognised(data: bytes, size: int) -> None:
    assert whole_reply(data, 1000) == size


def test_a_whole_reply_over_the_limit_is_not_recognised() -> None:
    assert whole_reply(OK + b"{}", len(OK)) == len(OK)
    assert whole_reply(OK + b"{}", len(OK) - 1) == 0
