"""Certificates for a server on loopback, made for one check and trusted by nobody else."""

import contextlib
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corechat.testing._kit.expectations import NotApplicable


@dataclass(frozen=True, slots=True)
class Certificates:
    """A server's TLS context, and the authority that its client must trust.

    Attributes:
        server: the server's TLS context.
        ca_file: the authority that signed its certificate, as a PEM file.
    """

    server: ssl.SSLContext
    ca_file: str


@contextlib.contextmanager
def certificates(*names: str) -> Iterator[Certificates]:
    """Make an authority, and a server's certificate that is good for some host names."""
    try:
        import trustme  # noqa: PLC0415 - optional, and slow to import
    except ImportError:
        raise NotApplicable(
            "the package trustme, which makes certificates, is not installed"
        ) from None
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "ca.pem")
        authority.cert_pem.write_to_path(file)
        yield Certificates(context, str(file))
