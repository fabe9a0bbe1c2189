"""Library: httpx or httpx2, with the engine below it; two names of one API."""

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Self


@dataclass(frozen=True)
class Library:
    """Hold a library's modules.

    Attributes:
        client: httpx or httpx2.
        engine: httpcore or httpcore2, which the client connects by.
    """

    client: ModuleType
    engine: ModuleType

    @classmethod
    def load(cls, name: str) -> Self:
        """Import a library.

        Args:
            name: ``"httpx"`` or ``"httpx2"``.
        """
        engine = name.replace("httpx", "httpcore")
        return cls(importlib.import_module(name), importlib.import_module(engine))

    @property
    def name(self) -> str:
        """The name of the library."""
        return self.client.__name__
