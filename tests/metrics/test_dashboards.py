"""The dashboard and the alerts ask for what is there: every metric, label, reason and state they name is in the exposition."""
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from hasip.bridge.counters import REASONS
from hasip.metrics import exposition
from hasip.metrics.zones import STATES
from tests.metrics.status import STATUS

DOCS = Path(__file__).parent.parent.parent / "docs"
DASHBOARD = json.loads((DOCS / "grafana" / "hasip.json").read_text())
RULES = [rule for group in yaml.safe_load((DOCS / "prometheus" / "alerts.yml").read_text())["groups"] for rule in group["rules"]]
LABELS = {sample.name: set(sample.labels) | {"instance", "job"}
          for family in text_string_to_metric_families(exposition(STATUS).decode()) for sample in family.samples} | {"up": {"instance", "job"}}

NAME = re.compile(r"\bhasip_\w+|\bup\b")
SELECTOR = re.compile(r"\b(hasip_\w+|up)\{([^}]*)\}")
MATCHER = re.compile(r'(\w+)(=~|=|!=|!~)"([^"]*)"')


def panels() -> Iterator[dict[str, Any]]:
    return (panel for panel in DASHBOARD["panels"] if panel["type"] != "row")


def expressions() -> list[str]:
    """Return every expression of the dashboard, its variables, and the alerts."""
    variables = [variable["query"]["query"] for variable in DASHBOARD["templating"]["list"] if variable["type"] == "query"]
    return [*(target["expr"] for panel in panels() for target in panel["targets"]), *variables, *(rule["expr"] for rule in RULES)]


@pytest.mark.parametrize("expression", expressions())
def test_every_metric_and_label_that_is_asked_for_exists(expression: str) -> None:
    names = NAME.findall(expression)
    assert names
    assert set(names) - LABELS.keys() == set()
    for name, matchers in SELECTOR.findall(expression):
        assert {label for label, _, _ in MATCHER.findall(matchers)} <= LABELS[name], name


@pytest.mark.parametrize("expression", expressions())
def test_every_reason_and_state_that_is_asked_for_exists(expression: str) -> None:
    for _, matchers in SELECTOR.findall(expression):
        for label, _, value in MATCHER.findall(matchers):
            known = {"reason": REASONS, "state": STATES}.get(label, ())
            if known:
                assert all(any(re.fullmatch(part, each) for each in known) for part in value.split("|")), value


@pytest.mark.parametrize("expression", expressions())
def test_brackets_are_closed_and_counters_are_asked_for_their_rate(expression: str) -> None:
    assert all(expression.count(left) == expression.count(right) for left, right in ("()", "{}", "[]"))
    for name in re.findall(r"hasip_\w+_total", expression):
        assert re.search(rf"rate\({name}(\{{[^}}]*\}})?\[", expression), name


def test_what_an_operator_wants_to_see_is_on_the_dashboard() -> None:
    rows = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert rows == ["Node", "Trunks", "Failovers", "Zones", "Reasons", "Workers", "Records"]
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    assert all(panel["description"] for panel in panels())


def test_every_metric_is_shown_or_watched() -> None:
    shown = set(NAME.findall(" ".join(expressions())))
    assert {name for name in LABELS if name not in shown} == {"hasip_node_info", "hasip_config_generation", "hasip_store_generation"}


def test_alerts_say_what_to_do() -> None:
    assert {rule["alert"] for rule in RULES} >= {"HasipZoneDown", "HasipAllZonesDown", "HasipPoolNearlyFull", "HasipPoolFull", "HasipFailoversRising",
                                                 "HasipWorkerBusy", "HasipDrops"}
    for rule in RULES:
        assert rule["labels"]["severity"] in ("info", "warning", "critical")
        assert rule["annotations"]["summary"] and rule["annotations"]["description"]
