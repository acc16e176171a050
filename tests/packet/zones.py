"""Trunks and cores with zones, and calls to them."""
from typing import Any

from hasip.domain.trunk import Mode
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, Node, Party, pstn, regions, zone, zoned
from tests.packet.sip import FAR, Message, Place

A, B, C, D = [(f"203.0.113.{number}", 5060) for number in (11, 12, 21, 22)]         # two zones of one region, two of the other
ZONES = [A, B, C, D]
CORE_A, CORE_B = ("192.0.2.10", 5070), ("192.0.2.11", 5070)
SEAT_A, SEAT_B = ("198.51.100.11", 5060), ("198.51.100.12", 5060)
SEATS = [("eth1", "udp", SEAT_A), ("eth2", "udp", SEAT_B)]
WORLDS = {"2t": ((A, B),), "4t": ((A,), (B,)), "2t4t": ((A, B), (C, D))}
DOWN = 100


def tried(node: Node, status: int = 503) -> list[int]:
    """Place a call that every zone refuses; return the legs it was tried at, in order."""
    offered = Message(node.core.invite(), CORE)
    assert node.core.sends(offered.raw) == ("FORWARD", "NONE")
    node.core.gets(100)
    order = []
    while arrived := {leg: messages for leg, place in enumerate(ZONES) if (messages := node.party(place).received())}:
        [(leg, [invite])] = arrived.items()
        order.append(leg)
        node.party(ZONES[leg]).answers(invite, status)
        node.party(ZONES[leg]).gets("ACK")
    node.core.acknowledges(offered, node.core.gets(500 if status == 503 else status))
    return order


def figures(node: Node, slot: int = 0, key: str = "calls") -> list[int]:
    return [leg[key] for leg in node.router.trunk(slot)["legs"]]


def to_core(make_node: NodeMaker, mode: str = "2t", *places: tuple[Place, ...], **options: Any) -> Node:
    """Return a node whose core has regions; the trunk's primary calls."""
    return make_node(core=pstn(mode=Mode(mode), regions=regions(*(places or [(CORE_A, CORE_B)]))), **options)


def placed(node: Node, place: Place, caller: Party | None = None) -> tuple[Message, Message]:
    """Place a call to the core; return the INVITE as sent, and as one of the core's zones got it."""
    caller = caller or node.primary
    offered = Message(caller.invite(FAR), caller.place)
    assert caller.sends(offered.raw) == ("FORWARD", "NONE")
    caller.gets(100)
    return offered, node.party(place).gets("INVITE")


def seated(make_node: NodeMaker, *, core: Any = None, **options: Any) -> Node:
    """Return a node that reaches zone a by eth1 and zone b by eth2."""
    return make_node(zoned("2t", (zone("a", A, interface="eth1"), zone("b", B, interface="eth2"))), core=core, seats=SEATS, **options)
