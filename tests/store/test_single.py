"""One trunk or core at a time, and trunks by the page, on both databases."""
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from ipaddress import ip_network
from typing import Any, TypeVar

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection

from hasip.domain.trunk import Core, Mode, Provisioning, Trunk
from hasip.store import Store, StoreChanged, Unfit, change_core, change_trunk, find_core, find_trunk, page_of_trunks
from hasip.store.rivals import address_rivals

from .worlds import PSTN, office, world

Result = TypeVar("Result")


def with_store(url: str, work: Callable[[Store], Awaitable[Result]], provisioning: Provisioning | None = None) -> Result:
    async def run() -> Result:
        async with Store(url) as store:
            await store.apply(provisioning or world(office("acme", "+1"), office("globex", "+2*")), realm="edge.test", who="test")
            return await work(store)
    return asyncio.run(run())


def make(**fields: Any) -> Any:
    """Return what changes these fields."""
    async def amend(_: AsyncConnection, old: Trunk | None) -> Trunk | None:
        return replace(old, **fields) if old else None
    return amend


def become(trunk: Trunk | None) -> Any:
    async def amend(_connection: AsyncConnection, _old: Trunk | None) -> Trunk | None:
        return trunk
    return amend


async def change(store: Store, name: str, amend: Any, version: int | None = None) -> tuple[int, int]:
    changed = await change_trunk(store, name, amend, realm="edge.test", who="anna", version=version)
    return changed.generation, changed.version


def test_one_trunk_changes_and_who_follows_reads_just_that(url: str) -> None:
    async def work(store: Store) -> None:
        known = await store.load()
        assert await change(store, "acme", make(calls=7)) == (2, 2)
        after = await store.load(known)
        assert after == await store.load() and [trunk.calls for trunk in after.provisioning.trunks] == [7, 30]
        assert await find_trunk(store, "acme") == (after.provisioning.trunks[0], 2) and await find_trunk(store, "none") is None
    with_store(url, work)


def test_no_change_makes_no_generation_and_keeps_the_version(url: str) -> None:
    async def work(store: Store) -> tuple[tuple[int, int], int]:
        await change(store, "globex", make(calls=7))
        return await change(store, "acme", make()), await store.generation()
    assert with_store(url, work) == ((2, 1), 2)


def test_a_trunk_comes_and_goes(url: str) -> None:
    async def work(store: Store) -> None:
        assert await change(store, "new", become(office("new", "+3")), 0) == (2, 2)
        with pytest.raises(StoreChanged):
            await change(store, "new", become(office("new", "+3")), 0)
        assert await change(store, "new", become(None), 2) == (3, 0)
        assert await find_trunk(store, "new") is None
    with_store(url, work)


def test_a_version_that_is_not_there_any_more_changes_nothing(url: str) -> None:
    async def work(store: Store) -> None:
        await change(store, "acme", make(calls=7), 1)
        with pytest.raises(StoreChanged, match="version 2 is there, not 1"):
            await change(store, "acme", make(calls=8), 1)
        assert (await store.load()).provisioning.trunks[0].calls == 7
    with_store(url, work)


@pytest.mark.parametrize(("fields", "place"), [
    ({"numbers": ("+2*",)}, 'trunk "acme": numbers'), ({"primary": office("globex").primary}, 'trunk "acme": primary.username'),
    ({"core": "nowhere"}, 'trunk "acme": core'), ({"mode": Mode.AUTO_FAILOVER}, 'trunk "acme": secondary'),
    ({"add_ons": frozenset(), "mode": Mode.AUTO_FAILOVER}, 'trunk "acme": add_ons')])
def test_the_rules_of_the_file_hold_against_all_others(url: str, fields: dict[str, Any], place: str) -> None:
    async def work(store: Store) -> list[str]:
        with pytest.raises(Unfit) as caught:
            await change(store, "acme", make(**fields))
        assert await store.generation() == 1
        return [where for where, _ in caught.value.problems]
    assert place in with_store(url, work)


def test_what_amending_raises_undoes_all(url: str) -> None:
    async def amend(_connection: AsyncConnection, _old: Trunk | None) -> Trunk | None:
        raise LookupError("no")

    async def work(store: Store) -> int:
        with pytest.raises(LookupError):
            await change(store, "acme", amend)
        await change(store, "acme", make(calls=1))
        return await store.generation()
    assert with_store(url, work) == 2


def test_two_who_change_one_trunk_at_once_both_change_it(url: str) -> None:
    async def work(store: Store) -> tuple[int, int]:
        async with Store(url) as other:
            await asyncio.gather(*[change(each, "acme", make(**fields)) for each, fields in ((store, {"calls": 9}), (other, {"max_call_s": 99}))])
        trunk = (await store.load()).provisioning.trunks[0]
        return trunk.calls, trunk.max_call_s
    assert with_store(url, work) == (9, 99)


def test_a_change_of_one_trunk_asks_as_much_whether_there_are_few_or_many(url: str) -> None:
    def statements(count: int) -> int:
        async def work(store: Store) -> int:
            asked: list[str] = []
            rows = []

            def note(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
                asked.append(statement)
                rows.append(cursor.rowcount)
            event.listen(store._engine.sync_engine, "after_cursor_execute", note)
            await change(store, "t0", make(calls=count))
            return len(asked)
        return with_store(url, work, world(*(office(f"t{number}", f"+{number}") for number in range(count))))
    assert statements(3) == statements(300)


def test_a_core_changes_comes_and_goes_unless_trunks_name_it(url: str) -> None:
    async def work(store: Store) -> None:
        async def put(name: str, core: Core | None, version: int | None = None) -> int:
            return (await change_core(store, name, lambda _: core, realm="edge.test", who="root", version=version)).version
        other = Core("other", (ip_network("10.7.0.0/16"),))
        assert await put("other", other, 0) == 2 and await find_core(store, "other") == (other, 2)
        assert await put("pstn", replace(PSTN, allow=other.allow)) == 3
        assert await put("other", None) == 0
        with pytest.raises(Unfit, match="acme, globex"):
            await put("pstn", None)
        with pytest.raises(StoreChanged):
            await put("pstn", PSTN, 1)
    with_store(url, work)


def test_pages_go_on_where_the_last_one_ended_and_count_what_is_found(url: str) -> None:
    trunks = [office(f"t{number:02}", f"+{number:02}*") for number in range(25)]

    async def work(store: Store) -> None:
        names, after = [], ""
        while True:
            page = await page_of_trunks(store, after=after, limit=10)
            assert page.found_count == 25
            names += [trunk.name for trunk in page.trunks]
            if page.after is None:
                break
            after = page.after
        assert names == [trunk.name for trunk in trunks]
        whole = await page_of_trunks(store, limit=100)
        assert whole.trunks == tuple(trunks)
    with_store(url, work, world(*trunks))


@pytest.mark.parametrize(("search", "found"), [
    ("", ["Ac%me", "globex"]), ("LOBE", ["globex"]), ("c%", ["Ac%me"]), ("%", ["Ac%me"]), ("_", []), ("+2", ["globex"]), ("+2999", ["globex"]), ("+1", ["Ac%me"]),
    ("+19", []), ("ac\\", [])])
def test_trunks_are_found_by_name_number_and_the_prefix_a_number_falls_under(url: str, search: str, found: list[str]) -> None:
    async def work(store: Store) -> list[str]:
        return sorted(trunk.name for trunk in (await page_of_trunks(store, search=search)).trunks)
    assert with_store(url, work, world(office("Ac%me", "+1"), office("globex", "+2*"))) == found


def test_a_page_is_of_those_one_reaches(url: str) -> None:
    async def work(store: Store) -> tuple[list[str], int]:
        page = await page_of_trunks(store, among=["globex", "none"])
        return [trunk.name for trunk in page.trunks], page.found_count
    assert with_store(url, work) == (["globex"], 1)


@pytest.mark.parametrize(("mine", "theirs", "do_meet"), [
    ("192.0.2.7/32", "192.0.2.0/24", True), ("192.0.2.0/24", "192.0.2.7/32", True), ("192.0.2.0/24", "128.0.0.0/1", True), ("192.0.2.0/24", "192.0.3.0/24", False),
    ("192.0.2.0/24", "192.0.0.0/14", True), ("192.0.2.0/24", "0.0.0.0/0", True), ("2001:db8::/48", "2001:db8::7/128", True), ("2001:db8::/48", "2000::/3", True),
    ("2001:db8::/48", "2001:db8:1::/48", False), ("192.0.2.0/24", "::/0", False), ("19.0.2.0/24", "192.0.2.0/24", False)])
def test_whose_addresses_a_network_has_is_found_however_wide_it_is(url: str, mine: str, theirs: str, do_meet: bool) -> None:
    neighbour = office("globex", "+2")
    assert neighbour.primary
    provisioning = world(office("acme", "+1"), replace(neighbour, primary=replace(neighbour.primary, allow=(ip_network("203.0.113.0/24"), ip_network(theirs)))))

    async def work(store: Store) -> dict[Any, str]:
        async with store.transaction() as connection:
            assert not await address_rivals(connection, "globex", [ip_network("203.0.113.9")])
            return await address_rivals(connection, "acme", [ip_network(mine)])
    assert with_store(url, work, provisioning) == ({ip_network(mine): 'trunk "globex"'} if do_meet else {})
