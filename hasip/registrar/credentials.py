"""Passwords become HA1 hashes as soon as the realm is known; nothing behind this page has them. (RFC 7616 §3.4.2)"""
from dataclasses import replace
from hashlib import md5, sha256

from hasip.domain.trunk import Account, Provisioning, Trunk


def hash_passwords(provisioning: Provisioning, realm: str) -> Provisioning:
    """Return the same accounts with hashes for passwords. A hash that the file gives is kept: it must have been made for this realm."""
    return replace(provisioning, trunks=tuple(hash_trunk(trunk, realm) for trunk in provisioning.trunks))


def hash_trunk(trunk: Trunk, realm: str) -> Trunk:
    """Return a trunk whose accounts have no password."""
    if not any(account.password for account in trunk.accounts):
        return trunk
    return replace(trunk, primary=trunk.primary and hash_account(trunk.primary, realm), secondary=trunk.secondary and hash_account(trunk.secondary, realm))


def hash_account(account: Account, realm: str) -> Account:
    """Return an account with both hashes of its password, and without it."""
    if not account.password:
        return account
    secret = f"{account.username}:{realm}:{account.password}".encode()
    return replace(account, password="", ha1_md5=account.ha1_md5 or md5(secret, usedforsecurity=False).hexdigest(),
                   ha1_sha256=account.ha1_sha256 or sha256(secret).hexdigest())
