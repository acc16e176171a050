"""What people see of trunks."""
import time

import pytest

from tests.records.samples import moved

from .house import sign_in

TABS = ("", "/availability", "/primary", "/secondary", "/advanced", "/calls", "/timeline")


def test_a_customer_sees_the_trunks_that_are_theirs_and_no_others(carol):
    page = carol.get("/trunks").text
    assert 'href="/trunks/acme"' in page
    assert 'href="/trunks/globex"' in page
    assert "initech" not in page


@pytest.mark.parametrize("tab", TABS)
def test_somebody_elses_trunk_is_not_found_as_one_that_is_not_there(carol, tab):
    foreign, missing = (carol.get(f"/trunks/{name}{tab}") for name in ("initech", "nothing"))
    assert foreign.status_code == missing.status_code == 404
    assert foreign.text == missing.text


@pytest.mark.parametrize("name", ["ada", "carol"])
@pytest.mark.parametrize("trunk", ["acme", "globex"])
@pytest.mark.parametrize("tab", TABS)
def test_every_tab_of_every_kind_of_trunk_can_be_looked_at(client, name, trunk, tab):
    sign_in(client, name)
    assert client.get(f"/trunks/{trunk}{tab}").status_code == 200


def test_a_trunk_may_have_a_slash_in_its_name(ada):
    assert 'href="/trunks/north%2F1%20%252F"' in ada.get("/trunks").text
    page = ada.get("/trunks/north%2F1%20%252F/availability").text
    assert "north/1 %2F" in page
    assert 'href="/trunks/north%2F1%20%252F/timeline"' in page


def test_the_search_finds_by_name_and_by_number(ada):
    assert "initech" in ada.get("/trunks?search=INIT").text
    page = ada.get("/trunks?search=%2B6561230002").text
    assert "globex" in page
    assert "acme" not in page
    assert "Nothing found" in ada.get("/trunks?search=zzz").text


def test_a_trunk_that_the_node_does_not_have_yet_is_shown_all_the_same(ada):
    page = ada.get("/trunks/initech").text
    assert "Office &lt;1&gt;" in page


def test_a_leg_that_has_to_register_and_has_not_is_seen_at_once(carol, house):
    assert "Not registered" in carol.get("/trunks/acme").text
    house.live.pools["acme"]["legs"]["secondary"]["bindings"] = [{"is_reachable": True}]
    assert "Not registered" not in carol.get("/trunks/acme").text


def test_calls_in_progress_are_listed(carol, house):
    house.live.held = [{"call_id": "a@b", "trunk": "acme", "leg_name": "secondary", "number": "+6561230000", "direction": "to trunk", "state": "established",
                        "since": 1_795_600_000, "duration_s": 61}]
    page = carol.get("/trunks/acme/calls").text
    assert "1 min 1 s" in page
    assert "Incoming" in page


@pytest.mark.parametrize(("count", "is_all"), [(2, True), (3, False)])
def test_a_timeline_says_when_it_does_not_tell_of_all(carol, house, monkeypatch, count, is_all):
    monkeypatch.setattr("hasip.portal.records.MOVED_MAX", 2)
    now_ms = int(time.time() * 1000)
    house.live.moved = [moved(call_id=f"{number}@here", received_ms=now_ms, ended_ms=now_ms) for number in range(count)]
    page = carol.get("/trunks/acme/timeline").text
    assert "2 calls left a site" in page
    assert ("There were more: these are the latest." in page) is not is_all


def test_a_method_that_a_page_does_not_have_is_told_which_it_has(ada):
    answer = ada.put("/trunks/acme/calls")
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})


def test_a_node_that_is_starting_says_so(carol, house):
    house.obstacle = "starting"
    answer = carol.get("/trunks")
    assert answer.status_code == 503
    assert "The node is starting." in answer.text


def test_the_stream_of_news_is_for_who_is_signed_in(client):
    assert client.get("/live?trunk=acme").status_code == 303
    sign_in(client, "ines")
    assert client.get("/live?trunk=acme").status_code == 404
