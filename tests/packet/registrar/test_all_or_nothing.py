"""All of a REGISTER is done in turn, or nothing, and nothing that is older than what is there. (RFC 3261 §10.3)"""
from itertools import permutations

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, digest_trunk
from tests.packet.node import Node
from tests.packet.registrar.bindings import DESK, SOFT, listed

# ---------------------------------------------------------------------------------------- order

@pytest.mark.parametrize("cseq", [9, 10])
def test_rfc3261_10_3_a_cseq_that_does_not_grow_is_refused(device: Device, cseq: int) -> None:
    device.cseq = 9
    device.registers(DESK)
    device.cseq = cseq - 1
    device.is_refused(500, f"{DESK};expires=0")
    device.cseq = 10
    assert device.fetches() == [listed(DESK)]


def test_an_older_request_may_still_add_another_contact(device: Device) -> None:
    device.cseq = 9
    device.registers(DESK)
    device.cseq = 4
    assert sorted(device.registers(SOFT).all("Contact")) == [listed(DESK), listed(SOFT)]


def test_an_outdated_contact_spoils_the_whole_request(device: Device) -> None:
    device.cseq = 9
    device.registers(DESK)
    device.cseq = 4
    device.is_refused(500, SOFT, DESK)
    assert device.fetches() == [listed(DESK)]


# ---------------------------------------------------------------------------------------- all of it

@pytest.mark.parametrize(("bad", "status"), [
    ("<sip:other@203.0.113.50>;expires=5", 423), ("<mailto:ann@example.com>", 400), ("<sip:>", 400), ("<sip:a@b>;q=2", 400), ("<sip:a@b", 400),
    ("<sip:" + "a" * 260 + "@203.0.113.50>", 400)])
@pytest.mark.parametrize("is_first", [True, False])
def test_rfc3261_10_3_all_of_a_request_is_done_or_nothing(device: Device, is_first: bool, bad: str, status: int) -> None:
    device.registers(DESK)
    wanted = [f"{DESK};expires=0", SOFT]
    device.is_refused(status, *([bad, *wanted] if is_first else [*wanted, bad]))
    assert device.fetches() == [listed(DESK)]


@pytest.mark.parametrize("order", list(permutations(["", ";expires=0", ";expires=600"], 2)), ids=str)
@pytest.mark.parametrize("is_known", [True, False])
def test_rfc3261_10_3_of_a_contact_that_is_there_twice_the_last_counts(node: Node, device: Device, is_known: bool, order: tuple[str, str]) -> None:
    """Each is done in turn."""
    device.registers(SOFT, *([DESK] if is_known else []))
    device.registers(*(f"{DESK}{each}" for each in order))
    times = {"": [listed(DESK)], ";expires=0": [], ";expires=600": [listed(DESK, 600)]}
    assert sorted(device.fetches()) == sorted([*times[order[1]], listed(SOFT)])


def test_a_binding_that_is_removed_twice_is_freed_once(make_node: NodeMaker) -> None:
    """Or two accounts would get the same record."""
    node = make_node(digest_trunk(), digest_trunk(name="other", number="+651"), binding_capacity=8)
    device, other = Device(node.party(HOME)), Device(node.party(HOME), username="other-1")
    device.registers(DESK)
    device.registers(f"{DESK};expires=0", f"{DESK};expires=0")
    device.registers(DESK)
    other.registers(SOFT)
    assert (device.fetches(), other.fetches()) == ([listed(DESK)], [listed(SOFT)])
