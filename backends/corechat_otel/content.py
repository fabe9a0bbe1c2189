"""Content: messages in the form that the GenAI conventions give to inputs and outputs."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from corechat.requests import ChatRequest
from corechat.responses import ChatResponse


def content_of_request(request: ChatRequest) -> dict[str, str]:
    """Return the messages and the tools of a request, as the JSON texts of span attributes."""
    sent = json.loads(request.to_json())
    found = {"gen_ai.input.messages": _text(map(_with_parts, _list(sent.get("messages"))))}
    if sent.get("tools"):
        found["gen_ai.tool.definitions"] = _text(map(_tool, _list(sent["tools"])))
    return found


def content_of_response(response: ChatResponse) -> dict[str, str]:
    """Return the messages of an answer, as the JSON text of a span attribute."""
    dumped = response.model_dump(mode="json", include={"choices"}, exclude_unset=True)
    return {
        "gen_ai.output.messages": _text(
            {**_with_parts(one.get("message")), "finish_reason": one.get("finish_reason")}
            for one in dumped["choices"]
        )
    }


def _text(values: Iterable[object]) -> str:
    text = json.dumps(list(values), ensure_ascii=False)
    return text.encode(errors="replace").decode()  # half surrogates would stop an exporter


def _with_parts(message: Any) -> dict[str, Any]:
    given = _mapping(message)
    role, content = given.get("role", "assistant"), given.get("content")
    if role == "tool":
        answered = {"id": given.get("tool_call_id"), "response": content}
        return {"role": role, "parts": [{"type": "tool_call_response", **answered}]}
    reasoning = given.get("reasoning") or given.get("reasoning_content")
    parts: list[Mapping[str, Any]] = []
    if reasoning:
        parts.append({"type": "reasoning", "content": reasoning})
    parts += [_part(one) for one in [*_list(content), given.get("refusal")] if one]
    calls = given.get("tool_calls")
    return {"role": role, "parts": [*parts, *map(_call, _list(calls) if calls else ())]}


def _part(part: Any) -> Mapping[str, Any]:
    given = _mapping(part)
    if given and given.get("type") != "text":
        return given
    return {"type": "text", "content": given.get("text") if given else part}


def _tool(tool: Any) -> Mapping[str, Any]:
    given = _mapping(tool)
    function = _mapping(given.get("function"))
    return {"type": given.get("type"), **function} if function else given


def _call(call: Any) -> Mapping[str, Any]:
    given = _mapping(call)
    called = _mapping(given.get("function") or given.get("custom"))
    arguments = called.get("arguments", called.get("input"))
    named = {"id": given.get("id"), "name": called.get("name")}
    return {"type": "tool_call", **named, "arguments": _read(arguments)}


def _read(arguments: Any) -> Any:
    try:
        return json.loads(arguments)
    except (TypeError, ValueError, RecursionError):  # of a custom tool, or not JSON
        return arguments


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}  # a server or extra_body may say anything
