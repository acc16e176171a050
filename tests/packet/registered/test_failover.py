"""Calls that a device or its connection fails move on, and find registered accounts. (spec §4, RFC 5626)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import digest_trunk
from tests.packet.node import PRIMARY, SECONDARY
from tests.packet.registered.devices import FLOW, NOT_REGISTERED, OFFICE, PRIVATE, behind_nat, on_stream, refused, registered
from tests.packet.sip import NUMBER, place_text

# ---------------------------------------------------------------------------------------- between accounts

@pytest.mark.parametrize("status", [408, 480, 503])
def test_from_an_address_to_a_registered_secondary(make_node: NodeMaker, status: int) -> None:
    node = make_node(digest_trunk(primary=PRIMARY))
    device = registered(node, OFFICE, "acme-2")
    _, first = node.offer()
    node.primary.answers(first, status)
    node.primary.gets("ACK")
    second = device.party.gets("INVITE")
    assert second.request_uri == device.contact[1:-1]
    device.party.answers(second, 200)
    node.core.gets(200)
    assert node.router.calls()[0]["leg"] == 1


@pytest.mark.parametrize("status", [408, 480, 503])
def test_from_a_registered_primary_to_an_address(make_node: NodeMaker, status: int) -> None:
    """A 480 that the far end sends moves the call on: only ours does not."""
    node = make_node(digest_trunk(secondary=SECONDARY))
    device = registered(node)
    _, first = node.offer(device.party)
    device.party.answers(first, status)
    device.party.gets("ACK")
    second = node.secondary.gets("INVITE")
    assert second.request_uri == f"sip:{NUMBER}@{place_text(SECONDARY)}"
    node.secondary.answers(second, 200)
    node.core.gets(200)


def test_a_failing_primary_and_a_secondary_that_is_not_registered_is_480(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(primary=PRIMARY))
    offered, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    refusal = node.core.gets(480)
    assert refusal.header("Warning") == NOT_REGISTERED
    node.core.acknowledges(offered, refusal)
    assert node.pool() == 0


def test_a_silent_device_fails_over(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk())
    primary, secondary = registered(node), registered(node, OFFICE, "acme-2")
    _, first = node.offer(primary.party)
    node.advance(2000)
    assert [each.raw for each in primary.party.received()] == [first.raw] * 2
    second = secondary.party.gets("INVITE")
    secondary.party.answers(second, 200)
    node.core.gets(200)
    primary.party.answers(first, 200)
    primary.party.answers(primary.party.gets("ACK", "BYE"), 200)


def test_a_late_answer_behind_nat_is_ended_behind_nat(make_node: NodeMaker) -> None:
    """ACK and BYE go where the device is, whatever its Contact says."""
    node = make_node(digest_trunk(secondary=SECONDARY))
    device = behind_nat(node)
    _, first = node.offer(device.party)
    node.advance(2000)
    device.party.received()
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)
    device.party.answers(first, 200, contact=f"<sip:desk@{place_text(PRIVATE)}>")
    bye = device.party.gets("ACK", "BYE")
    assert bye.request_uri == f"sip:desk@{place_text(PRIVATE)}"
    device.party.answers(bye, 200)


def test_load_balancing_alternates_between_registered_accounts_registered_or_not(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk("load_balancing", calls=9))
    primary = registered(node)
    for _ in range(3):
        node.core.sends(node.core.invite())
        node.core.gets(100)
        primary.party.answers(primary.party.gets("INVITE"), 486)
        primary.party.gets("ACK")
        node.core.gets(486)
        refused(node, 480)
    secondary = registered(node, OFFICE, "acme-2")
    for device in (primary, secondary, primary, secondary):
        node.core.sends(node.core.invite())
        node.core.gets(100)
        device.party.answers(device.party.gets("INVITE"), 503)
        device.party.gets("ACK")
        node.core.gets(500)


# ---------------------------------------------------------------------------------------- connections (RFC 5626)

def test_a_dead_connection_fails_over_at_once(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(secondary=SECONDARY), streams=True)
    device = on_stream(node)
    _, first = node.offer(device.party)
    node.break_flow(first)
    assert node.count("FAR_END_ERROR_STREAM") == 1
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)


@pytest.mark.parametrize("mode", ["only_primary", "load_balancing"])
def test_a_dead_connection_is_500_where_nothing_fails_over(make_node: NodeMaker, mode: str) -> None:
    node = make_node(digest_trunk(mode, secondary=SECONDARY), streams=True)
    device = on_stream(node)
    offered, first = node.offer(device.party)
    node.break_flow(first)
    refusal = node.core.gets(500)
    assert "all targets failed" in refusal.header("Warning")
    node.core.acknowledges(offered, refusal)
    assert node.pool() == 0


def test_two_dead_connections_are_500(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), streams=True)
    one, other = on_stream(node), on_stream(node, "acme-2", FLOW + 1)
    offered, first = node.offer(one.party)
    node.break_flow(first)
    node.break_flow(other.party.gets("INVITE"))
    node.core.acknowledges(offered, node.core.gets(500))


def test_a_new_connection_takes_the_place_of_the_old(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), streams=True)
    on_stream(node)
    again = on_stream(node, flow=FLOW + 1)
    assert len(again.fetches()) == 1
    _, arrived = node.offer(again.party)
    again.party.answers(arrived, 200)
    node.core.gets(200)


def test_over_a_connection_nothing_is_sent_twice(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk("only_primary"), streams=True)
    device = on_stream(node)
    _, arrived = node.offer(device.party)
    node.advance(9_000)
    device.party.gets_nothing()
    device.party.answers(arrived, 486)
    device.party.gets("ACK")
    node.core.gets(486)
