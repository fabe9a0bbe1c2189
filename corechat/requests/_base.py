"""RequestModel, and OpenModel and TaggedModel, which keep and send keys that they do not know."""

import operator
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictFloat,
    StrictInt,
    ValidationError,
)
from pydantic_core import PydanticSerializationError, from_json, to_json

from corechat._errors.before import RequestValidationError
from corechat._errors.text import brief_repr
from corechat.requests._json import json_problem, plain
from corechat.requests._problems import request_error

_SCALARS = (str, bool, int, type(None))


def copy_json(value: Any) -> Any:
    """Copy JSON data, so that what the caller changes later does not change the request.

    Raises:
        ValueError: it cannot be written as JSON (RFC 8259 has neither NaN nor infinity).
    """
    if type(value) in _SCALARS:
        return value
    try:
        return from_json(to_json(value, fallback=plain), allow_inf_nan=False)
    except (PydanticSerializationError, UnicodeEncodeError, ValueError) as error:
        raise ValueError(f"not JSON: {json_problem(error)}") from None


JsonData = Annotated[Any, AfterValidator(copy_json)]
JsonObject = Annotated[dict[str, Any], AfterValidator(copy_json)]


def _whole(value: Any) -> Any:
    """Take a whole number of numpy's kind as the int that it stands for."""
    if type(value) in _SCALARS or not hasattr(value, "__index__"):
        return value
    try:
        return operator.index(value)
    except TypeError:
        return value


Number = Annotated[StrictInt | StrictFloat, BeforeValidator(_whole)]
"""A number as it was given: a 1 is sent as 1, not as 1.0."""
Integer = Annotated[StrictInt, BeforeValidator(_whole), Field(ge=-(2**63), le=2**63 - 1)]
"""A whole number that servers can read."""


_BUILDING = threading.Lock()


def build_models(*models: type[BaseModel]) -> None:
    """Build models that are built at their first use otherwise.

    In pydantic 2.11 two threads that do so at once break it.
    """
    for model in models:
        if not model.__pydantic_complete__:  # nearly always it is: then without the lock
            with _BUILDING:
                model.model_rebuild()


class RequestModel(BaseModel):
    """Hold a request or a part of one: frozen, and its representation shows what was set.

    Raises:
        RequestValidationError: a value is wrong; ``problems`` names the path.
    """

    model_config = ConfigDict(
        frozen=True,
        protected_namespaces=(),
        allow_inf_nan=False,
        serialize_by_alias=True,
        defer_build=True,
    )

    def __init__(self, /, **data: Any) -> None:
        try:
            super().__init__(**data)
        except ValidationError as error:
            raise request_error(error, type(self)) from None

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Show only what was set."""
        unset = type(self).model_fields.keys() - self.model_fields_set
        return [(name, value) for name, value in super().__repr_args__() if name not in unset]

    def __repr__(self) -> str:
        return brief_repr(type(self).__name__, self.__repr_args__())

    __str__ = __repr__

    # pydantic then validates a nested dict without a detour through this method
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]

    @classmethod
    def model_validate(cls, obj: Any, **_: Any) -> Self:
        """Make an object of this class from a mapping, for example a parsed JSON body.

        Args:
            obj: a mapping of names, or an object of this class.

        Raises:
            RequestValidationError: it is neither, or a value is wrong.
        """
        if isinstance(obj, cls):
            return obj
        if not (isinstance(obj, Mapping) and all(isinstance(name, str) for name in obj)):
            raise RequestValidationError(
                f"A {cls.__name__} is made from a mapping of names, not this {type(obj).__name__}."
            )
        return cls(**obj)


class OpenModel(RequestModel):
    """Hold a part of a request; keys that it does not know are kept and sent."""

    model_config = ConfigDict(extra="allow", validate_by_name=True, validate_by_alias=True)
    if not TYPE_CHECKING:  # a checker would take it for a parameter of the constructor
        __pydantic_extra__: dict[str, JsonData]


class TaggedModel(OpenModel):
    """Hold a part whose tag (``role`` or ``type``) is sent even if left to its default."""

    TAG: ClassVar[str] = "type"

    def __init__(self, /, **data: Any) -> None:
        super().__init__(**data)
        self.__pydantic_fields_set__.add(self.TAG)

    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]


def tag_of(value: Any, key: str) -> str:
    """Return the role of a message or the type of a part; ``""`` if it does not have one."""
    is_mapping = isinstance(value, (dict, Mapping))  # a dict is told at once
    tag = value.get(key) if is_mapping else getattr(value, key, None)
    # of class Role(str, Enum), str() and format() give "Role.user" before Python 3.12
    return str.__str__(tag) if isinstance(tag, str) else ""
