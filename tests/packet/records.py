"""What the journal of a SocketlessRouter holds, as records."""
from hasip.domain.record import CallRecord
from hasip.records.packing import unpack_all
from tests.packet.node import Node


def records(node: Node) -> list[CallRecord]:
    """Take the records of calls that have ended since the last time."""
    taken = list(unpack_all(node.router.take_records(1), "edge-1", 1))
    node.router.free_records()
    return taken


def record(node: Node) -> CallRecord:
    """Take the one record there is."""
    (only,) = records(node)
    return only
