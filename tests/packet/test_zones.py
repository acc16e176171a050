"""Zones in the data plane: who gets a call by its standing, where it goes on, and what the board shows. (spec §2, §3, §8)"""
from collections.abc import Callable
from typing import Any

import pytest

from hasip._fastpath import account_of_leg
from hasip.domain.trunk import FAILOVER_CODES, Mode
from tests.packet import sip
from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE_SLOT, Node, Party, pstn, regions, trunk, zoned
from tests.packet.notices import judge
from tests.packet.sip import Message
from tests.packet.zones import CORE_A, CORE_B, DOWN, WORLDS, ZONES, A, B, C, D, figures, placed, to_core, tried

# ---------------------------------------------------------------------------------------- who gets a call

def test_2t_calls_take_turns(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    assert [tried(node) for _ in range(4)] == [[0, 1], [1, 0]] * 2


def test_4t_calls_go_to_the_primary_region_first(make_node: NodeMaker) -> None:
    node = make_node(zoned("4t", *WORLDS["4t"]))
    assert [tried(node) for _ in range(3)] == [[0, 1]] * 3


def test_2t4t_calls_take_turns_inside_a_region_and_leave_it_last(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"]))
    assert [tried(node) for _ in range(4)] == [[0, 1, 2, 3], [1, 0, 3, 2]] * 2


def test_intra_region_priority_is_a_strict_order(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"], intra_region="priority"))
    assert [tried(node) for _ in range(3)] == [[0, 1, 2, 3]] * 3


@pytest.mark.parametrize(("down", "order"), [
    ([0], [[1, 2, 3], [1, 3, 2]]), ([1], [[0, 2, 3], [0, 3, 2]]), ([0, 1], [[2, 3], [3, 2]]), ([2, 3], [[0, 1], [1, 0]]), ([0, 1, 2], [[3], [3]]),
    ([0, 1, 2, 3], [[0, 1, 2, 3], [1, 0, 3, 2]])])
def test_a_zone_that_is_down_costs_a_call_nothing(make_node: NodeMaker, down: list[int], order: list[list[int]]) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"]))
    for leg in range(4):
        judge(node, leg, withheld=DOWN if leg in down else 0)
    assert [tried(node), tried(node)] == order


def test_a_drained_zone_gets_no_call_even_when_the_others_are_down(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 0, drained=True)
    judge(node, 1, withheld=DOWN)
    assert [tried(node), tried(node)] == [[1], [1]]


def test_a_zone_that_grows_back_gets_its_share(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 0, withheld=90)
    order = []
    for _ in range(40):
        order.append(tried(node)[0])
        node.advance(33_000)
    assert order.count(0) == 2


def test_a_leg_nobody_judges_any_more_is_as_good_as_any(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 0, withheld=DOWN)
    judge(node, 1, drained=True)
    for leg in (0, 1):
        node.router.forget_leg(account_of_leg(0, leg))
    assert [tried(node), tried(node)] == [[0, 1], [1, 0]]


def test_refused_calls_and_retransmissions_take_no_turn(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"], calls=1))
    offered, _ = node.offer(node.party(A))
    node.core.sends(offered.raw)
    node.core.gets(100)
    assert node.core.sends(node.core.invite()) == ("REPLY", "REFUSED_POOL_FULL")
    node.core.gets(486)
    node.core.cancels(offered)
    node.core.gets(200)
    node.advance(33_000)
    node.party(A).received()
    node.core.received()
    assert tried(node) == [1, 0]


def challenged(node: Node, leg: int, offered: Message, arrived: Message, status: int = 407) -> Message:
    """Let a zone challenge a call; return the call as its caller sends it again (§22.2)."""
    node.party(ZONES[leg]).answers(arrived, status, headers=[("Proxy-Authenticate", 'Digest realm="x", nonce="y"')])
    node.party(ZONES[leg]).gets("ACK")
    node.core.acknowledges(offered, node.core.gets(status))
    return Message(offered.raw.replace(b"CSeq: 1 ", b"CSeq: 2 ").replace(offered.branch.encode(), sip.new_branch().encode())
                   .replace(b"Contact:", b"Proxy-Authorization: Digest x=y\r\nContact:", 1))


@pytest.mark.parametrize("status", [401, 407])
@pytest.mark.parametrize("withheld", [0, 99])
@pytest.mark.parametrize("calls_before", [0, 1])
def test_a_call_sent_again_after_a_challenge_meets_the_zone_that_made_it_and_takes_no_turn(
        make_node: NodeMaker, calls_before: int, withheld: int, status: int) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    for _ in range(calls_before):
        tried(node)
    leg = calls_before
    again = challenged(node, leg, *node.offer(node.party(ZONES[leg])), status)
    judge(node, leg, withheld=withheld)
    node.core.sends(again.raw)
    node.core.gets(100)
    node.party(ZONES[leg]).answers(node.party(ZONES[leg]).gets("INVITE"), 486)
    node.party(ZONES[leg]).gets("ACK")
    node.core.gets(486)
    judge(node, leg)
    assert tried(node) == [1 - leg, leg]


def test_a_challenge_after_a_failover_is_answered_to_the_zone_that_made_it(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t4t", *WORLDS["2t4t"]))
    offered, arrived = node.offer(node.party(A))
    for place in (A, B):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party({A: B, B: C}[place]).gets("INVITE")
    again = challenged(node, 2, offered, arrived)
    node.core.sends(again.raw)
    node.core.gets(100)
    node.party(C).answers(node.party(C).gets("INVITE"), 200)
    node.core.gets(200)


def test_a_challenge_of_a_zone_drained_since_is_nobodys_to_meet(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    again = challenged(node, 0, *node.offer(node.party(A)))
    judge(node, 0, drained=True)
    node.core.sends(again.raw)
    node.core.gets(100)
    node.party(B).answers(node.party(B).gets("INVITE"), 200)
    node.core.gets(200)


@pytest.mark.parametrize("account", ["primary", "secondary"])
def test_auto_failover_passes_over_an_account_that_is_down(make_node: NodeMaker, account: str) -> None:
    node = make_node()
    judge(node, account == "secondary", withheld=DOWN)
    other = node.secondary if account == "primary" else node.primary
    offered, arrived = node.offer(other)
    other.answers(arrived, 503)
    other.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(500))


@pytest.mark.parametrize("mode", ["load_balancing", "only_primary"])
def test_modes_that_do_not_fail_over_ask_nobody_how_accounts_stand(make_node: NodeMaker, mode: str) -> None:
    node = make_node(trunk(mode))
    judge(node, 0, withheld=DOWN, drained=True)
    offered, arrived = node.offer(node.primary)
    node.primary.answers(arrived, 486)
    node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(486))


# ---------------------------------------------------------------------------------------- where a call goes on

@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    """Two regions of two zones."""
    return make_node(zoned("2t4t", *WORLDS["2t4t"]))


def walk(node: Node, fail: Callable[[Party, Message], object]) -> list[int]:
    """Let a call fail at each zone in turn; return the legs it went to."""
    order = []
    _, arrived = node.offer(node.party(A))
    for place in (A, B, C, D):
        order.append(ZONES.index(place))
        fail(node.party(place), arrived)
        if place != D:
            arrived = node.party(ZONES[ZONES.index(place) + 1]).gets("INVITE")
    return order


@pytest.mark.parametrize("status", sorted(FAILOVER_CODES))
def test_a_code_of_the_table_moves_a_call_to_the_sibling_and_then_to_the_other_region(node: Node, status: int) -> None:
    def refuse(party: Party, arrived: Message) -> None:
        assert party.answers(arrived, status) == ("RELAY", "RECEIVED_FAILURE")
        party.gets("ACK")

    assert walk(node, refuse) == [0, 1, 2, 3]
    node.core.gets(500 if status == 503 else status)
    assert figures(node, key="failovers") == [1, 1, 1, 0]


def test_silence_moves_a_call_on_after_2_s_each(node: Node) -> None:
    def be_silent(party: Party, arrived: Message) -> None:
        began = arrived.at
        node.advance(2000)
        assert [message.at - began for message in party.received()] == [500, 1500]

    assert walk(node, be_silent) == [0, 1, 2, 3]
    assert node.core.gets(408).at == 8000


def test_icmp_moves_a_call_on_at_once(node: Node) -> None:
    assert walk(node, lambda party, arrived: node.icmp(arrived)) == [0, 1, 2, 3]
    assert "all targets failed" in node.core.gets(500).header("Warning")
    assert node.now_ms == 0


@pytest.mark.parametrize("status", [401, 404, 407, 486, 599, 600, 603])
def test_a_code_outside_the_table_ends_the_search(node: Node, status: int) -> None:
    _, arrived = node.offer(node.party(A))
    node.party(A).answers(arrived, status)
    node.party(A).gets("ACK")
    node.core.gets(status)


def test_the_order_is_fixed_when_a_call_is_admitted(node: Node) -> None:
    _, arrived = node.offer(node.party(A))
    judge(node, 1, withheld=DOWN)
    judge(node, 2, drained=True)
    for place, following in ((A, B), (B, C), (C, D)):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party(following).gets("INVITE")
    node.party(D).answers(arrived, 200)
    node.core.gets(200)


def test_a_zone_that_was_down_when_a_call_was_admitted_is_not_tried_though_it_is_back(make_node: NodeMaker) -> None:
    node = make_node(zoned("2t", *WORLDS["2t"]))
    judge(node, 1, withheld=DOWN)
    _, arrived = node.offer(node.party(A))
    judge(node, 1)
    node.party(A).answers(arrived, 503)
    node.party(A).gets("ACK")
    node.core.gets(500)


def test_a_configuration_change_leaves_a_calls_order_alone(node: Node) -> None:
    _, arrived = node.offer(node.party(A))
    node.publish(zoned("2t4t", (D, C), (B, A)))
    node.party(A).answers(arrived, 503)
    node.party(A).gets("ACK")
    node.party(B).answers(node.party(B).gets("INVITE"), 200)
    node.core.gets(200)


@pytest.mark.parametrize("method", ["OPTIONS", "MESSAGE", "SUBSCRIBE"])
def test_other_requests_go_by_the_same_standing_and_table_and_take_no_turn(node: Node, method: str) -> None:
    judge(node, 0, withheld=DOWN)
    for _ in range(2):
        node.core.sends(node.core.request(method))
        node.party(B).answers(node.party(B).gets(method), 503)
        node.party(C).answers(node.party(C).gets(method), 200)
        node.core.gets(200)
    judge(node, 0)
    assert tried(node) == [0, 1, 2, 3]


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_480_when_every_zone_is_drained(node: Node, method: str) -> None:
    for leg in range(4):
        judge(node, leg, drained=True)
    node.core.sends(node.core.request(method))
    refusal = node.core.gets(*[100] * (method == "INVITE"), 480)
    assert "all zones are drained" in refusal.header("Warning")
    assert (node.pool(), node.count("REFUSED_ALL_DRAINED")) == (0, 1)


def test_a_drained_zone_keeps_its_dialogs(node: Node) -> None:
    call = node.established(node.party(A))
    judge(node, 0, drained=True)
    node.core.sends(call.from_caller("INVITE"))
    node.core.gets(100)
    call.leg.answers(call.leg.gets("INVITE"), 200)
    node.core.gets(200)
    call.hang_up()


# ---------------------------------------------------------------------------------------- figures

def test_figures_of_a_call_that_ends_return_to_zero(node: Node) -> None:
    call = node.established(node.party(A))
    assert (figures(node), node.pool()) == ([1, 0, 0, 0], 1)
    call.hang_up()
    assert (figures(node), node.pool()) == ([0, 0, 0, 0], 0)
    assert (figures(node, key="attempts"), figures(node, key="answered")) == ([1, 0, 0, 0], [1, 0, 0, 0])


def test_a_call_is_counted_where_it_is_while_it_moves(node: Node) -> None:
    _, arrived = node.offer(node.party(A))
    seen = [figures(node)]
    for place, following in ((A, B), (B, C)):
        node.party(place).answers(arrived, 503)
        node.party(place).gets("ACK")
        arrived = node.party(following).gets("INVITE")
        seen.append(figures(node))
    assert seen == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    node.party(C).answers(arrived, 200)
    node.core.gets(200)
    assert (figures(node), figures(node, key="answered")) == ([0, 0, 1, 0], [0, 0, 1, 0])


def test_a_late_answer_of_the_zone_that_was_given_up_takes_the_call_back(node: Node) -> None:
    _, first = node.offer(node.party(A))
    node.advance(2000)
    node.party(A).received()
    second = node.party(B).gets("INVITE")
    node.party(A).answers(first, 200)
    node.core.gets(200)
    assert (figures(node), figures(node, key="answered")) == ([1, 0, 0, 0], [1, 0, 0, 0])
    node.party(B).answers(second, 100)
    node.party(B).gets("CANCEL")


def end_by_cancel(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 180)
    node.primary.gets(180)
    node.primary.cancels(offered)
    node.primary.gets(200)
    core.gets("CANCEL")
    core.answers(arrived, 487)
    core.gets("ACK")
    node.primary.gets(487)


def end_by_refusal(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 603)
    core.gets("ACK")
    node.primary.gets(603)


def end_by_silence(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    node.advance(4000)
    core.received()
    node.party(CORE_B).received()
    node.primary.gets(408)


def end_by_bye(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 200)
    dialog = sip.caller_dialog(offered, node.primary.gets(200))
    node.primary.sends(sip.in_dialog("BYE", dialog, node.primary.place))
    core.answers(core.gets("BYE"), 200)
    node.primary.gets(200)


def end_without_ack(node: Node, offered: Message, arrived: Message, core: Party) -> None:
    core.answers(arrived, 200)
    node.primary.gets(200)
    node.advance(32_000)


@pytest.mark.parametrize("end", [end_by_cancel, end_by_refusal, end_by_silence, end_by_bye, end_without_ack])
def test_a_call_to_the_core_leaves_its_leg_however_it_ends(make_node: NodeMaker, end: Callable[..., None]) -> None:
    node = to_core(make_node)
    offered, arrived = placed(node, CORE_A)
    assert (figures(node, CORE_SLOT), figures(node), node.pool()) == ([1, 0, 0, 0], [1, 0, 0, 0], 1)
    used_before, unused = node.router.has_calls(CORE_SLOT), node.router.has_calls(CORE_SLOT - 1)
    end(node, offered, arrived, node.party(CORE_A))
    assert (figures(node, CORE_SLOT), figures(node), node.pool()) == ([0] * 4, [0] * 4, 0)
    used_after = node.router.has_calls(CORE_SLOT)
    assert (used_before, used_after, unused) == (True, False, False)


def test_a_call_to_the_core_that_outlives_a_restart_holds_its_pool_slot_and_no_leg_of_the_core(tmp_path: Any) -> None:
    """Cores may lie elsewhere on the board then; BYE still finds its way and frees what is held, once."""
    core = pstn(mode=Mode("2t"), regions=regions((CORE_A, CORE_B)))
    lasting = trunk(max_call_s=1_500_000_000)           # the clock of the first run is not that of the adopting one
    node = Node(lasting, core=core, state_dir=str(tmp_path))
    offered, arrived = placed(node, CORE_A)
    node.party(CORE_A).answers(arrived, 200)
    dialog = sip.caller_dialog(offered, node.primary.gets(200))
    node.primary.sends(sip.in_dialog("ACK", dialog, node.primary.place, cseq=offered.cseq))
    node.party(CORE_A).gets("ACK")
    del node
    again = Node(lasting, core=core, state_dir=str(tmp_path), slots={"acme": 0})
    assert (again.pool(), figures(again), figures(again, CORE_SLOT)) == (1, [1, 0, 0, 0], [0] * 4)
    judge(again, 0, slot=CORE_SLOT, withheld=DOWN, seat=0)
    again.primary.sends(sip.in_dialog("BYE", dialog, again.primary.place))
    again.party(CORE_A).answers(again.party(CORE_A).gets("BYE"), 200)
    again.primary.gets(200)
    assert (again.pool(), figures(again), figures(again, CORE_SLOT)) == (0, [0] * 4, [0] * 4)
    again.finish()
