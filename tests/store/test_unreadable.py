"""Rows that no hasip wrote: only the core or trunk they belong to can't be read, and it is said which, where, and what would be right."""
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy import select, text

from hasip.domain.trunk import Account, Fault, Mode, Region, Target, Zone
from hasip.store import Store, StoreError, find_trunk, page_of_trunks, read_last_world, write_last_world
from hasip.store.last_world import FILE_NAME
from hasip.store.rivals import address_rivals
from hasip.store.tables import AUDIT, NUMBERS, STATE, USER_TRUNKS, USERS

from .worlds import office, world

Result = TypeVar("Result")

REPAIR = ", mode = 'only_primary'"
AT_AN_ADDRESS = Account("secondary", "", "ip", target=Target("192.0.2.1", 5060))
ZONES = (Region("sg", (Zone("sg-a", Target("192.0.2.3", 5060)), Zone("sg-b", Target("192.0.2.4", 5060)))),)
WORLD = world(replace(office("acme", "+1"), secondary=AT_AN_ADDRESS), office("globex", "+2", primary=None, mode=Mode.TWO_ZONES, regions=ZONES), office("whole", "+3"))


def with_damaged(url: str, statement: str, work: Callable[[Store], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with Store(url) as store:
            await store.apply(WORLD, realm="edge.test", who="test")
            async with store.transaction(writes=True) as connection:
                await connection.execute(text(statement))
            return await work(store)
    return asyncio.run(run())


async def unreadable(store: Store) -> tuple[list[str], list[tuple[str, str, str]]]:
    found = (await store.load()).provisioning
    assert all(fault.table == "trunk" for fault in found.unreadable)
    return [trunk.name for trunk in found.trunks], [(fault.name, fault.place, fault.sentence) for fault in found.unreadable]


@pytest.mark.parametrize(("statement", "name", "place", "sentence"), [
    ("UPDATE trunks SET mode = 'sometimes' WHERE name = 'acme'", "acme", "mode",
     "'sometimes' is none of only_primary, load_balancing, auto_failover, 2t, 4t, 2t4t"),
    ("UPDATE trunks SET failover_codes = '503 often' WHERE name = 'acme'", "acme", "failover_codes", "'503 often' are no codes: write numbers of 300 … 699"),
    ("UPDATE trunks SET caller_id_policy = 'both' WHERE name = 'acme'", "acme", "caller_id_policy", "'both' is none of pai, from"),
    ("UPDATE accounts SET allow = '10.0.0.0/99' WHERE owner = 'acme' AND name = 'secondary'", "acme", "secondary.allow",
     '"10.0.0.0/99" is no network: write 192.0.2.0/24, 192.0.2.7/32 or 2001:db8::/32'),
    ("UPDATE accounts SET host = '192.0.2.1.2' WHERE owner = 'acme' AND name = 'secondary'", "acme", "secondary.address",
     "'192.0.2.1.2' is neither an address nor a name: write 192.0.2.1, 2001:db8::1 or sip.example.com"),
    ("UPDATE accounts SET transport = 'sctp' WHERE owner = 'acme' AND name = 'secondary'", "acme", "secondary.transport", "'sctp' is none of udp, tcp, tls"),
    ("UPDATE trunk_zones SET interface = 'eth 0' WHERE owner = 'globex' AND name = 'sg-b'", "globex", "region[0].zone[1].interface",
     '"eth 0" is no interface: write eth1 or eth1.100, up to 15 characters, without blanks, / and :'),
    ("UPDATE trunk_zones SET source = 'me' WHERE owner = 'globex' AND name = 'sg-a'", "globex", "region[0].zone[0].source",
     '"me" is no address: write 192.0.2.1 or 2001:db8::1, without brackets or port'),
])
def test_a_damaged_row_costs_its_trunk_alone(url: str, statement: str, name: str, place: str, sentence: str) -> None:
    others = [trunk.name for trunk in WORLD.trunks if trunk.name != name]
    assert with_damaged(url, statement, unreadable) == (others, [(name, place, sentence)])


@pytest.mark.parametrize(("statement", "name", "place", "sentence"), [
    ("UPDATE trunks SET calls = 'many' WHERE name = 'acme'", "acme", "calls", "'many' is not a whole number"),
    ("UPDATE trunks SET caller_id = x'00' WHERE name = 'acme'", "acme", "caller_id", "b'\\x00' is not a text"),
    ("UPDATE accounts SET ha1_md5 = x'00' WHERE owner = 'acme'", "acme", "primary.ha1_md5", "(hidden) is not a text"),
    ("UPDATE numbers SET position = 'first' WHERE owner = 'acme'", "acme", "position", "'first' is not a whole number"),
    ("UPDATE trunk_regions SET name = x'00' WHERE owner = 'globex'", "globex", "region[0].name", "b'\\x00' is not a text"),
])
def test_sqlite_keeps_any_type_and_a_wrong_one_costs_its_trunk_alone(tmp_path: Path, statement: str, name: str, place: str, sentence: str) -> None:
    others = [trunk.name for trunk in WORLD.trunks if trunk.name != name]
    assert with_damaged(f"sqlite:///{tmp_path}/hasip.db", statement, unreadable) == (others, [(name, place, sentence)])


def test_a_damaged_core_is_named_and_its_trunks_are_there(url: str) -> None:
    async def work(store: Store) -> Any:
        found = (await store.load()).provisioning
        return found.cores, len(found.trunks), found.unreadable
    sentence = "'over there' is neither an address nor a name: write 192.0.2.1, 2001:db8::1 or sip.example.com"
    assert with_damaged(url, "UPDATE core_targets SET host = 'over there'", work) == ((), 3, (Fault("core", "pstn", "target[0].address", sentence),))


def test_what_changes_elsewhere_is_read_and_it_stays_unreadable_until_it_is_repaired(url: str) -> None:
    async def work(store: Store) -> list[Any]:
        known, found = await store.load(), []
        for name, calls in (("whole", 4), ("acme", 5)):
            async with store.transaction(writes=True) as connection:
                await connection.execute(text(f"UPDATE trunks SET calls = {calls}{REPAIR if name == 'acme' else ''} WHERE name = '{name}'"))
                generation = known.generation + 1
                now = datetime.now(UTC)
                await connection.execute(AUDIT.insert(), {"generation": generation, "at": now, "who": "", "action": "changed", "subject": "trunk", "name": name, "old": "", "new": ""})
                await connection.execute(STATE.update().values(generation=generation, changed_at=now))
            known = await store.load(known)
            assert known == await store.load()
            found.append(([(trunk.name, trunk.calls) for trunk in known.provisioning.trunks], [fault.name for fault in known.provisioning.unreadable]))
        return found
    assert with_damaged(url, "UPDATE trunks SET mode = 'sometimes' WHERE name = 'acme'", work) == [
        ([("globex", 30), ("whole", 4)], ["acme"]), ([("acme", 5), ("globex", 30), ("whole", 4)], [])]


def test_an_apply_writes_it_anew_and_people_keep_it(url: str) -> None:
    async def work(store: Store) -> Any:
        async with store.transaction(writes=True) as connection:
            await connection.execute(USERS.insert(), {"name": "alice", "role": "customer", "password_hash": ""})
            await connection.execute(USER_TRUNKS.insert(), {"user": "alice", "trunk": "acme"})
        applied = await store.apply(WORLD, realm="edge.test", who="test")
        async with store.transaction() as connection:
            people = list((await connection.execute(select(USER_TRUNKS.c.trunk))).scalars())
        return [(change.kind, change.name, change.fields[0].place) for change in applied.difference.changes], people, (await store.load()).provisioning
    statement = "UPDATE accounts SET allow = 'home' WHERE owner = 'acme' AND name = 'secondary'"
    changes, people, found = with_damaged(url, statement, work)
    assert changes == [("changed", "acme", "secondary.allow")] and people == ["acme"]
    assert replace(found, warnings=()) == WORLD


def test_an_apply_without_it_removes_it(url: str) -> None:
    async def work(store: Store) -> Any:
        await store.apply(world(WORLD.trunks[2]), realm="edge.test", who="test")
        async with store.transaction() as connection:
            numbers = list((await connection.execute(select(NUMBERS.c.number))).scalars())
        return numbers, replace((await store.load()).provisioning, warnings=())
    assert with_damaged(url, "UPDATE trunks SET mode = 'sometimes' WHERE name = 'acme'", work) == (["+3"], world(WORLD.trunks[2]))


def test_one_that_is_asked_for_by_name_is_said_to_be_unreadable_and_a_list_shows_the_others(url: str) -> None:
    async def work(store: Store) -> list[str]:
        with pytest.raises(StoreError, match='trunk "acme": mode: .sometimes. is none of'):
            await find_trunk(store, "acme")
        return [trunk.name for trunk in (await page_of_trunks(store)).trunks]
    assert with_damaged(url, "UPDATE trunks SET mode = 'sometimes' WHERE name = 'acme'", work) == ["globex", "whole"]


def test_its_whitelist_stands_in_nobodys_way(url: str) -> None:
    async def work(store: Store) -> Any:
        async with store.transaction() as connection:
            return await address_rivals(connection, "whole", [ip_network("10.0.0.9")])
    statement = "UPDATE accounts SET allow = '10.0.0.0/99 10.0.0.0/8' WHERE owner = 'acme' AND name = 'secondary'"
    assert with_damaged(url, statement, work) == {ip_network("10.0.0.9"): 'trunk "acme"'}


def test_a_last_world_with_a_damaged_trunk_has_the_others(tmp_path: Path) -> None:
    async def work(store: Store) -> None:
        write_last_world(tmp_path, await store.load())
    with_damaged(f"sqlite:///{tmp_path}/hasip.db", "SELECT 1", work)
    kept = tmp_path / FILE_NAME
    kept.write_text(kept.read_text().replace('"2t"', '"3t"'))
    found = read_last_world(tmp_path)
    assert found and [trunk.name for trunk in found.provisioning.trunks] == ["acme", "whole"]
    assert [fault.name for fault in found.provisioning.unreadable] == ["globex"]

