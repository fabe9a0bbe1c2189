"""OutputType: what a caller gave as ``response_format``, as a schema to send and a reader."""

from collections.abc import Mapping
from functools import lru_cache
from typing import (
    TYPE_CHECKING,
    Any,
    Generic,
    Literal,
    TypeVar,
    cast,
    get_args,
    get_origin,
    overload,
)

from pydantic_core import to_json

from corechat._errors.before import RequestValidationError
from corechat._providers.schema_rules import SchemaRules
from corechat._structured.checker import SchemaChecker
from corechat._structured.document import (
    WRAPPER_KEY,
    has_object_root,
    strict_schema,
    wrapped_schema,
)
from corechat._structured.failures import unreadable, unusable
from corechat._structured.lenient import read_leniently
from corechat._structured.readers import (
    Reader,
    UnreadableError,
    read_data,
    read_object,
    schema_reader,
    type_reader,
    wrapped_type_reader,
)
from corechat._structured.schema_of_type import (
    acceptable_name,
    adapter_of,
    name_of_type,
    schema_of,
)
from corechat._structured.vocabulary import JsonSchema, is_object
from corechat.requests import ResponseFormat
from corechat.responses import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # also a union, a Literal, an Annotated type (PEP 747)

T = TypeVar("T")
S = TypeVar("S")  # T is the class's own, which a call through the class leaves unknown
JSON_OBJECT = "json_object"


class OutputType(Generic[T]):
    """Hold the type of an answer: the schema to send, and how to read what comes back.

    Made by `OutputType.of`.

    Attributes:
        name: for messages, for example ``"list[Item]"``.
        schema: the JSON Schema, as pydantic or the caller wrote it; None for any JSON object.
    """

    def __init__(
        self,
        name: str,
        schema: JsonSchema | None,
        reader: Reader,
        *,
        wrapped: bool = False,
        written: JsonSchema | None = None,
    ) -> None:
        self.name = name
        self.schema = schema
        self._reader = reader
        self._wrapped = wrapped
        self._written = written
        self._made: dict[tuple[SchemaRules, bool], JsonSchema] = {}

    @overload
    @classmethod
    def of(cls, tp: "TypeForm[S]") -> "OutputType[S]": ...

    @overload
    @classmethod
    def of(cls, tp: object) -> "OutputType[Any]": ...

    @classmethod
    def of(cls, tp: Any) -> "OutputType[Any]":
        """Make the output type of what a caller gave as ``response_format``.

        Args:
            tp: a pydantic model, dataclass, TypedDict, ``list[Item]``, union, enum, Annotated
                type, or whatever else pydantic's TypeAdapter takes; a JSON Schema as a dict;
                ``"json_object"``; or a ``response_format`` of the API itself, which is sent as
                it is and checked after.

        Raises:
            RequestValidationError: the type or schema cannot be one of an answer.
            MissingDependencyError: a dict schema was given, and jsonschema is not installed.
        """
        if isinstance(tp, OutputType):
            made: OutputType[Any] = tp
            return made
        if isinstance(tp, ResponseFormat):
            tp = tp.model_dump(mode="json", exclude_unset=True)
        if isinstance(tp, Mapping):
            return _of_mapping(dict(cast("Mapping[str, Any]", tp)))
        if isinstance(tp, str):
            return _of_word(tp)
        return _of_written(_Written(tp))

    def response_format(self, rules: SchemaRules, *, strict: bool = True) -> JsonSchema:
        """Write the ``response_format`` to send.

        Args:
            rules: what the endpoint's strict mode takes.
            strict: whether the answer must fit exactly; if not, the schema is sent as it is.

        Raises:
            RequestValidationError: the schema cannot be strict; ``problems`` names each JSON
                pointer into `schema`, and the keyword there.
        """
        if self._written is not None:
            return self._written
        made = self._made.get((rules, strict))
        if made is None:
            made = self._made[rules, strict] = self._write(rules, strict=strict)
        return made

    def _write(self, rules: SchemaRules, *, strict: bool) -> JsonSchema:
        schema = self.schema or {}
        if strict:
            sent = strict_schema(schema, rules, subject=self.name, wrap=self._wrapped)
        else:
            sent = wrapped_schema(schema) if self._wrapped else schema
        inner = {"name": acceptable_name(self.name), "schema": sent, "strict": strict}
        return {"type": "json_schema", "json_schema": inner}

    def read(self, text: str) -> T:
        """Read the value from the text of an answer, or raise `UnreadableError`."""
        value: T = self._reader(text)
        return value

    def parse(self, response: ChatResponse, *, lenient: bool = False, choice: int = 0) -> T:
        """Read the value out of an answer.

        Args:
            response: the answer.
            lenient: whether to read JSON after the last end of thinking, in a Markdown fence too.
            choice: the number of the choice.

        Raises:
            StructuredOutputError: the answer was cut or filtered, is a refusal, not JSON, or does
                not fit. It keeps the text, the usage and the whole response.
        """
        chosen = response.choices[choice]
        content = chosen.message.content
        text = chosen.message.text
        if is_object(content) and not text:  # some servers send the object itself
            text = to_json(content).decode()
        error = unusable(response, chosen, text, self.name)
        if error is not None:
            raise error
        try:
            value: T = read_leniently(text, self._reader) if lenient else self._reader(text)
        except UnreadableError as found:
            raise unreadable(response, text, self.name, found) from None
        return value

    def __repr__(self) -> str:
        return f"OutputType({self.name})"


class _Written:
    """Hold a type, equal to one that is written alike: to Python ``A | B == B | A``."""

    def __init__(self, tp: Any) -> None:
        self.type = tp  # alive as long as this, so that the ids in the key stay its own
        self._key = _key_of(tp)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Written) and self._key == other._key


def _key_of(tp: Any) -> tuple[Any, ...]:
    origin = get_origin(tp)
    if origin is Literal:
        return Literal, *((type(value), value) for value in get_args(tp))
    parts = tp if isinstance(tp, list) else get_args(tp)
    return type(tp), id(origin), *(map(_key_of, parts) if parts else (id(tp),))


@lru_cache(maxsize=128)  # pydantic takes milliseconds to write a schema, and types do not change
def _of_written(written: _Written) -> OutputType[Any]:
    tp = written.type
    adapter = adapter_of(tp)
    schema = schema_of(adapter, name_of_type(tp))
    if has_object_root(schema):
        return OutputType(name_of_type(tp), schema, type_reader(adapter))
    return OutputType(name_of_type(tp), schema, wrapped_type_reader(tp), wrapped=True)


def _of_word(word: str) -> OutputType[Any]:
    if word != JSON_OBJECT:
        raise RequestValidationError(
            f"response_format={word!r} is not known. Give a type, a JSON Schema as a dict, or "
            f"{JSON_OBJECT!r}.",
            (("response_format", "unknown word"),),
        )
    return OutputType("a JSON object", None, read_object, written={"type": JSON_OBJECT})


def _of_mapping(given: dict[str, Any]) -> OutputType[Any]:
    kind = given.get("type")
    if kind == JSON_OBJECT:
        return OutputType("a JSON object", None, read_object, written=given)
    if kind == "json_schema" and isinstance(given.get("json_schema"), Mapping):
        described: Mapping[str, Any] = given["json_schema"]
        name = described.get("name") or "output"
        schema: JsonSchema = dict(described.get("schema") or {})
        reader = schema_reader(SchemaChecker(schema, name), read_data)
        return OutputType(name, schema, reader, written=given)
    title = given.get("title")
    name = title if isinstance(title, str) and title else "output"
    SchemaChecker(given, "response_format")  # a broken schema is told by its own pointers
    if has_object_root(given):
        return OutputType(name, given, schema_reader(SchemaChecker(given, name), read_data))
    read_wrapped = schema_reader(SchemaChecker(wrapped_schema(given), name), read_data)
    return OutputType(name, given, lambda text: read_wrapped(text)[WRAPPER_KEY], wrapped=True)
