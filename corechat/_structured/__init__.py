"""Structured output: types in, checked values out."""

from corechat._structured.document import strict_schema
from corechat._structured.failures import structured_error_from_status
from corechat._structured.output_type import OutputType
from corechat._structured.rules import (
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
