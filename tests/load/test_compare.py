"""bench/load: the plot, the medians, and what is doubted."""
import importlib
import json
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "bench" / "load"
RUN = {"cpu_us_per_call": 40.0, "setup_us": {"p50": 1.0, "p99": 2.0}, "failover_gap_us": None, "start_lateness_us": {"p99": 1.0},
       "own_wait_us_per_call": 0.0, "others_share": 0.0, "failed": 0, "failures": {}, "completed": 5, "calls": 5, "scenario": "basic"}


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module("compare")


def runs_of(**routers: list[dict[str, Any]]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    return {"basic": {router: [RUN | changes for changes in some] for router, some in routers.items()}}


def test_bars_are_as_long_as_their_figures(compare: ModuleType):
    picture = xml.fromstring(compare.bar_plot("a < b", "µs", {"one": {"x": 10.0, "y": 20.0}, "two": {"x": 5.0}}))
    bars = [float(each.get("width", "0")) for each in picture.iter("{http://www.w3.org/2000/svg}rect") if each.get("height") == "18"]
    assert [round(bar / bars[0], 2) for bar in bars] == [1.0, 2.0, 0.5]
    words = [each.text for each in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"a < b", "10.0 µs", "20.0 µs", "one", "two", "x", "y"} <= set(words)


def test_a_plot_of_nothing_is_a_picture(compare: ModuleType):
    assert xml.fromstring(compare.bar_plot("nothing", "µs", {})).tag.endswith("svg")


def test_medians_are_of_the_runs_that_have_a_figure(compare: ModuleType):
    runs = runs_of(hasip=[{"cpu_us_per_call": 30.0}, {"cpu_us_per_call": 50.0}, {"cpu_us_per_call": 35.0}, {"setup_us": None}])
    assert compare.medians_of(runs)["basic"]["hasip"] == {"cpu": 35.0, "setup_p50": 1.0, "setup_p99": 2.0}


@pytest.mark.parametrize(("hasip", "kamailio", "medians"), [
    (["quiet", "busy", "quiet"], ["quiet", "busy", "busy"], (40.0, 40.0)),
    (["quiet", "busy"], ["busy", "busy"], (65.0, 90.0)),
])
def test_a_round_counts_if_nothing_disturbed_any_router_in_it(compare: ModuleType, hasip, kamailio, medians):
    kinds = {"quiet": {}, "busy": {"cpu_us_per_call": 90.0, "own_wait_us_per_call": 50.0}}
    found = compare.medians_of(runs_of(hasip=[kinds[each] for each in hasip], kamailio=[kinds[each] for each in kamailio]))["basic"]
    assert (found["hasip"]["cpu"], found["kamailio"]["cpu"]) == medians


@pytest.mark.parametrize(("changes", "sentence", "exit_code"), [
    ({}, "", 0),
    ({"failed": 3, "failures": {"timed out": 3}}, "hasip, basic: 3 calls failed: {'timed out': 3}", 1),
    ({"start_lateness_us": {"p99": 1e6}}, "1 of 2 runs were disturbed", 0),
    ({"own_wait_us_per_call": 50.0}, "1 of 2 runs were disturbed", 0),
    ({"others_share": 0.5}, "1 of 2 runs were disturbed", 0),
])
def test_what_should_not_be_believed_is_named(compare: ModuleType, capsys: pytest.CaptureFixture[str], changes, sentence, exit_code):
    assert compare.report_doubts(runs_of(hasip=[{}, changes])) == exit_code
    printed = " ".join(capsys.readouterr().out.split())
    assert printed.startswith(sentence)
    assert bool(printed) == bool(sentence)


def test_hasip_is_measured_from_beginning_to_end(tmp_path: Path):
    command = [sys.executable, str(FOLDER / "compare.py"), "--only", "hasip", "--rate", "200", "--calls", "50", "--rounds", "1", "--output", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "result.json").read_text())
    assert set(result["medians"]) == {"basic", "failover-code", "load-balancing"}
    assert all(by_router["hasip"]["cpu"] > 0 for by_router in result["medians"].values())
    assert result["medians"]["failover-code"]["hasip"]["gap_p50"] > 0
    assert xml.parse(tmp_path / "compare.svg")


def test_without_kamailio_hasip_is_measured_alone(compare: ModuleType, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert compare.installed() == ["hasip"]
