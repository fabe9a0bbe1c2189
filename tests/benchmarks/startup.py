"""What starting costs: imports, the first call, and a second https client."""

import json
import os
import random
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import certifi
import trustme
from answering_server import answering_server
from client_process import client_process
from clients import BARE, GROQ, PEERS
from run import Results, Run, paired, spread

PYDANTIC = "from pydantic import BaseModel"
IMPORTS = {
    PYDANTIC: PYDANTIC,
    "corechat": "import corechat",
    "httpx": "import httpx",
    "httpx2": "import httpx2",
    "aiohttp": "import aiohttp",
    "pyreqwest": "import pyreqwest.client",
    "groq": "import groq",
    "openai": "import openai",
    "any-llm": "import any_llm",
    "litellm": "import litellm",
}
FIRST = (
    "corechat httpx",
    "corechat httpx2",
    "corechat aiohttp",
    "corechat pyreqwest",
    BARE,
    GROQ,
    "openai-python",
    *PEERS,
)
SECOND = FIRST[: -len(PEERS)]
_IMPORT = """
import sys, time
modules, started = len(sys.modules), time.process_time()
{}
found = [time.process_time() - started, len(sys.modules) - modules]
import json
print(json.dumps(found))
"""
_FIRST = """
import time
started = time.process_time()
from clients import CLIENTS
with CLIENTS[{name!r}]({url!r}, "small") as call:
    call()
    took = time.process_time() - started
import json
print(json.dumps([took, 0]))
"""


def _run(code: str, python: Path | None) -> tuple[float, int]:
    """Run code in a new interpreter: the CPU milliseconds and the number that it prints."""
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else each would compile its sources
    done = subprocess.run(  # noqa: S603 - the code above
        [str(python or sys.executable), "-c", code],
        cwd=Path(__file__).parent,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL if python else None,
        check=True,
    )
    seconds, number = json.loads(done.stdout.splitlines()[-1])
    return seconds * 1e3, number


def _imports(run: Run) -> Results:
    names = [name for name in IMPORTS if run.peers or name not in PEERS]
    times: dict[str, list[float]] = {name: [] for name in names}
    modules: dict[str, int] = {}
    for _ in run.rounds(10, 45):
        for name in random.sample(names, len(names)):
            python = run.peers if name in PEERS else None
            took, modules[name] = _run(_IMPORT.format(IMPORTS[name]), python)
            times[name].append(took)
    return {
        name: {
            "ms": spread(values),
            "modules": modules[name],
            "to": {other: paired(values, times[other]) for other in (PYDANTIC, "groq")},
        }
        for name, values in times.items()
    }


def _first_calls(run: Run) -> Results:
    names = [name for name in FIRST if run.peers or name not in PEERS]
    times: dict[str, list[float]] = {name: [] for name in names}
    with answering_server() as server:
        for _ in run.rounds(8, 45):
            for name in random.sample(names, len(names)):
                code = _FIRST.format(name=name, url=f"{server}/small")
                times[name].append(_run(code, run.peers if name in PEERS else None)[0])
    return {
        name: {"ms": spread(values), "to": paired(values, times[GROQ])}
        for name, values in times.items()
    }


def _second_clients(run: Run) -> Results:
    """Measure one client more and its first call, less a call on one that is open.

    The server ends each connection after one answer, so that both calls shake hands.
    """
    authority = trustme.CA()
    found: Results = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        trusted, certificate = Path(folder, "ca.pem"), Path(folder, "server.pem")
        trusted.write_bytes(Path(certifi.where()).read_bytes() + authority.cert_pem.bytes())
        issued = authority.issue_cert("127.0.0.1")
        issued.private_key_and_cert_chain_pem.write_to_path(certificate)
        url = stack.enter_context(answering_server(certificate=certificate))
        for name in SECOND:
            client = stack.enter_context(client_process(name, url, SSL_CERT_FILE=str(trusted)))
            client.ask("another")
            more: list[float] = []
            for _ in run.rounds(20, 10):
                call = client.ask("block", case="small", calls=1)["cpu"]
                more.append((client.ask("another")["cpu"] - call) * 1e3)
            found[name] = {"ms": spread(more)}
    return found


def measure(run: Run) -> Results:
    """Measure imports, first calls and second clients."""
    return {
        "imports": _imports(run),
        "first": _first_calls(run),
        "second": _second_clients(run),
    }
