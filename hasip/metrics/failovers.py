"""How long failovers take, as the workers counted it."""
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.utils import floatToGoString


def failover_families(status: Mapping[str, Any]) -> Iterator[Metric]:
    """Yield the two histograms."""
    yield histogram("hasip_failover_gap_seconds", "From the failure of an attempt to the departure of the next INVITE.", status["failover_gaps"])
    yield histogram("hasip_failover_silence_seconds", "How long a leg said nothing until its call moved on.", status["silences"])


def histogram(name: str, sentence: str, gaps: Mapping[str, Any]) -> Metric:
    """Return counts per bucket as Prometheus has them: each with all below it."""
    bounds = [*map(floatToGoString, gaps["bounds_s"]), "+Inf"]
    return HistogramMetricFamily(name, sentence, list(zip(bounds, accumulate(gaps["counts"]), strict=True)), gaps["sum_s"])
