"""The life of a Router."""
import gc
import socket
from pathlib import Path

from hasip.bridge.router import Router, open_router
from hasip.domain.node import Listener, Node


def test_a_router_that_dies_in_a_cycle_gives_its_sockets_back(tmp_path: Path) -> None:
    """A traceback that holds a frame is such a cycle."""
    router: Router | None = open_router(Node("edge", tmp_path, (Listener("udp", "127.0.0.1", 0),), call_capacity=64, transaction_capacity=128, trunk_capacity=8,
                                             binding_capacity=64))
    assert router is not None
    place = ("127.0.0.1", router.ports[0])
    cycle: list[object] = [router]
    cycle.append(cycle)
    router = None
    del cycle
    gc.collect()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(place)
