"""Plugins: the hooks that they implement, how they are found, and what their factories make."""

from corechat._providers.provider import Provider
from corechat.plugins._hookspecs import hookimpl

__all__ = ["Provider", "hookimpl"]
