"""The hook around a whole call: what runs it, and what carries the call in the end."""

from collections.abc import Callable, Mapping
from typing import Any

from corechat._errors.base import CorechatError
from corechat._errors.before import PluginError
from corechat._errors.text import describe_exception
from corechat._providers.provider import Provider
from corechat.plugins._hookspecs import hookimpl
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse

Carry = Callable[[ChatRequest, Mapping[str, str] | None], ChatResponse]
"""Carries a request with these headers besides."""
Around = Callable[[ChatRequest, Mapping[str, str] | None, Carry], ChatResponse]


def around(hook: Any, provider: Provider, url: str) -> Around:
    """Return what runs the hook `corechat_complete` around calls to an endpoint."""

    def call(request: ChatRequest, headers: Mapping[str, str] | None, carry: Carry) -> ChatResponse:
        more = dict(headers or {})
        try:
            answered: object = hook.corechat_complete(
                request=request,
                headers=more,
                provider=provider,
                url=url,
                complete=lambda asked: carry(asked, more),
            )
        except CorechatError as error:
            error.__traceback__ = None  # a frame of pluggy's in it refers to the error: a circle
            raise
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything
            raise _broken(describe_exception(error)) from None
        if not isinstance(answered, ChatResponse):
            raise _broken(f"it returned a {type(answered).__name__}, not a ChatResponse")
        return answered

    return call


class PlainCall:
    """Carry the call itself, where plugins do not."""

    @hookimpl(trylast=True)
    def corechat_complete(
        self, request: ChatRequest, complete: Callable[[ChatRequest], ChatResponse]
    ) -> ChatResponse:
        """Carry the request."""
        return complete(request)


def _broken(how: str) -> PluginError:
    return PluginError(
        f"A plugin around the call broke its contract: {how}. This is a defect of the plugin; the "
        "call was not tried again, and its answer may have been billed."
    )
