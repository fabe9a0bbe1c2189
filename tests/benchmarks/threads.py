"""Many threads on one client against a server that takes 20 ms: calls a second, in turns."""

import random
from contextlib import ExitStack

from answering_server import answering_server
from client_process import client_process
from clients import BARE, GROQ
from run import Results, Run, paired, spread

THREADS = (1, 8, 64, 256)
DELAY = 0.02
CLIENTS = (
    "corechat httpx",
    "corechat httpx2",
    "corechat aiohttp",
    "corechat pyreqwest",
    BARE,
    GROQ,
    "openai-python",
)


def measure(run: Run) -> Results:
    """Measure every client with every number of threads; the clients may use every core."""
    found: Results = {}
    with answering_server(DELAY) as url, ExitStack() as stack:
        clients = {
            name: stack.enter_context(client_process(name, url, pinned=False)) for name in CLIENTS
        }
        for count in THREADS:
            seconds = max(run.scale, 0.1)
            rates: dict[str, list[float]] = {name: [] for name in clients}
            failed = dict.fromkeys(clients, 0.0)
            for client in clients.values():
                client.ask("threads", case="small", count=count, seconds=0.1)  # connections
            for _ in run.rounds(4, 30):
                for name in random.sample(list(clients), len(clients)):
                    asked = {"case": "small", "count": count, "seconds": seconds}
                    seen = clients[name].ask("threads", **asked)
                    rates[name].append(seen["rate"])
                    failed[name] += seen["failed"]
            found[str(count)] = {
                name: {
                    "rate": spread(values),
                    "to": paired(values, rates[GROQ]),
                    "failed": failed[name],
                }
                for name, values in rates.items()
            }
    return found
