"""Capture everything that is logged, by any logger, at any level."""

import logging
import traceback
from typing import Self
from unittest import mock


class LogCapture:
    """Opens every logger while a context lasts, and keeps what they say.

    Attributes:
        records: what was logged, in that order.
    """

    def __init__(self) -> None:
        self.records: list[logging.LogRecord] = []

        def handle(logger: logging.Logger, record: logging.LogRecord) -> None:
            if logger.filter(record):
                self.records.append(record)

        self._open = mock.patch.multiple(
            logging.Logger,
            isEnabledFor=lambda *_: True,
            getEffectiveLevel=lambda _: 1,
            handle=handle,
        )

    def texts(self) -> list[str]:
        """Write each record as text: logger, message, arguments and exception."""
        return [_text(record) for record in self.records]

    def __enter__(self) -> Self:
        self._open.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.stop()


def _text(record: logging.LogRecord) -> str:
    parts = [record.name, str(record.msg), repr(record.args)]
    try:
        parts.append(record.getMessage())
    except Exception as error:  # noqa: BLE001 - a record that cannot be formatted is text all the same
        parts.append(repr(error))
    if record.exc_info and record.exc_info[1]:
        parts.append("".join(traceback.format_exception(record.exc_info[1])))
    return " | ".join(parts)
