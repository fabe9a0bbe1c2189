"""The plugin by its name: where its telemetry goes, and that nothing is paid without it."""

import json
import pickle

import pytest

from corechat import BackendNotFoundError, Client
from tests.cli.support import run
from tests.core.support import run_python

ASK = """
import sys
import corechat
from opentelemetry import trace

sys.argv = ["corechat"]
def ask(**options):
    with corechat.Client("replay", cassette="cassettes/hello.json", **options) as client:
        question = {"role": "user", "content": "What is the capital of France?"}
        client.complete(model="SmolLM2-135M-Instruct", messages=[question])
"""
GLOBAL = """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
"""


def test_by_name_it_writes_to_the_global_providers_also_those_set_later() -> None:
    code = f"""{ASK}
ask(plugins=["otel"])  # nobody listens yet, and nothing fails
{GLOBAL}
ask(plugins=["otel"])
ask()
print(*[span.name for span in exporter.get_finished_spans()])
"""
    assert run_python(code).stdout.split() == [b"chat", b"SmolLM2-135M-Instruct"]


def test_the_variable_names_it_too() -> None:
    code = f"{ASK}{GLOBAL}ask()\nprint(len(exporter.get_finished_spans()))"
    assert run_python(code, env={"CORECHAT_PLUGINS": "otel"}).stdout.strip() == b"1"


def test_without_its_name_nothing_of_opentelemetry_is_imported() -> None:
    code = f"""{ASK.replace("from opentelemetry import trace", "")}
ask()
loaded = {{name.partition(".")[0] for name in sys.modules}}
print(loaded & {{"opentelemetry", "corechat_otel"}})
"""
    assert run_python(code).stdout.strip() == b"set()"


MISSING = """
import sys
from importlib.machinery import PathFinder

class Missing(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name == "opentelemetry" else super().find_spec(name, path, target)

sys.meta_path[:] = [one for one in sys.meta_path if one is not PathFinder] + [Missing]
import corechat
try:
    corechat.Client("replay", cassette="cassettes/hello.json", plugins=["otel"])
except corechat.MissingDependencyError as error:
    print(error)
from corechat._cli.plugins import list_plugins
print(*[row["state"] for row in list_plugins() if row["name"] == "otel"])
"""


def test_without_the_extra_it_says_what_to_install() -> None:
    said = "The plugin 'otel' needs the library opentelemetry: pip install 'corechat[otel]'"
    lines = run_python(MISSING).stdout.decode().splitlines()
    assert lines == [said, f"not usable: {said}"]


def test_it_is_listed_with_the_plugins() -> None:
    rows = json.loads(run("plugins", "--json").stdout)
    (row,) = [one for one in rows if one["name"] == "otel"]
    assert row["kind"] == "hooks"
    assert row["distribution"] == "corechat"
    assert row["state"] == "ok"


def test_asked_for_as_a_backend_it_says_where_it_is_named() -> None:
    with pytest.raises(BackendNotFoundError, match=r"plugins=\['otel'\]"):
        Client("otel", base_url="http://127.0.0.1:1")


def test_a_client_that_named_it_pickles() -> None:
    client = Client(base_url="http://127.0.0.1:1", plugins=["otel"])
    with pickle.loads(pickle.dumps(client)) as other:  # noqa: S301 - our own
        assert "127.0.0.1" in other.url
