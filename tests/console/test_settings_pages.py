"""Operators say what a trunk is, and remove it."""
import pytest

from .house import fields_of, send

SETTINGS = "/trunks/acme/settings"
FORM = {"numbers": "+6561230000\n+656124*", "calls": "40", "caller_id": "+6561230000", "core": "pstn", "add_on-high_availability": "yes", "add_on-ip_authentication": "yes"}


def test_numbers_limit_caller_id_and_core_are_changed_and_the_node_told(ada, house):
    answer = send(ada, SETTINGS, **FORM)
    assert answer.headers["location"] == "/trunks/acme/settings?done=saved", answer.text
    assert house.live.followed == 1
    page = ada.get(SETTINGS).text
    for text in (">+6561230000\n+656124*</textarea>", 'name="calls" type="text" value="40"', 'name="caller_id" type="text" value="+6561230000"',
                 '<option value="pstn" selected>', 'name="add_on-ip_authentication" value="yes" checked'):
        assert text in page
    assert "the first password" not in page
    assert 'value="acme-dr"' in ada.get("/trunks/acme/secondary").text


@pytest.mark.parametrize(("field", "text", "sentence"), [
    ("calls", "forty", "input should be a valid integer"), ("calls", "-1", "valid integer"), ("calls", "9999999", "less than or equal"),
    ("numbers", "+656123 0000 §", "is no number"), ("numbers", "+6561230001", "belongs to trunk &#34;initech&#34; already"), ("core", "moon", "is none of peer/1, pstn")])
def test_what_is_wrong_stands_beside_its_field_and_nothing_has_to_be_typed_again(ada, house, field, text, sentence):
    answer = send(ada, SETTINGS, **(FORM | {field: text, "caller_id": "+6561239999"}))
    assert answer.status_code == 422
    error = answer.text.partition(f'id="{field}-error">')[2].partition("</p>")[0]
    assert sentence in error, answer.text
    assert 'value="+6561239999"' in answer.text
    assert house.live.followed == 0


def test_an_add_on_that_is_needed_cannot_be_taken_away(ada):
    without = {field: text for field, text in FORM.items() if field != "add_on-high_availability"}
    answer = send(ada, SETTINGS, **without)
    assert answer.status_code == 422
    error = answer.text.partition('id="add_ons-error">')[2].partition("</p>")[0]
    assert "mode auto_failover needs the add-on" in error


def test_more_numbers_than_other_forms_may_be_long_are_taken(ada):
    numbers = "\n".join(f"+65{number:010}" for number in range(8000))
    assert send(ada, SETTINGS, **(FORM | {"numbers": numbers})).status_code == 303
    assert "+650000007999</textarea>" in ada.get(SETTINGS).text


def test_who_was_slower_is_told(ada):
    form = fields_of(ada.get(SETTINGS).text)
    send(ada, SETTINGS, **FORM)
    answer = ada.post(SETTINGS, data=form | FORM | {"calls": "5"})
    assert answer.status_code == 422
    assert "Somebody has changed this meanwhile" in answer.text
    assert ada.post(SETTINGS, data=fields_of(answer.text) | FORM | {"calls": "5"}).status_code == 303


def test_a_trunk_is_removed_after_its_operator_was_told_what_happens(ada, house):
    page = ada.get("/trunks/acme/remove").text
    assert "There are 2 calls now." in page
    assert "<code>+6561230000</code>" in page
    assert send(ada, "/trunks/acme/remove").status_code == 422
    assert ada.get("/trunks/acme").status_code == 200
    answer = send(ada, "/trunks/acme/remove", sure="yes")
    assert answer.headers["location"] == "/trunks?done=removed"
    assert house.live.followed == 1
    assert ada.get("/trunks/acme").status_code == 404


def test_a_trunk_that_was_changed_meanwhile_is_not_removed_unseen(ada):
    form = fields_of(ada.get("/trunks/acme/remove").text)
    send(ada, SETTINGS, **FORM)
    answer = ada.post("/trunks/acme/remove", data=form | {"sure": "yes"})
    assert answer.status_code == 422
    assert "Look at it again before you remove it." in answer.text
    assert ada.get("/trunks/acme").status_code == 200


def test_a_trunk_whose_name_has_a_slash_has_its_settings_too(ada):
    path = "/trunks/north%2F1%20%252F"
    assert send(ada, f"{path}/settings", numbers="+6561230003", calls="6", core="pstn").headers["location"] == f"{path}/settings?done=saved"
    assert send(ada, f"{path}/remove", sure="yes").status_code == 303


@pytest.mark.parametrize("path", ["/trunks/acme/settings", "/trunks/acme/remove", "/new-trunk"])
def test_settings_are_no_customers(carol, house, path):
    assert f'href="{path}"' not in carol.get("/trunks/acme").text + carol.get("/trunks").text
    assert carol.get(path).status_code == 403
    assert send(carol, path, "/trunks", **FORM, sure="yes", name="mine").status_code == 403
    assert house.live.followed == 0
