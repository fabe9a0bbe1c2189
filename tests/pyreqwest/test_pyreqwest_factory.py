"""The factory of ``pyreqwest`` checks its options, and imports the library safely."""

import sys
from pathlib import Path
from typing import Any

import pytest
import trustme

from corechat.errors import ConfigurationError, MissingDependencyError
from corechat.plugins._making import make_transport
from corechat.testing._kit.certificates import certificates
from corechat.testing._kit.replies import reply
from corechat.testing._kit.scripts import always
from corechat.testing._kit.server import LoopbackServer
from corechat.transport import ConnectionFailure, Deadline, TransportOptions
from corechat_pyreqwest.plugin import pyreqwest
from tests.pyreqwest.conftest import Make, post, run_python
from tests.servers.fixtures import Serve


def test_the_plugin_imports_pyreqwest_no_sooner_than_it_must() -> None:
    script = "import sys, corechat_pyreqwest.plugin; print('pyreqwest' in sys.modules)"
    assert run_python(script).stdout.strip() == "False"


def test_a_missing_pyreqwest_is_named_with_the_line_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("corechat.plugins._making.find_spec", lambda _: None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'corechat\[pyreqwest\]'"):
        make_transport("pyreqwest", pyreqwest, TransportOptions(), {})


@pytest.mark.parametrize("limit", [sys.maxsize, 10**30])
def test_as_many_connections_as_one_likes_are_allowed(make: Make, serve: Serve, limit: int) -> None:
    server = serve(always(reply()))
    assert make(max_connections=limit).send(post(server.url), Deadline.after(20)).status == 200


@pytest.mark.parametrize("configure", [5, lambda _: None])
def test_configure_must_be_a_callable_that_returns_the_builder(configure: Any) -> None:
    with pytest.raises(ConfigurationError, match="configure"):
        pyreqwest(TransportOptions(), configure=configure).send(
            post("http://127.0.0.1:1"), Deadline.after(5)
        )


def test_what_configure_sets_is_used(make: Make, serve: Serve) -> None:
    seen: list[str] = []

    def middleware(request: Any, following: Any) -> Any:
        seen.append(request.method)
        return following.run(request)

    transport = make(configure=lambda builder: builder.with_middleware(middleware))
    assert transport.send(post(serve(always(reply())).url), Deadline.after(10)).status == 200
    assert seen == ["POST"]


THREAD = """
import sys, threading
from corechat._http.messages import Headers, HttpRequest
from corechat.transport import Deadline, TransportOptions
from corechat_pyreqwest.plugin import pyreqwest

def work():
    transport = pyreqwest(TransportOptions())
    request = HttpRequest("POST", sys.argv[1], Headers({"Accept": "*/*"}), b"{}")
    assert transport.send(request, Deadline.after(10)).status == 200
    transport.close()

for _ in range(20):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
print("alive")
"""


def test_the_thread_that_first_made_a_transport_may_end(serve: Serve) -> None:
    done = run_python(THREAD, serve(always(reply())).url)
    assert (done.returncode, done.stdout) == (0, "alive\n")


@pytest.mark.parametrize("option", ["ca_file", "ca_dir"])
def test_authorities_that_cannot_be_read_are_a_configuration_error(
    option: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").write_text("nothing here")
    empty = tmp_path / "empty.pem" if option == "ca_file" else tmp_path
    for place in (empty, tmp_path / "nowhere"):
        with pytest.raises(ConfigurationError, match=place.name):
            pyreqwest(TransportOptions(**{option: str(place)}))


def test_a_damaged_certificate_is_a_configuration_error(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    transport = pyreqwest(TransportOptions(ca_file=str(file)))
    with pytest.raises(ConfigurationError, match="certificate"):
        transport.send(post("https://127.0.0.1:1"), Deadline.after(5))


def test_the_authorities_of_a_directory_are_trusted(make: Make, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    (tmp_path / "README").write_text("not a certificate")
    with (
        certificates("127.0.0.1") as made,
        LoopbackServer(always(reply()), tls=made.server) as server,
    ):
        with pytest.raises(ConnectionFailure, match="not trusted"):
            make().send(post(server.url), Deadline.after(10))
        (tmp_path / "hash.0").symlink_to(made.ca_file)
        transport = make(TransportOptions(ca_dir=str(tmp_path)))
        assert transport.send(post(server.url), Deadline.after(10)).status == 200
