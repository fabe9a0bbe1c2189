"""Usage: how many tokens an answer took, and how long (API reference, the completion's usage)."""

import math
from typing import Any

from corechat.responses._base import Open, OpenResponse


class PromptTokensDetails(OpenResponse):
    """Break down the tokens of the prompt.

    Attributes:
        cached_tokens: tokens served from a cache.
        audio_tokens: tokens of audio (OpenAI).
    """

    cached_tokens: Open[int] = None
    audio_tokens: Open[int] = None


class CompletionTokensDetails(OpenResponse):
    """Break down the tokens of the answer.

    Attributes:
        reasoning_tokens: tokens spent on reasoning.
        audio_tokens: tokens of audio (OpenAI).
        accepted_prediction_tokens: tokens of the prediction that the answer took over (OpenAI).
        rejected_prediction_tokens: those that it did not; they are billed all the same (OpenAI).
    """

    reasoning_tokens: Open[int] = None
    audio_tokens: Open[int] = None
    accepted_prediction_tokens: Open[int] = None
    rejected_prediction_tokens: Open[int] = None


class Usage(OpenResponse):
    """Count an answer's tokens and times.

    Attributes:
        prompt_tokens: tokens of the request.
        completion_tokens: tokens of the answer, reasoning included.
        total_tokens: their sum.
        queue_time: seconds in the queue (Groq).
        prompt_time: seconds for the prompt (Groq).
        completion_time: seconds for the answer (Groq).
        total_time: seconds in all (Groq).
        prompt_tokens_details: the prompt's tokens by kind.
        completion_tokens_details: the answer's tokens by kind.
    """

    prompt_tokens: Open[int] = None
    completion_tokens: Open[int] = None
    total_tokens: Open[int] = None
    queue_time: Open[float] = None
    prompt_time: Open[float] = None
    completion_time: Open[float] = None
    total_time: Open[float] = None
    prompt_tokens_details: Open[PromptTokensDetails] = None
    completion_tokens_details: Open[CompletionTokensDetails] = None

    def __add__(self, other: "Usage") -> "Usage":
        """Return the sums; what is not a number in one of them is the other's."""
        if not isinstance(other, Usage):
            return NotImplemented
        return Usage.model_validate(_sums(_numbers(self), _numbers(other)))


_Numbers = dict[str, Any]


def _numbers(part: OpenResponse) -> _Numbers:
    """Return the numbers of a part, and of its parts, by name."""
    found: _Numbers = {}
    for name, value in part:
        if isinstance(value, OpenResponse):
            found[name] = _numbers(value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found[name] = value
    return found


def _sums(one: _Numbers, other: _Numbers) -> _Numbers:
    summed = {**one, **other}
    for name in one.keys() & other.keys():
        mine, its = one[name], other[name]
        if isinstance(mine, dict) and isinstance(its, dict):
            summed[name] = _sums(mine, its)
        elif not isinstance(mine, dict) and not isinstance(its, dict):
            summed[name] = mine + its
    return summed


def tokens_of(usage: object) -> dict[str, int]:
    """Return the tokens by name, whatever types a careless server gave them; 0 for the unreadable.

    The total is the sum of the others where the server gave none.
    """
    known = usage if isinstance(usage, Usage) else Usage()
    prompt, completion = _count(known.prompt_tokens), _count(known.completion_tokens)
    total = _count(known.total_tokens) or prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def _count(value: object) -> int:
    if isinstance(value, str):
        try:
            value = float(value)
        except ValueError:
            return 0
    if isinstance(value, float):
        value = int(value) if math.isfinite(value) else 0
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0
