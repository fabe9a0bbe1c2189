"""Transcript: what an interaction says, in words; tolerant of whatever was recorded."""

from collections.abc import Iterator, Mapping
from typing import cast

from pydantic_core import from_json, to_json

from corechat._errors.text import excerpt
from corechat._http.response_headers import read_request_id
from corechat.transport import Headers
from corechat_replay.interaction import Interaction

_SHORT = 400
_UNSHOWN = frozenset({"messages", "tools", "response_format"})

Tree = Mapping[str, object]
Turn = tuple[str, str]


def transcribe(interaction: Interaction) -> list[Turn]:
    """Put an interaction, which is not compressed, into words: who said it, and what was said.

    The first turn are the parameters, the last one tokens, finish reason, time and request id, as
    far as they were recorded. A refusal of the server is said by ``"error"``.
    """
    sent, received = _json(interaction.request.body), _json(interaction.response.body)
    parameters = _parameters(sent)
    facts = " · ".join(_facts(received, interaction.response.headers))
    return [
        *([("parameters", parameters)] if parameters else []),
        *(list(_prompts(sent)) or _raw("sent", interaction.request.body)),
        *(list(_answers(received)) or _raw("received", interaction.response.body)),
        *([("", facts)] if facts else []),
    ]


def _json(body: bytes) -> Tree:
    try:
        return _tree(from_json(body))
    except ValueError:
        return {}


def _tree(value: object) -> Tree:
    return cast("Tree", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _raw(role: str, body: bytes) -> list[Turn]:
    text = excerpt(body[: 4 * _SHORT].decode("utf-8", "replace"), _SHORT)
    return [(role, text)] if text else []


def _parameters(sent: Tree) -> str:
    parts = [
        f"{name} {excerpt(value if isinstance(value, str) else _written(value), 100)}"
        for name, value in sent.items()
        if name not in _UNSHOWN
    ]
    names = [
        str(_tree(_tree(tool).get("function")).get("name")) for tool in _list(sent.get("tools"))
    ]
    if names:
        parts.append(f"tools {', '.join(names)}")
    if "response_format" in sent:
        parts.append(f"response_format {_tree(sent['response_format']).get('type')}")
    return " · ".join(parts) if "messages" in sent else ""


def _prompts(sent: Tree) -> Iterator[Turn]:
    for message in map(_tree, _list(sent.get("messages"))):
        yield (str(message.get("role", "?")), _said(message))


def _answers(received: Tree) -> Iterator[Turn]:
    choices = _list(received.get("choices"))
    for choice in map(_tree, choices):
        message = _tree(choice.get("message"))
        role = str(message.get("role", "assistant"))
        yield (role if len(choices) == 1 else f"{role} {choice.get('index')}", _said(message))
    error = received.get("error")
    if error is not None:
        text = _tree(error).get("message", error)
        yield ("error", text if isinstance(text, str) else _written(text))


def _said(message: Tree) -> str:
    parts: list[str] = []
    reasoning = message.get("reasoning", message.get("reasoning_content"))
    if isinstance(reasoning, str) and reasoning:
        parts.append(f"(reasoning) {reasoning}")
    content = message.get("content")
    if isinstance(content, str):
        parts.append(content)
    elif isinstance(content, list):
        parts += [_part(_tree(part)) for part in _list(content)]
    elif content is not None:
        parts.append(_written(content))
    if isinstance(message.get("refusal"), str):
        parts.append(f"(refusal) {message['refusal']}")
    for call in map(_tree, _list(message.get("tool_calls"))):
        function = _tree(call.get("function"))
        parts.append(f"→ {function.get('name')}({function.get('arguments')})")
    return "\n".join(part for part in parts if part)


def _part(part: Tree) -> str:
    text = part.get("text")
    return text if isinstance(text, str) else f"[{part.get('type')}: {excerpt(_written(part), 80)}]"


def _facts(received: Tree, headers: Headers) -> Iterator[str]:
    usage = _tree(received.get("usage"))
    if usage.get("total_tokens") is not None:
        asked, answered = usage.get("prompt_tokens"), usage.get("completion_tokens")
        yield f"{asked} + {answered} = {usage['total_tokens']} tokens"
    reasons = [str(_tree(one).get("finish_reason")) for one in _list(received.get("choices"))]
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
    timings = _tree(received.get("timings"))  # llama.cpp's
    parts = [timings.get("prompt_ms"), timings.get("predicted_ms")]
    spent = [part for part in parts if isinstance(part, int | float)]
    if spent:
        return sum(spent) / 1000
    try:
        return float(headers.get("openai-processing-ms", "")) / 1000
    except ValueError:
        return None


def _written(value: object) -> str:
    return to_json(value).decode()
