"""Counts that do not depend on the machine: modules of an import, hooks and memory of a call."""

import gc
import subprocess
import sys
from typing import Any

import pluggy
import pytest

import corechat
from corechat.testing import FakeTransport
from tests.core.support import ScriptedTransport, client_over

ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}


def modules_after(code: str) -> set[str]:
    done = subprocess.run(  # noqa: S603 - the code below
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return set(done.stdout.split())


def test_importing_corechat_loads_few_modules_beyond_pydantic_and_pluggy() -> None:
    base = modules_after("from pydantic import BaseModel; import pluggy")
    assert len(modules_after("import corechat") - base) <= 230  # 205 of CPython 3.11


def test_a_call_without_plugins_calls_no_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []
    with corechat.Client(FakeTransport(*["Hi."] * 9)) as client:
        client.complete(**ASK)

        def count(hook: pluggy.HookCaller, **_: object) -> list[object]:
            called.append(hook.name)
            return []

        with monkeypatch.context() as patched:  # pytest itself calls hooks
            patched.setattr(pluggy.HookCaller, "__call__", count)
            client.complete(**ASK)
    assert called == []


def test_calls_leave_no_memory_behind() -> None:
    with client_over(ScriptedTransport()) as client:
        transport = client._parts.transport

        def blocks_after(calls: int) -> int:
            for _ in range(calls):
                client.complete(**ASK)
            transport.requests.clear()  # type: ignore[attr-defined]
            gc.collect()
            return sys.getallocatedblocks()

        before = blocks_after(200)
        assert blocks_after(1000) - before < 200  # a block a call would be a thousand
