"""The console of a running node, in a browser: what is changed there, calls obey; what happens to calls, it shows."""
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.scenario.edge import Trunk

from .browser import opened_page, overflow, violations
from .node import ConsoleEdge

TABS = ("", "/availability", "/primary", "/secondary", "/advanced", "/calls", "/timeline")


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleEdge]:
    """A node with two trunks, a customer of one of them, and an operator."""
    running = ConsoleEdge(tmp_path_factory.mktemp("console"), [Trunk("acme", "only_primary"), Trunk("initech", "only_primary")])
    running.start()
    running.add_user("ada", "--role", "operator")
    running.add_user("carol", "--role", "customer", "--trunk", "acme")
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def agents_closed(edge: ConsoleEdge) -> Iterator[None]:
    """After each test the sockets of its agents are closed."""
    yield
    for agent in edge.agents:
        agent.close()
    edge.agents.clear()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of somebody new."""
    with opened_page(browser) as page:
        yield page


def choose(page: Page, mode: str) -> None:
    """Choose a mode, as a customer does."""
    page.get_by_role("radio", name=mode).check()
    page.get_by_role("button", name="Use the chosen mode").click()
    expect(page.get_by_role("status")).to_contain_text("The next call goes by the new mode.")


def test_a_mode_is_changed_in_the_browser_the_next_call_obeys_and_the_timeline_shows_the_failover(edge: ConsoleEdge, page: Page) -> None:
    caller, legs = edge.caller(), [edge.leg("acme", 0), edge.leg("acme", 1)]
    edge.sign_in(page, "carol", "/trunks/acme/availability")
    choose(page, "Primary only")
    assert edge.place_call(caller, legs[:1], "acme", {0: 503}) == [0]

    choose(page, "Automatic failover")
    assert edge.place_call(caller, legs, "acme", {0: 503, 1: 200}) == [0, 1]

    page.get_by_role("link", name="Timeline", exact=True).first.click()
    table = page.get_by_role("table", name="Incidents")
    expect(table).to_contain_text("Primary answered 503 Service Unavailable. The call went on to Secondary and was answered.")
    expect(page.locator("circle.failed")).to_have_count(1)

    page.get_by_role("link", name=re.compile("Explain the call")).click()
    story = page.get_by_role("list").filter(has_text="INVITE")
    expect(story).to_contain_text("503 is in the failover table")


def test_load_balancing_chosen_in_the_browser_makes_calls_take_turns(edge: ConsoleEdge, page: Page) -> None:
    caller, legs = edge.caller(), [edge.leg("acme", 0), edge.leg("acme", 1)]
    edge.sign_in(page, "carol", "/trunks/acme/availability")
    choose(page, "Load balancing")
    heard = [edge.place_call(caller, legs, "acme", {0: 200, 1: 200})[0] for _ in range(4)]
    assert heard in ([0, 1, 0, 1], [1, 0, 1, 0])


def test_a_call_appears_and_goes_without_reloading(edge: ConsoleEdge, page: Page) -> None:
    caller, legs = edge.caller(), [edge.leg("initech", 0)]
    edge.sign_in(page, "ada", "/trunks/initech/calls")
    expect(page.get_by_text("No call right now")).to_be_visible()
    page.evaluate("window.isSamePage = true")
    invite = caller.invite(edge["initech"].number)
    arrived = legs[0].wait("INVITE")
    legs[0].respond(arrived, 180)
    expect(page.get_by_role("table", name="Calls in progress")).to_contain_text(edge["initech"].number)
    expect(page.locator("#head")).to_contain_text("1 of 1 000")
    caller.cancel(invite)
    legs[0].respond(legs[0].wait("CANCEL"), 200)
    legs[0].respond(arrived, 487)
    expect(page.get_by_text("No call right now")).to_be_visible()
    assert page.evaluate("window.isSamePage")


def test_the_secondary_is_set_up_in_the_browser_and_calls_find_it_there(edge: ConsoleEdge, page: Page) -> None:
    caller = edge.caller()
    address = f"{edge.network}.77"
    moved = edge.agent(address, 5060)
    edge.sign_in(page, "carol", "/trunks/acme/secondary")
    page.get_by_label("SIP label").fill("Cellar")
    page.get_by_label("Address of the phone system").fill(f"{address}:5060")
    page.get_by_label("IP list").fill("127.0.0.300")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("IP list")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("IP list").fill(address)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    page.goto(f"{edge.url}/trunks/acme/availability")
    choose(page, "Automatic failover")
    assert edge.place_call(caller, [edge.leg("acme", 0), moved], "acme", {0: 500, 1: 200}) == [0, 1]


def test_a_failover_test_moves_new_calls_and_the_trunk_says_that_it_runs(edge: ConsoleEdge, page: Page) -> None:
    caller, legs = edge.caller(), [edge.leg("acme", 0), edge.agent(f"{edge.network}.77", 5060)]
    edge.sign_in(page, "carol", "/trunks/acme/availability")
    page.get_by_role("button", name="Test failover for one minute").click()
    expect(page.get_by_text("A failover test is running")).to_be_visible()
    assert edge.place_call(caller, legs, "acme", {0: 200, 1: 200}) == [1]
    page.get_by_role("button", name="End the test now").click()
    expect(page.get_by_text("A failover test is running")).to_have_count(0)
    assert edge.place_call(caller, legs, "acme", {0: 200, 1: 200}) == [0]


def test_without_scripts_everything_works_that_is_not_live(edge: ConsoleEdge, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    edge.sign_in(page, "carol", "/trunks/acme/availability")
    choose(page, "Primary only")
    assert edge.place_call(edge.caller(), [edge.leg("acme", 0)], "acme", {0: 200}) == [0]
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    context.close()


def test_a_customer_does_not_learn_of_anybody_elses_trunk(edge: ConsoleEdge, page: Page) -> None:
    edge.sign_in(page, "carol")
    expect(page.get_by_role("table", name="Trunks")).not_to_contain_text("initech")
    for path in (*(f"/trunks/initech{tab}" for tab in TABS), "/trunks/initech/timeline/x"):
        assert page.goto(edge.url + path).status == 404
    for path in ("/nodes", "/cores", "/users"):
        assert page.goto(edge.url + path).status == 403


@pytest.mark.parametrize(("name", "paths"), [
    ("carol", ("/trunks", *(f"/trunks/acme{tab}" for tab in TABS), "/password")),
    ("ada", ("/trunks", "/trunks/initech", "/nodes", "/cores", "/users", "/audit"))])
def test_the_pages_of_a_running_node_are_accessible_and_fit_a_phone(
        edge: ConsoleEdge, browser: Browser, name: str, paths: tuple[str, ...]) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    edge.sign_in(page, name)
    for path in paths:
        page.goto(edge.url + path)
        assert violations(page) == [], path
        assert overflow(page) <= 0, path
    context.close()


def test_the_audit_tells_the_operator_what_the_customer_changed(edge: ConsoleEdge, page: Page) -> None:
    edge.sign_in(page, "ada", "/audit")
    expect(page.get_by_role("table", name="Changes")).to_contain_text(re.compile('carol.*mode: .* → "only_primary"', re.DOTALL))


def test_answers_carry_the_headers_that_keep_browsers_from_harm(edge: ConsoleEdge, page: Page) -> None:
    answer = page.goto(f"{edge.url}/sign-in")
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_files_of_the_console_lie_in_the_package() -> None:
    folder = Path(__file__).parents[2] / "hasip" / "console"
    settings = (folder.parents[1] / "pyproject.toml").read_text()
    for pattern in ("console/templates/*.html", "console/static/*"):
        assert pattern in settings
        assert list(folder.parent.glob(pattern))
