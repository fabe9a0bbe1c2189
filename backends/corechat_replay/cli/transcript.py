"""Transcript: an interaction in words, for people: who said what, with which parameters."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from pydantic_core import from_json, to_json

from corechat._errors.text import excerpt
from corechat._http.response_headers import read_request_id
from corechat.transport import Headers
from corechat_replay.interaction import Interaction

_SHORT = 400
_DEFINITIONS = ("tools", "response_format")
_PREFIXES = {"reasoning": "(reasoning) ", "refusal": "(refusal) ", "call": "→ "}

Tree = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """One part of a turn; the kind is ``text``, ``reasoning``, ``refusal`` or ``call``."""

    kind: str
    text: str

    def __str__(self) -> str:
        return _PREFIXES.get(self.kind, "") + self.text


@dataclass(frozen=True, slots=True)
class Turn:
    """What one role says; the role is also ``sent``, ``received`` or ``error``."""

    role: str
    parts: tuple[Said, ...]

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        return "\n".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class Transcript:
    """An interaction in words, tolerant of what it holds.

    Attributes:
        title: the number, the method, the URL and the status.
        is_error: whether the status is one of an error.
        parameters: each with its value, but for the messages.
        definitions: the tools and the format of the answer, as indented JSON.
        turns: the conversation, the answer at its end.
        facts: usage, finish reason, time, request id.
    """

    title: str
    is_error: bool
    parameters: tuple[str, ...]
    definitions: Mapping[str, str]
    turns: tuple[Turn, ...]
    facts: tuple[str, ...]


def transcribe(interaction: Interaction) -> Transcript:
    """Put an interaction, whose bodies are not compressed, into words."""
    request, response = interaction.request, interaction.response
    sent, received = _json(request.body), _json(response.body)
    status = f"{response.status} {interaction.reason}".strip()
    return Transcript(
        title=f"#{interaction.number + 1}  {request.method} {request.url} → {status}",
        is_error=response.status >= 400,  # noqa: PLR2004 - RFC 9110 §15
        parameters=tuple(_parameters(sent)),
        definitions={
            name: to_json(sent[name], indent=2).decode() for name in _DEFINITIONS if name in sent
        },
        turns=(
            *(tuple(_prompts(sent)) or _raw("sent", request.body)),
            *(tuple(_answers(received)) or _raw("received", response.body)),
        ),
        facts=tuple(_facts(received, response.headers)),
    )


def _json(body: bytes) -> Tree:
    try:
        return _tree(from_json(body))
    except ValueError:
        return {}


def _tree(value: object) -> Tree:
    return cast("Tree", value) if isinstance(value, dict) else {}


def _trees(value: object) -> list[Tree]:
    return list(map(_tree, cast("list[object]", value))) if isinstance(value, list) else []


def _raw(role: str, body: bytes) -> tuple[Turn, ...]:
    text = excerpt(body[: 4 * _SHORT].decode("utf-8", "replace"), _SHORT)
    return (Turn(role, (Said("text", text),)),) if text else ()


def _parameters(sent: Tree) -> Iterator[str]:
    if "messages" not in sent:
        return
    for name, value in sent.items():
        if name not in ("messages", *_DEFINITIONS):
            yield f"{name} {excerpt(_words(value), 100)}"
    names = [str(_tree(tool.get("function")).get("name")) for tool in _trees(sent.get("tools"))]
    if names:
        yield f"tools {', '.join(names)}"
    if "response_format" in sent:
        yield f"response_format {_tree(sent['response_format']).get('type')}"


def _prompts(sent: Tree) -> Iterator[Turn]:
    for message in _trees(sent.get("messages")):
        yield Turn(str(message.get("role", "?")), tuple(_said(message)))


def _answers(received: Tree) -> Iterator[Turn]:
    choices = _trees(received.get("choices"))
    for choice in choices:
        message = _tree(choice.get("message"))
        role = str(message.get("role", "assistant"))
        role = role if len(choices) == 1 else f"{role} {choice.get('index')}"
        yield Turn(role, tuple(_said(message)))
    error = received.get("error")
    if error is not None:
        yield Turn("error", (Said("text", _words(_tree(error).get("message", error))),))


def _said(message: Tree) -> Iterator[Said]:
    reasoning = message.get("reasoning", message.get("reasoning_content"))
    if isinstance(reasoning, str) and reasoning:
        yield Said("reasoning", reasoning)
    content = message.get("content")
    texts = map(_part, _trees(content)) if isinstance(content, list) else [_words(content)]
    if content is not None:
        yield from (Said("text", text) for text in texts if text)
    if isinstance(message.get("refusal"), str):
        yield Said("refusal", str(message["refusal"]))
    for call in _trees(message.get("tool_calls")):
        function = _tree(call.get("function"))
        yield Said("call", f"{function.get('name')}({function.get('arguments')})")


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
