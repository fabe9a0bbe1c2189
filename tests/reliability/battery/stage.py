"""Run one fault against one client, and judge what came of it."""

import functools
import itertools
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeAlias

import trustme

from corechat.testing import Connection, LoopbackServer, ReceivedRequest, Script
from corechat.testing._kit.blackhole import BlackHole
from tests.reliability.battery.fault import Call, Ending, Fault, Outcome, Run

Ask: TypeAlias = Callable[[], tuple[Ending, str, BaseException | None]]
"""Make one call: how it ended, the answer's text, and what was raised."""

HANG = 20.0
"""Seconds after which a run counts as one without an end."""


Client: TypeAlias = Callable[[str, Fault], AbstractContextManager[Ask]]
"""Make a client of some library for a base URL and a fault's timeout and retries; close it."""


@functools.cache
def _untrusted() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def _script(fault: Fault, times: list[float]) -> Script:
    """Turn a fault into what a server does with a connection."""
    count = itertools.count()

    def script(connection: Connection) -> None:
        if fault.greet is not None:
            fault.greet(connection)
        while True:
            request: ReceivedRequest = connection.read_request()
            times.append(time.monotonic())
            if not fault.plays:
                return
            fault.plays[min(next(count), len(fault.plays) - 1)](connection, request)

    return script


@contextmanager
def _served(fault: Fault, times: list[float]) -> Iterator[tuple[str, LoopbackServer | None]]:
    with ExitStack() as stack:
        if fault.place == "refused":
            sock = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            sock.bind(("127.0.0.1", 0))  # bound and not listening: refuses
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", None
            return
        if fault.place == "black hole":
            yield stack.enter_context(BlackHole()).url, None
            return
        tls = _untrusted() if fault.place == "untrusted tls" else None
        buffer = 65_536 if fault.prompt > 100_000 else None
        server = LoopbackServer(_script(fault, times), tls=tls, receive_buffer=buffer)
        stack.enter_context(server)
        scheme = "http" if fault.place == "plain" else "https"
        yield f"{scheme}://127.0.0.1:{server.port}", server


def run(fault: Fault, client: Client) -> Run:
    """Let a client meet a fault; this ends, even where the client does not.

    Args:
        fault: what the server does.
        client: which library is to meet it.
    """
    times: list[float] = []
    calls: list[Call] = []
    with _served(fault, times) as (url, server):
        thread = threading.Thread(
            target=_call, args=(fault, client, f"{url}/v1", calls), daemon=True
        )
        thread.start()
        thread.join(HANG)
        hangs = thread.is_alive()
        ended = list(calls)
    if hangs:
        ended.append(Call(Outcome.HANG, "", None, HANG))
    received = list(server.received) if server is not None else []
    if server is not None and server.script_errors:
        raise server.script_errors[0]
    return Run(ended, received, times)


def _call(fault: Fault, client: Client, base_url: str, calls: list[Call]) -> None:
    with client(base_url, fault) as ask:
        for number in range(fault.calls):
            if number:
                time.sleep(0.06)  # what a server sends unasked arrives
            start = time.monotonic()
            ending, text, error = ask()
            calls.append(Call(ending, text, error, time.monotonic() - start))


def judge(fault: Fault, seen: Run, *, allowed: float, exact: bool = True) -> list[str]:
    """Say what a client did wrong; nothing where it did as a good one must.

    Args:
        fault: what it met.
        seen: what came of it.
        allowed: seconds that a call may take.
        exact: whether the number of requests must be the very one. Otherwise, as for other
            libraries, only what may cost money counts: a request after a whole 2xx head.
    """
    wanted = [fault.first] * (fault.calls - 1) + [fault.ending]
    wrong = [_ending(want, call) for want, call in zip(wanted, seen.calls, strict=False)]
    if len(seen.calls) < fault.calls and not any(wrong):
        wrong.append("no end")
    if seen.calls and seen.calls[-1].ending is Outcome.ANSWER is fault.ending:
        text = seen.calls[-1].text
        wrong.append("" if text == fault.text else f"wrong success: the answer is {text[:40]!r}")
    worst = max((call.seconds for call in seen.calls), default=0.0)
    if worst > allowed and not any(wrong):
        wrong.append(f"late: {worst:.2f} s, with {allowed:.2f} s allowed")
    wrong.append(_count(fault, len(seen.received), exact=exact))
    if not any(wrong):
        wrong.append(fault.check(seen))
    return [text for text in wrong if text]


def _ending(want: Ending, call: Call) -> str:
    if call.ending == want:
        return ""
    if call.ending is Outcome.HANG:
        return "no end"
    shown = f"{type(call.error).__name__}: {str(call.error)[:150]}" if call.error else call.text
    if call.ending is Outcome.ANSWER:
        return f"wrong success: {shown[:80]!r} in place of {want}"
    if call.ending is Outcome.UNTYPED:
        return f"untyped exception: {shown}"
    return f"wrong error: {call.ending} ({shown}) in place of {want}"


def _count(fault: Fault, requests: int, *, exact: bool) -> str:
    if fault.requests is None or requests == fault.requests:
        return ""
    if exact or (requests > fault.requests and fault.started):
        return f"requests: {requests} in place of {fault.requests}"
    return ""
