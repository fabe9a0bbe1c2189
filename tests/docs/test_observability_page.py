"""The page on observability: its code runs, and its tables say what the plugin and the log say."""

import logging
import re
from pathlib import Path

import pytest

from corechat import APIConnectionError
from corechat.transport import ConnectionFailure
from tests.core.support import MESSAGES, ScriptedTransport, answer, client_over, run_python
from tests.otel.kept import Kept, kept
from tests.otel.test_spans import EVERYTHING, FULL, TOOLS

__all__ = ["kept"]  # the fixture

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "observability.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
SAID = [
    r'"name": "chat SmolLM2-135M-Instruct"',
    r"\[\{'type': 'text', 'content': 'The capital of France is Paris.'\}\]",
    r"gen_ai.client.operation.duration \[.*\]\ngen_ai.client.token.usage \[28, 8\]",
    r"chat SmolLM2-135M-Instruct in a question of geography",
    r"^INFO corechat POST 127.0.0.1:8080 200 in 0\.\d{3} s, attempt 1, 0\.\d{3} s into the call, ",
]
LOGFIRE = """
import sys
from types import SimpleNamespace
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter, provider = InMemorySpanExporter(), TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
sys.modules["logfire"] = SimpleNamespace(
    configure=lambda **_: trace.set_tracer_provider(provider),
    instrument_httpx=HTTPXClientInstrumentor().instrument,
    span=trace.get_tracer("stands for logfire").start_as_current_span,
)
"""
"""Stands for Logfire, which is not among the tests' dependencies: it sets the global provider."""
LOGFIRE_SAYS = """
call, around = exporter.get_finished_spans()
assert call.parent.span_id == around.context.span_id
print(call.name, "in", around.name)
"""


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_every_example_runs(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    code = BLOCKS[number]
    if "import logfire" in code:
        code = f"{LOGFIRE}{code}{LOGFIRE_SAYS}"
    assert re.search(SAID[number], run_python(code).stdout.decode())


def test_the_tables_name_every_attribute_and_no_other(kept: Kept) -> None:
    busy, lost = answer(b"", 503, {"retry-after": "0"}), ConnectionFailure("refused")
    full = client_over(ScriptedTransport(busy, answer(FULL)), plugins=[kept.plugin(content=True)])
    full.complete(EVERYTHING, tools=TOOLS)
    failing = client_over(ScriptedTransport(lost), plugins=[kept.plugin()], max_retries=0)
    with pytest.raises(APIConnectionError):
        failing.complete(messages=MESSAGES)
    places = [place for span in kept.spans for place in (span, *span.events)]
    used = {name for place in places for name in place.attributes or {}}
    cells = re.findall(r"^\| (`.*?`) \|", PAGE, re.MULTILINE)
    told = {name for cell in cells for name in re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", cell)}
    assert told - used == {"gen_ai.client.operation.duration", "gen_ai.client.token.usage"}
    assert used - told == set()


def test_the_table_of_lines_has_those_that_a_call_logs(caplog: pytest.LogCaptureFixture) -> None:
    busy = answer(b"", 429, {"retry-after": "0"})
    with caplog.at_level(logging.DEBUG, "corechat"):
        client_over(ScriptedTransport(busy, answer(b"", 400))).close()
        with pytest.raises(Exception, match="400"):
            client_over(ScriptedTransport(busy, answer(b"", 400))).complete(messages=MESSAGES)
    rows = re.findall(r"^\| (INFO|DEBUG) \| `(.*?)` \|", PAGE, re.MULTILINE)
    patterns = [(level, _pattern(line)) for level, line in rows]
    for record in caplog.records:
        said = (record.levelname, record.getMessage())
        assert any(said[0] == level and re.match(line, said[1]) for level, line in patterns), said
    assert len(caplog.records) == 4


def _pattern(line: str) -> str:
    """Make a pattern of an example: numbers, hosts and ids may be others."""
    free = re.sub(
        r"api\\\.groq\\\.com|http://proxy:3128|req_1|\d+(\\\.\d+)?", r"\\S+", re.escape(line)
    )
    return free.replace(r"\.\.\.", ".*")


@pytest.mark.source_tree
def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)", PAGE):
        if not target.startswith("http"):
            assert (ROOT / "docs" / target).exists(), target
