"""Every built-in backend that sends over HTTP keeps its promises: all, but those it declares."""

import pytest

from corechat.testing import TransportConformance

pytestmark = pytest.mark.slow

pytest.importorskip("httpx2", reason="corechat[httpx2] is not installed")
pytest.importorskip("aiohttp", reason="corechat[aiohttp] is not installed")
pytest.importorskip("pyreqwest", reason="corechat[pyreqwest] is not installed")


class TestHttpx(TransportConformance):
    backend = "httpx"


class TestHttpx2(TransportConformance):
    backend = "httpx2"


class TestAiohttp(TransportConformance):
    backend = "aiohttp"


class TestPyreqwest(TransportConformance):
    backend = "pyreqwest"
