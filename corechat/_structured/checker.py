"""SchemaChecker: a value against a JSON Schema, by the library jsonschema."""

import re
from itertools import islice
from typing import Any

from corechat._errors.before import MissingDependencyError, RequestValidationError
from corechat._errors.text import describe_exception, excerpt, near_miss
from corechat._structured.formats import format_checker
from corechat._structured.references import step
from corechat._structured.vocabulary import TYPES, JsonSchema, map_schemas
from corechat.requests._formats import FORMAT_TYPES
from corechat.responses._output_errors import ErrorDetail

_MOST_ERRORS = 20
_MOST_TEXT = 300
_TYPES = (*TYPES, *FORMAT_TYPES)


class SchemaChecker:
    """Checks JSON data against a JSON Schema; does not follow references to other documents."""

    def __init__(self, schema: JsonSchema, subject: str = "This schema") -> None:
        try:
            from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 - optional
            from jsonschema.validators import validator_for  # noqa: PLC0415 - optional
            from referencing import Registry  # noqa: PLC0415 - comes with jsonschema
        except ImportError:
            raise MissingDependencyError(
                "Answers are checked against a JSON Schema by the library jsonschema, which is "
                "not installed: pip install 'corechat[schema]'. A pydantic model, dataclass or "
                "TypedDict needs nothing more."
            ) from None
        kind = validator_for(schema, default=Draft202012Validator)
        try:
            kind.check_schema(schema)
            for keyword in _misspelt_types(schema):
                raise self._invalid(subject, "", f"{keyword!r}: did you mean 'type'?")
        except SchemaError as error:
            path = [*error.absolute_path]
            guess = near_miss(str(error.instance), _TYPES) if path[-1:] == ["type"] else None
            text = f"{error.instance!r}: did you mean {guess!r}?" if guess else error.message
            raise self._invalid(subject, step("", *path), text) from None
        except RecursionError:
            raise self._invalid(subject, "", "nested too deep") from None
        # an own registry, empty: the default one fetches references from the network
        self._validator = kind(
            schema, registry=Registry(), format_checker=format_checker(kind.FORMAT_CHECKER)
        )

    def errors(self, value: Any) -> tuple[ErrorDetail, ...]:
        """Find what is wrong with JSON data: the first twenty errors."""
        from referencing.exceptions import Unresolvable  # noqa: PLC0415 - optional

        try:
            found = list(islice(self._validator.iter_errors(value), _MOST_ERRORS))
        except (Unresolvable, re.error, RecursionError) as error:
            text = f"the schema cannot be applied: {describe_exception(error)}"
            return (ErrorDetail(type="schema", loc=(), msg=excerpt(text, _MOST_TEXT)),)
        return tuple(
            ErrorDetail(
                type=str(error.validator),
                loc=tuple(error.absolute_path),
                msg=excerpt(error.message, _MOST_TEXT),
            )
            for error in found
        )

    @staticmethod
    def _invalid(subject: str, pointer: str, message: str) -> RequestValidationError:
        text = excerpt(message, _MOST_TEXT)
        return RequestValidationError(
            f"{excerpt(subject, 80)} is not valid JSON Schema, nothing was sent. "
            f"{pointer or '/'}: {text}",
            ((pointer, text),),
        )


def _misspelt_types(schema: JsonSchema) -> list[str]:
    """Find the keywords that are nearly ``type`` in a schema without one: they are not applied."""
    found: list[str] = []

    def visit(node: JsonSchema) -> JsonSchema:
        if "type" not in node:
            found.extend(keyword for keyword in node if near_miss(keyword, ["type"]))
        return map_schemas(node, visit)

    visit(schema)
    return found
