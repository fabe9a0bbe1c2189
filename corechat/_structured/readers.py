"""Readers: from a JSON text to a value of a type, or that fits a schema."""

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import Any, Self

from pydantic import TypeAdapter, ValidationError, create_model
from pydantic_core import from_json

from corechat._errors.text import describe_exception
from corechat._structured.checker import SchemaChecker
from corechat._structured.document import WRAPPER_KEY
from corechat._structured.schema_of_type import adapter_of, name_of_type, unfit
from corechat._structured.vocabulary import JsonSchema, is_object
from corechat.requests._json import readable_json
from corechat.responses._output_errors import ErrorDetail


class UnreadableError(ValueError):
    """Report a text that is not JSON, or does not fit; `errors` says what is wrong with it."""

    def __init__(self, *errors: ErrorDetail, is_json: bool = True) -> None:
        super().__init__(errors)
        self.errors = errors
        self.is_json = is_json


Reader = Callable[[str], Any]
"""Reads what a model wrote, or raises `UnreadableError`."""


def type_reader(adapter: TypeAdapter[Any], convert: Callable[[Any], Any] | None = None) -> Reader:
    """Make the reader of a Python type, by pydantic in its JSON mode."""
    keeps_digits = _holds_decimal(adapter.core_schema)
    validate = partial(_with_digits, adapter) if keeps_digits else adapter.validate_json

    def read(text: str) -> Any:
        try:
            text = readable_json(text)
        except ValueError as error:
            raise _not_json(error) from None
        try:
            value = validate(text)
            return value if convert is None else convert(value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            details = (ErrorDetail(type=e["type"], loc=e["loc"], msg=e["msg"]) for e in found)
            is_json = (found[0]["type"], found[0]["loc"]) != ("json_invalid", ())
            raise UnreadableError(*details, is_json=is_json) from None
        except Exception as error:
            detail = ErrorDetail(type="validator_failed", loc=(), msg=describe_exception(error))
            raise UnreadableError(detail) from error

    return read


class _Number(float):
    """Hold a number that shows the digits of its text, of which pydantic makes a Decimal."""

    _digits: str

    def __new__(cls, digits: str) -> Self:
        made = super().__new__(cls, _rounded(digits))
        made._digits = digits
        return made

    def __str__(self) -> str:
        return self._digits


def _with_digits(adapter: TypeAdapter[Any], text: str) -> Any:
    """Read numbers with all their digits, of which pydantic's JSON mode reads floats."""
    numbers: set[str] = set()
    try:
        json.loads(text, parse_float=numbers.add)
    except (ValueError, RecursionError):
        return adapter.validate_json(text)
    if all(map(_is_round, numbers)):
        return adapter.validate_json(text)

    def as_python(number: Callable[[str], float], *, strict: bool | None = False) -> Any:
        data = json.loads(text, parse_float=number)
        return adapter.validate_python(data, strict=strict)

    def as_text(number: Callable[[str], float]) -> Any:
        data = json.loads(text, parse_float=lambda n: float(n) if _is_round(n) else str(number(n)))
        return adapter.validate_json(json.dumps(data))

    try:
        value = adapter.validate_json(json.dumps(json.loads(text, parse_float=_rounded)))
    except ValidationError:
        with contextlib.suppress(ValidationError):  # 0.99999999999999999999 is less than 1
            return as_python(_exact, strict=None)
        raise
    # where Python's data is read otherwise than JSON, texts are; rounded numbers tell which
    for read in (as_python, as_text):
        with contextlib.suppress(ValidationError):
            if read(_rounded) == value:
                return read(_exact)
    return value


def _is_round(digits: str) -> bool:
    """Tell whether pydantic's JSON mode makes a Decimal with these digits: of 3.0 it makes 3."""
    return repr(float(digits)) == digits and not digits.endswith(".0") and "e" not in digits


def _rounded(digits: str) -> float:
    return max(-sys.float_info.max, min(float(digits), sys.float_info.max))


def _exact(digits: str) -> float:
    return float(digits) if _is_round(digits) else _Number(digits)


def _holds_decimal(schema: Any) -> bool:
    if isinstance(schema, Mapping):
        return schema.get("type") == "decimal" or any(map(_holds_decimal, schema.values()))
    return isinstance(schema, list | tuple) and any(map(_holds_decimal, schema))


def wrapped_type_reader(tp: Any) -> Reader:
    """Make the reader of a Python type whose value an object wraps."""
    fields: dict[str, Any] = {WRAPPER_KEY: (tp, ...)}
    try:
        wrapper = create_model("Answer", **fields)
    except Exception as error:  # noqa: BLE001 - as in `adapter_of`
        raise unfit(name_of_type(tp), error) from None
    return type_reader(adapter_of(wrapper), attrgetter(WRAPPER_KEY))


def schema_reader(checker: SchemaChecker, read: Reader) -> Reader:
    """Make the reader of JSON data that fits a schema, on top of `read_data` or `read_object`."""

    def read_checked(text: str) -> Any:
        value = read(text)
        errors = checker.errors(value)
        if errors:
            raise UnreadableError(*errors)
        return value

    return read_checked


def read_data(text: str) -> Any:
    """Read any JSON data, or raise `UnreadableError`."""
    try:
        return read_json(text)
    except ValueError as error:
        raise _not_json(error) from None


def read_object(text: str) -> JsonSchema:
    """Read any JSON object, or raise `UnreadableError`."""
    value = read_data(text)
    if not is_object(value):
        detail = ErrorDetail(type="dict_type", loc=(), msg="this is JSON, but not an object")
        raise UnreadableError(detail)
    return value


def read_json(text: str) -> Any:
    """Read a JSON text (RFC 8259: not NaN, not infinity), or raise ValueError."""
    return from_json(readable_json(text), allow_inf_nan=False)


def _not_json(error: ValueError) -> UnreadableError:
    detail = ErrorDetail(type="json_invalid", loc=(), msg=f"Invalid JSON: {error}")
    return UnreadableError(detail, is_json=False)
