"""Judged legs: zones of trunks and cores, and accounts that are probed."""
from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

ZONE = ["zone", "owner", "region"]
STATES = ("up", "suspect", "down", "recovering")


def zone_families(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield what there is once a judged leg."""
    state = GaugeMetricFamily("hasip_zone_state", "1 for the state the zone is in, 0 for the others.", labels=[*ZONE, "state"])
    share = GaugeMetricFamily("hasip_zone_share_ratio", "How much of its part of new calls the zone gets, 0 to 1.", labels=ZONE)
    drained = GaugeMetricFamily("hasip_zone_drained", "1 while an operator keeps new calls away.", labels=ZONE)
    round_trip = GaugeMetricFamily("hasip_zone_probe_round_trip_seconds", "How long the last answered probe took.", labels=ZONE)
    sent = CounterMetricFamily("hasip_zone_probes_sent", "Probes sent to the zone.", labels=ZONE)
    failed = CounterMetricFamily("hasip_zone_probes_failed", "Probes that were not answered.", labels=ZONE)
    for zone in status["zones"]:
        names, probe = [zone["name"], zone["owner"], zone["region"]], zone["probe"]
        for each in STATES:
            state.add_metric([*names, each], zone["state"] == each)
        share.add_metric(names, zone["share_percent"] / 100)
        drained.add_metric(names, zone["is_drained"])
        sent.add_metric(names, probe["sent"])
        failed.add_metric(names, probe["failed"])
        if probe["round_trip_ms"] is not None:
            round_trip.add_metric(names, probe["round_trip_ms"] / 1000)
    yield from (state, share, drained, round_trip, sent, failed)
