"""Plugins: imported when asked for, isolated, refused by name when broken, never shadowing."""

import sys
from typing import Any

import pytest

from corechat import (
    BackendNotFoundError,
    Client,
    ConfigurationError,
    MissingDependencyError,
    PluginError,
    ProviderNotFoundError,
)
from corechat.plugins import Provider, hookimpl
from corechat.plugins._entries import all_entries, entries, load
from corechat.plugins._named import NamedPlugins, collect, find_backend
from tests.core.installing import Install
from tests.core.support import KEY, MESSAGES, ScriptedTransport

BACKEND = """
from corechat.plugins import hookimpl
from tests.core.support import KEY, MESSAGES, ScriptedTransport

def make(options, *, size: int, colour="red"):
    made = ScriptedTransport()
    made.told = (options, size, colour)
    return made

@hookimpl
def corechat_register_backends():
    return {NAME: make}
"""


def backend_source(name: str) -> str:
    return BACKEND.replace("NAME", repr(name))


def test_the_built_in_backends_are_found_by_name_without_importing_their_libraries() -> None:
    names = {entry.name for entry in all_entries()}
    assert {"aiohttp", "httpx", "httpx2", "llamacpp", "replay"} <= names
    for name in ("httpx", "httpx2", "aiohttp", "replay"):
        assert callable(find_backend(name))


def test_a_backend_of_another_distribution_is_found_by_its_name(install: Install) -> None:
    module = install("corechat-weird", "weird", source=backend_source("weird"))
    assert module not in sys.modules
    with Client("weird", base_url="http://127.0.0.1:1", size=3) as client:
        assert client.complete(messages=MESSAGES).text == "Hello!"
    assert module in sys.modules


def test_a_plugin_that_was_not_asked_for_is_not_imported(install: Install) -> None:
    module = install("corechat-bomb", "bomb", source="raise SystemExit('imported')")
    with Client(base_url="http://127.0.0.1:1"):
        assert module not in sys.modules


def test_an_unknown_backend_names_the_nearest_and_lists_the_known() -> None:
    with pytest.raises(BackendNotFoundError, match="Did you mean 'httpx'") as caught:
        Client("htpx", base_url="http://127.0.0.1:1")
    for name in ("aiohttp", "httpx", "httpx2", "llamacpp", "replay"):
        assert name in caught.value.message


def test_an_unknown_provider_names_the_nearest_and_lists_the_known() -> None:
    with pytest.raises(ProviderNotFoundError, match="Did you mean 'openai'") as caught:
        Client(provider="opnai")
    assert "azure-openai" in caught.value.message
    assert "base_url=" in caught.value.message


def test_an_unknown_plugin_lists_the_known() -> None:
    with pytest.raises(PluginError, match="replay"):
        Client(base_url="http://127.0.0.1:1", plugins=["nothing"])


def test_an_unknown_option_names_the_known_ones(install: Install) -> None:
    install("corechat-weird", "weird", source=backend_source("weird"))
    with pytest.raises(ConfigurationError, match=r"Did you mean 'colour'.*size") as caught:
        Client("weird", base_url="http://127.0.0.1:1", size=1, color="blue")
    assert "'color'" in caught.value.message
    with pytest.raises(ConfigurationError, match="needs the option size="):
        Client("weird", base_url="http://127.0.0.1:1")
    with pytest.raises(ConfigurationError, match="http2"):
        Client(base_url="http://127.0.0.1:1", htp2=True)


def test_two_distributions_that_claim_one_name_are_both_named(install: Install) -> None:
    install("corechat-weird", "weird", source=backend_source("weird"))
    install("corechat-other", "weird", source=backend_source("weird"), version="2.0")
    with pytest.raises(PluginError) as caught:
        Client("weird", base_url="http://127.0.0.1:1", size=1)
    assert "corechat-weird 1.0" in caught.value.message
    assert "corechat-other 2.0" in caught.value.message


def test_a_built_in_name_cannot_be_taken(install: Install) -> None:
    install("corechat-thief", "httpx", source=backend_source("httpx"))
    with pytest.raises(PluginError, match="corechat-thief") as caught:
        Client(base_url="http://127.0.0.1:1")
    assert "corechat 0" in caught.value.message


def test_a_named_plugin_cannot_take_a_built_in_name_either() -> None:
    class Thief:
        @hookimpl
        def corechat_register_backends(self) -> Any:
            return {"httpx": lambda _: ScriptedTransport()}

        @hookimpl
        def corechat_register_providers(self) -> Any:
            return {"groq": Provider("groq", "https://thief.example/v1", ("GROQ_API_KEY",))}

    with pytest.raises(PluginError, match="claimed"):
        Client(base_url="http://127.0.0.1:1", plugins=[Thief()])
    with pytest.raises(PluginError, match="claimed"):
        Client(ScriptedTransport(), provider="groq", api_key=KEY, plugins=[Thief()])


def test_a_broken_plugin_stops_nobody_else(install: Install) -> None:
    for number, source in enumerate(
        ["raise ValueError('boom')", "import no_such_module_anywhere", "raise SystemExit(3)", "(("]
    ):
        install(f"corechat-broken-{number}", f"broken{number}", source=source)
    install("corechat-weird", "weird", source=backend_source("weird"))
    Client("weird", base_url="http://127.0.0.1:1", size=1).close()
    for number in range(4):
        with pytest.raises(PluginError, match=f"corechat-broken-{number} 1.0") as caught:
            Client(f"broken{number}", base_url="http://127.0.0.1:1")
        assert f"'broken{number}'" in caught.value.message
    with pytest.raises(PluginError, match="ValueError: boom"):
        load("broken0")


def test_an_entry_point_of_a_module_that_is_not_there_is_a_plugin_error(install: Install) -> None:
    module = install("corechat-gone", "gone")
    sys.modules[module] = None  # type: ignore[assignment]  # as if it were not there
    with pytest.raises(PluginError, match=r"corechat-gone 1\.0"):
        load("gone")


def test_plugins_can_be_disabled(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("corechat-weird", "weird", source=backend_source("weird"))
    monkeypatch.setenv("CORECHAT_DISABLE_PLUGINS", "weird, other")
    with pytest.raises(BackendNotFoundError):
        Client("weird", base_url="http://127.0.0.1:1")
    assert "weird" not in {entry.name for entry in entries()}
    monkeypatch.setenv("CORECHAT_DISABLE_PLUGINS", "*")
    assert {entry.name for entry in entries()} >= {"httpx", "replay"}
    assert "weird" not in {entry.name for entry in entries()}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return {'odd': lambda options: object()}", "builtins.object"),
        ("return {'odd': lambda options: None}", "NoneType"),
        ("return {'odd': lambda options: 1 / 0}", "ZeroDivisionError"),
        ("return {'odd': 5}", "not a factory"),
        ("return {'odd': 'x' * 100000}", "not a factory"),
        ("return 5", "TypeError"),
        ("return [5]", "TypeError"),
        ("raise OSError('disk')", "OSError: disk"),
    ],
)
def test_a_backend_that_is_none_names_its_distribution(
    install: Install, body: str, words: str
) -> None:
    hook = f"@hookimpl\ndef corechat_register_backends():\n    {body}"
    source = f"from corechat.plugins import hookimpl\n{hook}"
    install("corechat-odd", "odd", source=source, version="3.1")
    with pytest.raises(PluginError) as caught:
        Client("odd", base_url="http://127.0.0.1:1")
    assert words in caught.value.message
    assert "corechat-odd 3.1" in caught.value.message
    assert "'odd'" in caught.value.message


def test_a_plugin_that_does_not_offer_its_own_name_is_not_that_backend(install: Install) -> None:
    install("corechat-weird", "weird", source=backend_source("other"))
    with pytest.raises(BackendNotFoundError, match="'weird'"):
        Client("weird", base_url="http://127.0.0.1:1")


def test_a_missing_library_gives_the_line_to_install_it() -> None:
    from corechat.plugins._making import check_needs  # noqa: PLC0415 - only here
    from corechat.transport import needs  # noqa: PLC0415 - only here

    for module in ("no_such_library", "no_such_package.inside"):
        factory = needs(module, "corechat[nothing]")(lambda: None)
        with pytest.raises(MissingDependencyError, match=r"pip install 'corechat\[nothing\]'"):
            check_needs("x", factory)


def test_a_provider_of_a_plugin_is_found_by_name(install: Install) -> None:
    source = """
from corechat.plugins import Provider, hookimpl

@hookimpl
def corechat_register_providers():
    return {"acme": Provider("acme", "https://acme.example/v1", ("ACME_API_KEY",))}
"""
    install("corechat-acme", "acme", source=source)
    transport = ScriptedTransport()
    Client(transport, provider="acme", api_key=KEY).complete(messages=MESSAGES, model="m")
    assert transport.requests[0].url == "https://acme.example/v1/chat/completions"


def test_a_provider_that_is_none_is_a_plugin_error() -> None:
    class Odd:
        @hookimpl
        def corechat_register_providers(self) -> Any:
            return {"odd": "https://h"}

    with pytest.raises(PluginError, match="odd"):
        NamedPlugins([Odd()]).find_provider("odd")


def test_a_plugin_is_asked_once_for_what_it_offers() -> None:
    class Both:
        @hookimpl
        def corechat_register_backends(self) -> Any:
            return {"a": len}

        @hookimpl
        def corechat_register_providers(self) -> Any:
            return {"b": Provider("b", "https://h")}

    backends, providers = collect(Both(), "both")
    assert (list(backends), list(providers)) == (["a"], ["b"])
