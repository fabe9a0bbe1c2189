"""InputFile: many requests in a file, a JSON object a line, in OpenAI's and Groq's batch format."""

import hashlib
import warnings
from collections.abc import Container, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from corechat._errors.before import BatchError, RequestValidationError
from corechat._errors.text import excerpt, nearest
from corechat._errors.warning import UnknownWordWarning
from corechat.requests import ChatRequest

URL = "/v1/chat/completions"
_URLS = (URL, "/chat/completions")  # the second is Azure's
_FIELDS = ("custom_id", "method", "url", "body")
_BOM = b"\xef\xbb\xbf"
_SHOWN = 5


class Problem(NamedTuple):
    """Say what is wrong in a line of an input.

    Attributes:
        line: its number, from 1.
        path: where in the line, for example ``"body.messages[1].role"``.
        what: what is wrong there.
        refused: whether the line cannot be sent; else it is a warning.
    """

    line: int
    path: str
    what: str
    refused: bool = True


class Line(NamedTuple):
    """Hold one line of an input: its number from 1, the caller's id, and the request."""

    number: int
    custom_id: str
    request: ChatRequest


class InputFile:
    """Read a batch's input: ``{"custom_id", "method", "url", "body"}`` a line.

    Args:
        path: the file.
        allow_unknown: whether fields of a body that corechat does not know are sent as they are;
            else they are refused, since they may be misspelt.

    Attributes:
        ids: the ``custom_id`` of every line, once it was checked.
        digest: the SHA-256 of its bytes, once it was checked.
    """

    def __init__(self, path: Path, *, allow_unknown: bool = False) -> None:
        self.path = path
        self.ids: set[str] = set()
        self.digest = ""
        self._allow_unknown = allow_unknown

    def check(self) -> Iterator[Problem]:
        """Read every line, and give what is wrong with it."""
        digest = hashlib.sha256()
        self.ids = set()
        wrong = False
        for number, data in self._read(digest):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always", UnknownWordWarning)
                found = self._parse(number, data)
            if not isinstance(found, Line):
                wrong = True
                yield from found
                continue
            yield from (Problem(number, "body", str(one.message), refused=False) for one in caught)
            if found.custom_id in self.ids:
                yield Problem(number, "custom_id", f"{_shown(found.custom_id)} is there twice")
            self.ids.add(found.custom_id)
        self.digest = digest.hexdigest()
        if not self.ids and not wrong:
            yield Problem(1, "", "the file holds not one request")

    def refuse_problems(self) -> None:
        """Raise `BatchError` if a line cannot be sent."""
        problems = [one for one in self.check() if one.refused]
        if problems:
            lines = [write_problem(one) for one in problems[:_SHOWN]]
            more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
            raise BatchError(
                f"{self.path}: nothing was sent, since {'; '.join(lines)}{more}. "
                "`corechat batch check` lists all.",
                path=str(self.path),
                problems=tuple((one.line, one.path, one.what) for one in problems),
            )

    def lines(self, wanted: Container[str]) -> Iterator[Line]:
        """Give the lines whose ``custom_id`` is wanted; raise `BatchError` for a wrong one."""
        for number, data in self._read():
            found = self._parse(number, data)
            if not isinstance(found, Line):
                raise BatchError(
                    f"{self.path} was changed meanwhile: {write_problem(found[0])}.",
                    path=str(self.path),
                )
            if found.custom_id in wanted:
                yield found

    def _read(self, digest: Any = None) -> Iterator[tuple[int, bytes]]:
        try:
            with self.path.open("rb") as file:
                for number, data in enumerate(file, 1):
                    if digest is not None:
                        digest.update(data)
                    line = data.removeprefix(_BOM) if number == 1 else data
                    if line.strip():
                        yield number, line
        except OSError as error:
            raise BatchError(
                f"{self.path} cannot be read: {error.strerror}.", path=str(self.path)
            ) from None

    def _parse(self, number: int, data: bytes) -> Line | list[Problem]:
        try:
            line = from_json(data, allow_inf_nan=False)
        except ValueError as error:
            cut = "" if data.endswith(b"\n") else " (the file's last line: is it cut?)"
            return [Problem(number, "", f"it is not JSON: {error}{cut}")]
        if not isinstance(line, dict):
            return [Problem(number, "", "it is not an object")]
        problems = list(_around(line))
        request = None
        try:
            if isinstance(line.get("body"), dict):
                request = self._request(line["body"])
        except RequestValidationError as error:
            problems += [
                (f"body.{path}" if path else "body", what) for path, what in error.problems
            ]
            if not error.problems:
                problems.append(("body", error.message))
        if problems or request is None:
            return [Problem(number, path, what) for path, what in problems]
        return Line(number, line["custom_id"], request)

    def _request(self, body: dict[str, Any]) -> ChatRequest:
        if "extra_body" in body:
            what = "not a field of the API: write what it holds into body itself"
            raise RequestValidationError(what, (("extra_body", what),))
        if self._allow_unknown:
            unknown = {name: body[name] for name in body.keys() - ChatRequest.model_fields.keys()}
            if unknown:
                known = {name: value for name, value in body.items() if name not in unknown}
                return ChatRequest.model_validate({**known, "extra_body": unknown})
        return ChatRequest.model_validate(body)


def _around(line: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what is wrong around the body."""
    for name in line:
        if name not in _FIELDS:
            guess = nearest(name, _FIELDS)
            meant = f"; did you mean {guess!r}?" if guess else ""
            yield excerpt(name, 50), f"not a field of a batch's line{meant}"
    if not isinstance(line.get("custom_id"), str) or not line["custom_id"]:
        yield "custom_id", "must be a text that is not empty"
    if line.get("method") != "POST":
        yield "method", 'must be "POST"'
    if line.get("url") not in _URLS:
        yield "url", f'must be "{URL}": other endpoints are not carried'
    if not isinstance(line.get("body"), dict):
        yield "body", "must be an object: the parameters of the request"


def _shown(custom_id: str) -> str:
    return repr(excerpt(custom_id, 80))


def write_problem(problem: Problem) -> str:
    """Write a problem in a line: ``line 3: body.messages[1].role: Field required``."""
    return f"line {problem.line}: {f'{problem.path}: ' if problem.path else ''}{problem.what}"
