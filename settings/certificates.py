"""The client certificate and a private authority, as PEM text: checked before any request."""

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from settings.oauth import pem_text
from settings.reader import SettingsReader
from settings.values import Certificates
from transport.client_certificate import load_certificate

_AS_TEXT = "give the text of the file, its line breaks as they are or as \\n"


def read_certificates(reader: SettingsReader) -> Certificates:
    """The certificates of an installation; what is wrong with them is noted, never quoted."""
    texts = {
        name: pem_text(reader.text(name) or "")
        for name in ("clientCertificate", "clientKey", "caCertificate")
    }
    client = _certificates(reader, "clientCertificate", texts["clientCertificate"])
    _certificates(reader, "caCertificate", texts["caCertificate"])
    for name, other in (("clientCertificate", "clientKey"), ("clientKey", "clientCertificate")):
        if texts[name] and not texts[other]:
            reader.missing(other, f"is missing: {name} needs it", "set both, or neither")
    key = _public_key(reader, texts["clientKey"])
    is_pair = client and key == client[0].public_key()
    if client:
        now = datetime.now(UTC)
        if client[0].not_valid_after_utc < now:
            day = client[0].not_valid_after_utc.date().isoformat()
            reader.fault("clientCertificate", f"expired on {day}", "renew it")
        elif client[0].not_valid_before_utc > now:
            day = client[0].not_valid_before_utc.date().isoformat()
            reader.fault(
                "clientCertificate", f"is valid only from {day} on", "check this machine's clock"
            )
        if key and not is_pair:
            reader.fault(
                "clientKey",
                "is not the key of clientCertificate",
                "give the pair; where clientCertificate is a chain, its first one counts",
            )
    if is_pair:
        _try_out(reader, texts["clientCertificate"], texts["clientKey"])
    return Certificates(texts["clientCertificate"], texts["clientKey"], texts["caCertificate"])


def _try_out(reader: SettingsReader, certificate: str, key: str) -> None:
    """Note a pair that TLS does not take: OpenSSL refuses short keys and old signatures."""
    try:
        load_certificate(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key)
    except ssl.SSLError as error:
        reason = (error.reason or "refused").replace("_", " ").lower()
        reader.fault(
            "clientCertificate",
            f"cannot be used for TLS ({reason})",
            "have one issued with a longer key and SHA-256",
        )


def _certificates(reader: SettingsReader, name: str, text: str) -> Sequence[x509.Certificate]:
    if not text:
        return ()
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        reader.fault(
            name, "is not a certificate in PEM format (-----BEGIN CERTIFICATE-----…)", _AS_TEXT
        )
        return ()


def _public_key(reader: SettingsReader, text: str) -> PublicKeyTypes | None:
    """The public part of the key, None where there is none."""
    if not text:
        return None
    try:
        return serialization.load_pem_private_key(text.encode(), password=None).public_key()
    except TypeError:
        reader.fault(
            "clientKey",
            "is encrypted",
            "give it without a passphrase (openssl pkey -in key.pem -out plain.pem)",
        )
    except (ValueError, UnsupportedAlgorithm):
        reader.fault(
            "clientKey",
            "is not a private key in PEM format (-----BEGIN PRIVATE KEY----- …)",
            _AS_TEXT,
        )
    return None
