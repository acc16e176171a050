"""Passwords become HA1 hashes as soon as the realm is known; nothing behind this page has them. (RFC 7616 §3.4.2)"""
from dataclasses import replace
from hashlib import md5, sha256

from hasip.domain.node import Registrar
from hasip.domain.trunk import Account, Provisioning, Trunk


def hash_passwords(provisioning: Provisioning, registrar: Registrar) -> Provisioning:
    """Return the same accounts with hashes for passwords. A hash that the file gives is kept: it must have been made for this realm."""
    return replace(provisioning, trunks=tuple(hash_trunk(trunk, registrar) for trunk in provisioning.trunks))


def hash_trunk(trunk: Trunk, registrar: Registrar) -> Trunk:
    """Return a trunk whose accounts have no password."""
    if not any(account.password for account in trunk.accounts):
        return trunk
    return replace(trunk, primary=trunk.primary and hash_account(trunk.primary, registrar),
                   secondary=trunk.secondary and hash_account(trunk.secondary, registrar))


def hash_account(account: Account, registrar: Registrar) -> Account:
    """Return an account with its password hashed by each of the registrar's algorithms, and without it."""
    if not account.password:
        return account
    secret = f"{account.username}:{registrar.realm}:{account.password}".encode()
    by_md5 = md5(secret, usedforsecurity=False).hexdigest() if "md5" in registrar.algorithms else ""
    by_sha256 = sha256(secret).hexdigest() if "sha-256" in registrar.algorithms else ""
    return replace(account, password="", ha1_md5=account.ha1_md5 or by_md5, ha1_sha256=account.ha1_sha256 or by_sha256)
