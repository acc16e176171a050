"""The data plane's threads."""
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

WORKER = ["worker"]


def worker_families(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what there is once a worker."""
    received = CounterMetricFamily("hasip_worker_received_messages", "Messages the worker received.", labels=WORKER)
    sent = CounterMetricFamily("hasip_worker_sent_messages", "Messages the worker sent.", labels=WORKER)
    handed_off = CounterMetricFamily("hasip_worker_handed_off_messages", "Messages the worker handed to the one they belong to.", labels=WORKER)
    processor = CounterMetricFamily("hasip_worker_cpu_seconds", "Processor time the worker used.", labels=WORKER)
    transactions = GaugeMetricFamily("hasip_worker_transactions", "Server transactions in use.", labels=WORKER)
    calls = GaugeMetricFamily("hasip_worker_calls", "Records of calls in use, those that ended a moment ago among them.", labels=WORKER)
    for index, worker in enumerate(status["workers"]):
        name = [str(index)]
        received.add_metric(name, worker["received"])
        sent.add_metric(name, worker["sent"])
        handed_off.add_metric(name, worker["handed_off"])
        processor.add_metric(name, worker["cpu_ns"] / 1e9)
        transactions.add_metric(name, worker["transactions"])
        calls.add_metric(name, worker["calls"])
    yield from (received, sent, handed_off, processor, transactions, calls)
