"""ApiKey: a key that is checked once, and shown nowhere."""

from collections.abc import Callable
from typing import NoReturn, Self

from corechat.errors import ConfigurationError

_MASK = "[api key]"


class ApiKey:
    """Hold an API key so that neither repr, str, vars, pickle nor copy gives it away.

    Args:
        value: the key. One trailing newline is stripped, since keys are often read from files.
        source: where it came from, for messages: ``api_key=`` or a variable's name.

    Raises:
        ConfigurationError: it is empty, or holds a character that RFC 9110 §5.5 does not allow in
            a header value, or one that is not ASCII. The message never shows the key.
    """

    __slots__ = ("_reveal",)
    _reveal: Callable[[], str]

    def __init__(self, value: str, source: str = "api_key") -> None:
        key = value.removesuffix("\n").removesuffix("\r")
        if not key:
            raise ConfigurationError(f"The API key in {source} is empty.")
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise ConfigurationError(
                f"The API key in {source} has a character that no header can carry "
                "(white space at an end, a control or a non-ASCII character). Copy it again."
            )
        self._reveal = lambda: key

    def header_value(self, prefix: str = "") -> str:
        """Give the value of the one header that carries the key.

        Args:
            prefix: what stands before the key, for example ``"Bearer "`` (RFC 6750 §2.1).
        """
        return prefix + self._reveal()

    def redact(self, text: str) -> str:
        """Replace the key in a text that came from elsewhere.

        Args:
            text: any text, for example a server's error message that repeats the key.
        """
        return text.replace(self._reveal(), _MASK)

    def redact_bytes(self, data: bytes) -> bytes:
        """Replace the key in bytes that came from elsewhere.

        Args:
            data: any bytes, for example a response body.
        """
        return data.replace(self._reveal().encode("ascii"), _MASK.encode("ascii"))

    def __repr__(self) -> str:
        return "ApiKey(…)"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise ConfigurationError("An API key does not pickle; read it again where it is needed.")
