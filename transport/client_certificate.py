"""The certificate by which this integration shows who it is, where a server asks for one."""

import ssl
import tempfile


def load_certificate(tls: ssl.SSLContext, certificate: str, key: str) -> None:
    """Let TLS show a certificate; Python reads them from files only, which are gone at once.

    Both are PEM text. Raises ssl.SSLError for a pair that OpenSSL does not take.
    """
    with tempfile.NamedTemporaryFile("w") as file:  # readable by its owner only
        file.write(f"{key}\n{certificate}")
        file.flush()
        tls.load_cert_chain(file.name)
