"""In how many places a planted key, and a proxy's password, were looked for, and found.

Run from the repository's root: ``python -m tests.benchmarks.secret_places``.
"""

from tests.reliability import places
from tests.reliability.clients import BACKENDS
from tests.reliability.needles import holds


def main() -> None:
    """Look everywhere, and print the count."""
    seen = [*places.of_bad_keys(), *places.plain_headers(), *places.of_the_command("httpx")]
    for backend in BACKENDS:
        for look in (places.of_calls, places.of_objects, places.of_a_cassette, places.of_a_proxy):
            seen += look(backend)
    secrets = (places.KEY, places.PASSWORD)
    found = [name for name, text in seen if any(holds(text, secret) for secret in secrets)]
    print(f"found in {len(found)} of {len(seen)} places", *found, sep="\n")  # noqa: T201 - a script


if __name__ == "__main__":
    main()
