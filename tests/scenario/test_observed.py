"""A running node as Prometheus and a load balancer see it: /metrics, /healthz, /readyz."""
import http.client
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from .conftest import Node
from .edge import METRICS_PORT, PATIENCE_S, Edge, Trunk
from .test_operations import establish, hang_up


@pytest.fixture
def edge(node: Node) -> Edge:
    return node(Trunk("acme"), Trunk("globex", "load_balancing"), metrics={})


def get(edge: Edge, path: str) -> tuple[int, str]:
    """Return status and body of an answer."""
    connection = http.client.HTTPConnection(edge.address[0], METRICS_PORT, timeout=5)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def samples(edge: Edge) -> dict[tuple[str, ...], float]:
    """Return what /metrics tells, by name and the values of its labels, in the order of their names."""
    status, text = get(edge, "/metrics")
    assert status == 200, text
    return {(sample.name, *(each for _, each in sorted(sample.labels.items()))): sample.value for family in text_string_to_metric_families(text) for sample in family.samples}


def test_calls_are_in_the_metrics_as_in_the_status(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "acme")
    found = samples(edge)
    assert (found["hasip_trunk_calls", "acme"], found["hasip_leg_calls", "primary", "acme"], found["hasip_calls",]) == (1, 1, 1)
    hang_up(caller, dialog, far_end)
    edge.settle()
    found, status = samples(edge), edge.ask("status")
    assert found["hasip_trunk_calls", "acme"] == 0
    assert found["hasip_leg_answered_total", "primary", "acme"] == status["trunks"]["acme"]["legs"]["primary"]["answered"] == 1
    assert found["hasip_reasons_total", "ended_by_bye"] == status["reasons"]["ended_by_bye"] == 1
    assert found["hasip_trunks",] == 2 and found["hasip_metrics_trunks_left_out",] == 0


def test_a_node_that_serves_lives_and_is_ready(edge: Edge) -> None:
    assert get(edge, "/healthz") == (200, '{"is_alive":true}')
    status, body = get(edge, "/readyz")
    assert (status, json.loads(body)) == (200, {"is_ready": True, "reason": ""})
    assert get(edge, "/anything")[0] == 404


def test_a_node_that_drains_lives_and_is_not_ready(edge: Edge) -> None:
    caller, far_end, dialog, _ = establish(edge, "acme")
    edge.signal(signal.SIGTERM)
    edge.wait_until(lambda: get(edge, "/readyz")[0] == 503)
    assert json.loads(get(edge, "/readyz")[1]) == {"is_ready": False, "reason": "draining, calls in progress: 1"}
    assert get(edge, "/healthz")[0] == 200
    assert samples(edge)["hasip_draining",] == 1
    assert edge.answers()                                           # OPTIONS is answered all the same
    hang_up(caller, dialog, far_end)
    assert edge.process and edge.process.wait(PATIENCE_S) == 0          # who watches does not keep it


def test_more_trunks_than_wanted_are_left_out_and_counted(node: Node) -> None:
    edge = node(Trunk("acme"), Trunk("globex"), Trunk("initech"), metrics={"trunks_max": 2})
    found = samples(edge)
    assert [key[1] for key in found if key[0] == "hasip_trunk_calls"] == ["acme", "globex"]
    assert (found["hasip_trunks",], found["hasip_metrics_trunks_left_out",]) == (3, 1)
    assert len(edge.ask("status")["trunks"]) == 3


def test_without_the_table_nobody_listens(node: Node) -> None:
    edge = node(Trunk("acme"))
    with pytest.raises(ConnectionRefusedError):
        get(edge, "/healthz")


def test_a_node_whose_metrics_address_is_taken_names_it_and_does_not_start(edge: Edge, tmp_path: Path) -> None:
    text = (edge.folder / "edge.toml").read_text().replace(str(edge.state_dir), str(tmp_path / "state"))
    (tmp_path / "edge.toml").write_text(text)
    done = subprocess.run([sys.executable, "-m", "hasip", "run", str(tmp_path / "edge.toml"), "--apply", str(edge.folder / "trunks.toml")],
                          capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert f"HTTP on {edge.address[0]}:{METRICS_PORT}" in done.stderr and "Traceback" not in done.stderr
