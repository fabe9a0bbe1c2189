"""What went wrong inside an answer that came as a success: an error in it, or a missing message."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from corechat._call.error_object import ErrorObject, read_error_value
from corechat.responses import ChatResponse

_STATUS_KEYS = ("code", "status", "status_code", "http_status")
_STATUS = re.compile("[45][0-9]{2}")  # RFC 9110 §15: what is no success
_OTHER_ANSWERS = frozenset({"text", "delta"})  # a legacy completion, a chunk of a stream


@dataclass(frozen=True, slots=True)
class FailedAnswer:
    """Say what an answer holds in place of itself.

    Attributes:
        where: for a message, for example ``"choices.0 holds an error"``.
        error: what the server said.
        status: the HTTP status that it named, 400 to 599; else None.
    """

    where: str
    error: ErrorObject
    status: int | None = None


def find_failure(answer: ChatResponse) -> FailedAnswer | None:
    """Return the error beside or inside the choices, or the choice that ended in one; else None.

    OpenRouter puts ``{"code": 502, "message": …}`` into a choice and ends it with ``"error"`` (its
    documentation, "Errors"). One failed choice of several fails the answer: the error keeps it.
    """
    if answer.model_extra and answer.model_extra.get("error"):
        return FailedAnswer("it holds an error", read_error_value(answer.model_extra["error"]))
    for number, choice in enumerate(answer.choices):
        extra, told = choice.model_extra, choice.message.model_extra
        said = (extra and extra.get("error")) or (told and told.get("error"))
        reason: object = choice.finish_reason
        # also "network_error" (Zhipu), "ERROR"
        if said or (isinstance(reason, str) and reason[-5:].lower() == "error"):
            ended = f"choices.{number} {'holds an error' if said else f'ended with {reason!r}'}"
            return FailedAnswer(ended, read_error_value(said or ""), _status_in(said))
    return None


def _status_in(said: Any) -> int | None:
    while isinstance(said, dict) and isinstance(said.get("error"), dict):
        said = said["error"]
    named = [str(said.get(key)) for key in _STATUS_KEYS] if isinstance(said, dict) else []
    return next((int(one) for one in named if _STATUS.fullmatch(one)), None)


def read_without_message(body: bytes) -> ChatResponse | None:
    """Read JSON of which a choice has ended, but without a message; None if more is wrong with it.

    Azure leaves the message out where it filtered an answer, Gemini's endpoint sends null. Such a
    choice gets an empty message, so that an error can keep its reason and the answer's usage.
    """
    try:
        value = from_json(body, allow_inf_nan=False)
        for choice in value["choices"]:
            ended = isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]
            if ended and choice.get("message") is None and not _OTHER_ANSWERS & choice.keys():
                choice["message"] = {}
        return ChatResponse.model_validate(value)
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return None
