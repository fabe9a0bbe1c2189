"""CallState: what the network seam and the transport know of the call in this thread."""

import threading

from corechat.deadline import Deadline


class CallState(threading.local):
    """Hold it, for each thread its own.

    Attributes:
        deadline: by when the call has ended.
        connect_deadline: by when its connection is made.
        bytes_received: whether any byte of an answer came.
        reused: whether its connection had carried an earlier request.
        sent: whether a byte of the request may have reached the server.
    """

    deadline: Deadline
    connect_deadline: Deadline
    bytes_received: bool = False
    reused: bool = False
    sent: bool = False

    def begin(self, deadline: Deadline, connect_timeout: float) -> None:
        """Start a call in this thread.

        Args:
            deadline: by when it has ended.
            connect_timeout: seconds for its connection.
        """
        self.deadline = deadline
        self.connect_deadline = deadline.earlier(connect_timeout)
        self.bytes_received = self.reused = self.sent = False
