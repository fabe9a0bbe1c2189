"""HttpInfo: what the answer's HTTP response said beside the answer."""

from dataclasses import dataclass, field

from corechat._http.messages import Headers


@dataclass(frozen=True, slots=True)
class HttpInfo:
    """Hold how an answer came over HTTP.

    Attributes:
        status: the HTTP status.
        headers: the response's headers, cookies and account ids hidden.
        elapsed: seconds from the call to the whole answer, retries and waits included.
        attempts: how many times the request was sent.
        body: the answer's bytes as they came, its coding undone, where the client keeps them
            (``keep_bodies=True``); else empty.
    """

    status: int
    headers: Headers
    elapsed: float
    attempts: int
    body: bytes = field(default=b"", repr=False)
