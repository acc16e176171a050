"""Links against the kernel, in namespaces and under uvloop: every change is told once, and as it is."""
import asyncio
import socket
from ipaddress import ip_address, ip_interface, ip_network

import pytest

from hasip.network import Link, links, netlink, obstacle, source_on
from hasip.network.netlink import Interrupted, ask, drop_some
from hasip.network.news import Kind, News

from .conftest import Machine, Watch

ADDRESS, FAR_END = ip_address("10.77.0.1"), ip_address("10.77.0.2")


def obstacle_on_zone0(watch: Watch) -> str:
    return obstacle(watch.links.current.get("zone0"), "zone0", ADDRESS, FAR_END)


def test_interfaces_are_known_at_the_start(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            assert set(watch.links.current) == {"lo", "zone0", "zone1"}
            zone0 = watch["zone0"]
            assert (zone0.is_up, zone0.has_carrier, zone0.is_loopback) == (True, True, False)
            assert ip_interface("10.77.0.1/24") in zone0.addresses
            assert ip_network("10.77.0.0/24") in zone0.routes
            assert watch["lo"].is_loopback
            assert obstacle_on_zone0(watch) == ""
            assert obstacle(watch["lo"], "lo", ip_address("127.0.0.9"), ip_address("127.1.2.3")) == ""
            assert obstacle(watch["lo"], "lo", ip_address("::1"), ip_address("::1")) == ""

    machine.run(scenario)


def test_lost_carrier_is_told_once(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.far.ip("link", "set", "far0", "down")
            await watch.until(lambda: not watch["zone0"].has_carrier)
            assert obstacle_on_zone0(watch) == "interface zone0 has no carrier"
            assert not watch["zone0"].routes
            machine.far.ip("link", "set", "far1", "down")          # whatever is still to be told of zone0 comes before this
            await watch.until(lambda: not watch["zone1"].has_carrier)
            assert watch.changes.count("zone0") == 1

    machine.run(scenario)


def test_carrier_that_returns_brings_its_routes_back(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.far.ip("link", "set", "far0", "down")
            await watch.until(lambda: not watch["zone0"].has_carrier)
            machine.far.ip("link", "set", "far0", "up")
            await watch.until(lambda: obstacle_on_zone0(watch) == "")

    machine.run(scenario)


def test_interface_switched_off_and_on(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.near.ip("link", "set", "zone0", "down")
            await watch.until(lambda: not watch["zone0"].is_up)
            assert obstacle_on_zone0(watch) == "interface zone0 is switched off"
            machine.near.ip("link", "set", "zone0", "up")
            await watch.until(lambda: obstacle_on_zone0(watch) == "")

    machine.run(scenario)


def test_address_removed_and_added(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.near.ip("address", "delete", "10.77.0.1/24", "dev", "zone0")
            await watch.until(lambda: obstacle_on_zone0(watch) == "address 10.77.0.1 is not on zone0")
            machine.near.ip("address", "add", "10.77.0.1/24", "dev", "zone0")
            await watch.until(lambda: obstacle_on_zone0(watch) == "")
            assert set(watch.changes) == {"zone0"}

    machine.run(scenario)


def test_ipv6_address_counts_once_it_can_be_bound(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            far_end = ip_address("2001:db8::2")
            machine.near.ip("address", "add", "2001:db8::1/64", "dev", "zone0")        # tentative for a second or so
            await watch.until(lambda: source_on(watch["zone0"], far_end) == ip_address("2001:db8::1"))
            with machine.near.socket(socket.AF_INET6, socket.SOCK_DGRAM) as bound:
                bound.bind(("2001:db8::1", 0))
            await watch.until(lambda: obstacle(watch["zone0"], "zone0", ip_address("2001:db8::1"), far_end) == "")

    machine.run(scenario)


def test_secondary_address_is_not_the_source(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.near.ip("address", "add", "10.77.1.99/24", "dev", "zone0")
            machine.near.ip("address", "add", "10.77.1.3/24", "dev", "zone0")
            await watch.until(lambda: len([each for each in watch["zone0"].addresses if each.version == 4]) == 3)
            assert source_on(watch["zone0"], ip_address("10.77.1.50")) == ip_address("10.77.1.99")

    machine.run(scenario)


def test_routes_are_followed(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            far_away = ip_address("10.9.0.1")

            def obstacle_far_away() -> str:
                return obstacle(watch["zone0"], "zone0", ADDRESS, far_away)

            assert obstacle_far_away() == "no route to 10.9.0.1 by zone0"
            machine.near.ip("route", "add", "default", "via", "10.77.0.2")
            await watch.until(lambda: obstacle_far_away() == "")
            machine.near.ip("route", "replace", "default", "via", "10.77.1.2")         # the kernel tells of the new one alone
            await watch.until(lambda: obstacle_far_away() == "no route to 10.9.0.1 by zone0")
            machine.near.ip("route", "replace", "10.9.0.0/16", "nexthop", "via", "10.77.0.2", "nexthop", "via", "10.77.1.2")
            await watch.until(lambda: obstacle_far_away() == "")
            machine.near.ip("route", "replace", "blackhole", "10.9.0.0/16")
            await watch.until(lambda: obstacle_far_away() == "no route to 10.9.0.1 by zone0")
            machine.near.ip("route", "add", "10.9.0.0/24", "via", "10.77.0.2", "table", "7")
            machine.near.ip("route", "delete", "10.77.0.0/24", "dev", "zone0")
            await watch.until(lambda: obstacle_on_zone0(watch) == "no route to 10.77.0.2 by zone0")
            assert ip_network("10.9.0.0/24") not in watch["zone0"].routes

    machine.run(scenario)


def test_route_goes_with_the_address_it_leaves_from(machine: Machine) -> None:
    """The kernel drops such a route without a word."""
    async def scenario() -> None:
        async with Watch() as watch:
            machine.near.ip("address", "add", "10.50.0.1/32", "dev", "zone0")
            machine.near.ip("route", "add", "10.9.0.0/16", "via", "10.77.0.2", "src", "10.50.0.1")
            await watch.until(lambda: ip_network("10.9.0.0/16") in watch["zone0"].routes)
            machine.near.ip("address", "delete", "10.50.0.1/32", "dev", "zone0")
            await watch.until(lambda: ip_network("10.9.0.0/16") not in watch["zone0"].routes)

    machine.run(scenario)


def test_interface_vanishes_and_is_made_again(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            index = watch["zone0"].index
            machine.near.ip("link", "delete", "zone0")
            await watch.until(lambda: "zone0" not in watch.links.current)
            assert obstacle_on_zone0(watch) == "interface zone0 does not exist"
            machine.connect(0)
            await watch.until(lambda: obstacle_on_zone0(watch) == "")
            assert watch["zone0"].index != index

    machine.run(scenario)


def test_renamed_interface_is_told_by_both_names(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.near.ip("link", "set", "zone0", "down")
            machine.near.ip("link", "set", "zone0", "name", "uplink")
            machine.near.ip("link", "set", "uplink", "up")
            await watch.until(lambda: obstacle(watch.links.current.get("uplink"), "uplink", ADDRESS, FAR_END) == "")
            assert "zone0" not in watch.links.current
            assert set(watch.changes) == {"zone0", "uplink"}

    machine.run(scenario)


def test_port_that_leaves_a_bridge_stays_an_interface(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            machine.near.ip("link", "add", "bridge0", "type", "bridge")
            machine.near.ip("link", "set", "zone0", "master", "bridge0")
            machine.near.ip("link", "set", "zone0", "nomaster")
            machine.near.ip("link", "delete", "bridge0")
            await watch.until(lambda: "bridge0" in watch.changes and "bridge0" not in watch.links.current)
            assert obstacle_on_zone0(watch) == ""

    machine.run(scenario)


def test_lost_messages_are_made_up_for(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    losses: list[socket.socket] = []
    monkeypatch.setattr(links, "drop_some", lambda events: losses.append(events) or drop_some(events))     # type: ignore[func-returns-value]
    monkeypatch.setattr(netlink, "DROPPED_AT_ONCE_MAX", 2)

    async def scenario() -> None:
        async with Watch(receive_buffer_bytes=1) as watch:             # the kernel makes it its least, which is a message or two
            for number in range(20):                                    # nobody reads meanwhile
                machine.near.ip("address", "add", f"10.78.{number}.1/24", "dev", "zone0")
            machine.far.ip("link", "set", "far1", "down")
            machine.near.ip("link", "add", "late", "type", "bridge")
            await watch.until(lambda: len([each for each in watch["zone0"].addresses if each.version == 4]) == 21)
            await watch.until(lambda: "late" in watch.links.current and not watch["zone1"].has_carrier)
            await watch.until(lambda: len([each for each in watch["zone0"].routes if each.version == 4]) == 21)
            assert losses

    machine.run(scenario)


def test_links_are_followed_after_each_loss(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch(receive_buffer_bytes=1) as watch:
            for number in range(3):
                for mtu in range(1400, 1420):                           # nobody reads meanwhile
                    machine.near.ip("link", "set", "zone0", "mtu", str(mtu))
                machine.near.ip("link", "add", f"late{number}", "type", "bridge")
                await watch.until(lambda number=number: f"late{number}" in watch.links.current)     # type: ignore[misc]
                machine.far.ip("link", "set", "far1", "down")           # by itself, and told
                await watch.until(lambda: not watch["zone1"].has_carrier)
                machine.far.ip("link", "set", "far1", "up")
                await watch.until(lambda: watch["zone1"].has_carrier)

    machine.run(scenario)


def test_kernel_that_does_not_answer_is_asked_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            refusals = [OSError("no memory"), Interrupted("changes all the time")]

            def ask_reluctantly(questions: socket.socket, kinds: set[Kind]) -> dict[Kind, list[News]]:
                if refusals:
                    raise refusals.pop()
                return ask(questions, kinds)

            monkeypatch.setattr(links, "ask", ask_reluctantly)
            monkeypatch.setattr(links, "RETRY_S", 0)
            machine.near.ip("route", "add", "10.9.0.0/16", "via", "10.77.0.2")
            await watch.until(lambda: ip_network("10.9.0.0/16") in watch["zone0"].routes)
            assert not refusals

    machine.run(scenario)


def test_change_that_comes_while_the_lists_are_fetched_is_not_forgotten(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            for _ in range(30):
                machine.near.ip("address", "delete", "10.77.0.1/24", "dev", "zone0")
                await asyncio.sleep(0)
                machine.near.ip("address", "add", "10.77.0.1/24", "dev", "zone0")
                await asyncio.sleep(0)
            machine.near.ip("address", "delete", "10.77.0.1/24", "dev", "zone0")
            await watch.until(lambda: obstacle_on_zone0(watch) == "address 10.77.0.1 is not on zone0" and ip_network("10.77.0.0/24") not in
                              watch["zone0"].routes)

    machine.run(scenario)


def test_nothing_is_told_twice(machine: Machine) -> None:
    async def scenario() -> None:
        async with Watch() as watch:
            seen: list[Link] = [watch["zone1"]]
            for mtu in ("1400", "1300"):
                machine.near.ip("link", "set", "zone1", "mtu", mtu)        # is told by the kernel, and nothing to us
            machine.near.ip("link", "set", "zone0", "down")
            await watch.until(lambda: not watch["zone0"].is_up)
            assert watch.changes.count("zone1") == 0
            assert seen == [watch["zone1"]]

    machine.run(scenario)
