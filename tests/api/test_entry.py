"""Who asks: sessions, tokens, CSRF."""
import pytest

from tests.portal.scene import ANNA, OPERATOR

from .client import Asker, ask

CHANGE = {"mode": "load_balancing"}


def test_a_browser_gets_a_cookie_that_no_script_reads_and_no_other_site_sends(url: str) -> None:
    async def work(asker: Asker) -> str:
        return (await asker.log_in("anna")).headers["Set-Cookie"]
    said = ask(url, work)
    assert said.startswith("hasip=") and {"HttpOnly", "SameSite=strict", "Path=/"} <= set(said.split("; ")) and "Secure" not in said


def test_by_tls_the_cookie_is_secure_and_this_hosts_alone(url: str) -> None:
    async def work(asker: Asker) -> str:
        answer = await asker.log_in("anna")
        assert "Strict-Transport-Security" in answer.headers
        assert (await asker.get("/session")).json()["person"]["name"] == "anna"
        return answer.headers["Set-Cookie"]
    said = ask(url, work, certificate="edge.pem")
    assert said.startswith("__Host-hasip=") and "Secure" in said


def test_a_change_by_cookie_needs_the_csrf_token_of_that_session(url: str) -> None:
    async def work(asker: Asker) -> list[int]:
        await asker.log_in("anna")
        token = asker.headers.pop("X-CSRF-Token")
        answers = [await asker.patch("/trunks/acme", json=CHANGE),
                   await asker.patch("/trunks/acme", json=CHANGE, headers={"X-CSRF-Token": "x" * 64}),
                   await asker.get("/trunks/acme"),
                   await asker.patch("/trunks/acme", json=CHANGE, headers={"X-CSRF-Token": token})]
        return [answer.status_code for answer in answers]
    assert ask(url, work) == [403, 403, 200, 200]


def test_a_token_needs_no_csrf_token_and_a_wrong_one_is_nobody_whatever_cookie_comes_along(url: str) -> None:
    async def work(asker: Asker) -> list[int]:
        await asker.log_in("root")
        wrong = [await asker.get("/trunks", headers={"Authorization": text}) for text in ("Bearer hasip_x", "Basic YTpi", "Bearer", "x")]
        await asker.as_program(ANNA)
        return [*[answer.status_code for answer in wrong], (await asker.patch("/trunks/acme", json=CHANGE)).status_code,
                (await asker.get("/users")).status_code]
    assert ask(url, work) == [401, 401, 401, 401, 200, 403]


def test_after_logging_out_the_cookie_opens_nothing(url: str) -> None:
    async def work(asker: Asker) -> list[int]:
        await asker.log_in("anna")
        cookie = asker.cookies["hasip"]
        answers = [await asker.delete("/session"), await asker.get("/trunks"), await asker.get("/trunks", headers={"Cookie": f"hasip={cookie}"})]
        return [answer.status_code for answer in answers]
    assert ask(url, work) == [204, 401, 401]


def test_too_many_wrong_passwords_are_made_to_wait(url: str) -> None:
    async def work(asker: Asker) -> tuple[list[int], str]:
        answers = [await asker.log_in("anna", "wrong") for _ in range(6)]
        return [answer.status_code for answer in answers], answers[-1].headers["Retry-After"]
    codes, wait = ask(url, work)
    assert codes == [401] * 5 + [429] and 0 < int(wait) <= 61


def test_another_sites_page_does_not_log_in(url: str) -> None:
    async def work(asker: Asker) -> list[int]:
        body = {"name": "anna", "password": "x"}
        return [(await asker.post("/session", json=body, headers={"Sec-Fetch-Site": site})).status_code for site in ("cross-site", "same-site", "same-origin")]
    assert ask(url, work) == [403, 403, 401]


@pytest.mark.parametrize("person", [ANNA, OPERATOR])
def test_who_asks_is_told_and_the_csrf_token_to_browsers_alone(url: str, person: object) -> None:
    async def work(asker: Asker) -> None:
        login = (await asker.log_in(person.name)).json()
        assert (await asker.get("/session")).json() == login and login["person"]["role"] == person.role
        await asker.as_program(person)
        assert (await asker.get("/session")).json() == {**login, "csrf_token": None}
    ask(url, work)


def test_while_the_node_starts_nothing_is_told(url: str) -> None:
    async def work(asker: Asker) -> list[int]:
        asker.scene.portal.obstacle = lambda: "starting"
        return [(await asker.get("/trunks")).status_code, (await asker.log_in("anna")).status_code]
    assert ask(url, work) == [503, 503]
