"""Trunks and cores by HTTP."""
from typing import Any
from urllib.parse import quote

import pytest

from hasip.config.trunks_file import TrunkTable
from tests.portal.scene import ANNA, OPERATOR

from .client import Asker, ask

NEW: dict[str, Any] = {"name": "umbrella", "calls": 5, "numbers": ["+4000"],
                       "primary": {"authentication": "digest", "username": "u", "password": "open sesame"}}


def test_a_trunk_is_shown_as_the_trunks_file_has_it_with_its_version(url: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(ANNA)
        answer = await asker.get("/trunks/acme")
        table = TrunkTable.model_validate(answer.json())
        assert (table.name, table.mode, answer.headers["ETag"]) == ("acme", "auto_failover", '"1"')
        assert table.secondary and not table.secondary.ha1_md5
    ask(url, work)


def test_the_list_is_searched_by_name_and_number_and_read_by_the_page(url: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(OPERATOR)

        async def names(**query: Any) -> list[str]:
            return [trunk["name"] for trunk in (await asker.get("/trunks", params=query)).json()["trunks"]]
        assert await names() == ["acme", "globex", "initech"]
        assert await names(search="LOB") == ["globex"] and await names(search="+100") == ["acme"]
        assert await names(search="+200099") == ["globex"]                              # by its prefix +2000*
        assert await names(search="%") == [] == await names(search="_")
        first = (await asker.get("/trunks", params={"limit": 2})).json()
        assert (first["after"], first["found_count"], first["trunks"][0]["calls"]) == ("globex", 3, 2)
        assert await names(limit=2, after=first["after"]) == ["initech"]
    ask(url, work)


def test_a_change_is_answered_with_the_new_version_and_refused_by_an_old_one(url: str) -> None:
    async def work(asker: Asker) -> list[Any]:
        await asker.as_program(ANNA)

        async def change(mode: str, **headers: str) -> Any:
            answer = await asker.patch("/trunks/acme", json={"mode": mode}, headers=headers)
            return answer.headers.get("ETag", answer.status_code)
        return [await change("only_primary", **{"If-Match": '"1"'}), await change("load_balancing", **{"If-Match": '"1"'}),
                await change("load_balancing", **{"If-Match": "1"}), await change("load_balancing", **{"If-Match": 'W/"2"'}),
                await change("load_balancing", **{"If-Match": "*"}), await change("only_primary")]
    assert ask(url, work) == ['"2"', 412, 412, 412, '"3"', '"4"']


def test_a_put_says_what_it_replaces(url: str) -> None:
    async def work(asker: Asker) -> list[int]:
        await asker.as_program(OPERATOR)
        answers = [await asker.put("/trunks/umbrella", json=NEW, headers=headers) for headers in (
            {}, {"If-Match": '"1"'}, {"If-None-Match": "*"}, {"If-None-Match": "*"}, {"If-Match": '"1"'}, {"If-Match": '"2"'})]
        return [answer.status_code for answer in answers]
    assert ask(url, work) == [428, 404, 201, 412, 412, 200]


def test_what_is_not_right_is_told_with_place_and_what_would_be(url: str) -> None:
    async def work(asker: Asker) -> list[Any]:
        await asker.as_program(OPERATOR)
        put = await asker.put("/trunks/umbrella", headers={"If-None-Match": "*"}, json={
            **NEW, "mode": "sometimes", "max_cals": 3, "calls": "5", "primary": {"authentication": "ip", "adress": "192.0.2.1"}})
        rules = await asker.put("/trunks/umbrella", headers={"If-None-Match": "*"}, json={**NEW, "mode": "auto_failover", "core": "nowhere"})
        nothing = await asker.patch("/trunks/acme", content=b"{", headers={"Content-Type": "application/json"})
        assert {answer.status_code for answer in (put, rules, nothing)} == {422}
        return [{each["place"]: each["sentence"] for each in answer.json()["problems"]} for answer in (put, rules)]
    shape, rules = ask(url, work)
    assert shape["max_cals"] == "unknown key: did you mean max_call_s?" and shape["primary.adress"].endswith("did you mean address?")
    assert "none of" in shape["mode"] and "calls" in shape
    assert rules["core"] == '"nowhere" is none of pstn' and "high_availability" in rules["add_ons"] and "secondary" in rules


@pytest.mark.parametrize(("method", "path", "body"), [
    ("PATCH", "/trunks/acme", {"secondary": {"ha1_md5": "SECRET"}}), ("PATCH", "/trunks/acme", {"secondary": {"password": ["SECRET"]}}),
    ("PATCH", "/trunks/acme", {"secondary": ["SECRET"]}), ("POST", "/session", ["anna", "SECRET"]),
    ("PUT", "/users/anna/password", {"password": 5, "old_password": ["SECRET"]})])
def test_what_may_be_a_password_is_not_shown_where_it_is_wrong_in_form(url: str, method: str, path: str, body: Any) -> None:
    async def work(asker: Asker) -> str:
        await asker.as_program(ANNA)
        answer = await asker.request(method, path, json=body)
        assert answer.status_code == 422
        return answer.text
    assert "SECRET" not in ask(url, work)


@pytest.mark.parametrize("body", [b'{"\\ud800": 1}', b'{"secondary": {"\\ud800": 1}}', b'{"mode": "\\ud800"}', b"[1]", b'{"a":' * 900 + b"1" + b"}" * 900])
def test_what_is_no_text_and_no_table_is_told_so(url: str, body: bytes) -> None:
    async def work(asker: Asker) -> int:
        await asker.as_program(ANNA)
        return (await asker.patch("/trunks/acme", content=body, headers={"Content-Type": "application/json"})).status_code
    assert ask(url, work) == 422


def test_a_password_that_is_wrong_in_form_is_not_shown(url: str) -> None:
    async def work(asker: Asker) -> str:
        await asker.as_program(ANNA)
        return (await asker.patch("/trunks/acme", json={"secondary": {"ha1_md5": "SECRET", "password": 5}})).text
    said = ask(url, work)
    assert "SECRET" not in said and "(hidden)" in said


@pytest.mark.parametrize("name", ["a/b", "a b", "ä%2F", "pool", "x?y=1"])
def test_any_name_can_be_asked_for(url: str, name: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(OPERATOR)
        path = f"/trunks/{quote(name, safe='')}"
        assert (await asker.put(path, json={**NEW, "name": name}, headers={"If-None-Match": "*"})).status_code == 201
        assert (await asker.get(path)).json()["name"] == name
        assert (await asker.get(f"{path}/audit")).json()[0]["name"] == name
        assert (await asker.delete(path)).status_code == 204 and (await asker.get(path)).status_code == 404
    ask(url, work)


def test_cores_are_shown_changed_and_removed_by_operators(url: str) -> None:
    async def work(asker: Asker) -> None:
        await asker.as_program(OPERATOR)
        core = (await asker.get("/cores/pstn")).json()
        assert (await asker.get("/cores")).json() == {"cores": [core]}
        two = {**core, "name": "two", "allow": ["10.9.0.0/16"]}
        made = await asker.put("/cores/two", json=two, headers={"If-None-Match": "*"})
        assert made.status_code == 201
        assert made.json() == two and made.headers["ETag"] == '"2"'
        assert (await asker.put("/cores/two", json={**two, "target": []}, headers={"If-Match": '"2"'})).status_code == 200
        assert (await asker.put("/cores/two", json={**two, "mode": "2t"}, headers={"If-Match": "*"})).status_code == 422
        assert (await asker.put("/cores/three", json=two, headers={"If-Match": "*"})).status_code == 422
        kept = await asker.delete("/cores/pstn")
        assert kept.status_code == 422 and "acme" in kept.json()["detail"]
        assert [(await asker.delete("/cores/two")).status_code for _ in range(2)] == [204, 404]
    ask(url, work)


def test_a_body_of_more_than_a_mebibyte_is_not_read(url: str) -> None:
    async def work(asker: Asker) -> int:
        await asker.as_program(OPERATOR)
        return (await asker.patch("/trunks/acme", json={"caller_id": "x" * 1_048_577})).status_code
    assert ask(url, work) == 413
