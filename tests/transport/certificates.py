"""Certificates for tests, as files."""
import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme


@dataclass(frozen=True, slots=True)
class Files:
    """A certificate and its key."""

    certificate: str
    key: str


class Authority:
    """Issues certificates into a folder."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._name = name
        self._authority = trustme.CA()
        self.file = str(folder / f"{name}.pem")
        self._authority.cert_pem.write_to_path(self.file)

    def issue(self, *names: str) -> Files:
        """Issue a certificate for names and addresses."""
        issued = self._authority.issue_cert(*names, common_name=names[0])
        files = Files(str(self._folder / f"{self._name}-{names[0]}.pem"), str(self._folder / f"{self._name}-{names[0]}.key"))
        issued.private_key_pem.write_to_path(files.key)
        for blob in issued.cert_chain_pems:
            blob.write_to_path(files.certificate, append=blob is not issued.cert_chain_pems[0])
        return files


def serving(files: Files, client_ca: str = "") -> ssl.SSLContext:
    """Return the context of a server at the far end; with `client_ca` it demands a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    if client_ca:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def calling(ca: str, files: Files | None = None) -> ssl.SSLContext:
    """Return the context of a client at the far end."""
    context = ssl.create_default_context(cafile=ca)
    if files:
        context.load_cert_chain(files.certificate, files.key)
    return context
