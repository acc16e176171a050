"""What people change of trunks."""
import pytest

from .house import fields_of, send


def test_a_mode_is_chosen_and_the_node_told_at_once(carol, house):
    answer = send(carol, "/trunks/acme/availability", mode="load_balancing")
    assert (answer.status_code, answer.headers["location"]) == (303, "/trunks/acme/availability?done=mode")
    assert house.live.followed == 1
    page = carol.get(answer.headers["location"]).text
    assert "Saved. The next call goes by the new mode." in page
    assert 'value="load_balancing" checked' in page


def test_a_mode_that_somebody_else_has_changed_meanwhile_is_not_changed_unseen(carol):
    form = carol.get("/trunks/acme/availability").text
    send(carol, "/trunks/acme/availability", mode="only_primary")
    answer = carol.post("/trunks/acme/availability", data=fields_of(form) | {"mode": "load_balancing"})
    assert answer.status_code == 422
    assert "Somebody has changed this meanwhile." in answer.text
    assert 'value="load_balancing" checked' in answer.text


@pytest.mark.parametrize("mode", ["2t4t", "nonsense", ""])
def test_a_mode_beyond_the_three_is_refused_with_a_sentence(carol, mode):
    answer = send(carol, "/trunks/acme/availability", mode=mode)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_without_the_add_on_the_other_modes_say_what_is_missing(ada):
    page = ada.get("/trunks/initech/availability").text
    assert page.count("This needs the add-on “High Availability”.") == 2
    assert "No secondary region" in ada.get("/trunks/initech/secondary").text


def test_the_secondary_is_filled_in_and_its_password_stays_hidden(carol):
    answer = send(carol, "/trunks/acme/secondary", label="Cellar", authentication="digest", username="acme-dr", password="", allow="192.0.2.22\n192.0.2.64/28",
                  transport="tls", address="")
    assert answer.headers["location"] == "/trunks/acme/secondary?done=saved", answer.text
    page = carol.get("/trunks/acme/secondary").text
    for text in ('value="Cellar"', 'value="acme-dr"', "192.0.2.22\n192.0.2.64/28", '<option value="tls" selected>', "One is set. Leave this empty to keep it."):
        assert text in page
    assert "the first password" not in page


def test_another_authentication_mode_leaves_what_belonged_to_the_old_one(carol):
    answer = send(carol, "/trunks/acme/secondary", label="DR", authentication="ip", username="acme-dr", password="", allow="192.0.2.22", transport="udp",
                  address="192.0.2.22:5060")
    assert answer.status_code == 303, answer.text
    page = carol.get("/trunks/acme/secondary").text
    assert 'value="192.0.2.22:5060"' in page
    assert "acme-dr" not in page


def test_what_is_wrong_stands_beside_its_field_and_nothing_has_to_be_typed_again(carol, house):
    answer = send(carol, "/trunks/acme/secondary", label="Cellar", authentication="ip", allow="192.0.2.300", transport="udp", address="192.0.2.22:5060")
    assert answer.status_code == 422
    assert 'id="allow-error"' in answer.text
    assert 'value="Cellar"' in answer.text
    assert ">192.0.2.300</textarea>" in answer.text
    assert house.live.followed == 0


def test_what_a_customer_may_not_change_is_greyed_and_refused_if_sent_all_the_same(carol, house):
    page = carol.get("/trunks/acme/primary").text
    assert 'id="address" name="address" type="text" value="192.0.2.21:5060"' in page
    assert "You may change what is not greyed here." in page
    assert send(carol, "/trunks/acme/primary", label="Main house", allow="192.0.2.21", address="192.0.2.99:5060").status_code == 303
    assert 'value="192.0.2.21:5060"' in carol.get("/trunks/acme/primary").text
    assert 'value="Main house"' in carol.get("/trunks/acme/primary").text


def test_the_secondary_can_be_removed_once_no_mode_needs_it(carol):
    assert "First choose “Primary only”" in carol.get("/trunks/acme/secondary").text
    send(carol, "/trunks/acme/availability", mode="only_primary")
    assert send(carol, "/trunks/acme/secondary/remove", "/trunks/acme/secondary", sure="yes").status_code == 303
    assert "Set up the secondary" in carol.get("/trunks/acme/secondary").text


def test_a_failover_test_is_begun_seen_and_ended(carol):
    assert send(carol, "/trunks/acme/test-failover", "/trunks/acme/availability").headers["location"] == "/trunks/acme?done=test"
    assert "A failover test is running" in carol.get("/trunks/acme").text
    assert send(carol, "/trunks/acme/test-failover/end", "/trunks/acme").status_code == 303
    assert "A failover test is running" not in carol.get("/trunks/acme").text


@pytest.mark.parametrize("path", ["availability", "primary", "secondary", "secondary/remove", "test-failover", "test-failover/end"])
def test_nothing_of_somebody_elses_trunk_can_be_changed(carol, house, path):
    answer = send(carol, f"/trunks/initech/{path}", "/trunks", mode="only_primary", label="mine")
    assert answer.status_code == 404
    assert house.live.followed == 0


def test_a_form_with_a_version_that_no_page_writes_is_taken_as_one_without(carol):
    assert send(carol, "/trunks/acme/availability", mode="only_primary", version="9" * 5000).status_code == 303
