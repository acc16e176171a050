"""Operators add a trunk."""
import pytest

from .house import fields_of, send

NEW = "/new-trunk"
SETTINGS = {"name": "umbrella", "numbers": "+6561234567", "calls": "10", "core": "pstn", "caller_id": ""}
BY_PASSWORD = {"mode": "only_primary", "label": "HQ", "authentication": "digest", "username": "umbrella", "password": "a long new password", "allow": "", "transport": "tcp"}
ZONES = {"mode": "2t", "shape": "2t", "region-0-name": "Raccoon", "region-0-zone-0-name": "ra-a", "region-0-zone-0-address": "192.0.2.80:5060",
         "region-0-zone-0-transport": "udp", "region-0-zone-1-name": "ra-b", "region-0-zone-1-address": "192.0.2.81:5060", "region-0-zone-1-transport": "udp"}


def test_a_trunk_is_added_and_calls_may_go_by_it(ada, house):
    answer = send(ada, NEW, **SETTINGS, **BY_PASSWORD)
    assert answer.headers["location"] == "/trunks/umbrella?done=trunk", answer.text
    assert house.live.followed == 1
    page = ada.get("/trunks/umbrella/primary").text
    assert 'value="umbrella"' in page
    assert "One is set. Leave this empty to keep it." in page
    assert '<option value="tcp" selected>' in page
    assert "Add a trunk" in ada.get("/trunks").text


def test_a_trunk_known_by_its_addresses_needs_the_add_on(ada):
    by_address = {"mode": "only_primary", "authentication": "ip", "address": "192.0.2.90:5060", "allow": "192.0.2.90", "transport": "udp", "username": ""}
    answer = send(ada, NEW, **SETTINGS, **by_address)
    assert answer.status_code == 422
    assert "needs the add-on &#34;ip_authentication&#34;" in answer.text.partition('id="add_ons-error">')[2]
    assert send(ada, NEW, **SETTINGS, **by_address, **{"add_on-ip_authentication": "yes"}).status_code == 303


def test_a_trunk_is_added_with_zones_at_once(ada):
    shown = send(ada, NEW, **SETTINGS, mode="2t", show="yes")
    assert shown.status_code == 200
    assert 'value="umbrella"' in shown.text
    assert 'id="region-0-zone-1-name"' in shown.text
    answer = ada.post(NEW, data=fields_of(shown.text) | SETTINGS | ZONES | {"add_on-high_availability": "yes"})
    assert answer.status_code == 303, answer.text
    assert 'value="192.0.2.81:5060"' in ada.get("/trunks/umbrella/advanced/edit").text


def test_every_problem_is_told_at_once_beside_its_field(ada, house):
    answer = send(ada, NEW, **(SETTINGS | {"name": "", "calls": "many", "numbers": "§"}), **(BY_PASSWORD | {"allow": "nowhere"}))
    assert answer.status_code == 422
    for field in ("name", "calls", "numbers", "allow"):
        assert f'id="{field}-error"' in answer.text
    assert "4 fields need another look" in answer.text
    assert "a long new password" not in answer.text
    assert house.live.followed == 0


@pytest.mark.parametrize(("name", "sentence"), [("acme", "There is a trunk of this name already"), ("x" * 64, "at most 63 characters")])
def test_a_name_that_cannot_be_had_is_said_beside_it(ada, name, sentence):
    answer = send(ada, NEW, **(SETTINGS | {"name": name}), **BY_PASSWORD)
    assert answer.status_code == 422
    assert sentence in answer.text.partition('id="name-error">')[2]
    assert 'value="HQ"' in ada.get("/trunks/acme/primary").text
