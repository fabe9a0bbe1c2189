"""A planted key is looked for in every place it might come to light, and found in none."""

from collections.abc import Callable, Iterable

import pytest

from tests.reliability import places
from tests.reliability.clients import BACKENDS
from tests.reliability.needles import dresses, holds

pytestmark = pytest.mark.slow

_LOOKS: dict[str, Callable[[str], Iterable[places.Place]]] = {
    "calls": places.of_calls,
    "objects": places.of_objects,
    "cassettes": places.of_a_cassette,
    "a proxy": places.of_a_proxy,
}


def _found(seen: list[places.Place]) -> list[str]:
    secrets = (places.KEY, places.PASSWORD)
    return [name for name, text in seen if any(holds(text, secret) for secret in secrets)]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("look", _LOOKS)
def test_no_secret_comes_to_light(look: str, backend: str) -> None:
    seen = list(_LOOKS[look](backend))
    assert len(seen) >= 30
    assert not _found(seen)


def test_no_secret_comes_to_light_before_a_call() -> None:
    seen = [*places.of_bad_keys(), *places.plain_headers()]
    assert len(seen) >= 100
    assert not _found(seen)


def test_the_command_prints_no_secret() -> None:
    seen = list(places.of_the_command("httpx"))
    assert len(seen) == 10
    assert not _found(seen)


def test_a_secret_would_be_found_in_any_dress() -> None:
    for dress in dresses(places.KEY):
        assert holds(f"... {dress} ...", places.KEY)
        assert holds(f"... {dress} ...".encode(), places.KEY)
    assert holds(places.KEY.encode("utf-16"), places.KEY)
    assert not holds("gsk_...", places.KEY)
