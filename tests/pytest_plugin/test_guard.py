"""The network guard: what leaves a replaying test, and what does not."""

import pytest

from tests.cassettes.support import ChatServer
from tests.pytest_plugin.conftest import Project

pytest_plugins = ["pytester"]

ASK = "    ask(corechat_client, 'hi')\n"
PLAIN = "def test_one(corechat_client):\n" + ASK

REACHING = {
    "a connection": (
        "    import httpx\n    httpx.get('http://127.0.0.1:{port}/')\n",
        "*tried to reach 127.0.0.1:{port}. Nothing was sent*",
    ),
    "a connection by its number": (
        (
            "    import socket\n    with socket.socket() as one:\n"
            "        one.connect_ex(('127.0.0.1', {port}))\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "a name": (
        "    import httpx\n    httpx.get('https://api.groq.com/')\n",
        "*tried to reach api.groq.com*",
    ),
    "another client": (
        (
            "    import openai\n"
            "    with openai.OpenAI(base_url='http://127.0.0.1:{port}/v1', api_key='k') as other:\n"
            "        other.models.list()\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "aiohttp": (
        (
            "    import aiohttp, asyncio\n"
            "    async def go():\n"
            "        async with aiohttp.ClientSession() as session:\n"
            "            await session.get('http://127.0.0.1:{port}/')\n"
            "    asyncio.run(go())\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "a swallowed failure": (
        (
            "    import httpx\n"
            "    try:\n        httpx.get('http://127.0.0.1:{port}/')\n"
            "    except BaseException:\n        pass\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "a datagram": (
        (
            "    import socket\n"
            "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:\n"
            "        one.sendto(b'x', ('127.0.0.1', {port}))\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "a datagram in parts": (
        (
            "    import socket\n"
            "    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:\n"
            "        one.sendmsg([b'x'], [], 0, ('127.0.0.1', {port}))\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "a datagram of an event loop": (
        (
            "    import asyncio\n"
            "    async def go():\n"
            "        loop = asyncio.get_running_loop()\n"
            "        await loop.create_datagram_endpoint(\n"
            "            asyncio.DatagramProtocol, remote_addr=('127.0.0.1', {port}))\n"
            "    asyncio.run(go())\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "a socket of the module beneath": (
        (
            "    import _socket\n"
            "    one = _socket.socket()\n"
            "    try:\n        one.connect(('127.0.0.1', {port}))\n"
            "    finally:\n        one.close()\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
    "an old look-up": (
        "    import socket\n    socket.gethostbyname('api.groq.com')\n",
        "*tried to reach api.groq.com*",
    ),
    "an old look-up of all": (
        "    import socket\n    socket.gethostbyname_ex('api.groq.com')\n",
        "*tried to reach api.groq.com*",
    ),
    "a reverse look-up": (
        "    import socket\n    socket.gethostbyaddr('192.0.2.7')\n",
        "*tried to reach 192.0.2.7*",
    ),
    "another reverse look-up": (
        "    import socket\n    socket.getnameinfo(('192.0.2.7', 80), 0)\n",
        "*tried to reach 192.0.2.7*",
    ),
    "a thread": (
        (
            "    import httpx, threading\n"
            "    def go():\n"
            "        try:\n            httpx.get('http://127.0.0.1:{port}/')\n"
            "        except BaseException:\n            pass\n"
            "    one = threading.Thread(target=go)\n    one.start()\n    one.join()\n"
        ),
        "*tried to reach 127.0.0.1:{port}*",
    ),
}


def port_of(server: ChatServer) -> str:
    return server.url.rpartition(":")[2]


@pytest.mark.parametrize("what", REACHING)
def test_nothing_leaves_a_replaying_test(project: Project, live: ChatServer, what: str) -> None:
    source, message = REACHING[what]
    project.write(PLAIN)
    project.record()
    live.requests.clear()
    project.write(PLAIN + source.replace("{port}", port_of(live)))
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message.replace("{port}", port_of(live))])
    assert live.requests == []


POST = "    import httpx\n    httpx.post('http://{host}:{port}/', content='[]', timeout=30)\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("where", ["mark", "setting"])
def test_a_host_can_be_allowed(project: Project, live: ChatServer, host: str, where: str) -> None:
    project.write(PLAIN)
    project.record()
    live.requests.clear()
    mark = f"@pytest.mark.corechat(allow_hosts=['{host}'])\n" if where == "mark" else ""
    if where == "setting":
        project.pytester.makeini(f"[pytest]\ncorechat_allow_hosts = {host}\n")
    source = "    import socket\n    socket.create_connection(('{host}', {port}), 30).close()\n"
    source = source.replace("{host}", host).replace("{port}", port_of(live))
    project.write(mark + PLAIN + source)
    project.run().assert_outcomes(passed=1)


def test_event_loops_unix_sockets_and_the_machines_own_names_stay_free(
    project: Project, live: ChatServer
) -> None:
    source = (
        "    import asyncio, socket\n"
        "    asyncio.run(asyncio.sleep(0))\n"
        "    assert socket.getaddrinfo('localhost', 80)\n"
        "    assert socket.getaddrinfo('127.0.0.1', 80)\n"
        "    assert socket.getaddrinfo(None, 80)\n"
        "    assert socket.getfqdn('127.0.0.1')\n"
        "    assert socket.getfqdn()\n"
        "    assert socket.getnameinfo(('127.0.0.1', 80), socket.NI_NUMERICHOST)\n"
        "    for one in socket.socketpair():\n        one.close()\n"
    )
    project.write(PLAIN)
    project.record()
    project.write(PLAIN + source)
    project.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


def test_a_pair_of_sockets_may_be_made_by_a_connection_as_on_windows(
    project: Project, live: ChatServer
) -> None:
    source = (
        "@pytest.fixture(autouse=True)\n"
        "def windows(monkeypatch):\n"
        "    import socket\n"
        "    def pair():\n"
        "        with socket.socket() as server:\n"
        "            server.bind(('127.0.0.1', 0))\n"
        "            server.listen()\n"
        "            one = socket.socket()\n"
        "            one.connect(server.getsockname())\n"
        "            return one, server.accept()[0]\n"
        "    monkeypatch.setattr(socket, 'socketpair', pair)\n"
    )
    use = "    import socket\n    for one in socket.socketpair():\n        one.close()\n"
    project.write(source + PLAIN + use)
    project.record().assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)
    assert len(live.requests) == 1


def test_the_guard_is_up_in_replaying_tests_only(project: Project, live: ChatServer) -> None:
    project.write(PLAIN)
    project.record()
    source = POST.replace("{host}", "127.0.0.1").replace("{port}", port_of(live))
    free = "def test_free():\n" + source.replace("httpx.post(", "assert httpx.post(") + "\n"
    project.write(PLAIN + free.replace("'[]'", '\'{"messages": [{"content": ""}]}\''))
    project.run().assert_outcomes(passed=2)
    assert len(live.requests) == 2
