"""CallState: what the network and the transport know of the call in this thread."""

import threading

from corechat.transport import Deadline, Headers
from corechat_httpx.engine import NetworkStream


class CallState(threading.local):
    """Hold it, for each thread its own.

    Attributes:
        deadline: by when the call has ended.
        connect_deadline: by when its connection is made.
        bytes_received: whether any byte of an answer came.
        reused: whether its connection had carried an earlier request.
        sent: whether a byte of the request may have reached the server.
        status: the response's, once its head has come.
        headers: the response's, likewise.
        dialled: the connection that it opened, until that carries a request.
    """

    deadline: Deadline
    connect_deadline: Deadline
    bytes_received: bool = False
    reused: bool = False
    sent: bool = False
    status: int | None = None
    headers: Headers | None = None
    dialled: NetworkStream | None = None

    def begin(self, deadline: Deadline, connect_timeout: float) -> None:
        """Start a call in this thread.

        Args:
            deadline: by when it has ended.
            connect_timeout: seconds for its connection.
        """
        self.deadline = deadline
        self.connect_deadline = deadline.earlier(connect_timeout)
        self.bytes_received = self.reused = self.sent = False
        self.status = self.headers = self.dialled = None

    def answered(self, status: int, headers: Headers) -> None:
        """Note that the head of the response has come.

        Args:
            status: the response's.
            headers: the response's.
        """
        self.status, self.headers = status, headers

    def end(self) -> None:
        """End the call: a connection that never came to carry it is closed, as no engine does."""
        dialled, self.dialled = self.dialled, None
        if dialled is not None:
            dialled.close()
