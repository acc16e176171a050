"""The operators' pages, and that they are theirs."""
import pytest

from .house import PASSWORD, send, sign_in


@pytest.mark.parametrize("path", ["/nodes", "/cores", "/users"])
def test_operators_pages_are_no_customers(client, path):
    sign_in(client, "carol")
    assert client.get(path).status_code == 403
    sign_in(client, "ada")
    assert client.get(path).status_code == 200


@pytest.mark.parametrize(("path", "fields"), [("/users", {"name": "eve", "password": PASSWORD, "role": "operator"}), ("/users/remove", {"name": "ines"}),
                                              ("/zones/drain", {"zone": "globex/sg-a"}), ("/zones/undrain", {"zone": "globex/sg-a"})])
def test_operators_actions_are_no_customers(carol, path, fields):
    assert send(carol, path, "/trunks", **fields).status_code == 403


def test_a_zone_is_drained_and_given_calls_again(ada, house):
    answer = send(ada, "/zones/drain", "/trunks/globex/advanced", zone="globex/sg-a", next="/trunks/globex/advanced")
    assert answer.headers["location"] == "/trunks/globex/advanced?done=drained"
    assert house.live.judged[0]["is_drained"]
    assert "Give calls again" in ada.get("/trunks/globex/advanced").text
    send(ada, "/zones/undrain", "/trunks/globex/advanced", zone="globex/sg-a", next="/trunks/globex/advanced")
    assert not house.live.judged[0]["is_drained"]
    assert send(ada, "/zones/drain", "/trunks", zone="globex/none").status_code == 404


def test_the_audit_log_tells_who_changed_what_from_what(client):
    sign_in(client, "carol")
    send(client, "/trunks/acme/availability", mode="only_primary")
    sign_in(client, "ada")
    page = client.get("/audit").text
    assert "carol" in page
    assert "mode: &#34;auto_failover&#34; → &#34;only_primary&#34;" in page


def test_the_node_tells_what_became_of_its_calls(ada):
    page = ada.get("/nodes").text
    assert "edge-test" in page
    assert "the INVITE was sent to the next target" in page


@pytest.mark.parametrize("before", ["9" * 30, "9" * 5000, "-1", "x", ""])
def test_the_audit_log_before_what_is_no_entry_begins_with_the_latest(ada, before):
    assert ada.get("/audit", params={"before": before}).status_code == 200
