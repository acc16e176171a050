"""A console over a store of our own: an operator, two customers, three trunks."""
import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import argon2
from starlette.testclient import TestClient

from hasip.config import load_provisioning
from hasip.console import console
from hasip.domain.node import Node
from hasip.domain.person import Person
from hasip.people import PasswordHasher
from hasip.portal import Portal
from hasip.registrar.credentials import hash_passwords
from hasip.store import CallStore, Persons, Store
from tests.console.fake_live import FakeLive

PASSWORD = "a good long password"
BASE = "http://console.test"
TRUNKS = """
[[core]]
name = "pstn"
allow = ["198.51.100.0/24"]
target = [{ address = "198.51.100.9:5060", transport = "tcp", large_by_tcp = true }]

[[core]]
name = "peer/1"
allow = ["203.0.113.0/24"]
mode = "2t"
[[core.region]]
name = "Here"
zone = [{ name = "p-a", address = "203.0.113.10:5060" }, { name = "p-b", address = "203.0.113.11:5060" }]

[[trunk]]
name = "acme"
calls = 30
numbers = ["+6561230000"]
mode = "auto_failover"
add_ons = ["high_availability", "ip_authentication"]
[trunk.primary]
label = "HQ"
authentication = "ip"
allow = ["192.0.2.21"]
address = "192.0.2.21:5060"
[trunk.secondary]
label = "DR"
authentication = "digest"
username = "acme-dr"
password = "the first password"

[[trunk]]
name = "initech"
calls = 5
numbers = ["+6561230001"]
add_ons = ["ip_authentication"]
[trunk.primary]
label = "Office <1>"
authentication = "ip"
allow = ["192.0.2.31"]
address = "192.0.2.31:5060"

[[trunk]]
name = "north/1 %2F"
calls = 5
numbers = ["+6561230003"]
[trunk.primary]
authentication = "digest"
username = "north"
password = "the first password"

[[trunk]]
name = "globex"
calls = 100
numbers = ["+6561230002"]
mode = "2t"
add_ons = ["high_availability"]
[[trunk.region]]
name = "Singapore"
zone = [{ name = "sg-a", address = "192.0.2.40:5060" }, { name = "sg-b", address = "192.0.2.41:5060" }]
"""
PEOPLE = {"ada": Person("ada", "operator"), "carol": Person("carol", "customer", frozenset({"acme", "globex"})), "ines": Person("ines", "customer", frozenset({"initech"}))}


class House:
    """A console, whom it knows, and what it stands on."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'hasip.db'}"
        self.node = Node("edge-test", folder, (), store_url=self.url)
        self.live = FakeLive()
        self.obstacle = ""
        self.hasher = PasswordHasher(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        (folder / "trunks.toml").write_text(TRUNKS)
        asyncio.run(self.furnish(folder / "trunks.toml"))

    async def furnish(self, trunks_file: Path) -> None:
        """Put trunks and people into the store."""
        async with Store(self.url) as store:
            await store.apply(hash_passwords(load_provisioning(trunks_file), self.node.registrar), realm="hasip", who="test")
            for person in PEOPLE.values():
                await Persons(store).add(person, await self.hasher.hash(PASSWORD), who="test")

    @contextmanager
    def open(self) -> Iterator[TestClient]:
        """Serve the console until the block ends."""
        store = Store(self.url)
        calls = CallStore(self.url)
        portal = Portal(store, calls, self.live, self.node, hasher=self.hasher, obstacle=lambda: self.obstacle)
        with TestClient(console(portal, is_by_tls=False), base_url=BASE, follow_redirects=False) as client:
            yield client
            client.portal.call(store.close)
            client.portal.call(calls.close)


def sign_in(client: TestClient, name: str, password: str = PASSWORD) -> None:
    """Become somebody."""
    client.cookies.clear()
    answer = client.post("/sign-in", data={"name": name, "password": password, "next": "/trunks"})
    assert answer.status_code == 303, answer.text


def fields_of(page: str) -> dict[str, str]:
    """Return what is hidden in the forms of a page."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page))


def send(client: TestClient, path: str, form_at: str = "", **fields: str):
    """Fill in the form of a page and send it."""
    page = client.get(form_at or path).text
    return client.post(path, data=fields_of(page) | fields)
