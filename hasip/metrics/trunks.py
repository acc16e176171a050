"""Trunks and their legs. A node may have 100 000: whoever asks for the status says how many come along, and what was left out is a figure of its own."""
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

TRUNK, LEG = ["trunk"], ["trunk", "leg"]

LEG_COUNTERS = {
    "attempts": "Attempts at the leg.",
    "answered": "Attempts that were answered with a 2xx.",
    "failovers": "Attempts that failed, whose call went on to the next leg.",
    "placed": "Calls that came from the leg.",
}


def trunk_families(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what there is once a trunk and once a leg."""
    trunks: Mapping[str, Any] = status["trunks"]
    left_out = status.get("trunks_left_out", 0)
    yield GaugeMetricFamily("hasip_trunks", "Trunks of the node.", len(trunks) + left_out)
    yield GaugeMetricFamily("hasip_metrics_trunks_left_out", "Trunks that have no metrics of their own, for there are more than [metrics] trunks_max.", left_out)
    calls = GaugeMetricFamily("hasip_trunk_calls", "Calls that hold a slot of the trunk's pool.", labels=TRUNK)
    limit = GaugeMetricFamily("hasip_trunk_calls_limit", "The limit of the trunk's pool.", labels=TRUNK)
    refused = CounterMetricFamily("hasip_trunk_refused_calls", "Calls the trunk's pool had no room for.", labels=TRUNK)
    for name, trunk in trunks.items():
        calls.add_metric([name], trunk["calls"])
        limit.add_metric([name], trunk["limit"])
        refused.add_metric([name], trunk["refused"])
    yield from (calls, limit, refused)
    yield from leg_families(trunks)


def leg_families(trunks: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what there is once a leg."""
    calls = GaugeMetricFamily("hasip_leg_calls", "Calls on the leg.", labels=LEG)
    counters = {key: CounterMetricFamily(f"hasip_leg_{key}", sentence, labels=LEG) for key, sentence in LEG_COUNTERS.items()}
    for name, trunk in trunks.items():
        for leg_name, leg in trunk["legs"].items():
            calls.add_metric([name, leg_name], leg["calls"])
            for key, family in counters.items():
                family.add_metric([name, leg_name], leg[key])
    yield calls
    yield from counters.values()
