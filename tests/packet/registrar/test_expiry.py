"""How long a binding lasts: what is asked for, what is given, and its end. (RFC 3261 §10.2.1.1, §10.3)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, digest_trunk
from tests.packet.node import Node
from tests.packet.registrar.bindings import DEFAULT_S, DESK, MAX_S, MIN_S, SOFT, called, listed

# ---------------------------------------------------------------------------------------- the time that is given

def test_the_parameter_goes_before_the_header(device: Device) -> None:
    answer = device.registers(f"{DESK};expires=600", SOFT, expires=1200)
    assert sorted(answer.all("Contact")) == [listed(DESK, 600), listed(SOFT, 1200)]


@pytest.mark.parametrize(("asked", "given"), [
    (MIN_S, MIN_S), (MAX_S, MAX_S), (MAX_S + 1, MAX_S), (4294967295, MAX_S), ("99999999999", DEFAULT_S), ("soon", DEFAULT_S)])
def test_the_time_asked_for_is_kept_within_bounds(device: Device, asked: int | str, given: int) -> None:
    assert device.registers(f"{DESK};expires={asked}").all("Contact") == [listed(DESK, given)]


@pytest.mark.parametrize(("asked", "given"), [(MIN_S, MIN_S), (MAX_S + 1, MAX_S), (2**31 - 1, MAX_S), (2**32 - 1, MAX_S)])
def test_the_header_is_kept_within_the_same_bounds(device: Device, asked: int, given: int) -> None:
    assert device.registers(DESK, expires=asked).all("Contact") == [listed(DESK, given)]


def test_without_any_expires_the_default_is_given(make_node: NodeMaker) -> None:
    device = Device(make_node(digest_trunk(), registrar={"default_expires_s": 300}).party(HOME))
    assert device.registers(DESK).all("Contact") == [listed(DESK, 300)]


@pytest.mark.parametrize("seconds", [1, MIN_S - 1])
@pytest.mark.parametrize("is_header", [True, False])
def test_rfc3261_21_4_17_too_brief_is_423_and_min_expires_says_what_would_do(device: Device, is_header: bool, seconds: int) -> None:
    refusal = device.is_refused(423, DESK if is_header else f"{DESK};expires={seconds}", expires=seconds if is_header else None)
    assert (refusal.header("Min-Expires"), refusal.all("Contact")) == (str(MIN_S), [])
    assert device.fetches() == []


@pytest.mark.parametrize("expires", ["-1", "x", "1 2", "4294967296", ""])
def test_a_malformed_expires_header_harms_nobody(device: Device, expires: str) -> None:
    """400, or the default (§20.19): what it never does is to bind for another time than is told."""
    outcome = device.sends(DESK, expires=expires)
    answer = device.party.received()[0]
    assert (outcome[1], answer.status, answer.all("Contact")) in [
        ("REFUSED_MALFORMED", 400, []), ("ANSWERED_REGISTER", 200, [listed(DESK)]), ("ANSWERED_REGISTER", 200, [listed(DESK, MAX_S)])]


# ---------------------------------------------------------------------------------------- its end

def test_a_binding_ends_with_its_time(node: Node, device: Device) -> None:
    device.registers(DESK, expires=120)
    device.registers(SOFT, expires=60)
    node.advance(59_000)
    assert sorted(device.fetches()) == [listed(DESK, 61), listed(SOFT, 1)]
    node.advance(1_000)
    assert device.fetches() == [listed(DESK, 61 - 1)]
    assert node.count("BINDING_EXPIRED") == 1
    node.advance(60_000)
    assert (called(node), node.count("BINDING_EXPIRED")) == ("", 2)


def test_a_refreshed_binding_does_not_end_with_its_first_time(node: Node, device: Device) -> None:
    device.registers(DESK, expires=60)
    node.advance(50_000)
    device.registers(DESK, expires=60)
    node.advance(50_000)
    assert device.fetches() == [listed(DESK, 10)]
    device.registers(DESK, expires=3600)
    device.registers(DESK, expires=60)
    node.advance(60_000)
    assert device.fetches() == []
