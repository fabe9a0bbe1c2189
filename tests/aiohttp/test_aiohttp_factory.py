"""The factory checks its options, and imports aiohttp no sooner than it must."""

import pytest

from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.plugins._making import make_transport
from corechat.transport import PooledTransport, TransportOptions
from corechat.transport._deadline import Deadline
from corechat_aiohttp.factories import aiohttp
from tests.aiohttp.conftest import post, run_python


def test_the_plugin_imports_neither_aiohttp_nor_asyncio() -> None:
    script = "import sys, corechat_aiohttp.plugin; print({'aiohttp', 'asyncio'} & {*sys.modules})"
    done = run_python(script)
    assert done.stdout.strip() == "set()"


def test_a_socks_proxy_is_refused_with_a_way_out() -> None:
    with pytest.raises(ConfigurationError, match="httpx"):
        aiohttp(TransportOptions(proxy="socks5://127.0.0.1:1080"))


def test_an_unknown_option_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="max_connections"):
        make_transport("aiohttp", aiohttp, TransportOptions(), {"max_connection": 5})


def test_a_missing_aiohttp_is_named_with_the_line_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("corechat.plugins._making.find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'corechat\[aiohttp\]'"):
        make_transport("aiohttp", aiohttp, TransportOptions(), {})


def test_making_and_closing_opens_nothing() -> None:
    transport = aiohttp(TransportOptions())
    assert isinstance(transport, PooledTransport)
    transport.close()
    transport.close()


def test_authorities_that_cannot_be_read_are_a_configuration_error() -> None:
    transport = aiohttp(TransportOptions(ca_file="/nowhere/ca.pem"))
    with pytest.raises(ConfigurationError, match=r"ca\.pem"):
        transport.send(post("https://127.0.0.1:1"), Deadline.after(1))
    transport.close()
