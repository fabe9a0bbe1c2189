"""The options that make a client, which `chat` and `batch run` have in common."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from corechat._client import Client
from corechat._providers.known import PROVIDERS
from corechat.plugins._entries import entries

C = TypeVar("C", bound=Callable[..., Any])


def _providers(_: object, __: object, incomplete: str) -> list[str]:
    return [name for name in PROVIDERS if name.startswith(incomplete)]


def _backends(_: object, __: object, incomplete: str) -> list[str]:
    return [one.name for one in entries() if one.name.startswith(incomplete)]


provider_option = click.option(
    "--provider", help="An endpoint's name; groq by default.", shell_complete=_providers
)
base_url_option = click.option("--base-url", help="Any OpenAI-compatible endpoint.")
_OPTIONS = (
    provider_option,
    base_url_option,
    click.option("--backend", help="The transport; httpx by default.", shell_complete=_backends),
    click.option("--cassette", type=click.Path(), help="Answer from this recording, offline."),
    click.option("--record", type=click.Path(), help="Record in this cassette."),
    click.option("--model-path", type=click.Path(), help="Answer from this local GGUF model."),
    click.option("--timeout", type=float, help="Seconds a call; the provider's own by default."),
    click.option(
        "--retries",
        type=int,
        default=2,
        show_default=True,
        help="How often to try again.",
    ),
)


def client_options(command: C) -> C:
    """Give a command the options."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def make_client(given: dict[str, Any], **more: Any) -> Client:
    """Make a client of the options as they were given, and of more keywords."""
    backend, options = given["backend"], {}
    if given["cassette"] is not None:
        backend, options = backend or "replay", {"cassette": given["cassette"]}
    if given["model_path"] is not None:
        backend, options = backend or "llamacpp", {**options, "model_path": given["model_path"]}
    return Client(
        backend or "httpx",
        provider=given["provider"],
        base_url=given["base_url"],
        timeout=given["timeout"],
        max_retries=given["retries"],
        record=given["record"],
        **more,
        **options,
    )
