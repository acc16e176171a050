"""What the node tells others by itself: alerts by webhooks, copies of messages by HEP."""
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

RESULTS = ("delivered", "failed", "dropped")


def told_families(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield alerts that last, and what became of those that were sent."""
    alerts = GaugeMetricFamily("hasip_alerts", "Alerts that are not over.", labels=["event"])
    for event, count in Counter(alert["event"] for alert in status["alerts"]).items():
        alerts.add_metric([event], count)
    yield alerts
    webhooks = CounterMetricFamily("hasip_webhook_alerts", "Alerts for webhooks, by what became of them.", labels=["webhook", "result"])
    for place, webhook in enumerate(status["webhooks"], 1):
        for result in RESULTS:
            webhooks.add_metric([f"{place} {webhook['host']}", result], webhook[result])
    yield webhooks
    if status["hep"]:
        packets = CounterMetricFamily("hasip_hep_packets", "Copies of messages for the capture server, by what became of them.", labels=["result"])
        for result in ("sent", "dropped"):
            packets.add_metric([result], status["hep"][result])
        yield packets
