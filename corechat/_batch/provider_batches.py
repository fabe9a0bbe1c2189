"""ProviderBatches: a provider's own batches, by its ``/files`` and ``/batches``."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import Any, Self
from urllib.parse import quote

import httpx
from pydantic_core import from_json

from corechat._batch.append_file import AppendFile
from corechat._batch.input_file import URL
from corechat._call.call_errors import CallErrors
from corechat._call.encode import IDEMPOTENCY
from corechat._call.parts import choose_provider, named_plugins
from corechat._call.settings import account_of
from corechat._errors.before import BatchError
from corechat._errors.text import excerpt
from corechat._http.messages import Headers, HttpResponse
from corechat._providers.base_url import find_base_url
from corechat._providers.key import find_key
from corechat._version import __version__
from corechat.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APITimeoutError,
    InternalServerError,
    RateLimitError,
)
from corechat.transport import TransportOptions
from corechat.transport._tls import shared_context

ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_PASSING = (APIConnectionError, InternalServerError, RateLimitError)
_MOST_IN_A_ROW = 10  # polls that may fail
_FIRST, _LONGEST, _GROWTH = 2.0, 60.0, 1.5  # seconds between two polls, and how they grow
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class ProviderBatches:
    """Upload a batch's input, wait for the batch, and download its output.

    Args:
        provider: an endpoint's name; ``groq`` unless ``base_url`` is given.
        base_url: an endpoint that has the two.
        environ: the variables that say the key, and the base URL, as for a client.

    Raises:
        ConfigurationError: something of this is unknown or missing.
    """

    def __init__(
        self, provider: str | None, base_url: str | None, environ: Mapping[str, str]
    ) -> None:
        found = choose_provider(named_plugins((), environ), provider, base_url)
        self._base = find_base_url(found, base_url, environ)
        key = find_key(found, None, environ)
        self._errors = CallErrors(self._base.address, TransportOptions(), key)
        tls = shared_context(
            environ.get("SSL_CERT_FILE") or None, environ.get("SSL_CERT_DIR") or None
        )
        headers = {"User-Agent": f"corechat/{__version__}", "Accept-Encoding": "identity"}
        headers |= account_of(provider, environ)
        self._http = httpx.Client(headers=headers, timeout=_TIMEOUT, verify=tls)
        if key is not None:
            self._http.headers[found.key_header] = key.header_value(found.key_prefix)

    def upload(self, source: Path) -> str:
        """Upload a file, and return the provider's id of it."""
        try:
            with source.open("rb") as file:
                part = (source.name, file, "application/jsonl")
                said = self._ask("POST", "/files", data={"purpose": "batch"}, files={"file": part})
        except OSError as error:
            told = f"{source} cannot be read: {error.strerror}."
            raise BatchError(told, path=str(source)) from None
        return str(said["id"])

    def create(self, file_id: str, window: str = "24h") -> str:
        """Have an uploaded file run within a time such as ``24h``, and return the batch's id.

        It is asked for once: a second one would be paid as well.
        """
        asked = {"input_file_id": file_id, "endpoint": URL, "completion_window": window}
        headers = {IDEMPOTENCY: f"corechat-{token_hex(16)}"}
        return str(self._ask("POST", "/batches", json=asked, headers=headers)["id"])

    def retrieve(self, batch_id: str) -> dict[str, Any]:
        """Return the provider's batch object: ``status``, ``request_counts``, ids of files."""
        return self._ask("GET", f"/batches/{quote(batch_id, safe='')}")

    def wait(
        self,
        batch_id: str,
        *,
        every: float | None = None,
        timeout: float | None = None,
        on_poll: Callable[[dict[str, Any]], object] = lambda _: None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> dict[str, Any]:
        """Ask until the batch has ended, and return its object.

        A failure that may pass, such as a lost connection, is asked past.

        Args:
            batch_id: the batch.
            every: seconds between two polls; by default 2, growing to 60.
            timeout: seconds in all.
            on_poll: told of each answer.
            sleep: waits.

        Raises:
            APITimeoutError: it has not ended in time.
            APIError: the provider refuses, or cannot be reached time and again.
        """
        pause = _FIRST if every is None else every
        end = None if timeout is None else time.monotonic() + timeout
        failed = 0
        while True:
            longer = 0.0
            try:
                found = self.retrieve(batch_id)
            except _PASSING as error:
                failed += 1
                if failed == _MOST_IN_A_ROW:
                    raise
                longer = getattr(error, "retry_after", None) or 0.0
            else:
                failed = 0
                on_poll(found)
                if found.get("status") in ENDED:
                    return found
            if end is not None and time.monotonic() + pause > end:
                raise APITimeoutError(f"The batch {batch_id} has not ended in {timeout} seconds.")
            sleep(max(pause, longer))
            pause = min(pause * _GROWTH, _LONGEST) if every is None else every

    def download(self, file_ids: Sequence[str], path: Path) -> int:
        """Write files, one after the other, into a new file; return how many bytes they have."""
        if path.exists():
            raise BatchError(f"{path} is there already; name another file.", path=str(path))
        new = path.with_name(f".{path.name}~")
        new.unlink(missing_ok=True)
        file = AppendFile(new)
        try:
            for one in file_ids:
                with self._stream(f"/files/{quote(one, safe='')}/content") as response:
                    last = b"\n"
                    for last in response.iter_bytes(1 << 16):
                        file.append(last)
                    if not last.endswith(b"\n"):
                        file.append(b"\n")
        finally:
            file.close()
        new.replace(path)
        return file.size

    def _ask(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        with self._failures():
            response = self._http.request(method, self._base.join(path), **content)
        self._check(response)
        try:
            said = from_json(response.content)
        except ValueError:
            said = None
        if not isinstance(said, dict) or not isinstance(said.get("id"), str):
            text = self._errors.redact(response.text[:400])
            raise APIResponseValidationError(
                f"{method} {path}: the answer is not an object with an id. It begins: "
                f"{excerpt(text, 200)}",
                status_code=response.status_code,
            )
        return said

    @contextmanager
    def _stream(self, path: str) -> Iterator[httpx.Response]:
        with self._failures(), self._http.stream("GET", self._base.join(path)) as response:
            if not response.is_success:
                response.read()
            self._check(response)
            yield response

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Raise httpx's failures as ours."""
        try:
            yield
        except httpx.HTTPError as error:
            late = isinstance(error, httpx.TimeoutException)
            kind: type[APIError] = APITimeoutError if late else APIConnectionError
            what = excerpt(self._errors.redact(str(error)) or type(error).__name__, 400)
            raise kind(f"No whole answer from {self._base.address}: {what}.") from None

    def _check(self, response: httpx.Response) -> None:
        if not response.is_success:
            headers = Headers(response.headers.multi_items())
            told = HttpResponse(response.status_code, headers, response.content)
            raise self._errors.of_status(told, attempts=1)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def files_of(found: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Return the ids of a batch's output and of its errors; raise `BatchError` if it still runs."""
    if found.get("status") not in ENDED:
        raise BatchError(
            f"The batch {found['id']} has not ended: it is {found.get('status')}. Wait for it by "
            f"`corechat batch wait {found['id']}`."
        )
    output, errors = found.get("output_file_id"), found.get("error_file_id")
    if not output and not errors:
        data = (found.get("errors") or {}).get("data") or []
        why = "; ".join(f"line {one.get('line')}: {one.get('message')}" for one in data[:5])
        raise BatchError(
            f"The batch {found['id']} is {found['status']} and has no output"
            f"{f': {excerpt(why, 600)}' if why else ''}."
        )
    return output, errors
