"""Getting in and out."""
from .house import PASSWORD, send, sign_in


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_where_they_wanted_to_be(client):
    answer = client.get("/trunks/acme/timeline")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/trunks/acme/timeline")
    answer = client.post("/sign-in", data={"name": "carol", "password": PASSWORD, "next": "/trunks/acme/timeline"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/trunks/acme/timeline")


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(client):
    answer = client.post("/sign-in", data={"name": "carol", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


def test_a_wrong_password_and_an_unknown_name_are_refused_in_the_same_words(client):
    answers = [client.post("/sign-in", data={"name": name, "password": "wrong"}) for name in ("carol", "nobody")]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert all("User name or password is wrong." in answer.text for answer in answers)


def test_too_many_tries_have_to_wait(client):
    answers = [client.post("/sign-in", data={"name": "carol", "password": "wrong"}) for _ in range(6)]
    assert answers[-1].status_code == 429
    assert "Too many tries. Wait " in answers[-1].text


def test_nobody_is_led_to_another_site(client):
    for elsewhere in ("//evil.test", "https://evil.test", "/\\evil.test", "/\t/evil.test"):
        answer = client.post("/sign-in", data={"name": "carol", "password": PASSWORD, "next": elsewhere})
        assert answer.headers["location"] == "/trunks"


def test_another_site_cannot_sign_somebody_in(client):
    answer = client.post("/sign-in", data={"name": "carol", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 400


def test_after_signing_out_the_session_is_over_even_for_who_kept_the_cookie(carol):
    kept = carol.cookies["hasip"]
    assert send(carol, "/sign-out", "/trunks").headers["location"] == "/sign-in"
    carol.cookies.set("hasip", kept)
    assert carol.get("/trunks").headers["location"] == "/sign-in?next=/trunks"


def test_a_form_without_the_token_does_nothing(carol, house):
    for path in ("/sign-out", "/password", "/trunks/acme/availability", "/trunks/acme/secondary", "/trunks/acme/test-failover", "/zones/drain", "/users"):
        assert carol.post(path, data={"csrf_token": "0" * 64, "mode": "only_primary"}).status_code == 400
    assert house.live.followed == 0


def test_ones_own_password_takes_the_old_one_and_ends_every_session(carol):
    assert send(carol, "/password", old="wrong", new="another long password").status_code == 422
    assert "at least 10 characters" in send(carol, "/password", old=PASSWORD, new="short").text
    assert send(carol, "/password", old=PASSWORD, new="another long password").headers["location"] == "/sign-in"
    sign_in(carol, "carol", "another long password")
