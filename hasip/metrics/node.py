"""The node as a whole: what it is, its calls, connections, reasons, and where its trunks come from."""
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric


def node_families(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what there is once a node."""
    yield InfoMetricFamily("hasip_node", "The node's name and version.", {"name": status["node"], "version": status["version"]})
    yield GaugeMetricFamily("hasip_uptime_seconds", "Seconds since the start; all counters begin at 0 then.", status["uptime_s"])
    yield GaugeMetricFamily("hasip_draining", "1 while the node takes no new calls.", status["draining"])
    yield GaugeMetricFamily("hasip_config_generation", "How often a world was published.", status["config_generation"])
    yield GaugeMetricFamily("hasip_calls", "Calls in progress.", status["calls"])
    yield by_label(GaugeMetricFamily("hasip_connections", "Open connections.", labels=["transport"]), status["connections"])
    yield by_label(CounterMetricFamily("hasip_stream_failures", "What went wrong with TCP and TLS, by reason, since it first did.", labels=["reason"]), status["streams"])
    yield by_label(CounterMetricFamily("hasip_reasons", "Why packets, attempts and calls ended as they did: docs/operations.md has a sentence for each.",
                                       labels=["reason"]), status["reasons"])
    if "store" in status:
        yield GaugeMetricFamily("hasip_store_generation", "The generation of the store that the node runs by.", status["store"]["generation"])
        yield GaugeMetricFamily("hasip_store_away", "1 while the store does not answer.", status["store"]["is_away"])
    if status.get("records", {}).get("is_on"):
        yield from record_families(status["records"])


def record_families(records: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what became of the records of calls."""
    yield CounterMetricFamily("hasip_records_written", "Records of calls written to the store.", records["written"])
    yield CounterMetricFamily("hasip_records_spooled", "Records that had to wait in a file: the store was slow or away.", records["spooled"])
    yield CounterMetricFamily("hasip_records_lost", "Records lost, for journal and files were full.", records["lost"])
    yield CounterMetricFamily("hasip_records_refused_batches", "Batches that the store refused; they lie in state_dir as *.refused.", records["refused_batches"])
    yield GaugeMetricFamily("hasip_records_waiting_bytes", "Records that wait for the store in files.", records["waiting_bytes"])
    yield GaugeMetricFamily("hasip_records_journal_ratio", "How full the fullest journal is.", records["journal_percent"] / 100)


def by_label(family: Metric, values: Mapping[str, float]) -> Metric:
    """Return a family with a sample for each value of its label."""
    for label, value in values.items():
        family.add_metric([label], value)       # type: ignore[attr-defined]
    return family
