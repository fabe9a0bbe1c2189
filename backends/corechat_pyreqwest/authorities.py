"""Certificate authorities, as the PEM text that pyreqwest takes."""

from pathlib import Path

from corechat.errors import ConfigurationError

_BEGIN = b"-----BEGIN CERTIFICATE-----"


def read_authorities(ca_file: str | None, ca_dir: str | None) -> bytes:
    """Read the certificates of a file and of a directory.

    Args:
        ca_file: a PEM file, or None.
        ca_dir: a directory of PEM files, or None; what else lies there is passed over.

    Returns:
        The certificates as PEM; empty where neither is given.

    Raises:
        ConfigurationError: one cannot be read, or holds no certificate.
    """
    found: list[bytes] = []
    try:
        if ca_file is not None:
            found.append(Path(ca_file).read_bytes())
        if ca_dir is not None:  # a file stands there under its own name and under its hash
            files = {file.resolve() for file in Path(ca_dir).iterdir() if file.is_file()}
            found += [file.read_bytes() for file in sorted(files)]
    except OSError as error:
        problem = error.strerror or type(error).__name__
    else:
        certificates = [text for text in found if _BEGIN in text]
        if certificates or (ca_file is None and ca_dir is None):
            return b"\n".join(certificates)
        problem = "there is no certificate in PEM form"
    raise ConfigurationError(
        f"The certificate authorities in {ca_file or ca_dir!r} cannot be read: {problem}. "
        "Check SSL_CERT_FILE and SSL_CERT_DIR."
    )
