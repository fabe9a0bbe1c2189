"""One TLS context for a process: building one costs about 29 ms of CPU."""

import functools
import ssl

try:
    import certifi
except ImportError:  # httpx brings it; a transport without httpx uses the system's store
    certifi = None  # type: ignore[assignment]

from corechat._errors.before import ConfigurationError


@functools.cache
def shared_context(
    ca_file: str | None = None,
    ca_dir: str | None = None,
    alpn: tuple[str, ...] = ("http/1.1",),
) -> ssl.SSLContext:
    """Give the process's verifying TLS context, built at the first call.

    Args:
        ca_file: a PEM file of certificate authorities; None for certifi's bundle.
        ca_dir: a directory of them.
        alpn: the protocols to offer (RFC 7301). Part of the key, since a context holds one list.

    Returns:
        A context that verifies certificate and host name. Do not change it: it is shared.

    Raises:
        ConfigurationError: the file or directory cannot be read as certificates.
    """
    context = new_context(ca_file, ca_dir)
    context.set_alpn_protocols(list(alpn))
    return context


def new_context(ca_file: str | None = None, ca_dir: str | None = None) -> ssl.SSLContext:
    """Build a verifying TLS context that is not shared, to be changed at will.

    Args:
        ca_file: a PEM file of certificate authorities; None for certifi's bundle.
        ca_dir: a directory of them.

    Raises:
        ConfigurationError: the file or directory cannot be read as certificates.
    """
    try:
        if ca_file is None and ca_dir is None and certifi is not None:
            return ssl.create_default_context(cafile=certifi.where())
        return ssl.create_default_context(cafile=ca_file, capath=ca_dir)
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"The certificate authorities in {ca_file or ca_dir!r} cannot be read: "
            f"{error.strerror or error}. Check SSL_CERT_FILE and SSL_CERT_DIR."
        ) from None
