"""The exposition of a status: what Prometheus' own parser reads in it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hasip.bridge.counters import REASONS
from hasip.metrics import CONTENT_TYPE, exposition
from tests.metrics.status import STATUS

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(status: dict) -> Samples:
    """Return every sample by name and labels."""
    return {(sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(exposition(status).decode()) for sample in family.samples}


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def test_every_family_has_a_sentence_and_a_name_by_the_conventions() -> None:
    for family in text_string_to_metric_families(exposition(STATUS).decode()):
        assert family.name.startswith("hasip_") and family.documentation.endswith("."), family.name
        assert family.type in ("counter", "gauge", "histogram"), family.name
        assert all(sample.name.endswith("_total") for sample in family.samples if family.type == "counter")
        assert not any(unit in family.name for unit in ("_ms", "_ns", "percent")), family.name


def test_the_format_is_the_one_that_is_announced() -> None:
    assert CONTENT_TYPE.startswith("text/plain; version=")
    assert exposition(STATUS).endswith(b"\n")


def test_a_trunk_tells_calls_limit_and_refused() -> None:
    found = samples(STATUS)
    assert value(found, "hasip_trunk_calls", trunk="acme") == 3
    assert value(found, "hasip_trunk_calls_limit", trunk="acme") == 30
    assert value(found, "hasip_trunk_refused_calls_total", trunk="acme") == 4


def test_a_leg_tells_what_became_of_its_attempts() -> None:
    found = samples(STATUS)
    figures = {name: value(found, name, trunk="acme", leg="primary") for name in (
        "hasip_leg_calls", "hasip_leg_attempts_total", "hasip_leg_answered_total", "hasip_leg_failovers_total", "hasip_leg_placed_total")}
    assert list(figures.values()) == [3, 1000, 900, 20, 7]


def test_failover_gaps_are_a_histogram_whose_buckets_have_all_below_them() -> None:
    found = samples(STATUS)
    assert [value(found, "hasip_failover_gap_seconds_bucket", le=bound) for bound in ("0.001", "0.01", "+Inf")] == [7, 9, 10]
    assert (value(found, "hasip_failover_gap_seconds_count"), value(found, "hasip_failover_gap_seconds_sum")) == (10, 0.5)
    assert value(found, "hasip_failover_silence_seconds_bucket", le="2.5") == 3


def test_what_became_of_alerts_and_copies_is_told() -> None:
    found = samples(STATUS)
    assert value(found, "hasip_alerts", event="zone_down") == 1
    assert [value(found, "hasip_webhook_alerts_total", webhook="1 ops.example", result=result) for result in ("delivered", "failed", "dropped")] == [5, 1, 2]
    assert [value(found, "hasip_hep_packets_total", result=result) for result in ("sent", "dropped")] == [100, 3]
    assert not any(name.startswith("hasip_hep") for name, _ in samples({**STATUS, "hep": None}))


def test_a_zones_state_is_one_of_four() -> None:
    found = samples(STATUS)
    zone = {"zone": "globex/sg-b", "owner": "globex", "region": "sg"}
    assert [value(found, "hasip_zone_state", **zone, state=state) for state in ("up", "suspect", "down", "recovering")] == [0, 0, 1, 0]
    assert value(found, "hasip_zone_drained", **zone) == 1
    assert value(found, "hasip_zone_share_ratio", **{**zone, "zone": "globex/sg-a"}) == 1.0


def test_a_probes_round_trip_is_in_seconds_and_missing_before_the_first_answer() -> None:
    found = samples(STATUS)
    assert value(found, "hasip_zone_probe_round_trip_seconds", zone="globex/sg-a", owner="globex", region="sg") == pytest.approx(0.00126)
    assert ("hasip_zone_probe_round_trip_seconds", frozenset({("zone", "globex/sg-b"), ("owner", "globex"), ("region", "sg")})) not in found
    assert value(found, "hasip_zone_probes_failed_total", zone="globex/sg-b", owner="globex", region="sg") == 3


def test_every_reason_is_there_from_the_start() -> None:
    found = samples(STATUS)
    assert {dict(labels)["reason"] for name, labels in found if name == "hasip_reasons_total"} == set(REASONS)


def test_workers_tell_processor_time_in_seconds() -> None:
    assert value(samples(STATUS), "hasip_worker_cpu_seconds_total", worker="0") == 10.0


def test_the_store_is_told_of_where_there_is_one() -> None:
    assert not any(name.startswith("hasip_store") for name, _ in samples({key: each for key, each in STATUS.items() if key != "store"}))
    assert value(samples(STATUS), "hasip_store_generation") == 12 and value(samples(STATUS), "hasip_store_away") == 0


def test_trunks_that_were_left_out_are_counted() -> None:
    found = samples({**STATUS, "trunks_left_out": 99_998})
    assert value(found, "hasip_trunks") == 100_000 and value(found, "hasip_metrics_trunks_left_out") == 99_998


def test_a_trunks_name_may_be_any_text() -> None:
    name = 'a"b\\c\nd{é}'
    assert value(samples({**STATUS, "trunks": {name: STATUS["trunks"]["acme"]}}), "hasip_trunk_calls", trunk=name) == 3
