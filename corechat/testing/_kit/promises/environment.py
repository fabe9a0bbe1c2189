"""Promises about the environment."""

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from corechat.testing._kit.expectations import expect_equal
from corechat.testing._kit.harness import BODY, PATH
from corechat.testing._kit.promise import PromiseGroup
from corechat.testing._kit.scripts import always, reply
from corechat.transport import Headers, HttpRequest


@contextlib.contextmanager
def _environment(changes: Mapping[str, str], *without: str) -> Iterator[None]:
    before = dict(os.environ)
    try:
        for name in without:
            os.environ.pop(name, None)
        os.environ.update(changes)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class EnvironmentPromises(PromiseGroup):
    """Neither the environment nor a file changes what is sent or where: the core reads those."""

    theme = "environment"

    def proxy_variables(self) -> None:
        """Ignores HTTP_PROXY, ALL_PROXY and their kind: options.proxy alone is authority."""
        proxy = self.serve(always(reply(b"from the proxy")))
        server = self.serve(always(reply(b"direct")))
        names = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        variables = {case: proxy.url for name in names for case in (name, name.lower())}
        with _environment(variables, "NO_PROXY", "no_proxy", "REQUEST_METHOD"):
            response = self.send(self.transport(), self.request(server.url))
        expect_equal(response.body, b"direct", "answer")
        expect_equal(len(proxy.connections), 0, "connections to the proxy of the environment")

    def netrc(self) -> None:
        """Does not take credentials from a netrc file."""
        server = self.serve(always(reply()))
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, ".netrc")
            file.write_text("machine 127.0.0.1 login someone password something\n", "utf-8")
            file.chmod(0o600)
            with _environment({"NETRC": str(file), "HOME": folder}):
                request = HttpRequest("POST", server.url + PATH, Headers(), BODY)
                self.send(self.transport(), request)
        values = server.received[0].values("authorization")
        expect_equal(values, [], "values of authorization")
