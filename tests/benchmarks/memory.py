"""Resident memory of a client: after its first call, after 2 000 more, and at a 10 MB answer."""

from answering_server import answering_server
from client_process import client_process
from clients import BARE, GROQ, PEERS
from run import Results, Run

CLIENTS = (
    "corechat httpx",
    "corechat httpx2",
    "corechat aiohttp",
    "corechat pyreqwest",
    BARE,
    GROQ,
    "openai-python",
    *PEERS,
)
CALLS = 2000
LARGE = "bytes-10000000"


def measure(run: Run) -> Results:
    """Measure each client in turn."""
    found: Results = {}
    with answering_server() as url:
        for name in CLIENTS:
            if name in PEERS and not run.peers:
                continue
            python = run.peers if name in PEERS else None
            with client_process(name, url, python=python) as client:
                client.ask("block", case="small", calls=1)
                first = client.ask("memory")["now"]
                client.ask("block", case="small", calls=max(int(CALLS * run.scale), 10))
                later = client.ask("memory")["now"]
                client.ask("block", case=LARGE, calls=1)
                large = client.ask("memory")["most"]
            found[name] = {"first": first, "grown": later - first, "large": large - later}
    return found
