"""Capture everything that is logged, by any logger, at any level."""

import logging
import traceback
from typing import Self


class LogCapture(logging.Handler):
    """Opens every logger while a context lasts, and keeps what they say."""

    def __init__(self) -> None:
        super().__init__(level=1)
        self.records: list[logging.LogRecord] = []
        self._before: list[tuple[logging.Logger, int, bool, bool]] = []
        self._disabled = logging.NOTSET

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record that some logger made."""
        self.records.append(record)

    def texts(self) -> list[str]:
        """Write each record as text: logger, message, arguments and exception."""
        return [_text(record) for record in self.records]

    def __enter__(self) -> Self:
        root = logging.getLogger()
        named = root.manager.loggerDict.values()
        for logger in (root, *(item for item in named if isinstance(item, logging.Logger))):
            self._before.append((logger, logger.level, logger.propagate, logger.disabled))
            logger.setLevel(1)
            logger.propagate = True
            logger.disabled = False
        self._disabled = root.manager.disable
        logging.disable(logging.NOTSET)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)
        logging.disable(self._disabled)
        for logger, level, propagate, disabled in self._before:
            logger.setLevel(level)
            logger.propagate = propagate
            logger.disabled = disabled


def _text(record: logging.LogRecord) -> str:
    parts = [record.name, str(record.msg), repr(record.args)]
    try:
        parts.append(record.getMessage())
    except Exception as error:  # noqa: BLE001 - a record that cannot be formatted is text all the same
        parts.append(repr(error))
    if record.exc_info and record.exc_info[1]:
        parts.append("".join(traceback.format_exception(record.exc_info[1])))
    return " | ".join(parts)
