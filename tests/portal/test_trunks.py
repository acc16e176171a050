"""Trunks, as people see and change them."""
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasip.domain.person import Person
from hasip.domain.trunk import Mode
from hasip.portal import NotAllowed, NotFit, NotFound, Refusal
from hasip.portal.amending import merge
from hasip.store import StoreChanged
from tests.store.worlds import HA1_MD5

from .scene import ANNA, BERT, OPERATOR, Scene, play

NEW = {"name": "umbrella", "calls": 5, "numbers": ["+4000"], "primary": {"authentication": "digest", "username": "u", "password": "sesame sesame"}}


def refused(url: str, work: Callable[[Scene], Awaitable[Any]], kind: type[Exception] = NotFit) -> Any:
    """Return what an error says: its problems, or its text."""
    async def run(scene: Scene) -> Any:
        before = await scene.store.load()
        with pytest.raises(kind) as caught:
            await work(scene)
        assert await scene.store.load() == before and scene.live.followed == 0
        return caught.value.problems if isinstance(caught.value, NotFit) else str(caught.value)
    return play(url, run)


def change(name: str, change: dict[str, Any], who: Any = ANNA, version: int | None = None) -> Callable[[Scene], Awaitable[Any]]:
    return lambda scene: scene.portal.trunks.change(who, name, change, version)


# ---------------------------------------------------------------------------------------- seeing


def test_everybody_sees_what_they_reach_by_name(url: str) -> None:
    async def work(scene: Scene) -> list[list[str]]:
        return [[trunk.name for trunk in (await scene.portal.trunks.page(who)).trunks] for who in (OPERATOR, ANNA, BERT)]
    assert play(url, work) == [["acme", "globex", "initech"], ["acme"], ["globex"]]


@pytest.mark.parametrize("name", ["globex", "no-such-trunk"])
def test_a_foreign_trunk_and_one_that_is_not_there_are_told_alike(url: str, name: str) -> None:
    async def work(scene: Scene) -> str:
        with pytest.raises(NotFound) as caught:
            await scene.portal.trunks.see(ANNA, name)
        return str(caught.value)
    assert play(url, work) == f'no trunk "{name}"'


def test_nobody_sees_hashes(url: str) -> None:
    async def work(scene: Scene) -> str:
        return json.dumps([(await scene.portal.trunks.see(who, "acme")).table for who in (OPERATOR, ANNA)])
    assert HA1_MD5 not in play(url, work)


# ---------------------------------------------------------------------------------------- changing


def test_a_customer_sets_the_mode_and_calls_go_by_it_when_it_is_answered(url: str) -> None:
    async def work(scene: Scene) -> tuple[Mode, Mode, bool, int, int]:
        shown = await scene.portal.trunks.change(ANNA, "acme", {"mode": "load_balancing"})
        return shown.trunk.mode, (await scene.trunk("acme")).mode, shown.is_in_force, shown.version, scene.live.followed
    assert play(url, work) == (Mode.LOAD_BALANCING, Mode.LOAD_BALANCING, True, 2, 1)


def test_a_change_that_changes_nothing_is_none(url: str) -> None:
    async def work(scene: Scene) -> tuple[int, int, int]:
        shown = await scene.portal.trunks.change(ANNA, "acme", {"mode": "auto_failover"})
        return shown.version, scene.live.followed, await scene.store.generation()
    assert play(url, work) == (1, 0, 1)


def test_what_a_change_does_not_name_stays_the_hashes_too(url: str) -> None:
    async def work(scene: Scene) -> None:
        before = await scene.trunk("acme")
        await scene.portal.trunks.change(ANNA, "acme", {"secondary": {"label": "Tuas"}})
        after = await scene.trunk("acme")
        assert after.secondary and before.secondary and after.secondary.label == "Tuas"
        assert (after.primary, after.secondary.ha1_md5, after.numbers) == (before.primary, HA1_MD5, before.numbers)
    play(url, work)


def test_a_whole_table_as_it_was_shown_changes_nothing(url: str) -> None:
    async def work(scene: Scene) -> int:
        for who, name in ((ANNA, "acme"), (OPERATOR, "initech")):
            shown = await scene.portal.trunks.see(who, name)
            await scene.portal.trunks.put(who, name, shown.table, shown.version)
        return await scene.store.generation()
    assert play(url, work) == 1


def test_a_new_password_is_hashed_and_the_audit_log_tells_of_it_without_it(url: str) -> None:
    async def work(scene: Scene) -> tuple[str, str]:
        await scene.portal.trunks.change(ANNA, "acme", {"secondary": {"password": "open sesame"}})
        secondary = (await scene.trunk("acme")).secondary
        entry = (await scene.portal.audit.entries(ANNA, trunk="acme"))[0]
        assert entry.who == "anna" and "sesame" not in entry.new and secondary and secondary.ha1_md5 not in entry.new
        return secondary.ha1_md5, entry.new
    md5, told = play(url, work)
    assert md5 not in ("", HA1_MD5) and json.loads(told) == {"secondary.ha1_md5": "(hidden)", "secondary.ha1_sha256": "(hidden)"}


def test_another_username_needs_its_password(url: str) -> None:
    assert refused(url, change("acme", {"secondary": {"username": "other"}})) == (
        ("secondary.password", "is missing: the one there is was hashed with the old username"),)


@pytest.mark.parametrize("patch", [
    {"calls": 1000}, {"numbers": ["+9"]}, {"add_ons": []}, {"caller_id": "+1"}, {"core": "pstn2"}, {"primary": {"address": "203.0.113.1:5060"}},
    {"failover_codes": [404]}, {"max_call_s": 60}, {"primary": None}, {"region": [{"name": "x", "zone": []}]}])
def test_a_customer_changes_nothing_beyond_self_service(url: str, patch: dict[str, Any]) -> None:
    places = [place for place, _ in refused(url, change("acme", patch))]
    assert len(places) >= 1


@pytest.mark.parametrize("mode", ["2t", "4t", "2t4t"])
def test_the_advanced_modes_are_set_by_operators_only(url: str, mode: str) -> None:
    region = [{"name": "a", "zone": [{"name": "a1", "address": "192.0.2.7:5060"}]}]
    problems = refused(url, change("acme", {"mode": mode, "primary": None, "secondary": None, "region": region}))
    assert any(place == "mode" and "operators only" in sentence for place, sentence in problems)


def test_a_customer_shown_an_advanced_trunk_does_not_change_it(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.users.set_trunks(OPERATOR, "anna", ["initech"])
        found = await scene.portal.users.all(OPERATOR)
        anna = next(each for each in found if each.name == "anna")
        shown = await scene.portal.trunks.see(anna, "initech")
        assert [zone["name"] for zone in shown.table["region"][0]["zone"]] == ["sg-a", "sg-b"]
        for patch in ({"mode": "only_primary"}, {"intra_region": "priority"}, {"region": []}):
            with pytest.raises(NotFit):
                await scene.portal.trunks.change(anna, "initech", patch)
    play(url, work)


@pytest.mark.parametrize(("add_ons", "patch", "named"), [
    ([], {"mode": "auto_failover"}, "high_availability"), ([], {}, "ip_authentication")])
def test_each_refusal_names_the_add_on_that_is_missing(url: str, add_ons: list[str], patch: dict[str, Any], named: str) -> None:
    problems = refused(url, change("acme", {"add_ons": add_ons, **patch}, OPERATOR))
    assert any(place == "add_ons" and f'"{named}"' in sentence for place, sentence in problems)


def test_a_customer_without_the_add_on_gets_no_secondary(url: str) -> None:
    async def work(scene: Scene) -> tuple[tuple[str, str], ...]:
        await scene.portal.trunks.change(OPERATOR, "acme", {"mode": "only_primary", "secondary": None, "add_ons": ["ip_authentication"]})
        with pytest.raises(NotFit) as caught:
            await scene.portal.trunks.change(ANNA, "acme", {"secondary": {"authentication": "digest", "username": "x", "password": "y" * 10}})
        return caught.value.problems
    assert play(url, work) == (("add_ons", 'a secondary account needs the add-on "high_availability"'),)


@pytest.mark.parametrize(("patch", "place"), [
    ({"mode": "sometimes"}, "mode"), ({"secondary": {"allow": ["10.0.0.0/99"]}}, "secondary.allow[0]"), ({"secondery": {}}, "secondery"),
    ({"secondary": {"label": "\ud800"}}, "secondary.label"), ({"secondary": {"password": "\ud800" * 10}}, "secondary.password"),
    ({"secondary": {"username": "x\x00"}}, "secondary.username"), ({"secondary": "none"}, "secondary")])
def test_what_is_not_right_is_told_with_its_place(url: str, patch: dict[str, Any], place: str) -> None:
    assert place in [where for where, _ in refused(url, change("acme", patch))]


@pytest.mark.parametrize(("person", "sentence"), [(OPERATOR, '"globex-user" belongs to trunk "globex" already'), (ANNA, '"globex-user" is taken: choose another')])
def test_a_username_of_another_trunk_is_taken_and_only_operators_learn_whose_it_is(url: str, person: Person, sentence: str) -> None:
    assert refused(url, change("acme", {"secondary": {"username": "globex-user", "password": "x" * 10}}, person)) == (("secondary.username", sentence),)


def test_a_number_of_another_trunk_is_taken(url: str) -> None:
    assert refused(url, change("acme", {"numbers": ["+2000*"]}, OPERATOR)) == (
        ("numbers", '"+2000*" belongs to trunk "globex" already: remove it from one of them'),)


def test_a_change_of_what_was_not_seen_is_refused_and_one_without_a_version_is_not(url: str) -> None:
    async def work(scene: Scene) -> None:
        await scene.portal.trunks.change(OPERATOR, "globex", {"calls": 31})         # another trunk's version is none of ours
        await scene.portal.trunks.change(ANNA, "acme", {"mode": "only_primary"}, 1)
        with pytest.raises(StoreChanged, match="version 3 is there, not 1"):
            await scene.portal.trunks.change(ANNA, "acme", {"mode": "load_balancing"}, 1)
        await scene.portal.trunks.change(ANNA, "acme", {"mode": "load_balancing"}, 3)
        await scene.portal.trunks.change(ANNA, "acme", {"mode": "only_primary"})
    play(url, work)


# ---------------------------------------------------------------------------------------- coming and going


def test_an_operator_adds_and_removes_trunks(url: str) -> None:
    async def work(scene: Scene) -> None:
        shown = await scene.portal.trunks.put(OPERATOR, "umbrella", NEW, 0)
        assert shown.trunk.core == "pstn" and (await scene.trunk("umbrella")).primary
        with pytest.raises(StoreChanged, match="there already"):
            await scene.portal.trunks.put(OPERATOR, "umbrella", NEW, 0)
        await scene.portal.trunks.remove(OPERATOR, "umbrella", shown.version)
        for name in ("umbrella", "never-was"):
            with pytest.raises(NotFound):
                await scene.portal.trunks.remove(OPERATOR, name)
        assert [entry.action for entry in await scene.portal.audit.entries(OPERATOR, trunk="umbrella")] == ["removed", "added"]
    play(url, work)


@pytest.mark.parametrize("work", [
    lambda scene: scene.portal.trunks.put(ANNA, "acme", NEW, 0), lambda scene: scene.portal.trunks.remove(ANNA, "acme")])
def test_customers_add_and_remove_none(url: str, work: Callable[[Scene], Awaitable[Any]]) -> None:
    assert "ask an operator" in refused(url, work, NotAllowed)


@pytest.mark.parametrize("work", [
    lambda scene: scene.portal.trunks.put(ANNA, "umbrella", NEW, 0), lambda scene: scene.portal.trunks.put(ANNA, "globex", NEW, 1),
    lambda scene: scene.portal.trunks.change(ANNA, "globex", {"mode": "only_primary"}), lambda scene: scene.portal.trunks.put(OPERATOR, "umbrella", NEW, 7)])
def test_what_is_not_theirs_or_not_there_is_not_found(url: str, work: Callable[[Scene], Awaitable[Any]]) -> None:
    assert "no trunk" in refused(url, work, NotFound)


def test_a_trunk_keeps_its_name(url: str) -> None:
    assert refused(url, change("acme", {"name": "emca"}, OPERATOR))[0][0] == "name"


def test_there_is_no_more_room_than_the_node_has(url: str) -> None:
    async def work(scene: Scene) -> None:
        with pytest.raises(NotFit, match="trunk_capacity"):
            await scene.portal.trunks.put(OPERATOR, "umbrella", NEW, 0)
    play(url, work, trunk_capacity=4)


# ---------------------------------------------------------------------------------------- merge patches


values = st.recursive(st.one_of(st.integers(), st.text(max_size=3)), lambda inner: st.one_of(
    st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=2), inner, max_size=3)), max_leaves=8)


@given(values, values)
def test_rfc7396_a_patch_without_null_is_there_afterwards_and_twice_is_once(target: Any, patch: Any) -> None:
    once = merge(target, patch)
    assert merge(once, patch) == once
    if isinstance(patch, dict) and isinstance(target, dict):
        assert all(once[key] == value for key, value in target.items() if key not in patch)


@pytest.mark.parametrize(("target", "patch", "result"), [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}), ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}), ({"a": "b"}, {"a": None}, {}), ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}), ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}), (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "foo"}, "bar", "bar"), ({"e": None}, {"a": 1}, {"e": None, "a": 1}), ([1, 2], {"a": "b", "c": None}, {"a": "b"}), ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}})])
def test_rfc7396_appendix_a(target: Any, patch: Any, result: Any) -> None:
    assert merge(target, patch) == result


def test_every_refusal_is_one() -> None:
    assert issubclass(NotFit, Refusal) and issubclass(NotFound, Refusal)
