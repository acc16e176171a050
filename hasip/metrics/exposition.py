"""A status as the text that Prometheus reads."""
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST as CONTENT_TYPE
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from hasip.metrics.failovers import failover_families
from hasip.metrics.node import node_families
from hasip.metrics.told import told_families
from hasip.metrics.trunks import trunk_families
from hasip.metrics.workers import worker_families
from hasip.metrics.zones import zone_families

__all__ = ["CONTENT_TYPE", "StatusCollector", "exposition"]


def exposition(status: Mapping[str, Any]) -> bytes:
    """Return what /metrics answers."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(StatusCollector(status))
    return generate_latest(registry)


class StatusCollector(Collector):
    """Metrics of one status. It keeps nothing from scrape to scrape: the counters are the data plane's."""

    def __init__(self, status: Mapping[str, Any]) -> None:
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """Yield every family."""
        for families in (node_families, trunk_families, failover_families, zone_families, worker_families, told_families):
            yield from families(self._status)
