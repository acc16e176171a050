"""What the control plane is told of calls to legs that are judged: silence, refusal, and codes in a row. (spec §8)"""
from typing import Any, NamedTuple

import pytest

from hasip._fastpath import account_of_leg
from hasip.bridge.notices import Notice
from hasip.domain.trunk import Mode
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE_SLOT, PRIMARY, Node, pstn, regions, zoned
from tests.packet.notices import judge, notices, told
from tests.packet.sip import Message

A, B = ("203.0.113.11", 5060), ("203.0.113.12", 5060)
CORE_A, CORE_B = ("192.0.2.10", 5070), ("192.0.2.11", 5070)
NUMBERS = [f"+6561{number:06}" for number in range(8)]
REFUSED = ("calls_failed_by_codes", 0)


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    """One zone for all calls and one behind it, both judged."""
    node = make_node(zoned("4t", (A,), (B,), number="+6561*", calls=32), transaction_capacity=256)
    for leg in (0, 1):
        judge(node, leg)
    return node


class Offer(NamedTuple):
    """A call from the core, as it was sent, and as the first zone got it."""

    sent: Message
    arrived: Message


def offer(node: Node, number: str = NUMBERS[0]) -> Offer:
    return Offer(*node.offer(node.party(A), number=number))


def end(node: Node, call: Offer) -> None:
    """Let the second zone refuse what moved on to it, so that the call is over."""
    node.party(B).answers(node.party(B).gets("INVITE"), 404)
    node.party(B).gets("ACK")
    hear_of_end(node, call)


def hear_of_end(node: Node, call: Offer) -> None:
    """Let the caller acknowledge what ended the call."""
    [final] = node.core.received()
    assert final.status >= 400
    node.core.acknowledges(call.sent, final)


def silent(node: Node) -> None:
    """Place a call at which the first zone is silent."""
    call = offer(node)
    node.advance(2000)
    node.party(A).received()
    end(node, call)


def refused(node: Node, number: str, status: int = 503) -> None:
    """Place a call that the first zone refuses."""
    call = offer(node, number)
    node.party(A).answers(call.arrived, status)
    node.party(A).gets("ACK")
    if status in node.trunks[0].failover_codes:
        end(node, call)
    else:
        hear_of_end(node, call)


# ---------------------------------------------------------------------------------------- silence

def test_a_call_that_met_silence_is_told_with_the_key_of_the_call(node: Node) -> None:
    silent(node)
    silent(node)
    first, second = notices(node)
    assert first == Notice("call_silent", 0, 0, 0, 0, 0, True, first.call_key)
    assert first.call_key and second.call_key and first.call_key != second.call_key


def test_silence_is_not_told_when_another_call_heard_of_the_leg_meanwhile(node: Node) -> None:
    call, lively = offer(node), offer(node, NUMBERS[1])
    node.advance(1000)
    node.party(A).received()
    node.party(A).answers(lively.arrived, 180)
    node.core.gets(180)
    node.advance(1000)
    assert {message.call_id for message in node.party(A).received()} == {call.arrived.call_id}
    end(node, call)
    assert told(node) == []
    node.party(A).answers(lively.arrived, 486)
    node.party(A).gets("ACK")
    hear_of_end(node, lively)


def test_silence_is_told_when_the_leg_was_last_heard_before_the_attempt(node: Node) -> None:
    lively = offer(node, NUMBERS[1])
    node.party(A).answers(lively.arrived, 180)
    node.core.gets(180)
    node.advance(10)
    silent(node)
    node.party(A).answers(lively.arrived, 486)
    node.party(A).gets("ACK")
    hear_of_end(node, lively)
    assert told(node) == [("call_silent", 0)]


def test_a_leg_that_answers_probes_but_no_call_is_not_told_as_silent(node: Node) -> None:
    call = offer(node)
    node.router.probe(0, 1, 0, *A, 2000)
    node.take_handed_off(0)
    node.party(A).answers(node.party(A).gets("OPTIONS"), 200)
    node.advance(2000)
    node.party(A).received()
    end(node, call)
    assert told(node) == [("probe_answered", 0)]


def test_a_call_that_rings_on_is_not_silent(node: Node) -> None:
    call = offer(node)
    node.party(A).answers(call.arrived, 180)
    node.core.gets(180)
    node.advance(180_000)
    node.party(A).gets("CANCEL")
    hear_of_end(node, call)
    assert told(node) == []


def test_silence_of_every_leg_is_told_of_each(node: Node) -> None:
    call = offer(node)
    node.advance(4000)
    node.party(A).received()
    node.party(B).received()
    hear_of_end(node, call)
    assert told(node) == [("call_silent", 0), ("call_silent", 1)]


# ---------------------------------------------------------------------------------------- refusal

@pytest.mark.parametrize("fail", [Node.icmp, Node.refuse_by_kernel])
def test_a_refused_call_is_told_as_unheard_when_nothing_came_since_it_was_sent(node: Node, fail: Any) -> None:
    call = offer(node)
    fail(node, call.arrived)
    end(node, call)
    [notice] = notices(node)
    assert notice == Notice("call_refused", 0, 0, 0, 0, 0, True, notice.call_key)


def test_a_refused_call_is_told_as_heard_when_the_leg_spoke_since(node: Node) -> None:
    call, other = offer(node), offer(node, NUMBERS[1])
    node.advance(10)
    node.party(A).answers(other.arrived, 180)
    node.core.gets(180)
    node.icmp(call.arrived)
    end(node, call)
    assert [(notice.kind, notice.was_unheard) for notice in notices(node)] == [("call_refused", False)]


def test_a_call_abandoned_for_silence_and_refused_after_it_is_told_once(node: Node) -> None:
    call = offer(node)
    node.advance(2000)
    node.party(A).received()
    node.icmp(call.arrived)
    end(node, call)
    assert told(node) == [("call_silent", 0)]


# ---------------------------------------------------------------------------------------- codes

@pytest.mark.parametrize("status", [408, 480, 500, 503])
def test_five_codes_in_a_row_on_three_numbers_are_told_once(node: Node, status: int) -> None:
    for number in (0, 1, 0, 2):
        refused(node, NUMBERS[number], status)
    assert told(node) == []
    refused(node, NUMBERS[1], status)
    assert told(node) == [REFUSED]
    refused(node, NUMBERS[3], status)
    assert told(node) == []


def test_a_second_five_are_told_again_when_they_have_three_numbers_of_their_own(node: Node) -> None:
    for number in (0, 1, 2, 3, 4):
        refused(node, NUMBERS[number])
    assert told(node) == [REFUSED]
    for number in (5, 5, 6, 6, 5):
        refused(node, NUMBERS[number])
    assert told(node) == []
    refused(node, NUMBERS[7])
    assert told(node) == [REFUSED]


def test_four_codes_in_a_row_say_nothing(node: Node) -> None:
    for number in range(4):
        refused(node, NUMBERS[number])
    assert told(node) == []


def test_codes_on_two_numbers_say_nothing_however_many_they_are(node: Node) -> None:
    for _ in range(4):
        for number in (0, 1):
            refused(node, NUMBERS[number])
        node.advance(33_000)
    assert told(node) == []


def test_a_third_number_after_five_codes_on_two_is_told(node: Node) -> None:
    for number in (0, 1, 0, 1, 0, 1, 2):
        refused(node, NUMBERS[number])
    assert told(node) == [REFUSED]


@pytest.mark.parametrize("status", [401, 404, 486, 599, 603])
def test_a_code_outside_the_table_between_them_begins_a_new_row(node: Node, status: int) -> None:
    for number in range(4):
        refused(node, NUMBERS[number])
    refused(node, NUMBERS[4], status)
    for number in range(4):
        refused(node, NUMBERS[number])
    assert told(node) == []
    refused(node, NUMBERS[5])
    assert told(node) == [REFUSED]


def test_an_answered_call_between_them_begins_a_new_row(node: Node) -> None:
    for number in range(4):
        refused(node, NUMBERS[number])
    node.established(node.party(A), number=NUMBERS[4])
    refused(node, NUMBERS[5])
    assert told(node) == []


def test_silence_between_codes_leaves_the_row_as_it_is(node: Node) -> None:
    for number in range(4):
        refused(node, NUMBERS[number])
    node.advance(10)                                    # in the millisecond it was heard, an attempt is heard
    silent(node)
    refused(node, NUMBERS[5])
    assert told(node) == [("call_silent", 0), REFUSED]


def test_a_table_of_the_trunks_own_decides_what_counts(make_node: NodeMaker) -> None:
    node = make_node(zoned("4t", (A,), (B,), number="+6561*", failover_codes=frozenset({486})), transaction_capacity=256)
    judge(node, 0)
    for number in range(5):
        refused(node, NUMBERS[number], 486)
    assert told(node) == [REFUSED]


def test_codes_of_the_core_count_for_its_zone(make_node: NodeMaker) -> None:
    node = make_node(core=pstn(mode=Mode("4t"), regions=regions((CORE_A,), (CORE_B,))), transaction_capacity=256)
    judge(node, 0, slot=CORE_SLOT)
    for number in range(5):
        node.primary.sends(node.primary.invite(NUMBERS[number]))
        node.primary.gets(100)
        for place in (CORE_A, CORE_B):
            node.party(place).answers(node.party(place).gets("INVITE"), 480)
            node.party(place).gets("ACK")
        node.primary.gets(480)
    assert told(node) == [("calls_failed_by_codes", account_of_leg(CORE_SLOT, 0))]


# ---------------------------------------------------------------------------------------- who is told of, and who is not

def test_nothing_is_told_of_legs_that_nobody_judges(make_node: NodeMaker) -> None:
    node = make_node(zoned("4t", (A,), (B,), number="+6561*"), transaction_capacity=256)
    judge(node, 0)
    node.router.forget_leg(0)
    for number in range(6):
        refused(node, NUMBERS[number])
    call = offer(node)
    node.icmp(call.arrived)
    end(node, call)
    silent(node)
    assert told(node) == []


def test_a_probes_failures_are_told_as_a_probes_alone(node: Node) -> None:
    for serial, end in enumerate((lambda request: node.icmp(request), lambda request: node.advance(2000), lambda request: node.party(A).answers(request, 503))):
        node.router.probe(0, serial, 0, *A, 2000)
        node.take_handed_off(0)
        end(node.party(A).gets("OPTIONS"))
        node.party(A).received()
    for serial in range(3, 9):
        node.router.probe(0, serial, 0, *A, 2000)
        node.take_handed_off(0)
        node.party(A).answers(node.party(A).gets("OPTIONS"), 503)
    assert [kind for kind, _ in told(node)] == ["probe_refused", "probe_silent", *["probe_answered"] * 7]


def test_other_requests_say_nothing_of_a_leg_but_that_it_lives(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE", NUMBERS[0]))
    node.icmp(node.party(A).gets("MESSAGE"))
    node.party(B).answers(node.party(B).gets("MESSAGE"), 200)
    node.core.gets(200)
    assert told(node) == []
    call = offer(node)
    node.core.sends(node.core.request("MESSAGE", NUMBERS[0]))
    node.party(A).answers(node.party(A).gets("MESSAGE"), 200)
    node.core.gets(200)
    node.icmp(call.arrived)
    end(node, call)
    assert [notice.was_unheard for notice in notices(node)] == [False]


def test_an_account_that_is_probed_is_told_of_too(make_node: NodeMaker) -> None:
    node = make_node()
    judge(node, 0)
    _, arrived = node.offer()
    node.icmp(arrived)
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)
    assert told(node) == [("call_refused", 0)]


def test_requests_inside_a_call_are_told_of_by_nobody(node: Node) -> None:
    call = node.established(node.party(A), number=NUMBERS[0])
    node.core.sends(call.from_caller("INVITE"))
    node.core.gets(100)
    node.icmp(node.party(A).gets("INVITE"))
    node.core.received()
    assert told(node) == []


def test_a_full_ring_of_notices_counts_what_it_drops(make_node: NodeMaker) -> None:
    node = make_node()
    judge(node, 0)
    router, failed = node.router, 0
    while not node.count("DROPPED_NOTICE"):
        assert router.probe(0, failed, 0, *PRIMARY, 2000)
        router.take_handed_off(0)
        [(_, _, _, _, request)] = router.sent(0)
        router.icmp(0, request)
        failed += 1
    serials = [notice.serial for _ in range(failed // 1000 + 1) for notice in notices(node)]
    assert serials == list(range(failed - 1))
    assert (node.count("DROPPED_NOTICE"), node.transactions, notices(node)) == (1, 0, [])
    router.probe(0, failed, 0, *PRIMARY, 2000)
    node.take_handed_off(0)
    node.primary.answers(node.primary.gets("OPTIONS"), 200)
    assert told(node) == [("probe_answered", 0)]
