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


def test_a_user_is_added_gets_in_and_is_removed(ada):
    assert send(ada, "/users", name="dave", role="customer", trunks="acme, initech", password=PASSWORD).headers["location"] == "/users?done=user"
    sign_in(ada, "dave")
    assert "initech" in ada.get("/trunks").text
    sign_in(ada, "ada")
    assert send(ada, "/users/remove", "/users", name="dave").status_code == 303
    assert ada.post("/sign-in", data={"name": "dave", "password": PASSWORD}).status_code == 401


def test_what_is_wrong_with_a_new_user_is_said_beside_the_field(ada):
    answer = send(ada, "/users", name="dave", role="customer", password="short")
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert 'value="dave"' in answer.text


def test_a_user_without_a_name_that_could_be_one_is_not_added(ada):
    answer = send(ada, "/users", name="x" * 64, role="customer", password=PASSWORD)
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text


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
