"""Every built-in backend that sends over HTTP keeps every promise of the kit."""

import pytest

from corechat.testing import TransportConformance

pytest.importorskip("httpx2", reason="corechat[httpx2] is not installed")
pytest.importorskip("aiohttp", reason="corechat[aiohttp] is not installed")


class TestHttpx(TransportConformance):
    backend = "httpx"


class TestHttpx2(TransportConformance):
    backend = "httpx2"


class TestAiohttp(TransportConformance):
    backend = "aiohttp"
