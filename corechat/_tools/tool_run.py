"""ToolRun: what `run_tools` did, and ToolStep: one round of it."""

from dataclasses import dataclass
from typing import Any, Literal

from corechat.requests import AssistantMessage, RequestMessage
from corechat.responses import ChatResponse, Usage
from corechat.responses._html import html_table

StopReason = Literal["answer", "max_rounds", "max_total_tokens"]


@dataclass(frozen=True, slots=True)
class ToolStep:
    """Hold one round of a run of tools.

    Attributes:
        number: from 1.
        response: what the model said; None where the server refused its own model's call.
        results: the tool messages that are told to the model; empty in the last round.
        error: what went wrong first: the server's refusal, where ``response`` is None; arguments
            that do not fit; or what a tool raised, with its traceback.
    """

    number: int
    response: ChatResponse | None
    results: tuple[dict[str, Any], ...] = ()
    error: Exception | None = None


@dataclass(frozen=True, slots=True)
class ToolRun:
    """Hold the outcome of `Client.run_tools`.

    Attributes:
        response: the last answer.
        transcript: the whole conversation, the last answer included.
        rounds: how often the model was asked.
        usage: the tokens of all answers together.
        stop_reason: ``"answer"``; or ``"max_rounds"`` or ``"max_total_tokens"``, where the last
            answer calls tools that were not run.
    """

    response: ChatResponse
    transcript: tuple[RequestMessage, ...]
    rounds: int
    usage: Usage
    stop_reason: StopReason

    def _repr_html_(self) -> str:
        """Show the conversation in a notebook, and how it ended."""
        rows: list[tuple[str, object]] = []
        for message in self.transcript:
            rows.append((message.role, message.content))
            if isinstance(message, AssistantMessage):
                calls = message.tool_calls or ()
                rows += [("tool call", call.function or call.custom) for call in calls]
        ended = f"{self.stop_reason} after {self.rounds} round(s)"
        return html_table([*rows, ("end", ended), ("usage", self.usage)])
