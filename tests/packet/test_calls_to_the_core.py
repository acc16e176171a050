"""Calls that customers place: whose they are, where they go, what the core is told of the caller. (spec §2, §4, §5)"""
from typing import Any

import pytest

from hasip.domain.trunk import FAILOVER_CODES, Target
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, PRIMARY, SECONDARY, Node, Party, trunk
from tests.packet.sip import FAR, NUMBER, Message

CALLER_ID = "+6561230000"
SPARE = ("192.0.2.20", 5060)
OWN_FROM = '"Reception desk" <sip:100@pbx.example>;tag=own'
IDENTITY_HEADERS = [("P-Asserted-Identity", "<sip:+1900@pbx.example>"), ("P-Preferred-Identity", "<sip:+1900@pbx.example>"),
                    ("Remote-Party-ID", "<sip:+1900@pbx.example>"), ("P-Charging-Vector", "icid-value=1"),
                    ("P-Charging-Function-Addresses", "ccf=192.0.2.66")]


@pytest.fixture
def outbound(make_node: NodeMaker) -> Any:
    """Make a node whose core takes calls at its own address, and at a spare one."""

    def make(*trunks: Any, **options: Any) -> Node:
        return make_node(*(trunks or [trunk(caller_id=CALLER_ID)]), core_targets=(Target(*CORE), Target(*SPARE)), **options)

    return make


def place(node: Node, party: Party, **fields: Any) -> tuple[Message, Message]:
    """Place a call to the core; return the INVITE as it was sent, and as the core got it."""
    offered = Message(party.invite(FAR, **fields), party.place)
    assert party.sends(offered.raw) == ("FORWARD", "NONE")
    party.gets(100)
    return offered, node.core.gets("INVITE")


def hang_up(node: Node, party: Party, offered: Message, arrived: Message) -> None:
    """Answer a call and end it from the caller's side."""
    assert node.core.answers(arrived, 200) == ("RELAY", "RELAYED_SUCCESS")
    dialog = sip.caller_dialog(offered, party.gets(200))
    assert party.sends(sip.in_dialog("ACK", dialog, party.place, cseq=offered.cseq)) == ("FORWARD", "FORWARDED_ACK")
    assert party.sends(sip.in_dialog("BYE", dialog, party.place)) == ("FORWARD", "FORWARDED_IN_DIALOG")
    node.core.gets("ACK", "BYE")


@pytest.mark.parametrize("leg", ["primary", "secondary"])
@pytest.mark.parametrize("mode", ["only_primary", "load_balancing", "auto_failover"])
def test_a_call_of_either_account_goes_to_the_core_and_takes_a_slot(outbound: Any, mode: str, leg: str) -> None:
    node = outbound(trunk(mode, caller_id=CALLER_ID))
    party = getattr(node, leg)
    offered, arrived = place(node, party)
    assert arrived.request_uri == f"sip:{FAR}@{sip.place_text(CORE)}"
    figures = node.router.trunk(0)["legs"][leg == "secondary"]
    assert (node.pool(), figures["calls"], figures["placed"], figures["attempts"]) == (1, 1, 1, 0)
    assert node.router.calls()[0]["direction"] == "to core"
    hang_up(node, party, offered, arrived)
    assert node.pool() == 0
    node.core.answers(Message(sip.request("BYE", "sip:x@y", CORE)), 200)


@pytest.mark.parametrize("status", sorted(FAILOVER_CODES))
def test_a_failing_core_target_moves_the_call_to_the_next(outbound: Any, status: int) -> None:
    node = outbound()
    _, arrived = place(node, node.primary)
    node.core.answers(arrived, status)
    node.core.gets("ACK")
    spare = node.party(SPARE)
    second = spare.gets("INVITE")
    assert second.request_uri == f"sip:{FAR}@{sip.place_text(SPARE)}"
    spare.answers(second, 486)
    spare.gets("ACK")
    node.primary.gets(status if status < 500 else 486)
    assert node.pool() == 0


def test_a_core_without_targets_is_500(make_node: NodeMaker) -> None:
    node = make_node()
    node.primary.sends(node.primary.invite(FAR))
    assert "all targets failed" in node.primary.gets(100, 500).header("Warning")


# ---------------------------------------------------------------------------------------- one pool for both directions

def test_both_directions_share_one_pool(outbound: Any) -> None:
    node = outbound(trunk(calls=2, caller_id=CALLER_ID))
    _, arrived = place(node, node.primary)
    _, inbound = node.offer()
    node.secondary.sends(node.secondary.invite(FAR))
    refusal = node.secondary.gets(503)
    assert (refusal.all("Retry-After"), refusal.header("Reason")) == ([], "Q.850;cause=34")
    node.core.sends(node.core.invite())
    node.core.gets(486)
    node.core.answers(arrived, 486)
    node.core.gets("ACK")
    node.primary.gets(486)
    assert node.pool() == 1
    node.primary.answers(inbound, 486)
    node.primary.gets("ACK")
    node.core.gets(486)


def test_what_a_full_pool_tells_the_customer_is_a_setting(outbound: Any) -> None:
    node = outbound(trunk(calls=0, pool_full_status_to_trunk=480))
    node.primary.sends(node.primary.invite(FAR))
    node.primary.gets(480)


# ---------------------------------------------------------------------------------------- whose call it is

def test_of_two_accounts_at_one_address_the_port_tells(outbound: Any) -> None:
    node = outbound(trunk(name="one", number="+651"), trunk(name="two", number="+652", primary=(PRIMARY[0], 5070)))
    place(node, node.party((PRIMARY[0], 5070)))
    assert [node.pool(slot) for slot in (0, 1)] == [0, 1]


def test_where_the_port_is_nobodys_the_calling_number_tells(outbound: Any) -> None:
    node = outbound(trunk(name="one", number="+651"), trunk(name="two", number="+652"))
    place(node, node.party((PRIMARY[0], 40000)), from_value="<sip:+652@pbx.example>;tag=1")
    assert [node.pool(slot) for slot in (0, 1)] == [0, 1]


def test_where_nothing_tells_the_primary_is_meant(outbound: Any) -> None:
    node = outbound(trunk(primary=(PRIMARY[0], 5070), secondary=(PRIMARY[0], 5071)))
    place(node, node.party((PRIMARY[0], 40000)))
    assert [leg["calls"] for leg in node.router.trunk(0)["legs"][:2]] == [1, 0]


def test_an_address_that_is_the_cores_too_is_the_cores_where_a_trunks_number_is_dialled(outbound: Any) -> None:
    node = outbound(trunk(primary=CORE, secondary=SECONDARY))
    node.core.sends(node.core.invite(NUMBER))
    node.core.gets(100, "INVITE")
    node.core.sends(node.core.invite(FAR))
    node.core.gets(100, "INVITE")
    assert [call["direction"] for call in node.router.calls()] == ["to trunk", "to core"]


# ---------------------------------------------------------------------------------------- caller ID

@pytest.mark.parametrize("leg", ["primary", "secondary"])
def test_the_core_is_told_the_trunks_caller_id_and_nothing_the_customer_claims(outbound: Any, leg: str) -> None:
    node = outbound()
    _, arrived = place(node, getattr(node, leg), headers=IDENTITY_HEADERS, from_value=OWN_FROM)
    assert arrived.all("P-Asserted-Identity") == [f"<sip:{CALLER_ID}@198.51.100.1:5060>"]
    assert [name for name, _ in IDENTITY_HEADERS[1:] if arrived.all(name)] == []
    assert arrived.header("From") == OWN_FROM


def test_a_customers_answer_claims_nothing_either(node: Node) -> None:
    _, arrived = node.offer()
    node.primary.answers(arrived, 200, headers=IDENTITY_HEADERS)
    answer = node.core.gets(200)
    assert [name for name, _ in IDENTITY_HEADERS if answer.all(name)] == []


def test_the_core_may_claim_what_it_likes(node: Node) -> None:
    _, arrived = node.offer(headers=IDENTITY_HEADERS)
    assert all(arrived.header(name) == value for name, value in IDENTITY_HEADERS)


def test_a_rewritten_from_is_the_cores_view_alone(outbound: Any) -> None:
    """Requests and responses of both sides: the core reads the caller ID, the customer its own address."""
    node = outbound(trunk(caller_id=CALLER_ID, caller_id_policy="from"), domains=["edge.example"])
    told = f"<sip:{CALLER_ID}@edge.example>;tag=own"
    offered, arrived = place(node, node.primary, from_value=OWN_FROM)
    assert arrived.header("From") == told
    node.core.answers(arrived, 180)
    assert node.primary.gets(180).header("From") == OWN_FROM
    node.core.answers(arrived, 200)
    answer = node.primary.gets(200)
    assert answer.header("From") == OWN_FROM
    caller, callee = sip.caller_dialog(offered, answer), sip.callee_dialog(arrived, answer)
    callee.remote = told
    node.primary.sends(sip.in_dialog("ACK", caller, PRIMARY, cseq=1))
    assert node.core.gets("ACK").header("From") == told
    node.core.sends(sip.in_dialog("INVITE", callee, CORE))
    node.core.gets(100)
    again = node.primary.gets("INVITE")
    assert again.header("To") == OWN_FROM
    node.primary.answers(again, 200)
    assert node.core.gets(200).header("To") == told
    node.core.sends(sip.in_dialog("BYE", callee, CORE))
    node.primary.gets("BYE")


def test_a_rewritten_from_is_in_every_hop_request_too(outbound: Any) -> None:
    node = outbound(trunk(caller_id=CALLER_ID, caller_id_policy="from"))
    offered, arrived = place(node, node.primary, from_value=OWN_FROM)
    node.core.answers(arrived, 180)
    node.primary.gets(180)
    node.primary.cancels(offered)
    node.primary.gets(200)
    assert node.core.gets("CANCEL").header("From") == arrived.header("From") == f"<sip:{CALLER_ID}@198.51.100.1:5060>;tag=own"
    node.core.answers(arrived, 487)
    assert node.core.gets("ACK").header("From") == arrived.header("From")
    assert node.primary.gets(487).header("From") == OWN_FROM


def test_without_a_caller_id_nothing_is_asserted(outbound: Any) -> None:
    node = outbound(trunk(caller_id_policy="from"))
    _, arrived = place(node, node.primary, from_value=OWN_FROM, headers=IDENTITY_HEADERS)
    assert (arrived.header("From"), arrived.all("P-Asserted-Identity")) == (OWN_FROM, [])


def test_other_requests_of_a_customer_go_to_the_core_and_take_no_slot(outbound: Any) -> None:
    node = outbound()
    node.primary.sends(node.primary.request("MESSAGE", FAR, headers=IDENTITY_HEADERS))
    arrived = node.core.gets("MESSAGE")
    assert (node.pool(), arrived.all("Remote-Party-ID")) == (0, [])
    node.core.answers(arrived, 200)
    node.primary.gets(200)
