"""Worker threads over real sockets, where what matters is when each of them began."""
import threading
import time
from pathlib import Path

from hasip.bridge.publish import any_seat, by_address_alone
from hasip.bridge.publisher import Publisher
from hasip.bridge.router import open_router
from hasip.config import load_node, load_provisioning
from hasip.registrar.credentials import hash_passwords
from tests.scenario.edge import Edge, Trunk

WORKERS, TRUNKS = 2, 12


def test_workers_that_began_in_different_seconds_take_each_others_nonces(tmp_path: Path) -> None:
    edge = Edge(tmp_path, [Trunk(f"office-{place}", "only_primary", primary="digest", secondary="") for place in range(TRUNKS)], workers=WORKERS)
    edge.write_files()
    edge.state_dir.mkdir()
    node = load_node(tmp_path / "edge.toml")
    provisioning = hash_passwords(load_provisioning(tmp_path / "trunks.toml"), node.registrar)
    router = open_router(node)
    Publisher(router, node.trunk_capacity).publish(provisioning, by_address_alone, any_seat)
    threads = [threading.Thread(target=router.run_worker, args=(index,)) for index in range(WORKERS)]
    try:
        for thread in threads:
            thread.start()
            wait_for_next_second()
        statuses = [edge.user(f"office-{place}-primary").register().status for place in range(TRUNKS)]
    finally:
        router.stop()
        for thread in threads:
            thread.join()
        for agent in edge.agents:
            agent.close()
    assert statuses == [200] * TRUNKS


def wait_for_next_second() -> None:
    """Return just after the wall clock went on by a second."""
    now_s = int(time.time())
    while int(time.time()) == now_s:
        time.sleep(0.001)
