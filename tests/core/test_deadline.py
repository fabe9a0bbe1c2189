"""Deadline: one clock, and no number that is none."""

import pytest

from corechat import ConfigurationError
from corechat._http.messages import Headers
from corechat.transport import (
    BodyBuffer,
    ConnectionFailure,
    Deadline,
    TooLargeFailure,
    TransportOptions,
)


def test_a_deadline_runs_down_to_zero_and_not_below() -> None:
    deadline = Deadline.after(30)
    assert 29 < deadline.remaining() <= 30
    assert not deadline.expired
    past = Deadline.after(1e-9)
    while not past.expired:
        pass
    assert past.remaining() == 0.0


def test_a_phase_never_outlasts_the_deadline() -> None:
    assert Deadline.after(30).earlier(5).remaining() <= 5
    assert Deadline.after(5).earlier(30).remaining() <= 5
    assert repr(Deadline.after(30)).startswith("Deadline(")


@pytest.mark.parametrize(
    "seconds",
    [0, -1, 0.0, float("nan"), float("inf"), 10**400, 1e12, "5", None, True, [5], 5j],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_positive_finite_number_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout") as caught:
        Deadline.after(seconds)
    assert len(caught.value.message) < 200


def test_a_week_is_a_timeout_that_every_socket_can_take() -> None:
    assert Deadline.after(7 * 86400).remaining() > 6 * 86400


OPTIONS = TransportOptions(max_body_bytes=10, max_error_body_bytes=4)


def test_a_success_over_the_bound_is_refused_as_soon_as_it_is_known() -> None:
    with pytest.raises(TooLargeFailure) as caught:
        BodyBuffer(200, Headers({"content-length": "11"}), OPTIONS)
    assert (caught.value.limit, caught.value.status) == (10, 200)
    body = BodyBuffer(200, Headers(), OPTIONS)
    assert body.feed(b"12345")
    assert body.feed(b"67890")
    with pytest.raises(TooLargeFailure):
        body.feed(b"x")


def test_an_error_is_read_to_its_bound_and_cut_there() -> None:
    body = BodyBuffer(500, Headers({"content-length": "1000"}), OPTIONS)
    assert body.feed(b"123")
    assert not body.feed(b"45")
    assert body.join() == b"1234"
    assert body.truncated


@pytest.mark.parametrize("length", ["", "many", "-1", "1" * 5000, "٣", "1.5"])
def test_a_content_length_that_is_none_is_not_http(length: str) -> None:
    with pytest.raises(ConnectionFailure, match="not HTTP") as caught:
        BodyBuffer(200, Headers({"content-length": length}), OPTIONS)
    assert caught.value.status == 200


def test_the_proxys_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(TransportOptions(proxy="http://user:hunter2@h"))
