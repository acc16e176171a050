"""Passwords become hashes, and nothing behind that has them."""
from dataclasses import replace
from hashlib import md5, sha256
from pathlib import Path

import pytest

from hasip.config import load_provisioning
from hasip.domain.node import Registrar
from hasip.domain.trunk import Account
from hasip.registrar.credentials import hash_account, hash_passwords

EXAMPLE = Path(__file__).parent.parent / "data" / "trunks.toml"
ACCOUNT = Account("primary", "", "digest", username="office", password="c0rrect-horse-battery")
SECRET = b"office:edge.test:c0rrect-horse-battery"
HASHES = {"md5": md5(SECRET).hexdigest(), "sha-256": sha256(SECRET).hexdigest()}


@pytest.mark.parametrize("algorithms", [("sha-256", "md5"), ("md5",), ("sha-256",)])
def test_a_password_is_hashed_by_each_algorithm_that_is_offered(algorithms: tuple[str, ...]) -> None:
    account = hash_account(ACCOUNT, Registrar(realm="edge.test", algorithms=algorithms))       # type: ignore[arg-type]
    assert account.password == ""
    assert (account.ha1_md5, account.ha1_sha256) == tuple(HASHES[name] if name in algorithms else "" for name in ("md5", "sha-256"))


def test_a_hash_of_the_file_is_kept() -> None:
    account = hash_account(replace(ACCOUNT, ha1_md5="0" * 32), Registrar(realm="edge.test"))
    assert (account.ha1_md5, account.ha1_sha256) == ("0" * 32, HASHES["sha-256"])


def test_no_password_of_a_file_is_left() -> None:
    provisioning = hash_passwords(load_provisioning(EXAMPLE), Registrar())
    accounts = [account for trunk in provisioning.trunks for account in trunk.accounts if account.authentication == "digest"]
    assert accounts and all(account.ha1_md5 and account.ha1_sha256 for account in accounts)
    assert not any(secret in repr(provisioning) for secret in ("c0rrect-horse-battery", "st4ple-paper-clip"))
    assert not any(account.password for account in accounts)
