"""``corechat chat``: one question, one answer."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from pydantic_core import from_json, to_json
from rich.console import Console
from rich.table import Table

from corechat._cli.client_options import client_options, make_client
from corechat._cli.output import readable_errors, spinner, write_json, write_text
from corechat._client import Client
from corechat._errors.text import escape_controls
from corechat.errors import RequestValidationError, UnmatchedRequestError
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, ParsedChatResponse, Usage

_OPTIONAL = ("temperature", "top_p", "max_completion_tokens", "seed", "reasoning_effort")


@click.command()
@click.argument("prompt", required=False)
@click.option("--system", help="A system message.")
@click.option("--model", "-m", envvar="CORECHAT_MODEL", show_envvar=True, help="The model.")
@client_options
@click.option("--schema", type=click.Path(), help="A JSON Schema that the answer must fit.")
@click.option("--temperature", type=float, help="0 to 2.")
@click.option("--top-p", type=float, help="0 to 1.")
@click.option("--max-tokens", "max_completion_tokens", type=int, help="Bound on the answer.")
@click.option("--seed", type=int, help="Best effort at the same answer.")
@click.option("--stop", multiple=True, help="A text at which to stop; up to four.")
@click.option("--reasoning-effort", help="none, low, medium, high …, by model.")
@click.option("--param", "-p", multiple=True, metavar="NAME=JSON", help="Any other parameter.")
@click.option("--json", "as_json", is_flag=True, help="Print the server's JSON.")
@click.option("--details", is_flag=True, help="Print prompt, answer, tokens and origin.")
def chat(*, prompt: str | None, as_json: bool, details: bool, **given: Any) -> None:
    """Ask what standard input holds, PROMPT, or both in this order, and print the answer.

    The API key is read from the provider's environment variable, for example GROQ_API_KEY. It is
    never an argument, since arguments show in process lists.
    """
    question = _read_prompt(prompt)
    with readable_errors():
        request = _request(question, given)
        asked: dict[str, Any] = (
            {} if given["schema"] is None else {"response_format": _schema(given["schema"])}
        )
        with _recording_told(), make_client(given) as client:
            started = time.monotonic()
            with spinner(f"waiting for {request.model or 'an answer'}"), _model_asked():
                reply = client.complete(request, **asked)
            elapsed = time.monotonic() - started
    if as_json:
        write_json(reply.model_dump_json(exclude_unset=True, indent=2))
    elif details:
        _print_details(question, reply, _origin(client, given), elapsed)
    elif isinstance(reply, ParsedChatResponse):
        write_json(to_json(reply.parsed).decode())
    else:
        write_text(reply.text or _instead_of_text(reply))


def _schema(path: str) -> dict[str, Any]:
    try:
        schema: object = from_json(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else f"not JSON: {error}"
        raise click.BadParameter(f"{path}: {said}", param_hint="--schema") from None
    if not isinstance(schema, dict):
        raise click.BadParameter(f"{path}: not a JSON object", param_hint="--schema")
    return schema


@contextmanager
def _model_asked() -> Iterator[None]:
    """Say in the command's words that a model is needed."""
    try:
        yield
    except RequestValidationError as error:
        if any(path == "model" for path, _ in error.problems):
            raise click.UsageError("Name a model: --model NAME, or set CORECHAT_MODEL.") from None
        raise


@contextmanager
def _recording_told() -> Iterator[None]:
    """Say in the command's words how a request gets into a cassette."""
    try:
        yield
    except UnmatchedRequestError as error:
        told = escape_controls(error.message)
        raise click.ClickException(
            f"{told}\nOn the command line, --record FILE records into a file that is not there yet."
        ) from None


def _read_prompt(prompt: str | None) -> str:
    given = "" if prompt in (None, "-") else str(prompt)
    if not given and sys.stdin.isatty():
        raise click.UsageError("Give a PROMPT, or pipe one in.")
    text = "\n".join(part for part in (_read_pipe(), given) if part)
    if not text.strip():
        raise click.UsageError("The prompt is empty.")
    return text


def _read_pipe() -> str:
    """Read what is piped in, but for the newline that a shell or an editor puts at its end."""
    if sys.stdin.isatty():
        return ""
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise click.UsageError("What is piped in is not UTF-8.") from None
    except OSError as error:
        said = error.strerror or str(error)
        raise click.UsageError(f"Standard input cannot be read: {said}.") from None
    return text.removesuffix("\n").removesuffix("\r")


def _request(question: str, given: dict[str, Any]) -> ChatRequest:
    messages = [{"role": "user", "content": question}]
    if given["system"] is not None:
        messages.insert(0, {"role": "system", "content": given["system"]})
    params: dict[str, Any] = {"messages": messages}
    params.update({name: given[name] for name in _OPTIONAL if given[name] is not None})
    if given["model"] is not None:
        params["model"] = given["model"]
    if given["stop"]:
        params["stop"] = list(given["stop"])
    for text in given["param"]:
        name, found, value = text.partition("=")
        if not found:
            raise click.BadParameter(f"{text!r} is not NAME=JSON", param_hint="--param")
        try:
            params[name] = from_json(value)
        except ValueError:
            params[name] = value
    return ChatRequest.model_validate(params)


def _instead_of_text(reply: ChatResponse) -> str:
    calls = [f"{call.name}({call.arguments})" for call in reply.tool_calls]
    refusal: object = reply.message.refusal
    return "\n".join(calls) or str(refusal or f"(no text: {reply.finish_reason})")


def _origin(client: Client, given: dict[str, Any]) -> str:
    if given["cassette"] is not None:
        return f"{given['cassette']}, recorded from {client.url}, played offline"
    return str(given["model_path"] or client.url)


def _print_details(question: str, reply: ChatResponse, origin: str, elapsed: float) -> None:
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    usage: object = reply.usage
    tokens = "not reported"
    if isinstance(usage, Usage):
        tokens = (
            f"{usage.prompt_tokens} prompt + {usage.completion_tokens} answer"
            f" = {usage.total_tokens}"
        )
    rows = {
        "prompt": question.strip(),
        "answer": reply.text or _instead_of_text(reply),
        "model": str(reply.model),
        "tokens": tokens,
        "finish reason": str(reply.finish_reason),
        "from": origin,
        "time": f"{elapsed:.3f} s, {reply.http.attempts} attempt(s)",
    }
    if reply.request_id:
        rows["request id"] = reply.request_id
    for name, value in rows.items():
        table.add_row(name, escape_controls(value))
    Console(markup=False, highlight=False).print(table)
