"""TracedCall: one call's span, and what its measurements are to say."""

from opentelemetry.trace import Span, StatusCode

from corechat.errors import APIConnectionError, APIError
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse
from corechat_otel.attributes import (
    ERROR_TYPE,
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    RESPONSE_MODEL,
    Value,
    response_attributes,
    usage_attributes,
)
from corechat_otel.content import content_of_request, content_of_response


class TracedCall:
    """Write what happens to a call into its span.

    Attributes:
        common: the attributes of the call's measurements.
        tokens: the tokens of the answer by type, as far as the server counted them.
    """

    def __init__(self, span: Span, common: dict[str, str | int], *, content: bool) -> None:
        self._span = span
        self._attempts = 0
        self._content = content and span.is_recording()
        self.common = common
        self.tokens: dict[str, int] = {}

    def asked(self, request: ChatRequest) -> None:
        """Add what is asked, where the span holds what is said."""
        if self._content:
            self._span.set_attributes(content_of_request(request))

    def attempted(self, seconds: float, outcome: int | str) -> None:
        """Add the event of an attempt; its outcome is a status, or what kind of error came."""
        self._attempts += 1
        told: dict[str, Value] = {"corechat.attempt.duration": seconds}
        if self._attempts > 1:
            told["http.request.resend_count"] = self._attempts - 1
        if isinstance(outcome, int):
            told["http.response.status_code"] = outcome
        if isinstance(outcome, str) or outcome >= 400:  # noqa: PLR2004 - RFC 9110 §15.5: an error
            told[ERROR_TYPE] = str(outcome)
        self._span.add_event("corechat.attempt", told)

    def answered(self, response: ChatResponse, usage: object) -> None:
        """Add an answer, and the tokens of which it tells."""
        found = response_attributes(response)
        self._span.set_attributes(found)
        model = found.get(RESPONSE_MODEL)
        if isinstance(model, str):
            self.common[RESPONSE_MODEL] = model
        if self._content:
            self._span.set_attributes(content_of_response(response))
        self._used(usage)

    def failed(self, error: BaseException) -> None:
        """Add the error that ended the call, and the answer that it keeps."""
        if isinstance(error, APIError):
            if error.response is not None:
                self.answered(error.response, error.usage)
            else:
                self._used(error.usage)
        self.common[ERROR_TYPE] = type(error).__qualname__
        self._span.set_attribute(ERROR_TYPE, type(error).__qualname__)
        self._span.set_status(StatusCode.ERROR, self._describe(error))

    def _used(self, usage: object) -> None:
        counted = usage_attributes(usage)
        self._span.set_attributes(counted)
        types = {"input": INPUT_TOKENS, "output": OUTPUT_TOKENS}
        self.tokens = {kind: counted[name] for kind, name in types.items() if name in counted}

    def _describe(self, error: BaseException) -> str | None:
        if self._content or isinstance(error, APIConnectionError):
            return str(error)
        status = error.status_code if isinstance(error, APIError) else None
        return f"HTTP {status}" if status else None  # others may quote what was said
