"""Client: one endpoint, one transport, many calls."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar, Unpack, overload

from corechat._batch.mapping import MapOptions, map_requests
from corechat._batch.outcome import Item, Outcome
from corechat._batch.outcomes import Outcomes
from corechat._call.calls import Calls
from corechat._call.completions import Beta, Chat
from corechat._call.gate import Gate
from corechat._call.options import (
    BesideRequest,
    CallOptions,
    CallParams,
    RunKeywords,
    TypedCallParams,
)
from corechat._call.other_clients import explain
from corechat._call.parts import make_parts
from corechat._call.settings import Settings
from corechat._call.typed import runnable_tools
from corechat._call.unsupported_policy import Unsupported
from corechat._providers.environment import Environment, hide
from corechat._tools import FunctionTool, ToolRun
from corechat.requests import ChatRequest
from corechat.responses import ChatResponse, ParsedChatResponse
from corechat.transport import KIB, MIB, Transport

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")


class Client:
    """Carry chat requests to one endpoint.

    Safe from many threads. It pickles as its configuration without the key, which is read again
    from the environment where it lands.

    Args:
        backend: the transport's name (``httpx``, ``httpx2``, ``aiohttp``, ``replay``,
            ``llamacpp``, or a plugin's), or a `Transport`.
        provider: an endpoint's name; ``groq`` unless ``base_url`` or the backend says otherwise.
        base_url: the endpoint's base, for any OpenAI-compatible server.
        api_key: the key; by default the provider's variable. A key of the environment is never
            sent to a ``base_url`` whose provider was not named.
        timeout: seconds for a whole call: connecting, sending, reading, retries and waits; None
            for the provider's own (60; OpenAI, Azure and Anthropic 600, as in their own clients).
        connect_timeout: seconds for one connection, TLS included.
        max_retries: how often a call may be tried again.
        headers: more headers for every call.
        organization: is sent as ``OpenAI-Organization``; at ``openai`` also from OPENAI_ORG_ID.
        project: is sent as ``OpenAI-Project``; at ``openai`` also from OPENAI_PROJECT_ID.
        plugins: plugins whose hooks are to run: names, modules or objects. The variable
            CORECHAT_PLUGINS adds names, separated by commas.
        record: a cassette file; what the backend carries is recorded in it. Without, a client that
            would send plays the cassette that the variable CORECHAT_CASSETTE names, if any, or
            records it as CORECHAT_RECORD_MODE says.
        record_mode: ``once`` (the default) records a file that is not there yet, and later replays
            it; ``new`` adds what is not in it; ``rewrite`` records anew; ``none`` only replays.
        record_options: of the backend ``replay``: ``ignore``, ``match_base_url``, ``repeat_last``.
        unsupported: what to do with fields that the provider is known to answer with 400:
            ``warn`` (an `UnsupportedFieldWarning`) and send them, since it may have learnt them;
            raise an ``error`` before sending; ``drop`` them, with a warning; or ``send`` them.
        repeated_keys: which keys of an answer the next request repeats, in place of the provider's
            own; as in `Provider.repeated_keys`, for example ``("reasoning_content",)``.
        keep_bodies: whether ``response.http.body`` holds each answer's bytes as they came.
        allow_insecure: whether plain http may go further than loopback.
        max_body_bytes: the bound on an answer, also when inflated.
        max_error_body_bytes: how much of the body of an error is read.
        max_header_bytes: the bound on the head of a response.
        options: the backend's own options.

    Raises:
        ConfigurationError: something of this is unknown, missing or unusable.
    """

    def __init__(  # noqa: PLR0913 - one keyword a decision, and all have defaults
        self,
        backend: str | Transport = "httpx",
        *,
        provider: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        timeout: float | None = None,
        connect_timeout: float = 5.0,
        max_retries: int = 2,
        headers: Mapping[str, str] | None = None,
        organization: str | None = None,
        project: str | None = None,
        plugins: Sequence[str | object] = (),
        record: str | os.PathLike[str] | None = None,
        record_mode: str | None = None,
        record_options: Mapping[str, Any] | None = None,
        unsupported: Unsupported = "warn",
        repeated_keys: Sequence[str] | None = None,
        keep_bodies: bool = False,
        allow_insecure: bool = False,
        max_body_bytes: int = 32 * MIB,
        max_error_body_bytes: int = 64 * KIB,
        max_header_bytes: int = 64 * KIB,
        **options: Any,
    ) -> None:
        given = hide(api_key)
        del api_key  # a traceback that shows local variables must not show it
        self._settings = Settings(
            backend=backend,
            provider=provider,
            base_url=base_url,
            timeout=timeout,
            connect_timeout=connect_timeout,
            max_retries=max_retries,
            headers={} if headers is None else headers,
            organization=organization,
            project=project,
            plugins=plugins,
            record=record,
            record_mode=record_mode,
            record_options={} if record_options is None else record_options,
            unsupported=unsupported,
            repeated_keys=repeated_keys,
            keep_bodies=keep_bodies,
            allow_insecure=allow_insecure,
            max_body_bytes=max_body_bytes,
            max_error_body_bytes=max_error_body_bytes,
            max_header_bytes=max_header_bytes,
            options=options,
        )
        self._parts = make_parts(self._settings, given, Environment(os.environ))
        self._calls = Calls(self._settings, self._parts)

    @overload
    def complete(
        self,
        request: ChatRequest,
        /,
        *,
        response_format: "TypeForm[T]",
        **options: Unpack[BesideRequest],
    ) -> ParsedChatResponse[T]: ...

    @overload
    def complete(
        self,
        request: ChatRequest,
        /,
        *,
        response_format: Any = None,
        tools: Sequence[Any] | None = None,
        **options: Unpack[BesideRequest],
    ) -> ChatResponse: ...

    @overload
    def complete(
        self, /, *, response_format: "TypeForm[T]", **params: Unpack[TypedCallParams]
    ) -> ParsedChatResponse[T]: ...

    @overload
    def complete(self, /, **params: Unpack[CallParams]) -> ChatResponse: ...

    def complete(  # noqa: PLR0913 - one keyword a decision, and all have defaults
        self,
        request: ChatRequest | None = None,
        /,
        *,
        strict: bool = True,
        lenient: bool = False,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
        **params: Any,
    ) -> ChatResponse:
        """Carry one request and return the whole answer.

        Args:
            request: a `ChatRequest`; or leave it out and give its parameters as keywords.
            strict: whether an answer must fit a ``response_format`` given as a type exactly.
            lenient: whether its JSON may stand in a Markdown fence or after a ``<think>`` block.
            timeout: seconds for the whole call, in place of the client's.
            max_retries: in place of the client's.
            headers: more headers for this call.
            params: the parameters of `ChatRequest`; beside a request only ``extra_body``,
                ``response_format`` and ``tools``. ``response_format`` may also be a type or a
                JSON Schema: the answer's ``parsed`` is then a checked value of it. ``tools`` may
                hold functions.

        Returns:
            The answer.

        Raises:
            RequestValidationError: the request is wrong; nothing was sent.
            APIConnectionError: a whole answer did not come; APITimeoutError: not in time.
            APIStatusError: the server refused or failed; the class names the status.
            APIResponseValidationError: a 2xx answer is not a chat completion.
            StructuredOutputError: the answer is not the type asked for; it keeps the answer.
            RefusedToolCallError: the server refused its model's own tool call (Groq).
            ConfigurationError: the client is closed.
        """
        return self._complete(
            request, params, CallOptions(strict, lenient, timeout, max_retries, headers)
        )

    def _complete(
        self,
        request: ChatRequest | None,
        params: dict[str, Any],
        options: CallOptions,
        gate: Gate | None = None,
    ) -> ChatResponse:
        return self._calls.complete(request, params, options, gate)

    @overload
    def map(
        self,
        requests: Iterable[Item],
        /,
        *,
        response_format: "TypeForm[T]",
        on_outcome: Callable[[Outcome[ParsedChatResponse[T]]], object] | None = None,
        **options: Unpack[MapOptions],
    ) -> Outcomes[ParsedChatResponse[T]]: ...

    @overload
    def map(
        self,
        requests: Iterable[Item],
        /,
        *,
        response_format: Any = None,
        on_outcome: Callable[[Outcome], object] | None = None,
        **options: Unpack[MapOptions],
    ) -> Outcomes: ...

    def map(
        self,
        requests: Iterable[Item],
        /,
        *,
        response_format: Any = None,
        on_outcome: Callable[[Outcome[Any]], object] | None = None,
        **options: Unpack[MapOptions],
    ) -> Outcomes[Any]:
        """Carry many requests at once, and return an iterator of their outcomes.

        Nothing is sent before it is iterated. Requests are read one by one as there is room, so
        they may be endless. What goes wrong with one is an `Outcome` with an error.

        Args:
            requests: `ChatRequest`s, dicts of their parameters, or pairs ``(key, request)`` whose
                key, a name of your own, comes back with the outcome.
            response_format: a type or a JSON Schema for every answer, as in `complete`.
            on_outcome: told of each outcome as it comes, before it is handed out.
            options: ``concurrency``: how many are in flight at most (32). ``ordered``: whether
                outcomes come in the order of the requests (True), or as they come. ``stop_when``:
                a `StopWhen`. ``executor``: any `concurrent.futures.Executor` to run the calls in;
                in another process the key is read from its environment. ``progress``: show a bar,
                or lines where there is not a terminal. ``keep_rate_limits``: hold requests back
                before they meet the limits that answers tell (True); such a wait takes none of a
                call's time. ``strict``, ``lenient``, ``timeout``, ``max_retries``, ``headers``,
                ``tools`` and ``extra_body`` are `complete`'s, for every request.

        Returns:
            The outcomes: an iterator that can be stopped, and says what is left.

        Raises:
            ConfigurationError: an option cannot be used; MissingDependencyError: rich is missing.
        """
        return map_requests(
            self._complete,
            requests,
            {} if response_format is None else {"response_format": response_format},
            on_outcome,
            options,
        )

    def run_tools(
        self,
        request: ChatRequest | None = None,
        tools: Iterable[FunctionTool[..., Any] | Callable[..., Any]] = (),
        **options: Unpack[RunKeywords],
    ) -> ToolRun:
        """Ask, run the tools that the model calls, tell it the results, and ask again.

        Args:
            request: how the conversation begins; or leave it out and give its parameters.
            tools: functions, or tools made of them. Several calls of one answer run in threads.
            options: what `complete` takes, with ``timeout`` for the whole run (by default each
                round has the client's), and ``response_format`` for the last answer. And
                ``max_rounds``: how often the model may be asked (8). ``max_total_tokens``: stop
                asking when the answers have used as many tokens. ``on_step``: told of each round
                as it ends. ``tool_errors``: ``"tell"`` the model what a tool raised, and go on
                (the step keeps it, and it is logged); or ``"raise"`` it.

        Returns:
            The last answer, the whole conversation, and why it ended.

        Raises:
            Exception: what a tool raised, where ``tool_errors="raise"``; else as `complete`.
        """
        return self._calls.run_tools(request, runnable_tools(tools), dict(options))

    @property
    def url(self) -> str:
        """Where requests go: the endpoint's URL, without a query, which may hold a key."""
        return self._parts.encoder.url.partition("?")[0]

    @property
    def base_url(self) -> str:
        """The endpoint's base, without a query."""
        return self.url.removesuffix("/chat/completions")

    def with_options(
        self,
        *,
        timeout: float | None = None,
        max_retries: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Self:
        """Make a client with other defaults over the same transport, as in groq-python.

        Args:
            timeout: seconds for a whole call.
            max_retries: how often a call may be tried again.
            headers: more headers for every call.

        Returns:
            A client that shares this one's connections: where either is closed, both are.
        """
        made = object.__new__(type(self))
        made._settings = self._settings.changed(timeout, max_retries, headers or {})
        made._parts = self._parts
        if headers is not None:
            made._parts = replace(made._parts, encoder=made._parts.encoder.with_headers(headers))
        made._calls = Calls(made._settings, made._parts, self._calls.closed)
        return made

    @property
    def chat(self) -> Chat:
        """The call that people already have: ``client.chat.completions.create(...)``."""
        return Chat(self.complete)

    @property
    def beta(self) -> Beta:
        """Where older code finds ``client.beta.chat.completions.parse(...)``."""
        return Beta(self.chat)

    def __getattr__(self, name: str) -> NoReturn:
        raise explain("Client", name)

    def close(self) -> None:
        """Close the transport. May be called more than once."""
        self._calls.closed.set()
        self._parts.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        if not hasattr(self, "_parts"):  # its constructor failed, and a traceback shows it
            return "Client(…)"
        return f"Client({self._settings.backend_name!r}, {self.url!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self._settings.without_secrets(),)


def _rebuild(settings: Settings) -> Client:
    return Client(**settings.keywords)
