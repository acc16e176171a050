"""The resolver as the node runs it, against a real name server on the loopback network. The clock is passed; a change, or a line of the log, is awaited."""
import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import dns.rcode
import pytest

from hasip.domain.node import Transport
from hasip.resolver import Place, Resolver

from .conftest import Clock, Logs
from .dns_server import DnsServer

RunAsync = Callable[[Callable[[], Awaitable[None]]], None]
Name = tuple[str, int, Transport]

PBX: Name = ("pbx.test", 5060, "udp")
SETTLE_S = 30.0
ANSWERED, AGAIN = "name resolved", "name answered again"
STALE, FAILED = "name without a new answer: the last good one serves", "name without an answer"


class Node:
    """A resolver that runs, with what it told."""

    def __init__(self, server: DnsServer, clock: Clock, **settings: Any) -> None:
        self.clock = clock
        self.names: list[Name] = []
        self.change_count = 0
        self._changed = asyncio.Event()
        self.resolver = Resolver([server.text], self._note_change, clock=clock, **settings)

    def _note_change(self) -> None:
        self.change_count += 1
        self._changed.set()

    async def watch(self, *names: Name) -> None:
        """Watch names, and wait until each was asked."""
        self.names = list(names)
        self.resolver.watch(names)
        assert await self.resolver.settle(SETTLE_S)

    async def change(self) -> None:
        """Wait for the next change told."""
        await self._changed.wait()
        self._changed.clear()

    def advance(self, seconds: float) -> None:
        """Let time pass, and have what is due asked."""
        self.clock.advance(seconds)
        self.resolver.watch(self.names)

    def places(self, name: Name = PBX) -> list[str]:
        return [str(place) for place in self.resolver.places(*name)]


@contextlib.asynccontextmanager
async def running(server: DnsServer, clock: Clock, **settings: Any) -> AsyncIterator[Node]:
    node = Node(server, clock, **settings)
    task = asyncio.create_task(node.resolver.run())
    try:
        yield node
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


def test_naptr_leads_to_srv_leads_to_addresses(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "NAPTR", '10 10 "s" "SIPS+D2T" "" _sips._tcp.cloud.test.', '20 10 "s" "SIP+D2U" "" _sip._udp.cloud.test.')
            server.put("_sip._udp.cloud.test", "SRV", "10 0 5070 a.cloud.test.", "20 0 5080 b.cloud.test.")
            server.put("_sips._tcp.cloud.test", "SRV", "10 0 5071 b.cloud.test.")
            server.put("a.cloud.test", "A", "192.0.2.1", "192.0.2.2", ttl=40)
            server.put("a.cloud.test", "AAAA", "2001:db8::1")
            server.put("b.cloud.test", "A", "192.0.2.3")
            await node.watch(("pbx.test", 0, "udp"), ("PBX.test.", 0, "tls"))
            assert node.places(("pbx.test", 0, "udp")) == ["192.0.2.1:5070", "192.0.2.2:5070", "[2001:db8::1]:5070", "192.0.2.3:5080"]
            assert node.resolver.places("pbx.test", 0, "tls") == (Place("192.0.2.3", 5071),)
            assert node.resolver.status()["udp:pbx.test"] == {"places": node.places(("pbx.test", 0, "udp")), "ttl_left_s": 40, "state": "fresh", "error": ""}

    run_async(test)


def test_only_ipv6_when_only_ipv6_is_wanted(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock, families=("ipv6",)) as node:
            server.put("pbx.test", "A", "192.0.2.1")
            server.put("pbx.test", "AAAA", "2001:db8::1", "2001:db8::2")
            await node.watch(PBX)
            assert node.places() == ["[2001:db8::1]:5060", "[2001:db8::2]:5060"]

    run_async(test)


def test_answer_is_asked_for_again_when_its_time_to_live_ends_and_a_change_is_told(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", ttl=60)
            await node.watch(PBX)
            await node.change()
            server.put("pbx.test", "A", "192.0.2.2", ttl=60)
            node.advance(59)
            assert node.places() == ["192.0.2.1:5060"]
            assert node.resolver.status()["udp:pbx.test:5060"]["ttl_left_s"] == 1
            node.advance(1)
            await node.change()
            assert node.places() == ["192.0.2.2:5060"]
            assert (await logs.line(ANSWERED))["before"] == []
            assert (await logs.line(ANSWERED))["before"] == ["192.0.2.1:5060"]

    run_async(test)


def test_last_good_answer_serves_while_servers_fail_and_a_new_one_is_taken_up_later(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", ttl=60)
            await node.watch(PBX)
            await node.change()
            server.rcode = dns.rcode.SERVFAIL
            node.advance(60)
            assert (await logs.line(STALE))["places"] == ["192.0.2.1:5060"]
            status = node.resolver.status()["udp:pbx.test:5060"]
            assert (status["places"], status["ttl_left_s"], status["state"]) == (["192.0.2.1:5060"], 0, "stale")
            assert "SERVFAIL" in status["error"]
            assert node.change_count == 1
            server.rcode = None
            server.put("pbx.test", "A", "192.0.2.2")
            node.advance(30)
            await node.change()
            assert (await logs.line(AGAIN))["places"] == node.places() == ["192.0.2.2:5060"]
            assert node.resolver.status()["udp:pbx.test:5060"]["state"] == "fresh"

    run_async(test)


def test_last_good_answer_serves_when_the_server_has_gone(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock, timeout_s=1.0, total_timeout_s=1.0) as node:
            server.put("pbx.test", "A", "192.0.2.1", ttl=60)
            await node.watch(PBX)
            await server.stop()
            node.advance(60)
            await logs.line(STALE)
            assert node.places() == ["192.0.2.1:5060"]

    run_async(test)


def test_one_family_that_fails_later_keeps_its_addresses(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", ttl=60)
            server.put("pbx.test", "AAAA", "2001:db8::1")
            await node.watch(PBX)
            await node.change()
            server.put("pbx.test", "A", "192.0.2.2")
            server.failing.add(("pbx.test", "AAAA"))
            node.advance(60)
            await node.change()
            assert node.places() == ["192.0.2.2:5060", "[2001:db8::1]:5060"]

    run_async(test)


def test_name_that_ceases_to_exist_has_no_place(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", ttl=60)
            await node.watch(PBX)
            await node.change()
            server.drop("pbx.test")
            node.advance(60)
            await node.change()
            assert node.resolver.status()["udp:pbx.test:5060"] == {"places": [], "ttl_left_s": 30, "state": "fresh", "error": ""}

    run_async(test)


def test_name_that_never_was_answered_has_failed_until_it_is(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1")
            server.rcode = dns.rcode.SERVFAIL
            await node.watch(PBX)
            assert node.resolver.status()["udp:pbx.test:5060"]["state"] == "failed"
            assert "SERVFAIL" in (await logs.line(FAILED))["error"]
            server.rcode = None
            node.advance(5)
            await node.change()
            assert node.places() == ["192.0.2.1:5060"]

    run_async(test)


def test_truncated_chain_is_read_over_tcp(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.is_truncating = True
            server.put("_sip._tcp.pbx.test", "SRV", *(f"{priority} 0 5060 h{priority}.test." for priority in range(1, 11)))
            for priority in range(1, 11):
                server.put(f"h{priority}.test", "A", f"192.0.2.{priority}")
            await node.watch(("pbx.test", 0, "tcp"))
            assert node.places(("pbx.test", 0, "tcp")) == [f"192.0.2.{priority}:5060" for priority in range(1, 11)]

    run_async(test)


def test_failed_place_comes_last_for_30_s_and_both_changes_are_told(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", "192.0.2.2")
            await node.watch(PBX)
            await node.change()
            node.resolver.note_failure("192.0.2.1", 5060)
            assert node.places() == ["192.0.2.2:5060", "192.0.2.1:5060"]
            await node.change()
            node.advance(30)
            await node.change()
            assert node.places() == ["192.0.2.1:5060", "192.0.2.2:5060"]

    run_async(test)


def test_same_records_in_a_new_order_are_taken_up(run_async: RunAsync, clock: Clock, logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hasip.resolver.service.REORDER_S", 0.0)

    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", "192.0.2.2", ttl=10)
            await node.watch(PBX)
            await node.change()
            server.put("pbx.test", "A", "192.0.2.2", "192.0.2.1", ttl=10)
            node.advance(10)
            await node.change()
            assert node.places() == ["192.0.2.2:5060", "192.0.2.1:5060"]

    run_async(test)


def test_new_order_alone_is_told_later(run_async: RunAsync, clock: Clock, logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test() -> None:
        noticed = asyncio.Event()

        async def notice(resolver: Resolver) -> None:
            await resolver._reordered.wait()
            noticed.set()

        monkeypatch.setattr(Resolver, "_tell_orders", notice)
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", "192.0.2.2", ttl=10)
            await node.watch(PBX)
            await node.change()
            server.put("pbx.test", "A", "192.0.2.2", "192.0.2.1", ttl=10)
            node.advance(10)
            await noticed.wait()
            assert node.places() == ["192.0.2.2:5060", "192.0.2.1:5060"]
            assert not node.resolver._changed.is_set()

    run_async(test)


def test_failure_that_reorders_nothing_is_not_told(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1", ttl=10)
            await node.watch(PBX)
            await node.change()
            node.resolver.note_failure("192.0.2.1", 5060)
            node.resolver.note_failure("198.51.100.1", 5060)
            server.put("pbx.test", "A", "192.0.2.2")
            node.advance(10)
            await node.change()
            assert node.change_count == 2

    run_async(test)


def test_many_names_at_once_are_told_as_few_changes(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            names: list[Name] = [(f"pbx{number}.test", 5060, "udp") for number in range(300)]
            for number, (host, _, _) in enumerate(names):
                server.put(host, "A", f"192.0.2.{number % 250 + 1}")
            await node.watch(*names)
            await node.change()
            assert all(node.places(name) for name in names)
            assert node.change_count < len(names)

    run_async(test)


def test_name_that_is_not_watched_has_no_place(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            server.put("pbx.test", "A", "192.0.2.1")
            await node.watch(PBX)
            assert node.places(("pbx.test", 5061, "udp")) == []
            await node.watch()
            assert (node.places(), node.resolver.status()) == ([], {})

    run_async(test)


def test_numeric_address_is_its_own_place(run_async: RunAsync, clock: Clock, logs: Logs) -> None:
    async def test() -> None:
        async with DnsServer() as server, running(server, clock) as node:
            await node.watch(("2001:DB8::1", 0, "tls"))
            assert node.places(("2001:db8::1", 0, "tls")) == ["[2001:db8::1]:5061"]
            assert server.queries == []

    run_async(test)


def test_settling_ends_with_its_time_when_nobody_asks(run_async: RunAsync, clock: Clock) -> None:
    async def test() -> None:
        resolver = Resolver(["127.0.0.53"], lambda: None, clock=clock)
        assert not await resolver.settle(0)
        resolver.watch([PBX])
        assert not await resolver.settle(0)
        assert resolver.status()["udp:pbx.test:5060"]["state"] == "unknown"
        resolver.watch([])
        assert await resolver.settle(0)

    run_async(test)
