"""Fixtures of the core's tests."""

from tests.core.installing import install

__all__ = ["install"]
