"""TLS contexts from files, and what is said of files that are no good."""
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key

from hasip.transport.contexts import CredentialsError, client_context, server_context
from tests.transport.certificates import Authority, Files


@pytest.fixture
def files(authority: Authority) -> Files:
    return authority.issue("near.example")


def test_a_server_speaks_tls_1_2_or_newer_and_asks_for_no_certificate(files: Files) -> None:
    context = server_context(files.certificate, files.key)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2 and context.verify_mode is ssl.CERT_NONE


def test_a_server_with_client_ca_asks_for_a_certificate_and_demands_none(files: Files, authority: Authority) -> None:
    assert server_context(files.certificate, files.key, authority.file).verify_mode is ssl.CERT_OPTIONAL


def test_a_client_speaks_tls_1_2_or_newer_and_checks_the_host_name(authority: Authority) -> None:
    context = client_context(authority.file)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2 and context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname
    assert len(context.get_ca_certs()) == 1


def test_a_client_without_ca_believes_the_system() -> None:
    assert client_context().verify_mode is ssl.CERT_REQUIRED


def test_a_client_may_be_told_to_believe_everything(authority: Authority) -> None:
    context = client_context(authority.file, verify=False)
    assert context.verify_mode is ssl.CERT_NONE and not context.check_hostname


def test_certificate_and_key_may_lie_in_one_file(files: Files, tmp_path: Path) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(Path(files.certificate).read_bytes() + Path(files.key).read_bytes())
    server_context(str(both), "")


def test_a_missing_file_is_named(files: Files, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    with pytest.raises(CredentialsError, match=r"missing\.pem: No such file or directory: a PEM file with a certificate must be here"):
        server_context(missing, files.key)
    with pytest.raises(CredentialsError, match=r"missing\.pem: No such file or directory: a PEM file with a private key must be here"):
        client_context("", files.certificate, missing)
    with pytest.raises(CredentialsError, match=r"missing\.pem: No such file or directory: a PEM file with a certificate must be here"):
        client_context(missing)


def test_a_key_of_another_certificate_is_named_with_it(files: Files, authority: Authority) -> None:
    other = authority.issue("other.example")
    with pytest.raises(CredentialsError, match=r"ca-other\.example\.key: this private key does not belong to the certificate in \S*ca-near\.example\.pem"):
        server_context(files.certificate, other.key)


def test_a_file_that_is_not_pem_is_named(files: Files, tmp_path: Path) -> None:
    (tmp_path / "der.pem").write_bytes(b"\x30\x82")
    with pytest.raises(CredentialsError, match=r"der\.pem: has no certificate in PEM form"):
        server_context(str(tmp_path / "der.pem"), files.key)
    with pytest.raises(CredentialsError, match=r"der\.pem: has no private key in PEM form"):
        server_context(files.certificate, str(tmp_path / "der.pem"))
    with pytest.raises(CredentialsError, match=r"near\.example\.key: has no certificate in PEM form"):
        server_context(files.certificate, files.key, client_ca=files.key)


def test_a_broken_pem_file_is_named(files: Files, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pem"
    broken.write_text("-----BEGIN CERTIFICATE-----\nbroken\n-----END CERTIFICATE-----\n")
    with pytest.raises(CredentialsError, match=r"broken\.pem with \S+: cannot be read"):
        server_context(str(broken), files.key)
    with pytest.raises(CredentialsError, match=r"broken\.pem: cannot be read"):
        client_context(str(broken))


def test_an_encrypted_key_is_refused_and_nobody_is_asked(files: Files) -> None:
    key = load_pem_private_key(Path(files.key).read_bytes(), None)
    Path(files.key).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")))
    with pytest.raises(CredentialsError, match=r"near\.example\.key: the private key is encrypted"):
        server_context(files.certificate, files.key)


def test_a_tls_listener_without_certificate_is_refused() -> None:
    with pytest.raises(CredentialsError, match="no file with a certificate is given: a TLS listener needs"):
        server_context("", "")
