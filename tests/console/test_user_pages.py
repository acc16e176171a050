"""Operators say who may sign in, and to what."""
from .house import PASSWORD, send, sign_in


def test_a_user_is_added_gets_in_and_is_removed(ada):
    assert send(ada, "/users", name="dave", role="customer", trunks="acme\r\ninitech\r\nnorth/1 %2F", password=PASSWORD).headers["location"] == "/users?done=user"
    sign_in(ada, "dave")
    assert all(f">{name}</a>" in ada.get("/trunks").text for name in ("acme", "initech", "north/1 %2F"))
    sign_in(ada, "ada")
    assert send(ada, "/users/remove", "/users", name="dave").status_code == 303
    assert ada.post("/sign-in", data={"name": "dave", "password": PASSWORD}).status_code == 401


def test_what_is_wrong_with_a_new_user_is_said_beside_the_field(ada):
    answer = send(ada, "/users", name="dave", role="customer", password="short")
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text
    assert 'value="dave"' in answer.text


def test_a_customer_gets_other_trunks_and_reaches_these_only(ada):
    page = ada.get("/user/carol").text
    assert ">acme\nglobex</textarea>" in page
    assert send(ada, "/user/carol/trunks", "/user/carol", trunks="initech\nnorth/1 %2F\n").headers["location"] == "/users?done=saved-user"
    sign_in(ada, "carol")
    assert "initech" in ada.get("/trunks").text
    assert ada.get("/trunks/north%2F1%20%252F").status_code == 200
    assert ada.get("/trunks/acme").status_code == 404


def test_a_trunk_that_is_none_is_said_beside_the_field_and_nothing_changes(ada):
    answer = send(ada, "/user/carol/trunks", "/user/carol", trunks="acme\nglobx")
    assert answer.status_code == 422
    assert "no trunk globx" in answer.text.partition('id="trunks-error">')[2]
    assert ">acme\nglobx</textarea>" in answer.text
    assert ">acme\nglobex</textarea>" in ada.get("/user/carol").text


def test_a_password_is_changed_and_the_old_one_lets_nobody_in(ada):
    assert send(ada, "/user/carol/password", "/user/carol", password="short").status_code == 422
    assert send(ada, "/user/carol/password", "/user/carol", password="another good password").headers["location"] == "/users?done=password"
    assert ada.post("/sign-in", data={"name": "carol", "password": PASSWORD}).status_code == 401
    sign_in(ada, "carol", "another good password")


def test_an_operator_changes_neither_the_trunks_of_operators_nor_their_own_password_without_it(ada):
    page = ada.get("/user/ada").text
    assert "An operator reaches every trunk." in page
    assert 'href="/password"' in page
    assert send(ada, "/user/ada/password", "/users", password="another good password").status_code == 403
    assert send(ada, "/user/ada/trunks", "/users", trunks="acme").status_code == 422


def test_users_are_no_customers_to_change(carol):
    assert carol.get("/user/carol").status_code == 403
    assert send(carol, "/user/carol/trunks", "/trunks", trunks="initech").status_code == 403
    assert send(carol, "/user/ada/password", "/trunks", password="another good password").status_code == 403


def test_a_user_that_is_none_is_not_found(ada):
    assert ada.get("/user/nobody").status_code == 404
    assert send(ada, "/user/nobody/trunks", "/users", trunks="acme").status_code == 404


def test_a_user_without_a_name_that_could_be_one_is_not_added(ada):
    answer = send(ada, "/users", name="x" * 64, role="customer", password=PASSWORD)
    assert answer.status_code == 422
    assert 'id="name-error"' in answer.text
