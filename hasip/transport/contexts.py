"""TLS contexts from files. A context is made whole or not at all, and never changed: reloading makes new ones, and connections keep theirs."""
import ssl
from pathlib import Path

CERTIFICATE_MARK = b"-----BEGIN CERTIFICATE-----"
KEY_MARK = b"PRIVATE KEY-----"


class CredentialsError(Exception):
    """A file of certificates or keys can't be used. Its text names the file and what is wrong."""


def server_context(certificate: str, key: str, client_ca: str = "") -> ssl.SSLContext:
    """Return the context of a TLS listener; with `client_ca`, clients may show a certificate, and then it must be good. Errors: CredentialsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    load_own_certificate(context, certificate, key)
    if client_ca:
        load_authorities(context, client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
    return context


def client_context(ca: str = "", certificate: str = "", key: str = "", *, verify: bool = True) -> ssl.SSLContext:
    """Return the context of TLS connections out. `ca` is a file of authorities, empty for the system's. Errors: CredentialsError."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)       # demands a certificate that is good for the host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca:
        load_authorities(context, ca)
    else:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if certificate:
        load_own_certificate(context, certificate, key)
    return context


def load_own_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load what we show, and the key that proves it; `key` may be empty when it lies in the same file. Errors: CredentialsError."""
    key_file = key or certificate
    demand_pem(certificate, CERTIFICATE_MARK, "certificate")
    demand_pem(key_file, KEY_MARK, "private key")
    try:
        context.load_cert_chain(certificate, key_file, password=lambda: refuse_password(key_file))
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise CredentialsError(f"{key_file}: this private key does not belong to the certificate in {certificate}") from None
        raise CredentialsError(f"{certificate} with {key_file}: cannot be read as a PEM certificate and its private key ({error.reason})") from None


def load_authorities(context: ssl.SSLContext, ca: str) -> None:
    """Load whose certificates are believed. Errors: CredentialsError."""
    demand_pem(ca, CERTIFICATE_MARK, "certificate")
    try:
        context.load_verify_locations(ca)
    except ssl.SSLError as error:
        raise CredentialsError(f"{ca}: cannot be read as PEM certificates ({error.reason})") from None


def demand_pem(file: str, mark: bytes, wanted: str) -> None:
    """See that a file is there and has what is wanted: OpenSSL's own errors name no file. Errors: CredentialsError."""
    if not file:
        raise CredentialsError(f"no file with a {wanted} is given: a TLS listener needs its certificate and key")
    try:
        content = Path(file).read_bytes()
    except OSError as error:
        raise CredentialsError(f"{file}: {error.strerror}: a PEM file with a {wanted} must be here") from None
    if mark not in content:
        raise CredentialsError(f"{file}: has no {wanted} in PEM form")


def refuse_password(key_file: str) -> str:
    """Say no where OpenSSL would ask at the terminal. Errors: CredentialsError."""
    raise CredentialsError(f"{key_file}: the private key is encrypted; give one without a pass phrase")
