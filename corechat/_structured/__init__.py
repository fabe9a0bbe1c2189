"""Structured output: types in, checked values out."""

from corechat._structured.document import strict_schema
from corechat._structured.failures import structured_error_from_status
from corechat._structured.output_type import OutputType

__all__ = ["OutputType", "strict_schema", "structured_error_from_status"]
