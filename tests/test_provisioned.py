"""Where a node's world comes from: the store, its file, or what it knew last."""
import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from structlog.testing import capture_logs

from hasip.config import ConfigError
from hasip.domain.node import Node, Registrar
from hasip.domain.trunk import Provisioning
from hasip.provisioned import Provisioned
from hasip.store import Store, StoreAway, StoreError
from hasip.store.last_world import FILE_NAME
from tests.patience import PATIENCE_S, until
from tests.store.conftest import postgresql, url  # noqa: F401 - fixtures
from tests.store.postgresql import Postgresql
from tests.store.worlds import office, world


@pytest.fixture(autouse=True)
def logs_are_ours() -> Iterator[None]:
    yield
    structlog.reset_defaults()


@pytest.fixture
def node(url: str, tmp_path: Path) -> Node:  # noqa: F811
    return node_of(url, tmp_path)


def node_of(store_url: str, tmp_path: Path) -> Node:
    return Node("edge-1", tmp_path, (), store_url=store_url, registrar=Registrar(realm="edge.test"))


async def apply(node: Node, provisioning: Provisioning, realm: str = "edge.test") -> None:
    async with Store(node.store_url) as store:
        await store.apply(provisioning, realm=realm, who="test")


async def next_world(provisioned: Provisioned) -> Provisioning:
    async with asyncio.timeout(PATIENCE_S):
        async for provisioning in provisioned.changes():
            return provisioning
    raise AssertionError("changes end never")


def names(provisioning: Provisioning) -> list[str]:
    return [trunk.name for trunk in provisioning.trunks]


def test_a_node_starts_with_what_the_store_has(node: Node) -> None:
    async def work() -> list[str]:
        await apply(node, world(office()))
        async with Provisioned(node, None).opened() as provisioned:
            return names(await provisioned.first())
    assert asyncio.run(work()) == ["acme"]


def test_a_node_follows_a_change(node: Node) -> None:
    async def work() -> None:
        async with Provisioned(node, None).opened() as provisioned:
            assert names(await provisioned.first()) == []
            await apply(node, world(office()))
            assert names(await next_world(provisioned)) == ["acme"]
    asyncio.run(work())


def test_its_file_is_applied_at_start_and_at_every_reload(node: Node, tmp_path: Path) -> None:
    file = tmp_path / "trunks.toml"
    trunk = '[[core]]\nname = "pstn"\nallow = []\n[[trunk]]\nname = "{}"\ncalls = 1\nnumbers = ["+1"]\n[trunk.primary]\nauthentication = "digest"\nusername = "u"\npassword = "p"\n'

    async def work() -> None:
        file.write_text(trunk.format("one"))
        async with Provisioned(node, file).opened() as provisioned, Store(node.store_url) as store:
            assert names(await provisioned.first()) == ["one"]
            file.write_text(trunk.format("other"))
            assert names(await provisioned.again()) == ["other"]
            file.write_text("nonsense")
            with pytest.raises(ConfigError):
                await provisioned.again()
            assert names((await store.load()).provisioning) == ["other"]
    asyncio.run(work())


def test_hashes_for_another_realm_are_warned_of(node: Node) -> None:
    async def work() -> None:
        await apply(node, world(office()), realm="elsewhere.test")
        async with Provisioned(node, None).opened() as provisioned:
            await provisioned.first()
    with capture_logs() as logs:
        asyncio.run(work())
    assert [entry["hashed_for"] for entry in logs if "another realm" in entry["event"]] == ["elsewhere.test"]


def test_without_a_store_and_without_a_last_world_there_is_no_start(tmp_path: Path) -> None:
    async def work() -> None:
        async with Provisioned(node_of(f"postgresql://hasip@/nothing?host={tmp_path}", tmp_path), None).opened() as provisioned:
            await provisioned.first()
    with pytest.raises(StoreError, match="no world of an earlier run"):
        asyncio.run(work())


def test_a_store_that_is_away_stops_nothing_and_is_caught_up_with(postgresql: Postgresql, tmp_path: Path) -> None:  # noqa: F811
    node = node_of(postgresql.new_database(), tmp_path)

    async def run_and_lose_the_store() -> None:
        await apply(node, world(office()))
        async with Provisioned(node, None).opened() as provisioned:
            await provisioned.first()
            following = asyncio.create_task(next_world(provisioned))
            await until((tmp_path / FILE_NAME).exists, following)
            await asyncio.to_thread(postgresql.stop)
            await until(lambda: provisioned.status()["store"]["is_away"], following)
            assert names(await provisioned.again()) == ["acme"]         # a reload leaves it as it is
            assert not following.done()
            await asyncio.to_thread(postgresql.start)
            await apply(node, world(office("other")))
            assert names(await following) == ["other"]
            assert provisioned.status()["store"] == {"name": Store(node.store_url).name, "generation": 2, "is_away": False}

    with capture_logs() as logs:
        asyncio.run(run_and_lose_the_store())
    events = [entry["event"] for entry in logs]
    assert events.count("going on with what is known of the store") == 1 == events.count("the store is followed again")


def test_a_store_that_hangs_is_away_as_well(postgresql: Postgresql, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    monkeypatch.setattr("hasip.provisioned.LOOK_AT_MOST_S", 0.2)
    monkeypatch.setattr("hasip.store.notices.LISTEN_S", 0.2)
    node = node_of(postgresql.new_database(), tmp_path)

    async def work() -> None:
        await apply(node, world(office()))
        async with Provisioned(node, None).opened() as provisioned:
            await provisioned.first()
            following = asyncio.create_task(next_world(provisioned))
            await until((tmp_path / FILE_NAME).exists, following)
            with postgresql.hanging():
                await until(lambda: provisioned.status()["store"]["is_away"], following)
            await apply(node, world(office("other")))
            assert names(await following) == ["other"]
    asyncio.run(work())


def test_a_node_starts_from_the_last_world_while_the_store_is_away(postgresql: Postgresql, tmp_path: Path) -> None:  # noqa: F811
    node = node_of(postgresql.new_database(), tmp_path)

    async def know_a_world() -> None:
        await apply(node, world(office()))
        async with Provisioned(node, None).opened() as provisioned:
            await provisioned.first()
            following = asyncio.create_task(next_world(provisioned))
            await until((tmp_path / FILE_NAME).exists, following)
            following.cancel()

    async def start_without_the_store() -> None:
        async with Provisioned(node, None).opened() as provisioned:
            assert names(await provisioned.first()) == ["acme"]
            await asyncio.to_thread(postgresql.start)
            await apply(node, world(office(), office("later", "+2")))
            assert names(await next_world(provisioned)) == ["acme", "later"]

    asyncio.run(know_a_world())
    postgresql.stop()
    with capture_logs() as logs:
        asyncio.run(start_without_the_store())
    assert any(entry["event"] == "started from the last world known" and entry["trunks"] == 1 for entry in logs)


def test_a_reload_whose_file_cannot_be_applied_says_so(postgresql: Postgresql, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "trunks.toml"
    file.write_text('[[core]]\nname = "pstn"\nallow = []\n')

    async def work() -> None:
        async with Provisioned(replace(node_of(postgresql.new_database(), tmp_path)), file).opened() as provisioned:
            await provisioned.first()
            await asyncio.to_thread(postgresql.stop)
            try:
                with pytest.raises(StoreAway):
                    await provisioned.again()
            finally:
                await asyncio.to_thread(postgresql.start)
    asyncio.run(work())
