"""A process may fork before ``pyreqwest`` is used; afterwards its child is told that it cannot."""

from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always
from tests.pyreqwest.conftest import run_python
from tests.servers.fixtures import Serve

START = """
import os, sys
from corechat import ConfigurationError
from corechat._http.messages import Headers, HttpRequest
from corechat.transport import Deadline, TransportOptions
from corechat_pyreqwest.plugin import pyreqwest

def send(transport):
    request = HttpRequest("POST", sys.argv[1], Headers({"Accept": "*/*"}), b"{}")
    return transport.send(request, Deadline.after(10)).status

def in_child(work):
    child = os.fork()
    if child == 0:
        try:
            work()
        except ConfigurationError as error:
            print(error, flush=True)
        finally:
            os._exit(0)
    os.waitpid(child, 0)

transport = pyreqwest(TransportOptions())
"""


def test_a_transport_that_was_made_and_not_used_before_the_fork_works_in_the_child(
    serve: Serve,
) -> None:
    script = START + "in_child(lambda: print(send(transport), flush=True)); print(send(transport))"
    done = run_python(script, serve(always(reply())).url)
    assert (done.stdout.split(), done.stderr) == (["200", "200"], "")


def test_a_child_of_a_process_that_has_sent_is_refused_at_once_and_the_parent_goes_on(
    serve: Serve,
) -> None:
    script = START + (
        "send(transport)\n"
        "in_child(lambda: send(transport))\n"
        "in_child(lambda: send(pyreqwest(TransportOptions())))\n"
        "in_child(transport.close)\n"
        "print(send(transport))\n"
    )
    done = run_python(script, serve(always(reply())).url)
    first, second, parent = done.stdout.splitlines()
    assert "does not work in a child of a process that has used it" in first
    assert second == first
    assert (parent, done.stderr) == ("200", "")
