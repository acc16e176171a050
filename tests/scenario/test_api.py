"""The API of a running node: what is changed there, the next call obeys."""
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.patience import PATIENCE_S

from .agent import Agent
from .edge import Edge, Trunk
from .test_ha_modes import place_call

CONSOLE_PORT = 8080
SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    running = Edge(tmp_path_factory.mktemp("edge"), [Trunk("acme"), Trunk("globex"), Trunk("fresh"), Trunk("lonely", secondary="digest")])
    running.tables["console"] = {"address": f"{running.address[0]}:{CONSOLE_PORT}"}
    try:
        running.start()
        user(running, "add", "root", "--role", "operator")
        user(running, "add", "anna", *(f"--trunk={name}" for name in ("acme", "fresh", "lonely")))
        yield running
    finally:
        running.stop()


def user(edge: Edge, *arguments: str) -> str:
    """Return what `hasip user` prints."""
    done = subprocess.run([sys.executable, "-m", "hasip", "user", *arguments, "--node", str(edge.folder / "edge.toml")],
                          input=SECRET + "\n", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture
def browser(edge: Edge) -> Iterator[httpx.Client]:
    """Anna, logged in."""
    with client(edge) as asking:
        login = asking.post("/session", json={"name": "anna", "password": SECRET})
        assert login.status_code == 200, login.text
        asking.headers["X-CSRF-Token"] = login.json()["csrf_token"]
        yield asking


def client(edge: Edge) -> httpx.Client:
    return httpx.Client(base_url=f"http://{edge.address[0]}:{CONSOLE_PORT}/api/v1", timeout=PATIENCE_S)


def legs_of(edge: Edge, trunk: str) -> tuple[Agent, list[Agent]]:
    return edge.caller(), [edge.leg(trunk, 0), edge.leg(trunk, 1)]


def news(lines: Iterator[str], holds: Callable[[str, Any], bool]) -> Any:
    """Return the facts of the first event that is wanted."""
    deadline = time.monotonic() + PATIENCE_S
    topic = ""
    for line in lines:
        assert time.monotonic() < deadline
        if line.startswith("event: "):
            topic = line.removeprefix("event: ")
        elif line.startswith("data: ") and holds(topic, json.loads(line.removeprefix("data: "))["facts"]):
            return json.loads(line.removeprefix("data: "))["facts"]
    raise AssertionError("the stream has ended")


def test_a_mode_that_is_changed_by_its_customer_is_obeyed_by_the_next_call_told_as_news_and_kept_in_the_audit_log(edge: Edge, browser: httpx.Client) -> None:
    caller, legs = legs_of(edge, "acme")
    assert [place_call(edge, caller, legs, "acme") for _ in range(2)] == [(0, 200)] * 2
    with browser.stream("GET", "/trunks/acme/news") as stream:
        lines = stream.iter_lines()
        assert news(lines, lambda topic, _: topic == "pool")["mode"] == "auto_failover"
        changed = browser.patch("/trunks/acme", json={"mode": "load_balancing"})
        assert changed.status_code == 200, changed.text
        assert [place_call(edge, caller, legs, "acme")[0] for _ in range(4)] == [0, 1, 0, 1]       # no waiting: it is in force when it is answered
        assert news(lines, lambda topic, facts: topic == "pool" and facts["legs"]["secondary"]["answered"] == 2)["mode"] == "load_balancing"
    entry = browser.get("/trunks/acme/audit").json()[0]
    assert (entry["who"], entry["action"], entry["old"], entry["new"]) == ("anna", "changed", {"mode": '"auto_failover"'}, {"mode": '"load_balancing"'})


def test_a_call_is_seen_while_it_is_up(edge: Edge, browser: httpx.Client) -> None:
    caller, (leg, _) = legs_of(edge, "globex")
    token = user(edge, "token", "root", "seen")
    invite = caller.invite(edge["globex"].number)
    arrived = leg.wait("INVITE", call_id=invite.call_id)
    leg.respond(arrived, 180)
    with client(edge) as operator:
        operator.headers["Authorization"] = f"Bearer {token}"
        assert [call["call_id"] for call in operator.get("/trunks/globex/calls").json()] == [invite.call_id]
        assert operator.get("/trunks/globex/pool").json()["calls"] == 1
    assert browser.get("/trunks/globex/calls").status_code == 404 and invite.call_id not in browser.get("/calls").text
    leg.respond(arrived, 486)
    caller.wait(486, call_id=invite.call_id)


def test_a_failover_test_passes_the_primary_by_and_a_call_that_the_secondary_fails_is_not_lost(edge: Edge, browser: httpx.Client) -> None:
    caller, legs = legs_of(edge, "fresh")
    assert place_call(edge, caller, legs, "fresh") == (0, 200)
    begun = browser.post("/trunks/fresh/failover-test", json={"seconds": 300})
    assert begun.json()["legs"] == ["primary"], begun.text
    assert [place_call(edge, caller, legs, "fresh") for _ in range(120)] == [(1, 200)] * 120       # not one in a hundred either
    invite = caller.invite(edge["fresh"].number)
    legs[1].respond(legs[1].wait("INVITE", call_id=invite.call_id), 503)
    legs[0].respond(legs[0].wait("INVITE", call_id=invite.call_id), 486)
    caller.wait(486, call_id=invite.call_id)
    assert browser.delete("/trunks/fresh/failover-test").status_code == 204
    assert place_call(edge, caller, legs, "fresh") == (0, 200)


def test_a_failover_test_ends_by_itself(edge: Edge, browser: httpx.Client) -> None:
    assert browser.post("/trunks/fresh/failover-test", json={"seconds": 1}).status_code == 200
    edge.wait_until(lambda: browser.get("/trunks/fresh/pool").json()["failover_test"] is None)
    caller, legs = legs_of(edge, "fresh")
    assert place_call(edge, caller, legs, "fresh") == (0, 200)


@pytest.mark.parametrize(("trunk", "patch", "why"), [("fresh", {"mode": "only_primary"}, "never fails over"), ("lonely", {}, "not registered")])
def test_a_failover_test_that_would_show_nothing_or_do_harm_is_refused(edge: Edge, browser: httpx.Client, trunk: str, patch: dict[str, str], why: str) -> None:
    before = browser.get(f"/trunks/{trunk}").json()["mode"]
    assert browser.patch(f"/trunks/{trunk}", json=patch).status_code == 200
    answer = browser.post(f"/trunks/{trunk}/failover-test", json={})
    assert answer.status_code == 409 and why in answer.json()["detail"]
    assert browser.patch(f"/trunks/{trunk}", json={"mode": before}).status_code == 200


def test_what_was_done_by_the_api_outlives_a_restart(edge: Edge, browser: httpx.Client) -> None:
    label = {"secondary": {"label": "Tuas"}}
    assert browser.patch("/trunks/acme", json=label).status_code == 200
    exported = subprocess.run([sys.executable, "-m", "hasip", "export", "--node", str(edge.folder / "edge.toml")], capture_output=True, text=True, check=True).stdout
    assert 'label = "Tuas"' in exported


def test_a_session_ends_with_its_user(edge: Edge, browser: httpx.Client) -> None:
    user(edge, "add", "carl", "--trunk", "acme")
    with client(edge) as carl:
        assert carl.post("/session", json={"name": "carl", "password": SECRET}).status_code == 200
        assert carl.get("/trunks").status_code == 200
        user(edge, "remove", "carl")
        assert carl.get("/trunks").status_code == 401
