"""Two workers: an account's owner registers, whoever hears it, and every worker finds the binding."""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, digest_trunk
from tests.packet.node import HANDOFF
from tests.packet.registrar.bindings import DESK, listed


@pytest.mark.parametrize("username", ["acme-1", "acme-2"])
def test_the_accounts_owner_does_it_whoever_hears_it(make_node: NodeMaker, username: str) -> None:
    node = make_node(digest_trunk(), workers=2)
    owner = int(username[-1]) - 1
    device = Device(node.party(HOME), username=username)
    device.ask(1 - owner)
    request = device.request([DESK])
    for _ in range(2):
        assert device.party.sends(request, 1 - owner) == HANDOFF
        outcome = node.take_handed_off(owner)
        device.party.gets(200)
    assert outcome == ("ABSORB", "ABSORBED_RETRANSMISSION")
    assert device.party.sends(device.request([]), owner) == ("REPLY", "ANSWERED_REGISTER")
    assert device.party.gets(200).all("Contact") == [listed(DESK)]


@pytest.mark.parametrize("worker", [0, 1])
def test_every_worker_finds_the_binding(make_node: NodeMaker, worker: int) -> None:
    node = make_node(digest_trunk(), workers=2)
    Device(node.party(HOME)).registers(DESK)
    node.core.sends(node.core.invite(), worker)
    node.core.gets(100)
    arrived = node.party(HOME).gets("INVITE")
    node.party(HOME).answers(arrived, 200, worker)
    node.core.gets(200)


def test_a_nonce_is_used_once_whichever_worker_hears_it(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), workers=2)
    device = Device(node.party(HOME))
    device.ask(1)
    value = device.answer("REGISTER")
    outcomes = []
    for worker in (0, 1):
        device.party.sends(device.request([DESK], with_credentials=False, headers=[("Authorization", value)]), worker)
        outcomes.append(node.take_handed_off(0))
    assert outcomes == [("CONTINUE", "NONE"), ("REPLY", "CHALLENGED_STALE")]
    device.party.gets(200, 401)
