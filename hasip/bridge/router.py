"""The data plane, opened as the node file wants it."""
from hasip._fastpath import Router
from hasip.domain.node import Node

__all__ = ["Router", "open_router"]


def open_router(node: Node) -> Router:
    """Bind and map everything the data plane needs. Errors: OSError, ValueError."""
    return Router(
        state_dir=str(node.state_dir), node=node.name, workers=node.workers,
        listeners=[(listener.transport, listener.address, listener.port, listener.interface, listener.advertise) for listener in node.listeners],
        trunk_capacity=node.trunk_capacity, call_capacity=node.call_capacity, transaction_capacity=node.transaction_capacity,
        spin_us=node.spin_us, drop_unknown=node.drop_unknown, domains=node.domains)
