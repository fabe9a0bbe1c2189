"""``corechat cassette show``: a recording as a conversation to read."""

from collections.abc import Iterator, Mapping
from typing import cast

import click
from pydantic_core import from_json, to_json
from rich.console import Console
from rich.table import Table
from rich.text import Text

from corechat._cli.output import readable_errors
from corechat._errors.text import escape_controls, excerpt
from corechat._http.response_headers import read_request_id
from corechat.transport import Headers
from corechat_replay.cassette.bodies import without_coding
from corechat_replay.cassette.reader import load
from corechat_replay.cli.common import counted
from corechat_replay.interaction import Interaction

_STYLES = {"user": "cyan", "assistant": "green", "tool": "yellow", "error": "bold red"}
_SHORT = 400
_UNSHOWN = frozenset({"messages", "tools", "response_format"})

Tree = Mapping[str, object]
Turn = tuple[str, str]


@click.command()
@click.argument("file")
@click.option("--number", "-n", type=click.IntRange(min=1), help="Only this interaction, from 1.")
def show(*, file: str, number: int | None) -> None:
    """Print FILE as a transcript: prompts, answers, tool calls, tokens, time."""
    console = Console(markup=False, highlight=False)
    with readable_errors():
        cassette = load(file)
        wanted = [
            without_coding(each, file)
            for each in cassette.interactions
            if number in (None, each.number + 1)
        ]
    if number is not None and not wanted:
        raise click.ClickException(f"There is no interaction {number} in {file!r}.")
    for interaction in wanted:
        _print(console, interaction)
    if number is None:
        for note in cassette.skipped:
            console.print(Text(escape_controls(f"not readable: {note}"), "yellow"))
        console.print(counted(len(wanted), "interaction"))


def _print(console: Console, interaction: Interaction) -> None:
    request, response = interaction.request, interaction.response
    status = f"{response.status} {interaction.reason}".strip()
    title = f"#{interaction.number + 1}  {request.method} {request.url} → {status}"
    console.print(Text(escape_controls(title), "bold"), soft_wrap=True)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for role, text in _transcribe(interaction):
        style = _STYLES.get(role, "dim")
        table.add_row(Text(escape_controls(role), style), Text(escape_controls(text)))
    console.print(table)
    console.print()


def _transcribe(interaction: Interaction) -> list[Turn]:
    """Put an interaction into words: who said it, and what was said; tolerant of what it holds."""
    sent, received = _json(interaction.request.body), _json(interaction.response.body)
    return [
        *_turn("parameters", _parameters(sent)),
        *(list(_prompts(sent)) or _raw("sent", interaction.request.body)),
        *(list(_answers(received)) or _raw("received", interaction.response.body)),
        *_turn("", " · ".join(_facts(received, interaction.response.headers))),
    ]


def _json(body: bytes) -> Tree:
    try:
        return _tree(from_json(body))
    except ValueError:
        return {}


def _tree(value: object) -> Tree:
    return cast("Tree", value) if isinstance(value, dict) else {}


def _trees(value: object) -> list[Tree]:
    return list(map(_tree, cast("list[object]", value))) if isinstance(value, list) else []


def _turn(role: str, text: str) -> list[Turn]:
    return [(role, text)] if text else []


def _raw(role: str, body: bytes) -> list[Turn]:
    return _turn(role, excerpt(body[: 4 * _SHORT].decode("utf-8", "replace"), _SHORT))


def _parameters(sent: Tree) -> str:
    parts = [
        f"{name} {excerpt(_words(value), 100)}"
        for name, value in sent.items()
        if name not in _UNSHOWN
    ]
    names = [str(_tree(tool.get("function")).get("name")) for tool in _trees(sent.get("tools"))]
    if names:
        parts.append(f"tools {', '.join(names)}")
    if "response_format" in sent:
        parts.append(f"response_format {_tree(sent['response_format']).get('type')}")
    return " · ".join(parts) if "messages" in sent else ""


def _prompts(sent: Tree) -> Iterator[Turn]:
    for message in _trees(sent.get("messages")):
        yield (str(message.get("role", "?")), _said(message))


def _answers(received: Tree) -> Iterator[Turn]:
    choices = _trees(received.get("choices"))
    for choice in choices:
        message = _tree(choice.get("message"))
        role = str(message.get("role", "assistant"))
        yield (role if len(choices) == 1 else f"{role} {choice.get('index')}", _said(message))
    error = received.get("error")
    if error is not None:
        yield ("error", _words(_tree(error).get("message", error)))


def _said(message: Tree) -> str:
    parts: list[str] = []
    reasoning = message.get("reasoning", message.get("reasoning_content"))
    if isinstance(reasoning, str) and reasoning:
        parts.append(f"(reasoning) {reasoning}")
    content = message.get("content")
    if isinstance(content, list):
        parts += map(_part, _trees(content))
    elif content is not None:
        parts.append(_words(content))
    if isinstance(message.get("refusal"), str):
        parts.append(f"(refusal) {message['refusal']}")
    for call in _trees(message.get("tool_calls")):
        function = _tree(call.get("function"))
        parts.append(f"→ {function.get('name')}({function.get('arguments')})")
    return "\n".join(part for part in parts if part)


def _part(part: Tree) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type')}: {excerpt(_words(part), 80)}]"


def _facts(received: Tree, headers: Headers) -> Iterator[str]:
    usage = _tree(received.get("usage"))
    if usage.get("total_tokens") is not None:
        asked, answered = usage.get("prompt_tokens"), usage.get("completion_tokens")
        yield f"{asked} + {answered} = {usage['total_tokens']} tokens"
    reasons = [str(choice.get("finish_reason")) for choice in _trees(received.get("choices"))]
    if reasons:
        yield ", ".join(reasons)
    seconds = _seconds(received, headers)
    if seconds is not None:
        yield f"{seconds:.3f} s"
    request_id = read_request_id(headers)
    if request_id:
        yield f"request id {request_id}"


def _seconds(received: Tree, headers: Headers) -> float | None:
    groq = _tree(received.get("usage")).get("total_time")
    if isinstance(groq, int | float):
        return float(groq)
    llama = _tree(received.get("timings"))  # llama.cpp's
    spent = [llama.get(name) for name in ("prompt_ms", "predicted_ms")]
    if any(spent):
        return sum(part for part in spent if isinstance(part, int | float)) / 1000
    try:
        return float(headers.get("openai-processing-ms", "")) / 1000
    except ValueError:
        return None


def _words(value: object) -> str:
    return value if isinstance(value, str) else to_json(value).decode()
