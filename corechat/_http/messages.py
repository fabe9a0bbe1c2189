"""HttpRequest and HttpResponse: what a transport carries. Plain data."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self, cast

from corechat._http.secrets import HIDDEN, is_secret_header


class Headers(Mapping[str, str]):
    """Hold header fields, immutable and looked up without regard to case (RFC 9110 §5.1).

    Args:
        items: a mapping, or pairs of name and value; a name may come more than once.

    Equal when names (in any case), values and order are equal. The repr and the pickled form hide
    the values of those that hold a secret: keys, cookies, ids of accounts.
    """

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> None:
        if type(items) is not list and isinstance(items, Mapping):  # an ABC's check is slow
            items = cast("Mapping[str, str]", items).items()
        self._items: tuple[tuple[str, str], ...] = tuple(items)

    def __getitem__(self, name: str) -> str:
        values = self.get_list(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self._items))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self._items})

    def get_list(self, name: str) -> list[str]:
        """Give every value of a header field, in the order received.

        Args:
            name: the field's name, in any case.
        """
        wanted = name.lower()
        return [value for key, value in self._items if key.lower() == wanted]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Every field as it was given: name and value, repeats included."""
        return self._items

    def replace(self, changes: Mapping[str, str]) -> Self:
        """Copy the headers with some fields set anew.

        Args:
            changes: name to value; each replaces every field of that name.
        """
        names = {name.lower() for name in changes}
        kept = [pair for pair in self._items if pair[0].lower() not in names]
        return type(self)([*kept, *changes.items()])

    def without_secrets(self) -> Self:
        """Copy the headers with the values of those that hold a secret hidden."""
        return type(self)(
            [(name, HIDDEN if is_secret_header(name) else value) for name, value in self._items]
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Headers):
            return NotImplemented
        return [(k.lower(), v) for k, v in self._items] == [(k.lower(), v) for k, v in other._items]

    def __hash__(self) -> int:
        return hash(tuple((k.lower(), v) for k, v in self._items))

    def __repr__(self) -> str:
        return f"Headers({list(self.without_secrets().pairs)!r})"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[list[tuple[str, str]]]]:
        return type(self), (list(self.without_secrets().pairs),)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """Hold one whole HTTP request.

    Attributes:
        method: ``"POST"``.
        url: the absolute URL, with scheme and host.
        headers: all fields but Host and Content-Length, which the transport adds.
        body: the bytes to send.
    """

    method: str
    url: str
    headers: Headers
    body: bytes = field(repr=False)

    def __repr__(self) -> str:
        url, query, _ = self.url.partition("?")  # a query may hold a secret
        return f"HttpRequest({self.method!r}, {url + query!r}, {self.headers!r})"


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """Hold one whole HTTP response, as it was received.

    Attributes:
        status: the status code, 200 to 599.
        headers: all fields of the head, as received.
        body: the body without transfer coding, content coding (gzip …) still applied.
        truncated: whether the body was cut at the bound for error bodies.
    """

    status: int
    headers: Headers = field(repr=False)  # a server may repeat the key in any of them
    body: bytes = field(repr=False)
    truncated: bool = False
