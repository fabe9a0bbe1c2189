"""Plugins: the hooks that they implement, how they are found, and what their factories make."""

from corechat._providers.known import PROVIDERS
from corechat._providers.provider import Provider
from corechat._providers.schema_rules import SchemaLimits, SchemaRules
from corechat._providers.unsupported_fields import UnsupportedFields
from corechat.plugins._hookspecs import hookimpl

__all__ = [
    "PROVIDERS",
    "Provider",
    "SchemaLimits",
    "SchemaRules",
    "UnsupportedFields",
    "hookimpl",
]

for _name in __all__:  # a pickle says where an author finds a class, not the file that it stands in
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
