"""Readers: from a JSON text to a value of a type, or that fits a schema."""

from collections.abc import Callable
from typing import Any, Protocol

from pydantic import TypeAdapter, ValidationError, create_model

from corechat._structured.checker import SchemaChecker
from corechat._structured.document import WRAPPER_KEY
from corechat._structured.json_text import read_json
from corechat._structured.schema_of_type import adapter_of
from corechat._structured.vocabulary import is_object
from corechat.errors._output import ErrorDetail
from corechat.errors._text import excerpt
from corechat.requests._json import readable_json

_MOST_TEXT = 300


class UnreadableError(ValueError):
    """A text is no JSON, or does not fit.

    Attributes:
        is_json: whether it is JSON.
        errors: what is wrong with it.
    """

    def __init__(self, errors: tuple[ErrorDetail, ...], *, is_json: bool) -> None:
        super().__init__(errors)
        self.errors = errors
        self.is_json = is_json


class Reader(Protocol):
    """Read a JSON text."""

    def read(self, text: str) -> Any:
        """Read a JSON text.

        Args:
            text: what the model wrote.

        Raises:
            UnreadableError: it is no JSON, or does not fit.
        """


class TypeReader:
    """Read values of a Python type, by pydantic.

    Args:
        adapter: the type's reader.
        convert: what to make of the value read; nothing by default.
    """

    def __init__(
        self, adapter: TypeAdapter[Any], convert: Callable[[Any], Any] | None = None
    ) -> None:
        self._adapter = adapter
        self._convert = convert

    def read(self, text: str) -> Any:
        """Read a value, in pydantic's JSON mode."""
        text = _readable(text)
        try:
            value = self._adapter.validate_json(text)
            return value if self._convert is None else self._convert(value)
        except ValidationError as error:
            details = error.errors(include_url=False, include_context=False, include_input=False)
            raise UnreadableError(
                tuple(
                    ErrorDetail(type=one["type"], loc=one["loc"], msg=one["msg"]) for one in details
                ),
                is_json=(details[0]["type"], details[0]["loc"]) != ("json_invalid", ()),
            ) from None
        except Exception as error:
            text = excerpt(f"{type(error).__name__}: {error}", _MOST_TEXT)
            details_of_bug = (ErrorDetail(type="validator_failed", loc=(), msg=text),)
            raise UnreadableError(details_of_bug, is_json=True) from error


class WrappedTypeReader:
    """Read values of a Python type out of an object that wraps them.

    Args:
        tp: the type.
    """

    def __init__(self, tp: Any) -> None:
        fields: dict[str, Any] = {WRAPPER_KEY: (tp, ...)}
        self._reader = TypeReader(adapter_of(create_model("Answer", **fields)))

    def read(self, text: str) -> Any:
        """Read the object, and unwrap its value."""
        return getattr(self._reader.read(text), WRAPPER_KEY)


class SchemaReader:
    """Read JSON data that fits a schema.

    Args:
        checker: the schema; of the wrapping object, if there is one.
        wrapped: whether an object wraps the value.
    """

    def __init__(self, checker: SchemaChecker, *, wrapped: bool = False) -> None:
        self._checker = checker
        self._wrapped = wrapped

    def read(self, text: str) -> Any:
        """Read the data, and check it."""
        value = _parse(text)
        errors = self._checker.errors(value)
        if errors:
            raise UnreadableError(errors, is_json=True)
        return value[WRAPPER_KEY] if self._wrapped else value


class ArgumentsReader:
    """Read the arguments of a tool call: a JSON object that fits a schema.

    Args:
        checker: the schema.
    """

    def __init__(self, checker: SchemaChecker) -> None:
        self._object = ObjectReader()
        self._schema = SchemaReader(checker)

    def read(self, text: str) -> Any:
        """Read the object, and check it."""
        self._object.read(text)
        return self._schema.read(text)


class ObjectReader:
    """Read any JSON object."""

    def read(self, text: str) -> Any:
        """Read the object."""
        value = _parse(text)
        if not is_object(value):
            detail = ErrorDetail(type="dict_type", loc=(), msg="this is JSON, but no object")
            raise UnreadableError((detail,), is_json=True)
        return value


def _parse(text: str) -> Any:
    try:
        return read_json(text)
    except ValueError as error:
        detail = ErrorDetail(type="json_invalid", loc=(), msg=f"Invalid JSON: {error}")
        raise UnreadableError((detail,), is_json=False) from None


def _readable(text: str) -> str:
    try:
        return readable_json(text)
    except ValueError as error:
        detail = ErrorDetail(type="json_invalid", loc=(), msg=f"Invalid JSON: {error}")
        raise UnreadableError((detail,), is_json=False) from None
