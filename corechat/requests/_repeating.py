"""What repeats an answer in the next request, out of its JSON: keys chosen, values as the API's."""

from collections.abc import Collection, Mapping
from typing import Any

from corechat.requests._call_ids import name_text, unique_ids
from corechat.requests._json import arguments_text, object_text
from corechat.requests._parts import is_part

EVERY_KEY = ("*", "tool_calls.*", "tool_calls.function.*")
_OF_STREAMS = frozenset({"index"})
_OF_CALLS = frozenset({"id", "type", "function", "custom"})
_PARTS = frozenset({"tool_calls", "function_call", "audio"})
_TEXTS = frozenset({"refusal", "reasoning", "name"})


def repeat_message(given: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Return the assistant message that repeats the message of an answer.

    Args:
        given: the message, as its server sent it.
        keys: the keys to repeat beside those that every endpoint takes, as in
            `Provider.repeated_keys`; ``*`` stands for every key but one that only streams need.
    """
    fields = _chosen(given, {*keys, "refusal"}, _PARTS)
    fields = {key: one for key, one in fields.items() if key not in _TEXTS or _text(one)}
    fields |= {"role": "assistant", "content": _content(given.get("content"))}
    calls = given.get("tool_calls")
    found = [one for one in calls if isinstance(one, Mapping)] if isinstance(calls, list) else []
    if found:
        fields["tool_calls"] = with_own_ids([repeat_call(one, keys) for one in found])
    if isinstance(function := given.get("function_call"), Mapping):
        fields["function_call"] = repeat_function(function)
    audio = given.get("audio")
    if isinstance(audio, Mapping) and audio.get("id"):
        fields["audio"] = {"id": audio["id"]}
    return fields


def repeat_call(given: Mapping[str, Any], keys: Collection[str]) -> dict[str, Any]:
    """Return what repeats a tool call, as `repeat_message` does."""
    kind, function, custom = _text(given.get("type")), given.get("function"), given.get("custom")
    made = _chosen(given, keys, _OF_CALLS, "tool_calls.")
    made |= {"id": name_text(given.get("id")), "type": kind or "function"}
    if isinstance(function, Mapping):
        made["function"] = repeat_function(function, keys)
    elif isinstance(custom, Mapping):
        text = arguments_text(custom.get("input"))
        made["custom"] = {"name": name_text(custom.get("name")) or "", "input": text}
    return made


def repeat_function(given: Mapping[str, Any], keys: Collection[str] = ()) -> dict[str, Any]:
    """Return what repeats the function of a call: its arguments are the text of a JSON object."""
    known = {
        "name": name_text(given.get("name")) or "",
        "arguments": object_text(given.get("arguments")),
    }
    return {**_chosen(given, keys, known, "tool_calls.function."), **known}


def with_own_ids(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give each of several calls an id of its own: a server may have repeated or left out one."""
    if len(calls) == 1:
        return calls
    ids = unique_ids([call.get("id") for call in calls])
    return [{**call, "id": one} for call, one in zip(calls, ids, strict=True)]


def _chosen(
    given: Mapping[str, Any], keys: Collection[str], without: Collection[str], prefix: str = ""
) -> dict[str, Any]:
    chosen = given.keys() - _OF_STREAMS if f"{prefix}*" in keys else set[str]()
    return {
        name: value
        for name, value in given.items()
        if value is not None
        and name not in without
        and (name in chosen or f"{prefix}{name}" in keys)
    }


def _content(content: Any) -> Any:
    """Leave out what a request may not hold; it takes a text or a list."""
    if isinstance(content, str) or content is None:
        return content
    given = content if isinstance(content, list) else [content]
    parts = [{"type": "text", "text": one} if isinstance(one, str) else one for one in given]
    return [part for part in parts if is_part(part)] or ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
