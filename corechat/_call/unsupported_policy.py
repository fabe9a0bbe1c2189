"""What to do with fields that a provider is known to answer with 400: warn, drop, refuse, send."""

from typing import Literal

from corechat._errors.warning import UnsupportedFieldWarning, warn
from corechat._providers.provider import Provider
from corechat._providers.unsupported_fields import Problem
from corechat.errors import RequestValidationError
from corechat.requests import ChatRequest

Unsupported = Literal["warn", "error", "drop", "send"]

_SHOWN = 5


def settle_unsupported(
    request: ChatRequest, provider: Provider, policy: Unsupported
) -> tuple[ChatRequest, str]:
    """Return the request to send, and what to add to the error should it be answered with 400."""
    problems = provider.unsupported.find(request)
    if not problems:
        return request, ""
    name, listed = provider.name, _list(problems)
    if policy == "error":
        raise RequestValidationError(
            f"{name} would refuse this request, nothing was sent. {listed}. Leave it out, put it "
            "in extra_body to send it all the same, or say unsupported='warn'.",
            problems,
        )
    if policy == "drop":
        text = f"{name} is known to refuse these fields, so they are left out. {listed}."
        warn(text, UnsupportedFieldWarning)
        return provider.unsupported.leave_out(request), ""
    if policy == "warn":
        warn(
            f"{name} is known to refuse these fields; they are sent all the same. {listed}. "
            "unsupported='drop' leaves them out, 'send' does not warn.",
            UnsupportedFieldWarning,
        )
    paths = ", ".join(path for path, _ in problems[:_SHOWN])
    return request, f" Known to be refused by {name}: {paths}{_rest(problems, ' and')}."


def _list(problems: tuple[Problem, ...]) -> str:
    lines = [f"{path}: {reason}" for path, reason in problems[:_SHOWN]]
    return "; ".join(lines) + _rest(problems, "; …")


def _rest(problems: tuple[Problem, ...], before: str) -> str:
    return f"{before} {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
