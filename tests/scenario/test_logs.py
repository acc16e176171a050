"""The log of a running node: what SIGHUP changes, and what is not in it."""
import json

import pytest

from .conftest import Node
from .edge import Edge, Trunk


@pytest.fixture
def edge(node: Node) -> Edge:
    return node(Trunk("acme"), tables={"log": {"level": "info"}})


def areas(edge: Edge) -> list[str]:
    return [json.loads(line)["area"] for line in edge.log().splitlines() if line.startswith("{")]


def test_levels_change_with_a_reload_and_nothing_is_restarted(edge: Edge) -> None:
    edge.wait_until(lambda: "node" in areas(edge))
    before = len(areas(edge))
    edge.tables["log.areas"] = {"node": "error"}
    edge.reload()
    edge.reload()
    assert "node" not in areas(edge)[before:]
    del edge.tables["log.areas"]
    edge.reload()
    edge.wait_until(lambda: '"reloaded"' in edge.log())
    assert "restart" not in edge.log()


def test_a_level_that_is_none_is_refused_and_the_log_goes_on_as_it_was(edge: Edge) -> None:
    edge.tables["log"]["level"] = "loud"
    edge.write_files()
    assert edge.process
    edge.process.send_signal(1)
    edge.wait_until(lambda: "not reloaded" in edge.log())
    edge.tables["log"]["level"] = "info"
    edge.reload()
