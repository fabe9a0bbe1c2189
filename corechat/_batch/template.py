"""Template: a request's body with places for the columns of a row: ``${column}``."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic_core import from_json, to_json

from corechat._batch.input_file import URL
from corechat._errors.before import BatchError
from corechat._errors.text import one_of

Row = Mapping[str, Any]
_PLACE = re.compile(r"\$(?:\$|\{([^{}]+)\})")


class Template:
    """Fill a body's texts with the columns of rows.

    ``${name}`` stands for a column, ``$$`` for a dollar sign. A text that is one place and nothing
    else becomes the column's value itself: a number or a list, where the row is JSON.

    Args:
        body: the request's body, as parsed JSON.
    """

    def __init__(self, body: Any) -> None:
        self._body = body

    def fill(self, row: Row) -> Any:
        """Return the body of a row; raise `KeyError` with the name of a column that it lacks."""
        return _fill(self._body, row)


def _fill(value: Any, row: Row) -> Any:
    if isinstance(value, dict):
        return {name: _fill(each, row) for name, each in value.items()}
    if isinstance(value, list):
        return [_fill(each, row) for each in value]
    if not isinstance(value, str):
        return value
    whole = _PLACE.fullmatch(value)
    if whole is not None and whole[1]:
        return row[whole[1]]
    return _PLACE.sub(lambda found: _text(row[found[1]]) if found[1] else "$", value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else to_json(value).decode()


def read_rows(path: Path) -> Iterator[tuple[int, Row]]:
    """Give the number, from 1, and the columns of each row of a ``.csv`` or JSON Lines file.

    Raises:
        BatchError: the file cannot be read, or a row is not one.
    """
    read = _read_csv if path.suffix.lower() == ".csv" else _read_json
    try:
        yield from read(path)
    except OSError as error:
        raise BatchError(f"{path} cannot be read: {error.strerror}.", path=str(path)) from None
    except (ValueError, csv.Error) as error:  # a UnicodeDecodeError is a ValueError
        raise BatchError(f"{path} cannot be read: {error}.", path=str(path)) from None


def _read_csv(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file, strict=True), 1):
            if None in row or None in row.values():
                raise csv.Error(f"row {number} has another number of columns than the first line")
            yield number, row


def _read_json(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                try:
                    row = from_json(line, allow_inf_nan=False)
                except ValueError as error:
                    raise ValueError(f"row {number} is not JSON: {error}") from None
                if not isinstance(row, dict):
                    raise BatchError(f"{path}: row {number} is not an object.", path=str(path))
                yield number, row


def build_lines(
    rows: Iterator[tuple[int, Row]], template: Template, id_column: str | None
) -> Iterator[dict[str, Any]]:
    """Give a line of a batch's input for each row; ids are ``request-1`` and on, or a column.

    Raises:
        BatchError: a row lacks a column that the template, or the id, asks for.
    """
    for number, row in rows:
        try:
            body = template.fill(row)
            custom_id = f"request-{number}" if id_column is None else _text(row[id_column])
        except KeyError as error:
            name = str(error.args[0])
            raise BatchError(
                f"Row {number} does not have the column {name!r}{one_of(name, row)}."
            ) from None
        yield {"custom_id": custom_id, "method": "POST", "url": URL, "body": body}
