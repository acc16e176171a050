"""An operator's work in a browser, on a running node: calls go by what was filled in."""
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.scenario.agent import is_final_of_invite
from tests.scenario.edge import Trunk

from .browser import opened_page, overflow, violations
from .node import ConsoleEdge
from .sites import Site, Sites

FIRST_ZONE = 60                     # last octet of the zones' addresses


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleEdge]:
    """A node with a trunk of two accounts, and an operator."""
    running = ConsoleEdge(tmp_path_factory.mktemp("console"), [Trunk("acme", "auto_failover")])
    running.start()
    running.add_user("ada", "--role", "operator")
    yield running
    running.stop()


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A browser of somebody new."""
    with opened_page(browser, java_script_enabled=request.param) as page:
        yield page


def call(edge: ConsoleEdge, number: str) -> int:
    """Place a call from the core, and let it go on. Returns what the caller got."""
    caller = edge.caller()
    invite = caller.invite(number)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    return final.status


def fill_zone(page: Page, title: str, name: str, address: str) -> None:
    """Fill in one zone."""
    zone = page.get_by_role("group", name=title)
    zone.get_by_label("Name", exact=True).fill(name)
    zone.get_by_label("Address", exact=True).fill(address)


def test_an_operator_adds_a_trunk_gives_it_other_zones_and_removes_it_and_calls_obey(edge: ConsoleEdge, page: Page) -> None:
    sites = [Site(edge.agent(f"{edge.network}.{FIRST_ZONE + place}", 5060)) for place in range(3)]
    places = [f"{edge.network}.{FIRST_ZONE + place}:5060" for place in range(3)]
    edge.sign_in(page, "ada")
    page.get_by_role("link", name="Add a trunk").click()
    page.get_by_label("Name", exact=True).fill("umbrella")
    page.get_by_label("Numbers").fill("+6565550200")
    page.get_by_label("Calls at once").fill("10")
    page.get_by_label("High Availability").check()
    page.get_by_label("Where calls go").select_option("2t")
    page.get_by_role("button", name="Show its fields").click()
    page.get_by_label("Name of the region").fill("Raccoon City")
    fill_zone(page, "Zone 1 of region 1", "ra-a", places[0])
    fill_zone(page, "Zone 2 of region 1", "ra-b", "nowhere at all")
    page.get_by_role("button", name="Add the trunk").click()
    expect(page.get_by_text("is no address and port")).to_be_visible()
    fill_zone(page, "Zone 2 of region 1", "ra-b", places[1])
    with Sites(*sites):
        page.get_by_role("button", name="Add the trunk").click()
        expect(page.get_by_role("status")).to_contain_text("The trunk was added.")
        assert [call(edge, "+6565550200") for _ in range(4)] == [200] * 4
        assert [len(site.heard) for site in sites] == [2, 2, 0]

        page.get_by_role("link", name="Advanced HA").click()
        page.get_by_role("link", name="Change mode, regions and zones").click()
        page.get_by_label("Where calls go").select_option("4t")
        page.get_by_role("button", name="Show its fields").click()
        expect(page.get_by_text("keeps its first zone; “ra-b” goes.")).to_be_visible()
        page.get_by_label("Name of the region").nth(1).fill("Arklay")
        fill_zone(page, "Zone 1 of region 1", "ra-c", places[2])
        fill_zone(page, "Zone 1 of region 2", "ar-a", places[0])
        page.get_by_label("Yes, that may go").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        assert [call(edge, "+6565550200") for _ in range(2)] == [200] * 2
        assert [len(site.heard) for site in sites] == [2, 2, 2]

        page.get_by_role("link", name="Settings").click()
        page.get_by_label("Numbers").fill("+6565550201")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status")).to_contain_text("Saved.")
        assert (call(edge, "+6565550200"), call(edge, "+6565550201")) == (404, 200)

        page.get_by_role("link", name="Remove the trunk").click()
        page.get_by_label("Yes, remove umbrella").check()
        page.get_by_role("button", name="Remove the trunk").click()
        expect(page.get_by_role("status")).to_contain_text("Removed.")
        assert call(edge, "+6565550201") == 404
    for agent in edge.agents:
        agent.close()
    edge.agents.clear()


@pytest.mark.parametrize("path", ["/new-trunk", "/trunks/acme/settings", "/trunks/acme/remove", "/trunks/acme/advanced/edit", "/cores/pstn", "/user/ada"])
def test_the_pages_an_operator_edits_by_are_accessible_and_fit_a_phone(edge: ConsoleEdge, browser: Browser, path: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    opened = context.new_page()
    edge.sign_in(opened, "ada")
    answer = opened.goto(edge.url + path)
    assert answer and answer.status == 200
    assert violations(opened) == []
    assert overflow(opened) <= 0
    context.close()
