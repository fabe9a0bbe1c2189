"""Structured output: types in, checked values out."""

from corechat.structured.document import strict_schema
from corechat.structured.failures import structured_error_from_status
from corechat.structured.output_type import OutputType
from corechat.structured.rules import (
    GROQ,
    LLAMACPP,
    OPENAI,
    UNKNOWN,
    SchemaLimits,
    SchemaRules,
    rules_for,
)

__all__ = [
    "GROQ",
    "LLAMACPP",
    "OPENAI",
    "UNKNOWN",
    "OutputType",
    "SchemaLimits",
    "SchemaRules",
    "rules_for",
    "strict_schema",
    "structured_error_from_status",
]
