"""The retry policy as a table: no clock, no sleep, no network."""

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corechat._call.quota import CAPACITY, RetryQuota
from corechat._call.retry import AttemptOutcome, Decision, decide


def after(happened: AttemptOutcome, **changes: Any) -> Decision:
    state: dict[str, Any] = {
        "retries": 0,
        "max_retries": 2,
        "time_left": 60.0,
        "quota": 500,
        "jitter": 1.0,
        **changes,
    }
    return decide(happened, **state)


IMPOSSIBLE = "Rate limit reached: Limit 7000, Used 0, Requested 12903. Please reduce your message"
BUSY = "Rate limit reached: Limit 7000, Used 6500, Requested 900. Please try again in 4s"


@pytest.mark.parametrize(
    ("happened", "again"),
    [
        *(
            (AttemptOutcome(status=status), True)
            for status in (408, 409, 425, 429, 498, 500, 503, 529)
        ),
        *(
            (AttemptOutcome(status=status), False)
            for status in (200, 204, 299, 301, 307, 400, 401, 403, 404, 413, 422, 499)
        ),
        (AttemptOutcome(status=429, message=BUSY), True),
        (AttemptOutcome(status=429, message=IMPOSSIBLE), False),
        (AttemptOutcome(status=503, message=IMPOSSIBLE), True),
        (AttemptOutcome(status=400, should_retry=True), True),
        (AttemptOutcome(status=429, should_retry=False), False),
        (AttemptOutcome(status=200, should_retry=True), False),
        (AttemptOutcome(failure="connection"), True),
        (AttemptOutcome(failure="connection", sent=False), True),
        (AttemptOutcome(failure="connection", bytes_received=True), False),
        (AttemptOutcome(failure="connection", bytes_received=True, reused=True), False),
        (AttemptOutcome(failure="connection", status=200, bytes_received=True), False),
        (AttemptOutcome(failure="connection", status=200, bytes_received=True, reused=True), False),
        (AttemptOutcome(failure="connection", status=503, bytes_received=True), True),
        (AttemptOutcome(failure="connection", status=404, bytes_received=True), False),
        (AttemptOutcome(failure="timeout", sent=False), True),
        (AttemptOutcome(failure="timeout"), False),
        (AttemptOutcome(failure="timeout", status=200), False),
        (AttemptOutcome(failure="too_large"), False),
        (AttemptOutcome(failure="too_large", status=200), False),
    ],
    ids=str,
)
def test_what_is_tried_again(happened: AttemptOutcome, again: bool) -> None:  # noqa: FBT001 - a table
    assert (after(happened).wait is not None) is again
    assert after(happened).why


def test_it_stops_after_max_retries() -> None:
    assert after(AttemptOutcome(status=503), retries=1).wait is not None
    assert after(AttemptOutcome(status=503), retries=2).wait is None
    assert after(AttemptOutcome(status=503), max_retries=0).wait is None


def test_the_wait_grows_from_half_a_second_to_eight_and_jitter_takes_from_all_of_it() -> None:
    waits = [after(AttemptOutcome(status=503), retries=n, max_retries=9).wait for n in range(7)]
    assert waits == [0.5, 1, 2, 4, 8, 8, 8]
    assert after(AttemptOutcome(status=503), jitter=0.0).wait == 0
    assert after(AttemptOutcome(status=503), jitter=0.5, retries=1).wait == 0.5


def test_a_wait_that_the_server_asked_for_is_kept_exactly() -> None:
    decision = after(AttemptOutcome(status=429, retry_after=7.5), jitter=0.0, retries=1)
    assert decision.wait == 7.5
    assert after(AttemptOutcome(status=503, retry_after=0.0)).wait == 0


def test_a_wait_that_does_not_fit_the_deadline_is_not_begun() -> None:
    assert after(AttemptOutcome(status=429, retry_after=60.0), time_left=60.0).wait is None
    assert after(AttemptOutcome(status=429, retry_after=59.9), time_left=60.0).wait == 59.9
    assert after(AttemptOutcome(status=503), time_left=0.4).wait is None
    assert after(AttemptOutcome(status=503), time_left=0.0, jitter=0.0).wait is None


def test_a_stale_connection_is_tried_once_again_for_free_also_without_retries() -> None:
    stale = AttemptOutcome(failure="connection", reused=True)
    decision = after(stale, max_retries=0, quota=0)
    assert (decision.wait, decision.counted, decision.cost) == (0.0, False, 0)
    assert after(stale, max_retries=0, stale_tried=True).wait is None
    again = after(stale, stale_tried=True)
    assert again.counted
    assert again.cost == 5


@pytest.mark.parametrize("status", [None, 429, 503])
def test_a_connection_that_began_to_answer_was_not_stale(status: int | None) -> None:
    cut = AttemptOutcome(status=status, failure="connection", reused=True, bytes_received=True)
    decision = after(cut, max_retries=0, quota=0)
    assert decision.wait is None
    assert after(cut).counted


def test_a_stale_connection_is_not_tried_again_after_the_deadline() -> None:
    assert after(AttemptOutcome(failure="connection", reused=True), time_left=0.0).wait is None


def test_a_retry_costs_tokens_and_an_empty_quota_ends_them() -> None:
    assert after(AttemptOutcome(status=503)).cost == 5
    assert after(AttemptOutcome(failure="timeout", sent=False)).cost == 10
    assert after(AttemptOutcome(status=503), quota=5).wait is not None
    assert after(AttemptOutcome(status=503), quota=4).wait is None
    assert after(AttemptOutcome(failure="timeout", sent=False), quota=9).wait is None


@settings(deadline=None, max_examples=400)
@given(
    st.builds(
        AttemptOutcome,
        status=st.none() | st.integers(100, 999),
        failure=st.sampled_from([None, "connection", "timeout", "too_large"]),
        bytes_received=st.booleans(),
        reused=st.booleans(),
        sent=st.booleans(),
        retry_after=st.none() | st.floats(0, 1e7),
        should_retry=st.none() | st.booleans(),
        message=st.text() | st.sampled_from([IMPOSSIBLE, BUSY]),
    ),
    st.integers(0, 5),
    st.integers(0, 5),
    st.floats(0, 1e6),
    st.integers(0, 500),
    st.floats(0, 1),
)
def test_no_decision_breaks_a_promise(  # noqa: PLR0913 - all that a decision depends on
    happened: AttemptOutcome,
    retries: int,
    max_retries: int,
    time_left: float,
    quota: int,
    jitter: float,
) -> None:
    decision = decide(
        happened,
        retries=retries,
        max_retries=max_retries,
        time_left=time_left,
        quota=quota,
        jitter=jitter,
    )
    if decision.wait is None:
        return
    assert happened.status is None or not 200 <= happened.status < 300
    assert 0 <= decision.wait < time_left
    assert decision.cost <= quota
    if decision.counted:
        assert retries < max_retries
        assert decision.wait >= (happened.retry_after or 0)


def test_a_long_message_costs_no_time() -> None:
    assert after(AttemptOutcome(status=429, message="Limit 1 " * 100_000)).wait is not None


def test_the_quota_gives_what_it_has_and_no_more() -> None:
    quota = RetryQuota(12)
    assert [quota.take(5), quota.take(5), quota.take(5), quota.take(2)] == [True, True, False, True]
    assert quota.available == 0
    quota.give_back(5)
    assert quota.available == 5
    quota.give_back(0)
    assert quota.available == 6
    quota.give_back(100)
    assert quota.available == 12


def test_the_quota_begins_as_botocores_does() -> None:
    assert RetryQuota().available == CAPACITY == 500


def test_the_quota_counts_right_from_many_threads() -> None:
    quota = RetryQuota(1000)
    taken: list[bool] = []

    def spend() -> None:
        taken.extend(quota.take(1) for _ in range(500))

    threads = [threading.Thread(target=spend) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(True) == 1000
    assert quota.available == 0
