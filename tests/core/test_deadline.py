"""Deadline: one clock, and no number that is none."""

import pytest

from corechat import ConfigurationError
from corechat.transport import Deadline, TransportOptions


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


def test_the_proxys_password_is_in_no_repr() -> None:
    assert "hunter2" not in repr(TransportOptions(proxy="http://user:hunter2@h"))
