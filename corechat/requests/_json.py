"""JSON texts: the canonical form, half surrogate pairs taken out."""

import json
import re

from pydantic_core import PydanticSerializationError, from_json, to_json

from corechat._errors.text import exception_text


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def canonical_json(data: bytes | str) -> str:
    """Write a JSON text in its canonical form: keys sorted, without white space, 1.0 as 1.

    Raises:
        ValueError: it is not JSON, or nested too deep.
    """
    try:
        value = json.loads(data, parse_float=_number)
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except RecursionError:
        raise ValueError("nested too deep") from None


_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


def replace_half_surrogates(data: bytes) -> bytes:
    r"""Return a JSON text with U+FFFD for each escaped half of a surrogate pair (RFC 8259 §8.2).

    A token that is half an emoji becomes ``"Hi \ud83d"``. Whole pairs stay as they are.
    """
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found["half"] else found[0], data)


_HALF = re.compile("[\ud800-\udfff]")


def whole_characters(text: str) -> str:
    """Return a text with U+FFFD for each half of a surrogate pair, which UTF-8 cannot carry.

    `os.listdir` gives such halves for the bytes of a name that is not UTF-8.
    """
    return _HALF.sub("\ufffd", text)


def readable_json(text: str) -> str:
    """Return what a model wrote as JSON that pydantic reads; raise `ValueError` for NaN.

    pydantic takes NaN and infinities, which JSON does not have (RFC 8259 §6), and refuses half
    surrogate pairs.
    """
    if "\\ud" in text or "\\uD" in text:
        text = replace_half_surrogates(text.encode()).decode()
    if "NaN" in text or "Infinity" in text:
        from_json(text, allow_inf_nan=False)
    return text


def arguments_text(value: object) -> str:
    """Return the arguments of a call as a text; some servers send the JSON data itself."""
    if value is None or isinstance(value, str):
        return value or ""
    return to_json(value).decode()


def object_text(arguments: object) -> str:
    """Write a call's arguments as the text of a JSON object, which servers that parse them want.

    Args:
        arguments: as the model wrote them, or as the server sent them.

    Returns:
        The text itself where it is a JSON object; ``{}`` where it is blank or null; else an object
        that holds the text, so that the model sees what it wrote.
    """
    written = arguments_text(arguments).encode(errors="replace")
    text = replace_half_surrogates(written).decode()
    try:
        value: object = from_json(text, allow_inf_nan=False)
    except ValueError:
        value = text.strip() or None
    if isinstance(value, dict):
        return text
    return "{}" if value in (None, "") else to_json({"malformed": text}).decode()


def json_problem(error: Exception) -> str:
    """Say why a value cannot be written as JSON, in words that name its class."""
    said = exception_text(error)
    unknown = re.search(r"unknown type: <class '(.*?)'>", said)
    return f"it holds an object of the class {unknown[1]}" if unknown else said


def plain(value: object) -> object:
    """Turn a number or array of numpy's kind into what JSON has.

    Args:
        value: an object that pydantic cannot write.

    Raises:
        PydanticSerializationError: it is of another kind.
    """
    to_list = getattr(value, "tolist", None)
    if not callable(to_list):
        raise PydanticSerializationError(f"Unable to serialize unknown type: {type(value)}")
    return to_list()
