"""Operators change cores, and drain their zones."""
import pytest

from .fake_live import ZONE
from .house import fields_of, send

CORE = "/cores/pstn"
FORM = {"allow": "198.51.100.0/24\n2001:db8::/32", "target-0-address": "198.51.100.9:5060", "target-0-transport": "tcp", "target-0-large_by_tcp": "yes",
        "target-1-address": "sbc.example.net", "target-1-transport": "tls", "target-2-address": "", "target-2-transport": "udp"}


def test_whitelist_and_targets_are_changed_and_the_node_told(ada, house):
    assert 'href="/cores/pstn"' in ada.get("/cores").text
    answer = send(ada, CORE, **FORM)
    assert answer.headers["location"] == "/cores/pstn?done=saved", answer.text
    assert house.live.followed == 1
    page = ada.get(CORE).text
    for text in (">198.51.100.0/24\n2001:db8::/32</textarea>", 'name="target-0-large_by_tcp" value="yes" checked', 'value="sbc.example.net"',
                 'id="target-3-address" name="target-3-address" type="text" value=""'):
        assert text in page
    shown = ada.get("/cores").text
    assert "<code>198.51.100.9:5060</code>" in shown


def test_a_target_without_an_address_goes(ada):
    send(ada, CORE, **FORM)
    assert send(ada, CORE, **(FORM | {"target-0-address": ""})).status_code == 303
    page = ada.get(CORE).text
    assert 'name="target-0-address" type="text" value="sbc.example.net"' in page
    assert 'name="target-1-address" type="text" value=""' in page


@pytest.mark.parametrize(("field", "text", "sentence"), [("allow", "198.51.100.1/24", "has bits behind its prefix"), ("target-1-address", "1.2.3.4:x", "is no address")])
def test_what_is_wrong_stands_beside_its_field(ada, house, field, text, sentence):
    answer = send(ada, CORE, **(FORM | {"target-0-address": "", field: text}))
    assert answer.status_code == 422
    assert sentence in answer.text.partition(f'id="{field}-error">')[2].partition("</p>")[0]
    assert house.live.followed == 0


def test_who_was_slower_is_told(ada):
    form = fields_of(ada.get(CORE).text)
    send(ada, CORE, **FORM)
    answer = ada.post(CORE, data=form | FORM | {"allow": "192.0.2.0/24"})
    assert answer.status_code == 422
    assert "Somebody has changed this meanwhile" in answer.text
    assert ada.post(CORE, data=fields_of(answer.text) | FORM | {"allow": "192.0.2.0/24"}).status_code == 303


def test_a_core_with_zones_keeps_them_and_its_whitelist_changes(ada):
    page = ada.get("/cores/peer%2F1").text
    assert "Calls to this core go by its zones." in page
    assert send(ada, "/cores/peer%2F1", allow="203.0.113.0/25", **{"target-0-address": "192.0.2.1:5060"}).status_code == 303
    shown = ada.get("/cores").text
    assert "<code>203.0.113.0/25</code>" in shown
    assert "Two zones (2T)" in shown


def test_a_zone_of_a_core_is_drained_on_the_page_of_cores(ada, house):
    house.live.judged.append(ZONE | {"name": "core:peer/1/p-a", "owner": "core:peer/1", "region": "Here", "address": "203.0.113.10:5060"})
    assert 'name="zone" value="core:peer/1/p-a"' in ada.get("/cores").text
    assert send(ada, "/zones/drain", "/cores", zone="core:peer/1/p-a", next="/cores").headers["location"] == "/cores?done=drained"
    assert house.live.judged[-1]["is_drained"]
    assert "Give calls again" in ada.get("/cores").text


def test_cores_are_no_customers(carol, house):
    assert carol.get(CORE).status_code == 403
    assert send(carol, CORE, "/trunks", **FORM).status_code == 403
    assert house.live.followed == 0


def test_a_core_that_is_none_is_not_found(ada):
    assert ada.get("/cores/moon").status_code == 404
