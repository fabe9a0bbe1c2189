"""RetryQuota: a token bucket that ends retry storms, as in botocore's standard retry mode."""

from corechat.transport._process import ProcessLock

CAPACITY = 500


class RetryQuota:
    """Count the tokens that one client may spend on retries; safe from many threads."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._available = capacity
        self._lock = ProcessLock()

    @property
    def available(self) -> int:
        """How many tokens are left."""
        return self._available

    def take(self, cost: int) -> bool:
        """Take tokens for one retry, and tell whether there were enough."""
        with self._lock:
            if cost > self._available:
                return False
            self._available -= cost
            return True

    def give_back(self, cost: int) -> None:
        """Refund tokens after a success: what the call's last retry took, or 1."""
        if self._available < self._capacity:
            with self._lock:
                self._available = min(self._capacity, self._available + (cost or 1))
