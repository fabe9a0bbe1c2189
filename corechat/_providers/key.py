"""ApiKey: a key that is checked once, and shown nowhere; and which one a client uses."""

from collections.abc import Callable, Mapping
from typing import NoReturn, Self

from corechat._errors.before import ConfigurationError
from corechat._http.secrets import hide_secrets
from corechat._providers.provider import Provider

_MASK = "[api key]"
_SHORTEST = 6  # what is shorter, such as a local server's "x" or "EMPTY", is not a secret
_SHORTEST_IN_ANSWERS = 12  # nor is "lm-studio", which an answer may well speak of


class ApiKey:
    """Hold an API key so that neither repr, str, vars, pickle nor copy gives it away.

    One newline at its end is stripped, since keys are often read from files. What RFC 9110 §5.5
    does not allow in a header is refused by a message that names the source, not the key.
    """

    __slots__ = ("_reveal", "source")
    _reveal: Callable[[], str]

    def __init__(self, value: str, source: str = "api_key") -> None:
        key = value.removesuffix("\n").removesuffix("\r") if isinstance(value, str) else ""
        problem = "" if key else f"The API key in {source} is empty."
        if not isinstance(value, str):
            problem = f"{source} must be a text, not of the class {type(value).__name__}."
        if key[:7].lower() == "bearer ":
            problem = f"The API key in {source} begins with 'Bearer ': give the key alone."
        elif not (key.isascii() and key.isprintable()) or key != key.strip():
            problem = (
                f"The API key in {source} has a character that a header cannot carry "
                "(white space at an end, a control or a non-ASCII character). Copy it again."
            )
        if problem:
            del value, key  # a traceback that shows local variables must not show it
            raise ConfigurationError(problem)
        self.source = source
        self._reveal = lambda: key

    @classmethod
    def absent(cls) -> Self:
        """Return what stands for a key at an endpoint that does not need one."""
        made = cls.__new__(cls)
        made._reveal = str  # noqa: SLF001 - made here
        made.source = "api_key"
        return made

    def header_value(self, prefix: str = "") -> str:
        """Return the value of the one header that carries the key (Bearer: RFC 6750 §2.1)."""
        return prefix + self._reveal()

    def redact(self, text: str) -> str:
        """Replace the key in a text that came from elsewhere, also where escapes hide it."""
        key = self._reveal()
        if len(key) < _SHORTEST:
            return text
        if key not in text and "\\" not in text and "%" not in text:  # as nearly always
            return text
        return hide_secrets(text, (key,), _MASK)

    def redact_bytes(self, data: bytes, *, cut: bool = False) -> bytes:
        """Replace the key in bytes from elsewhere; in cut ones also a piece of it at their end."""
        key = self._reveal().encode("ascii")
        if len(key) < _SHORTEST:
            return data
        data = data.replace(key, _MASK.encode("ascii"))
        pieces = (key[:size] for size in range(len(key) - 1, _SHORTEST - 1, -1)) if cut else ()
        return data.removesuffix(next((one for one in pieces if data.endswith(one)), b""))

    def redact_answer(self, data: bytes) -> bytes:
        """Replace the key in the JSON of an answer, unless it may be a word of it."""
        key = self._reveal()
        if len(key) < _SHORTEST_IN_ANSWERS:
            return data
        return data.replace(key.encode("ascii"), _MASK.encode("ascii"))

    def __repr__(self) -> str:
        return "ApiKey(…)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("An API key does not pickle; read it again where it is needed.")


def find_key(
    provider: Provider, given: Callable[[], str] | None, environ: Mapping[str, str]
) -> ApiKey | None:
    """Decide which key goes along: the caller's, else that of the first variable that is set.

    Returns None where neither is there and the provider does not need one.
    """
    if given is not None:
        return ApiKey(given())
    for name in provider.key_env:
        if environ.get(name):
            return ApiKey(environ[name], name)
    if not provider.needs_key:
        return None
    where = f" Get a key at {provider.key_url}." if provider.key_url else ""
    raise ConfigurationError(
        f"The provider {provider.name!r} needs an API key: set {' or '.join(provider.key_env)}, "
        f"or give api_key=.{where}"
    )
