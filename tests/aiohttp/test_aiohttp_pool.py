"""Running out of files is told as what it is."""

import contextlib
import errno
import os
import resource

import pytest

from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always
from corechat.transport import ConnectionFailure, PooledTransport
from corechat.transport._deadline import Deadline
from tests.aiohttp.conftest import post
from tests.servers.fixtures import Serve


@pytest.mark.skipif(os.name != "posix", reason="bounds the files that a process may open")
@pytest.mark.parametrize("left", [0, 1, 2, 3])
def test_running_out_of_file_descriptors_is_a_failure_of_the_connection(
    transport: PooledTransport, serve: Serve, left: int
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = [os.open(os.devnull, os.O_RDONLY)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (taken[0] + 20, hard))
    with contextlib.suppress(OSError):
        while True:
            taken.append(os.open(os.devnull, os.O_RDONLY))
    for _ in range(left):
        os.close(taken.pop())
    try:
        with pytest.raises(ConnectionFailure, match=os.strerror(errno.EMFILE)) as caught:
            transport.send(post("http://127.0.0.1:1"), Deadline.after(5))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for descriptor in taken:
            os.close(descriptor)
    assert not caught.value.sent
    request = post(serve(always(reply())).url)
    assert transport.send(request, Deadline.after(10)).status == 200
