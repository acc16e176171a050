"""Where a node's cores and trunks come from: the store, followed from change to change. (Part of the composition root.)

The node goes on with what it has while the store is away, and starts from the last world it knew.
"""
import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import structlog

from hasip.config import load_provisioning
from hasip.domain.node import Node
from hasip.domain.trunk import Provisioning
from hasip.registrar.credentials import hash_passwords
from hasip.store import Store, StoreAway, StoreError, World, read_last_world, write_last_world
from hasip.store.notices import LOOK_S

LOOK_AT_MOST_S = 10.0           # a look that takes longer finds the store away
TROUBLE_LOOK_S = 1.0
KEEP_SHARE = 20                 # keeping the last world takes a twentieth of the time, however often the store changes

Answer = TypeVar("Answer")

log = structlog.get_logger("hasip", area="store")


class Provisioned:
    """The world of one node. Owns: the store's connections. Threads: the loop's."""

    def __init__(self, node: Node, trunks_file: Path | None) -> None:
        """`trunks_file` is applied to the store at start, and at every reload. Errors: ValueError for a store URL that is none."""
        self._node = node
        self._trunks_file = trunks_file
        self._store = Store(node.store_url)
        self._reading = asyncio.Lock()          # worlds are read, and published, in the order of their generations
        self._world = World(-1, "", Provisioning())
        self._trouble: StoreError | None = None
        self._asking: dict[Callable[[], Any], asyncio.Task[Any]] = {}       # questions without an answer so far
        self._is_kept = True
        self._keep_again = 0.0

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator["Provisioned"]:
        """Close the store when the block ends."""
        try:
            yield self
        finally:
            for asking in self._asking.values():
                asking.cancel()
            await self._store.close()

    async def first(self) -> Provisioning:
        """Return what to start with: the store's, after the file was applied. Errors: ConfigError for the file; StoreError where nothing is known."""
        try:
            return await self._apply_and_read()
        except StoreAway as error:
            kept = read_last_world(self._node.state_dir)
            if kept is None:
                raise StoreError(f"{error}; and no world of an earlier run lies in {self._node.state_dir}: start again when the store is there") from None
            self._tell_trouble(error)
            log.warning("started from the last world known", generation=kept.generation, trunks=len(kept.provisioning.trunks), file_applied=False)
            self._take(kept, is_kept=True)
            return kept.provisioning

    async def again(self) -> Provisioning:
        """Return what a reload brings. Errors: ConfigError, StoreError; without a file to apply, a store that is away leaves all as it is."""
        try:
            return await self._apply_and_read()
        except StoreAway as error:
            self._tell_trouble(error)
            if self._trunks_file is not None:
                raise
            return self._world.provisioning

    async def changes(self) -> AsyncIterator[Provisioning]:
        """Yield the world whenever another makes it a new one."""
        while True:
            await self._keep()
            try:
                await self._answer(self._store.wait_for_change, LOOK_S + LOOK_AT_MOST_S)
                provisioning = await self._look()
            except StoreError as error:
                self._tell_trouble(error)
                await asyncio.sleep(TROUBLE_LOOK_S)
            else:
                self._tell_well()
                if provisioning is not None:
                    yield provisioning

    @property
    def generation(self) -> int:
        """The generation of the world that was read last."""
        return self._world.generation

    async def look(self) -> Provisioning | None:
        """Return the world if it is a new one; while the store is away there is none."""
        try:
            return await self._look()
        except StoreError as error:
            self._tell_trouble(error)
            return None

    def status(self) -> dict[str, Any]:
        """Return what `hasip status` says of the store."""
        return {"store": {"name": self._store.name, "generation": self._world.generation, "is_away": isinstance(self._trouble, StoreAway)}}

    def _wanted(self) -> Provisioning | None:
        """Return what the file says, with hashes for passwords. Errors: ConfigError."""
        return None if self._trunks_file is None else hash_passwords(load_provisioning(self._trunks_file), self._node.registrar)

    async def _apply_and_read(self) -> Provisioning:
        async with self._reading:
            wanted = await asyncio.to_thread(self._wanted)      # a large file takes seconds, and streams go on meanwhile
            await self._generation()
            if wanted is not None:
                await self._store.apply(wanted, realm=self._node.registrar.realm, who=f"node {self._node.name}")
            self._take(await self._store.load())
            self._tell_well()
            return self._world.provisioning

    async def _look(self) -> Provisioning | None:
        """Return the world if it is a new one. Errors: StoreError."""
        async with self._reading:
            generation = await self._generation()
            if generation == self._world.generation:
                return None
            self._take(await self._store.load(self._world))
            log.info("the store has changed", generation=generation, trunks=len(self._world.provisioning.trunks))
            return self._world.provisioning

    async def _generation(self) -> int:
        """Return the store's generation. Errors: StoreError, StoreAway too for one that hangs."""
        return await self._answer(self._store.generation, LOOK_AT_MOST_S)

    async def _answer(self, question: Callable[[], Coroutine[Any, Any, Answer]], at_most_s: float) -> Answer:
        """Return the store's answer. Errors: StoreError, StoreAway too when there is none in time.

        A question that hangs is not cancelled, for its end would hang as well, in a rollback: its answer is taken when it comes.
        """
        if question not in self._asking:
            self._asking[question] = asyncio.create_task(question())
        answered, _ = await asyncio.wait([self._asking[question]], timeout=at_most_s)
        if not answered:
            raise StoreAway(f"{self._store.name} is away: no answer in {at_most_s:.0f} s")
        answer: Answer = self._asking.pop(question).result()
        return answer

    def _take(self, world: World, *, is_kept: bool = False) -> None:
        self._world, self._is_kept = world, is_kept
        if world.realm and world.realm != self._node.registrar.realm:
            log.warning("passwords were hashed for another realm: users that register will be refused", realm=self._node.registrar.realm, hashed_for=world.realm)

    async def _keep(self) -> None:
        """Write the last world known to a file, unless that was done a moment ago."""
        if self._is_kept or time.monotonic() < self._keep_again:
            return
        begun = time.monotonic()
        self._is_kept = True
        try:
            await asyncio.to_thread(write_last_world, self._node.state_dir, self._world)
        except OSError as error:
            log.error("the last world known was not kept", error=str(error))
        self._keep_again = time.monotonic() + KEEP_SHARE * (time.monotonic() - begun)

    def _tell_trouble(self, error: StoreError) -> None:
        """Log what keeps us from the store, once."""
        if type(error) is not type(self._trouble):
            log.error("going on with what is known of the store", error=str(error), generation=self._world.generation)
        self._trouble = error

    def _tell_well(self) -> None:
        if self._trouble is not None:
            log.info("the store is followed again", store=self._store.name)
        self._trouble = None
