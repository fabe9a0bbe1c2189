"""A short soak of every transport: memory and open files stay flat."""

import sys

import pytest

from tests.reliability.clients import BACKENDS
from tests.reliability.soak import Sample, growth, run

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="it reads /proc")
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_tenth_of_a_minute_of_calls_leaves_nothing_behind(backend: str) -> None:
    samples, complaints = run(backend, minutes=0.1, rate=12_000)
    assert samples[-1].calls > 600
    assert not complaints


def test_growth_is_told() -> None:
    rising = [Sample(n, n, 50.0 + n, 10, 9) for n in range(20)]
    assert growth(rising) == ["rss grew from 57.0 MB to 67.0 MB"]
    leaking = [Sample(n, n, 50.0, 10 + n, 9) for n in range(20)]
    assert growth(leaking) == ["files grew from 17.0 to 27.0"]
    opening = [Sample(n, n, 50.0, 10 + 8 * (n > 9), 9) for n in range(20)]
    assert not growth(opening)  # a connection for each of the eight threads
    assert not growth([Sample(n, n, 50.0, 10, 9) for n in range(20)])
