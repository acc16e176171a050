"""Operators set up regions and zones."""
import html
import re

import pytest

from .house import fields_of, send

EDIT = "/trunks/acme/advanced/edit"
TWO_ZONES = {"mode": "2t", "region-0-name": "Singapore", "region-0-zone-0-name": "sg-x", "region-0-zone-0-address": "192.0.2.60:5060", "region-0-zone-0-transport": "tls",
             "region-0-zone-0-allow": "192.0.2.60\n192.0.2.64/28", "region-0-zone-0-interface": "eth1", "region-0-zone-0-source": "192.0.2.9",
             "region-0-zone-1-name": "sg-y", "region-0-zone-1-address": "pbx.example.net", "region-0-zone-1-transport": "udp"}
SECOND_REGION = {"region-1-name": "Frankfurt", "region-1-zone-0-name": "fr-a", "region-1-zone-0-address": "192.0.2.70:5060", "region-1-zone-0-transport": "udp",
                 "region-1-zone-1-name": "fr-b", "region-1-zone-1-address": "192.0.2.71:5060", "region-1-zone-1-transport": "tcp"}


def zones_in(page: str) -> list[str]:
    """Return the zones a form has fields for."""
    return re.findall(r'name="(region-\d-zone-\d)-name"', page)


def value_of(page: str, name: str) -> str:
    """Return what a field is filled in with."""
    found = re.search(rf'<input id="{name}" [^>]*value="([^"]*)"|<textarea id="{name}"[^>]*>([^<]*)<|<select id="{name}"[^$]*?<option value="([^"]*)" selected', page)
    assert found, name
    return html.unescape(found[1] or found[2] or found[3] or "")


def test_two_accounts_become_two_zones_and_what_goes_is_said_before(ada, house):
    page = ada.get(EDIT).text
    assert zones_in(page) == ["region-0-zone-0", "region-0-zone-1"]
    assert "The account Primary “HQ” goes" in page
    assert "The account Secondary “DR” goes" in page
    answer = send(ada, EDIT, **TWO_ZONES)
    assert answer.status_code == 422
    assert 'id="sure-error"' in answer.text
    assert house.live.followed == 0
    answer = send(ada, EDIT, **TWO_ZONES, sure="yes")
    assert answer.headers["location"] == "/trunks/acme/advanced?done=saved", answer.text
    assert house.live.followed == 1
    page = ada.get(EDIT).text
    for name, text in TWO_ZONES.items():
        assert value_of(page, name) == text
    assert "When this is saved" not in page


def test_the_form_gets_the_zones_of_the_mode_that_is_chosen_and_keeps_what_was_typed(ada, house):
    shown = send(ada, EDIT, **(TWO_ZONES | {"mode": "2t4t", "show": "yes"}))
    assert shown.status_code == 200
    assert len(zones_in(shown.text)) == 4
    assert value_of(shown.text, "region-0-zone-0-address") == "192.0.2.60:5060"
    assert "Inside a region calls" in shown.text
    assert len(zones_in(send(ada, EDIT, **(TWO_ZONES | {"mode": "4t", "show": "yes"})).text)) == 2
    assert house.live.followed == 0


def test_a_mode_whose_fields_were_not_shown_yet_is_never_saved_unseen(ada, house):
    answer = send(ada, EDIT, **(TWO_ZONES | {"mode": "4t", "sure": "yes"}))
    assert answer.status_code == 200
    assert "Nothing is saved yet." in answer.text
    assert zones_in(answer.text) == ["region-0-zone-0", "region-1-zone-0"]
    assert house.live.followed == 0


def test_four_zones_with_a_strict_order_are_set_up_and_lessened_again(ada):
    form = {"shape": "2t4t", "intra_region": "priority", **TWO_ZONES, **SECOND_REGION, "sure": "yes", "mode": "2t4t"}
    assert send(ada, EDIT, **form).status_code == 303
    page = ada.get(EDIT).text
    assert value_of(page, "intra_region") == "priority"
    assert value_of(page, "region-1-zone-1-transport") == "tcp"
    smaller = send(ada, EDIT, mode="4t", show="yes").text
    assert "The region “Singapore” keeps its first zone; “sg-y” goes." in smaller
    assert send(ada, EDIT, mode="4t", shape="4t", sure="yes").status_code == 303
    assert value_of(send(ada, EDIT, mode="2t4t", show="yes").text, "intra_region") == "round_robin"
    assert "The region “Frankfurt” goes, with its zones: “fr-a”." in send(ada, EDIT, mode="only_primary", show="yes").text


def test_regions_give_way_to_an_account_again(ada):
    page = send(ada, "/trunks/globex/advanced/edit", mode="only_primary", show="yes").text
    assert zones_in(page) == []
    assert "The region “Singapore” goes, with its zones: “sg-a”, “sg-b”." in page
    form = {"mode": "only_primary", "shape": "only_primary", "label": "HQ", "authentication": "digest", "username": "globex", "transport": "udp", "sure": "yes"}
    answer = send(ada, "/trunks/globex/advanced/edit", **form)
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert send(ada, "/trunks/globex/advanced/edit", **form, password="a long new password").headers["location"] == "/trunks/globex/primary?done=saved"
    assert 'value="globex"' in ada.get("/trunks/globex/primary").text


@pytest.mark.parametrize(("field", "text", "sentence"), [
    ("region-0-zone-1-address", "192.0.2.300:5060", "is no address and port"), ("region-0-zone-0-allow", "192.0.2.60 nonsense", "is no network"),
    ("region-0-zone-1-interface", "eth 1", "is no interface"), ("region-0-zone-1-source", "192.0.2.9", "goes with an interface"),
    ("region-0-zone-0-source", "2001:db8::1", "they have to be of one family"), ("region-0-zone-1-name", "sg-x", "the name is used twice"),
    ("region-0-name", "", "at least 1 character"), ("region-0-zone-0-name", "", "at least 1 character"), ("region-0-zone-0-address", "192.0.2.60:0", "be called")])
def test_what_is_wrong_with_a_zone_stands_beside_its_field(ada, house, field, text, sentence):
    answer = send(ada, EDIT, **(TWO_ZONES | {"sure": "yes", field: text}))
    assert answer.status_code == 422
    # of two equal names the first is marked: it is where somebody looks first
    marked = {"region-0-zone-1-name": "region-0-zone-0-name"}.get(field, field)
    found = re.search(rf'id="{marked}-error">([^<]*)<', answer.text)
    assert found and sentence in found[1], re.findall(r'error">[^<]*|role="alert">[^<]*', answer.text)
    assert value_of(answer.text, field) == text
    assert house.live.followed == 0


def test_two_zones_without_names_are_each_told(ada):
    answer = send(ada, EDIT, **(TWO_ZONES | {"sure": "yes", "region-0-zone-0-name": "", "region-0-zone-1-name": ""}))
    assert 'id="region-0-zone-0-name-error"' in answer.text
    assert 'id="region-0-zone-1-name-error"' in answer.text


def test_the_missing_add_on_is_named(ada):
    answer = send(ada, "/trunks/initech/advanced/edit", **TWO_ZONES, sure="yes")
    assert answer.status_code == 422
    assert "needs the add-on &#34;high_availability&#34;" in answer.text


def test_who_was_slower_is_told_and_nothing_is_overwritten(ada):
    form = fields_of(ada.get(EDIT).text)
    send(ada, "/trunks/acme/availability", mode="only_primary")
    answer = ada.post(EDIT, data=form | TWO_ZONES | {"sure": "yes"})
    assert answer.status_code == 422
    assert "Somebody has changed this meanwhile" in answer.text
    assert value_of(answer.text, "region-0-zone-0-address") == "192.0.2.60:5060"
    assert ada.post(EDIT, data=fields_of(answer.text) | TWO_ZONES | {"sure": "yes"}).status_code == 303


def test_customers_look_and_change_nothing(carol, house):
    assert "advanced/edit" not in carol.get("/trunks/globex/advanced").text
    assert carol.get(EDIT).status_code == 403
    assert send(carol, EDIT, "/trunks", **TWO_ZONES, sure="yes").status_code == 403
    assert house.live.followed == 0
