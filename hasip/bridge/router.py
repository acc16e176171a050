"""The data plane, opened as the node file wants it."""
from hashlib import sha256

from hasip._fastpath import CORE_LIMIT, Router
from hasip._fastpath import account_of_leg as account_number
from hasip.domain.node import Node

__all__ = ["CORE_LIMIT", "Router", "account_number", "open_router"]

MIB = 1_048_576


def open_router(node: Node) -> Router:
    """Bind and map everything the data plane needs. Errors: OSError, ValueError."""
    registrar, abuse = node.registrar, node.abuse
    return Router(
        state_dir=str(node.state_dir), node=node.name, workers=node.workers,
        listeners=[(seat.transport, seat.address, seat.port, seat.interface, seat.advertise) for seat in node.seats],
        trunk_capacity=node.trunk_capacity, call_capacity=node.call_capacity, transaction_capacity=node.transaction_capacity,
        binding_capacity=node.binding_capacity, spin_us=node.spin_us, drop_unknown=node.drop_unknown, domains=node.domains,
        registrar={"realm": registrar.realm, "min_expires_s": registrar.min_expires_s, "default_expires_s": registrar.default_expires_s,
                   "max_expires_s": registrar.max_expires_s, "nonce_key": nonce_key(registrar.nonce_secret)},
        guard={"requests_per_s": abuse.requests_per_s, "burst": abuse.burst, "failures_max": abuse.failures_max, "ban_s": abuse.ban_s,
               "scanners": abuse.scanners},
        journal_bytes=node.records.journal_mib * MIB if node.records.is_on else 0)


def nonce_key(secret: str) -> bytes:
    """Return the key of nonces that nodes with the same secret share; empty: a node's own."""
    return sha256(secret.encode()).digest()[:16] if secret else b""
