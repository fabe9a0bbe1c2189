"""Fixtures of the command's tests."""

from tests.core.installing import install

__all__ = ["install"]
