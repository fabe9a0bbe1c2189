"""SchemaRules: which JSON Schema an endpoint's strict mode takes, as data."""

from dataclasses import dataclass

OPENAI_FORMATS = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)
NUMBER_BOUNDS = frozenset(
    {"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
ARRAY_BOUNDS = frozenset({"minItems", "maxItems"})
STRING_BOUNDS = frozenset({"minLength", "maxLength"})


@dataclass(frozen=True, slots=True)
class SchemaLimits:
    """Bound the size of a schema.

    Attributes:
        properties: the most object properties in all.
        depth: the most objects within each other.
        enum_values: the most enum values in all.
        text: the most characters of all names of properties and definitions and all enum values.
        large_enum: an enum of strings with more values than this …
        large_enum_text: … may have at most this many characters in them.
    """

    properties: int
    depth: int
    enum_values: int
    text: int
    large_enum: int
    large_enum_text: int


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """Say which JSON Schema a strict mode takes.

    What only narrows the values (lengths, ranges, patterns) and is not taken is left out of the
    schema that is sent, told to the model in the description, and checked when the answer is in.
    What shapes the value and is not taken makes the schema one that cannot be strict.

    Attributes:
        name: for messages, for example ``"OpenAI"``.
        bounds: the keywords of `NUMBER_BOUNDS`, `ARRAY_BOUNDS` and `STRING_BOUNDS` that are taken.
        formats: the values of ``format`` that are taken.
        format_patterns: pairs of a format that is not taken and a ``pattern`` to send for it.
        patterns: whether ``pattern`` is taken at all.
        plain_patterns: whether only ``^…$`` with plain character classes is taken, and no other
            string keyword beside it.
        open_objects: whether objects may have keys that are not named.
        any_value: whether a schema may allow any value.
        prefix_items: whether ``prefixItems`` of a fixed number of items is taken.
        keeps_unknown: whether what cannot be strict is sent as it is, not refused: for endpoints
            of which nothing is known.
        limits: how large a schema may be, or None.
    """

    name: str
    bounds: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    format_patterns: tuple[tuple[str, str], ...] = ()
    patterns: bool = False
    plain_patterns: bool = False
    open_objects: bool = False
    any_value: bool = False
    prefix_items: bool = False
    keeps_unknown: bool = False
    limits: SchemaLimits | None = None


OPENAI = SchemaRules(
    "OpenAI",
    bounds=NUMBER_BOUNDS | ARRAY_BOUNDS,
    formats=OPENAI_FORMATS,
    patterns=True,
    limits=SchemaLimits(5000, 10, 1000, 120_000, 250, 15_000),
)
"""OpenAI's, from the guide "Structured model outputs", section "Supported schemas" (2026):
string: pattern and nine formats; number: multipleOf and four bounds; array: minItems, maxItems;
enum, anyOf, $defs, $ref, recursion; root an object and no anyOf; every property required;
additionalProperties false; no allOf, not, dependentRequired, dependentSchemas, if/then/else.
String lengths are not listed, and oneOf, default and $ref with siblings are refused by 400."""

GROQ = SchemaRules("Groq")
"""Groq's, from the guide "Structured Outputs", section "Schema requirements" (2026): string,
number, boolean, integer, object, array, enum, anyOf, $defs with $ref, recursion; every property
required; additionalProperties false. No bounds, patterns or formats are listed, and minItems was
seen to be refused by 400 (i-am-bee/beeai-framework issue 1215)."""

_PLAIN_FORMATS = frozenset({"date-time", "time", "date", "uuid"})
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,30}[A-Za-z0-9])?"

LLAMACPP = SchemaRules(
    "llama.cpp",
    bounds=NUMBER_BOUNDS | ARRAY_BOUNDS | STRING_BOUNDS,
    formats=_PLAIN_FORMATS,
    format_patterns=(
        ("duration", "^P([0-9]{1,4}D)?T[0-9]{1,4}[HMS]$"),
        ("email", "^[a-z0-9]{1,32}@[a-z0-9]{1,32}[.][a-z]{2,8}$"),
        ("hostname", f"^{_LABEL}([.]{_LABEL})*$"),
        ("ipv4", f"^{_OCTET}[.]{_OCTET}[.]{_OCTET}[.]{_OCTET}$"),
        ("ipv6", "^([0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$"),
        ("uri", "^https?://[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?(/[A-Za-z0-9._~-]{0,60})*$"),
    ),
    patterns=True,
    plain_patterns=True,
    open_objects=True,
    any_value=True,
    prefix_items=True,
)
"""llama.cpp's grammars, what both of its converters take: its own (grammars/README.md) and
llguidance (docs/json_schema.md). Patterns must be anchored; unknown formats are ignored by one
and refused by the other, so they are sent as patterns. Its own converter takes ``prefixItems``
only without ``items``, and does not enforce bounds of floats and ``multipleOf``."""

UNKNOWN = SchemaRules(
    "this endpoint",
    bounds=OPENAI.bounds | STRING_BOUNDS,
    formats=OPENAI_FORMATS,
    patterns=True,
    open_objects=True,
    any_value=True,
    prefix_items=True,
    keeps_unknown=True,
)
"""For endpoints of which nothing is known: written as OpenAI wants it where that is possible,
and sent as it is where not."""
