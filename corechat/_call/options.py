"""CallOptions: what a call is told beside its request."""

from collections.abc import Mapping
from dataclasses import dataclass

from corechat._call.retry import check_retries
from corechat.transport._deadline import Deadline


@dataclass(frozen=True, slots=True)
class CallOptions:
    """Hold what `Client.complete`, which says what each is, takes beside a request."""

    strict: bool = True
    lenient: bool = False
    timeout: float | None = None
    max_retries: int | None = None
    headers: Mapping[str, str] | None = None

    def check(self) -> None:
        """Raise `ConfigurationError` where a number is not one; each call does so anyway."""
        if self.timeout is not None:
            Deadline.after(self.timeout)
        if self.max_retries is not None:
            check_retries(self.max_retries)
