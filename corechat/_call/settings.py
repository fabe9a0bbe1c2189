"""Settings: what a client was made with, checked once."""

import os
import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self, get_args

from corechat._call.encode import check_headers
from corechat._call.retry import check_retries
from corechat._call.unsupported_policy import Unsupported
from corechat._http.secrets import is_secret_header
from corechat.errors import ConfigurationError
from corechat.transport import Transport
from corechat.transport._deadline import Deadline

_ACCOUNT = {"OpenAI-Organization": "OPENAI_ORG_ID", "OpenAI-Project": "OPENAI_PROJECT_ID"}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold what a `Client` was made with, but for the key; the client says what each field means.

    The defaults stand in the client's signature, where its users see them.
    """

    backend: str | Transport
    provider: str | None
    base_url: str | None
    timeout: float | None
    connect_timeout: float
    max_retries: int
    headers: Mapping[str, str] = field(repr=False)
    organization: str | None
    project: str | None
    plugins: Sequence[str | object]
    record: str | os.PathLike[str] | None
    record_mode: str | None
    record_options: Mapping[str, Any]
    unsupported: Unsupported
    repeated_keys: Sequence[str] | None
    keep_bodies: bool
    allow_insecure: bool
    max_body_bytes: int
    max_error_body_bytes: int
    max_header_bytes: int
    options: Mapping[str, Any] = field(repr=False)

    def __post_init__(self) -> None:
        Deadline.after(self.connect_timeout, "connect_timeout")
        if self.timeout is not None:
            Deadline.after(self.timeout)
        check_retries(self.max_retries)
        object.__setattr__(self, "headers", check_headers(self.headers))  # a copy, too
        if not isinstance(self.plugins, list | tuple):
            raise ConfigurationError("plugins must be a list of names, modules or objects.")
        object.__setattr__(self, "plugins", tuple(self.plugins))
        self._check_recording()
        if self.repeated_keys is not None:
            object.__setattr__(self, "repeated_keys", _names(self.repeated_keys))
        for name in ("max_body_bytes", "max_error_body_bytes", "max_header_bytes"):
            value: object = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigurationError(f"{name} must be a whole number of bytes, at least 1.")
        for name in ("allow_insecure", "keep_bodies"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"{name} must be True or False.")
        if self.unsupported not in get_args(Unsupported):
            raise ConfigurationError(
                f"unsupported must be one of {', '.join(get_args(Unsupported))}."
            )

    def _check_recording(self) -> None:
        if self.record is not None:
            object.__setattr__(self, "record", _path(self.record))
        elif self.record_mode is not None or self.record_options:
            raise ConfigurationError(
                "record_mode= and record_options= say how to record; name the file, too: "
                "record='cassettes/name.json'."
            )
        if not isinstance(self.record_options, Mapping):
            raise ConfigurationError("record_options must be a mapping of options to values.")

    def without_secrets(self) -> Self:
        """Return the settings to pickle; raise `ConfigurationError` where one is a secret, or live.

        Without it the client would fail where it lands, and with it the pickle would tell it.
        """
        for name in self.headers:
            if is_secret_header(name):
                raise ConfigurationError(
                    f"This client does not pickle: its header {name} holds a secret. Give it to "
                    "each call, or make the client where it is used."
                )
        for name, value in self.options.items():
            what = _unfit_to_pickle(name, value)
            if what:
                raise ConfigurationError(
                    f"This client does not pickle: its option {name}= {what}. Make the client "
                    "where it is used."
                )
        return self

    def changed(
        self, timeout: float | None, max_retries: int | None, headers: Mapping[str, str]
    ) -> Self:
        """Return a copy with other defaults of calls; None leaves one as it is."""
        return replace(
            self,
            timeout=self.timeout if timeout is None else timeout,
            max_retries=self.max_retries if max_retries is None else max_retries,
            headers={**self.headers, **check_headers(headers)},
        )

    def account_headers(self, environ: Mapping[str, str]) -> dict[str, str]:
        """Return the headers that name the account's organization and project."""
        found = account_of(self.provider, environ)
        given = dict(zip(_ACCOUNT, (self.organization, self.project), strict=True))
        return found | {header: value for header, value in given.items() if value}

    @property
    def keywords(self) -> dict[str, Any]:
        """The keywords that make such a client again."""
        given = {**vars(self)}
        return {**given.pop("options"), **given}

    @property
    def backend_name(self) -> str:
        """The backend's name, or the class of the transport given."""
        return self.backend if isinstance(self.backend, str) else type(self.backend).__name__


def account_of(provider: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that name the account's organization and project, as variables say."""
    if provider != "openai":
        return {}
    found = {header: environ.get(variable) for header, variable in _ACCOUNT.items()}
    return {header: value for header, value in found.items() if value}


OPTION_NAMES = sorted({"api_key", *(one.name for one in fields(Settings))} - {"options"})
"""What a client takes itself: an option that a backend does not have may be one, misspelt."""


def _names(given: object) -> tuple[str, ...]:
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise ConfigurationError(
            "repeated_keys must be a list of keys, for example ['reasoning_content', "
            "'tool_calls.extra_content']."
        )
    return tuple(given)


def _path(path: str | os.PathLike[str]) -> str:
    try:
        text = os.fsdecode(os.fsencode(path))
    except (TypeError, UnicodeEncodeError):
        text = ""
    if not text or "\0" in text or text.endswith(os.sep):
        raise ConfigurationError("record must be the path of a file.")
    return text


def _unfit_to_pickle(name: str, value: object) -> str:
    """Say why an option of the backend must not be pickled, or cannot; ``""`` where it may."""
    if name == "cert" and isinstance(value, list | tuple) and len(value) > 2:  # noqa: PLR2004 - certificate, key, password
        return "holds a password"
    try:
        pickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever a class raises, it does not pickle
        kind = type(value)
        return f"is a {kind.__module__.partition('.')[0]}.{kind.__qualname__}, which does not"
    return ""
