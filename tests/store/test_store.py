"""The store as its users have it: apply, load, follow, on both databases."""
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select, text

from hasip.domain.trunk import Account, Core, Mode, Provisioning
from hasip.store import Store, StoreAway, StoreBusy, StoreChanged, StoreError, World, database, difference, read
from hasip.store.tables import AUDIT, METADATA, NUMBERS, USER_TRUNKS, USERS
from tests.patience import PATIENCE_S, until

from .postgresql import Postgresql
from .worlds import HA1_MD5, HA1_SHA256, PSTN, office, provisionings, world

Result = TypeVar("Result")


def with_store(url: str, work: Callable[[Store], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with Store(url) as store:
            return await work(store)
    return asyncio.run(run())


async def apply(store: Store, provisioning: Provisioning, **options: Any) -> int:
    return (await store.apply(provisioning, realm="edge.test", who="test", **options)).generation


async def rows(store: Store, query: Any) -> list[Any]:
    async with store.transaction() as connection:
        return list((await connection.execute(query)).all())


# ---------------------------------------------------------------------------------------- apply and load


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(first=provisionings(), second=provisionings())
def test_what_is_loaded_is_what_was_applied_whatever_was_there_before(url: str, first: Provisioning, second: Provisioning) -> None:
    async def work(store: Store) -> None:
        for wanted in (first, second):
            known = await store.load()
            await apply(store, wanted)
            loaded = await store.load()
            assert replace(loaded.provisioning, warnings=()) == wanted
            assert await store.load(known) == loaded                # and the same when only changes are read
            assert (await store.apply(wanted, realm="edge.test", who="test")).difference.changes == ()
    with_store(url, work)


def test_a_new_store_is_empty_and_its_generation_0(url: str) -> None:
    assert with_store(url, Store.load) == World(0, "", Provisioning())


def test_every_change_raises_the_generation_by_one_and_no_change_leaves_it(url: str) -> None:
    async def work(store: Store) -> list[int]:
        return [await apply(store, wanted) for wanted in (world(), world(), world(office()), world(office()), Provisioning())]
    assert with_store(url, work) == [1, 1, 2, 2, 3]


def test_a_number_and_a_username_pass_from_one_trunk_to_another(url: str) -> None:
    async def work(store: Store) -> None:
        one, other = office("one", "+1"), office("other", "+2")
        await apply(store, world(one, other))
        swapped = world(replace(one, numbers=other.numbers, primary=other.primary), replace(other, numbers=one.numbers, primary=one.primary))
        await apply(store, swapped)
        assert (await store.load()).provisioning == swapped
    with_store(url, work)


def test_a_core_is_exchanged_under_its_trunks(url: str) -> None:
    async def work(store: Store) -> None:
        await apply(store, world(office()))
        other = Provisioning((Core("other", (), (PSTN.targets[0],)),), (office(core="other"),))
        await apply(store, other)
        assert replace((await store.load()).provisioning, warnings=()) == other
    with_store(url, work)


def test_a_changed_trunk_keeps_its_owner_and_a_removed_one_has_none(url: str) -> None:
    async def work(store: Store) -> list[int]:
        await apply(store, world(office("kept", "+1"), office("gone", "+2")))
        async with store.transaction(writes=True) as connection:
            await connection.execute(USERS.insert(), {"name": "alice", "role": "customer", "password_hash": ""})
            await connection.execute(USER_TRUNKS.insert(), [{"user": "alice", "trunk": name} for name in ("kept", "gone")])
        await apply(store, world(office("kept", "+3", calls=1)))
        return [row.trunk for row in await rows(store, select(USER_TRUNKS.c.trunk))]
    assert with_store(url, work) == ["kept"]


def test_warnings_are_those_of_the_file(url: str) -> None:
    async def work(store: Store) -> tuple[str, ...]:
        await apply(store, Provisioning((replace(PSTN, targets=()),)))
        return (await store.load()).provisioning.warnings
    assert with_store(url, work) == ("core pstn: target is empty, so calls of customers to it are refused",)


# ---------------------------------------------------------------------------------------- only what changed is read


def test_a_small_change_is_read_without_the_rest(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(store: Store) -> None:
        trunks = [office(f"trunk-{index}", f"+{index}") for index in range(5)]
        await apply(store, world(*trunks))
        known = await store.load()
        await apply(store, world(*trunks[:-1], office("another", "+9")))
        await apply(store, world(replace(trunks[0], calls=7), *trunks[1:-1], office("another", "+9")))
        monkeypatch.setattr(read, "read_world", None)
        found = (await store.load(known)).provisioning
        assert [(trunk.name, trunk.calls) for trunk in found.trunks] == [("another", 30), ("trunk-0", 7), ("trunk-1", 30), ("trunk-2", 30), ("trunk-3", 30)]
        assert found.trunks[2] is known.provisioning.trunks[1]
    with_store(url, work)


@pytest.mark.parametrize("statement", ["DELETE FROM audit", "UPDATE audit SET at = '2001-01-01 00:00:00'", "UPDATE audit SET generation = 7 WHERE generation = 2"])
def test_a_log_that_does_not_tell_all_is_not_believed(url: str, statement: str) -> None:
    async def work(store: Store) -> None:
        await apply(store, world(office("one", "+1")))
        known = await store.load()
        await apply(store, world(office("other", "+1")))
        async with store.transaction(writes=True) as connection:
            await connection.execute(text(statement))
        assert [trunk.name for trunk in (await store.load(known)).provisioning.trunks] == ["other"]
    with_store(url, work)


# ---------------------------------------------------------------------------------------- secrets, and who changed what


def test_a_password_is_refused_at_the_door(url: str) -> None:
    account = Account("primary", "", "digest", username="office", password="c0rrect-horse")
    with pytest.raises(ValueError, match="hashed before") as raised:
        with_store(url, lambda store: apply(store, world(office(primary=account))))
    assert "c0rrect-horse" not in str(raised.value)


def test_audit_says_who_changed_what_and_hides_hashes(url: str) -> None:
    async def work(store: Store) -> list[Any]:
        await apply(store, world(office()))
        await apply(store, world(office(calls=31)))
        await apply(store, world())
        return await rows(store, select(AUDIT).order_by(AUDIT.c.id))
    entries = with_store(url, work)
    assert [(row.generation, row.who, row.action, row.subject, row.name) for row in entries] == [
        (1, "test", "added", "core", "pstn"), (1, "test", "added", "trunk", "acme"), (2, "test", "changed", "trunk", "acme"), (3, "test", "removed", "trunk", "acme")]
    assert (json.loads(entries[2].old), json.loads(entries[2].new)) == ({"calls": "30"}, {"calls": "31"})
    assert entries[1].old == "" and json.loads(entries[1].new)["primary"]["ha1_md5"] == "(hidden)"
    assert not any(secret in str(row) for row in entries for secret in (HA1_MD5, HA1_SHA256))


# ---------------------------------------------------------------------------------------- all or nothing


def test_a_statement_that_fails_leaves_nothing_and_its_error_shows_no_hash(url: str) -> None:
    async def work(store: Store) -> None:
        await apply(store, world(office("kept", "+1")))
        before = await store.load()
        stolen = replace(office("thief", "+1"), numbers=("+5", "+1"))
        with pytest.raises(StoreError, match="refused") as raised:
            await apply(store, world(office("kept", "+1", calls=1), office("fine", "+2"), stolen))
        assert HA1_MD5 not in str(raised.value) and "\n" not in str(raised.value)
        assert await store.load() == before
        assert await apply(store, world(office("kept", "+1", calls=1))) == 2
    with_store(url, work)


KILLED = """
import asyncio, os, signal, sys
from hasip.store import Store, store
from tests.store.worlds import office, world

async def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

async def main():
    store.write_audit = die
    async with Store(sys.argv[1]) as mine:
        await mine.apply(world(*(office(f"new-{index}", f"+9{index}") for index in range(3000))), realm="", who="killed")

asyncio.run(main())
"""


def test_kill_in_the_middle_of_an_apply_leaves_what_was_there(url: str) -> None:
    async def before(store: Store) -> World:
        await apply(store, world(office("kept", "+1"), office("removed", "+2")))
        return await store.load()

    async def after(store: Store) -> tuple[World, int]:
        return await store.load(), await apply(store, world(office("kept", "+1")))
    expected = with_store(url, before)
    done = subprocess.run([sys.executable, "-c", KILLED, url], check=False, timeout=60, cwd=Path(__file__).parents[2])
    assert done.returncode == -signal.SIGKILL
    assert with_store(url, after) == (expected, 2)


# ---------------------------------------------------------------------------------------- several at once


def test_applies_at_once_wait_for_each_other(url: str) -> None:
    async def work(store: Store) -> None:
        await store.generation()
        async with Store(url) as other:
            wanted = [world(*(office(f"{number}-{index}", f"+{index}") for index in range(50))) for number in range(6)]
            generations = await asyncio.gather(*(apply((store, other)[number % 2], each) for number, each in enumerate(wanted)))
            assert sorted(generations) == [1, 2, 3, 4, 5, 6]
            assert difference((await store.load()).provisioning, wanted[generations.index(6)]).changes == ()
    with_store(url, work)


def test_an_apply_whose_difference_is_out_of_date_is_refused(url: str) -> None:
    async def work(store: Store) -> None:
        await apply(store, world(office()))
        with pytest.raises(StoreChanged, match="somebody else"):
            await apply(store, world(), shown_generation=0)
        assert await apply(store, world(), shown_generation=1) == 2
    with_store(url, work)


def test_an_apply_does_not_wait_for_ever(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "LOCK_WAIT_S", 1)

    async def work(store: Store) -> None:
        await store.generation()
        async with store.transaction(writes=True) as connection:
            await connection.execute(text("UPDATE state SET realm = 'held'"))
            async with Store(url) as other:
                with pytest.raises(StoreBusy, match="try again"):
                    await apply(other, world())
                assert (await other.load()).realm == ""             # who reads does not wait
    with_store(url, work)


def test_two_that_begin_at_once_make_the_tables_once(url: str) -> None:
    async def work(store: Store) -> list[int]:
        async with Store(url) as other:
            return list(await asyncio.gather(store.generation(), other.generation()))
    assert with_store(url, work) == [0, 0]


# ---------------------------------------------------------------------------------------- word of changes


def test_a_change_is_heard_of(url: str) -> None:
    async def work(store: Store) -> None:
        await store.wait_for_change()
        async with Store(url) as other:
            await apply(other, world())
        async with asyncio.timeout(PATIENCE_S):
            while await store.generation() != 1:
                await store.wait_for_change()
    with_store(url, work)


def test_postgresql_says_so_at_once(postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hasip.store.notices.LOOK_S", 60.0)

    async def work(store: Store) -> None:
        async with Store(url) as other:
            await other.generation()
            waiting = asyncio.create_task(store.wait_for_change())
            await until(lambda: store._notices._is_listening)
            await apply(other, world())
            await asyncio.wait_for(waiting, PATIENCE_S)
    url = postgresql.new_database()
    with_store(url, work)


def test_postgresql_that_went_away_is_away_and_comes_back(postgresql: Postgresql) -> None:
    url = postgresql.new_database()

    async def work(store: Store) -> None:
        await apply(store, world())
        await store.wait_for_change()
        await asyncio.to_thread(postgresql.stop)
        try:
            for look in (store.generation, store.wait_for_change, store.load):
                with pytest.raises(StoreAway):
                    await look()
        finally:
            await asyncio.to_thread(postgresql.start)
        await store.wait_for_change()
        assert await store.generation() == 1
    with_store(url, work)


def test_postgresql_that_goes_while_a_connection_is_set_up_is_away(postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch) -> None:
    async def vanish(*_: object, **__: object) -> None:
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    monkeypatch.setattr(asyncpg.Connection, "set_type_codec", vanish)
    for look in (Store.generation, Store.wait_for_change):
        with pytest.raises(StoreAway, match="closed in the middle"):
            with_store(postgresql.new_database(), look)


# ---------------------------------------------------------------------------------------- stores that are none


def test_a_store_that_cannot_be_reached_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for url in (f"postgresql://hasip@/nothing?host={tmp_path}", f"sqlite:///{tmp_path}/file/hasip.db"):
        with pytest.raises(StoreAway, match="away"):
            with_store(url, Store.generation)


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "hasip.db").write_text("not a database" * 100)
    with pytest.raises(StoreAway, match="not a database"):
        with_store(f"sqlite:///{tmp_path}/hasip.db", Store.generation)


def test_the_name_of_a_store_has_no_password() -> None:
    assert Store("postgresql://hasip:s3cret@db.test/hasip?sslmode=require").name == "postgresql://hasip:***@db.test/hasip"


def test_sqlite_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    async def work(store: Store) -> list[int]:
        await apply(store, world())
        return [file.stat().st_mode & 0o777 for file in (tmp_path / "state").iterdir()]
    assert with_store(f"sqlite:///{tmp_path}/state/hasip.db", work) == [0o600] * 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files for others")
def test_a_file_that_root_makes_belongs_to_who_owns_the_directory(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)

    async def work(store: Store) -> set[int]:
        await apply(store, world())
        return {file.stat().st_uid for file in tmp_path.iterdir()}
    assert with_store(f"sqlite:///{tmp_path}/hasip.db", work) == {65534}


def test_numbers_belong_to_one_trunk() -> None:
    assert [column.name for column in NUMBERS.primary_key] == ["number"]
    assert all(table.primary_key.columns for table in METADATA.tables.values())


def test_a_mode_comes_back_as_a_mode(url: str) -> None:
    async def work(store: Store) -> Any:
        await apply(store, world(office(mode=Mode.ONLY_PRIMARY)))
        return (await store.load()).provisioning.trunks[0].mode
    assert with_store(url, work) is Mode.ONLY_PRIMARY
