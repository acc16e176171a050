"""A slot is taken once and given back once, whatever happens to the call. (spec §4)"""
from collections.abc import Callable

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Call, Node, trunk
from tests.packet.sip import Message, caller_dialog, in_dialog


def is_held(node: Node) -> bool:
    """True while the call that began last holds its slot."""
    held: bool = node.router.calls()[-1]["holds_slot"]
    return held


def final_response(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 486)
    node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(486))


def cancel(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.cancels(offered)
    node.core.gets(180, 200)
    node.primary.answers(node.primary.gets("CANCEL"), 200)
    assert is_held(node)
    node.primary.answers(first, 487)
    node.primary.gets("ACK")
    node.core.acknowledges(offered, node.core.gets(487))


def bye_of_the_caller(node: Node) -> None:
    call = node.established()
    assert is_held(node)
    call.hang_up()


def bye_of_the_callee(node: Node) -> None:
    call = node.established()
    node.primary.sends(call.from_callee("BYE"))
    node.core.answers(node.core.gets("BYE"), 200)
    node.primary.gets(200)


def bye_before_ack(node: Node) -> None:
    node.call().hang_up()


def unknown_to_the_callee(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO"))
    node.primary.answers(node.primary.gets("INFO"), 481)
    node.core.gets(481)


def unknown_to_the_caller(node: Node) -> None:
    call = node.established()
    node.primary.sends(call.from_callee("UPDATE"))
    node.core.answers(node.core.gets("UPDATE"), 481)
    node.primary.gets(481)


def no_ack(node: Node) -> None:
    node.call()
    node.advance(31_990)
    assert is_held(node)
    node.advance(10)


def session_timer(node: Node) -> None:
    node.established(answer_headers=[("Session-Expires", "90;refresher=uac")])
    node.advance(121_000)
    assert is_held(node)
    node.advance(2_000)


def longest_call(node: Node) -> None:
    node.established()
    node.advance(14_399_000)
    assert is_held(node)
    node.advance(2_000)


ENDINGS: list[Callable[[Node], None]] = [
    final_response, cancel, bye_of_the_caller, bye_of_the_callee, bye_before_ack, unknown_to_the_callee, unknown_to_the_caller, no_ack, session_timer,
    longest_call]


@pytest.mark.parametrize("end", ENDINGS)
def test_a_slot_is_freed_exactly_once_by(node: Node, end: Callable[[Node], None]) -> None:
    other = node.established()                  # a count that went below zero would take this call's slot
    end(node)
    expected = 0 if end is longest_call else 1
    assert node.pool() == expected
    node.advance(100_000)
    assert node.pool() == expected
    if expected:
        other.hang_up()
    assert node.pool() == 0


@pytest.mark.parametrize(("reason", "end"), [
    ("ENDED_BEFORE_ANSWER", final_response), ("ENDED_BEFORE_ANSWER", cancel), ("ENDED_BY_BYE", bye_of_the_caller), ("ENDED_BY_BYE", bye_of_the_callee),
    ("ENDED_BY_481", unknown_to_the_callee), ("ENDED_WITHOUT_ACK", no_ack), ("ENDED_BY_SESSION_TIMER", session_timer),
    ("ENDED_BY_SESSION_TIMER", longest_call)])
def test_the_end_of_a_call_is_counted_under_its_reason(node: Node, reason: str, end: Callable[[Node], None]) -> None:
    end(node)
    assert node.count(reason) == 1


def test_the_slot_is_held_through_failover(node: Node) -> None:
    _, first = node.offer()
    assert node.pool() == 1
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    assert node.pool() == 1
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)
    assert node.pool() == 1
    assert [leg["calls"] for leg in node.router.trunk(0)["legs"]][:2] == [0, 1]


def test_retransmitted_invites_take_no_second_slot(node: Node) -> None:
    offered, first = node.offer()
    for _ in range(5):
        assert node.core.sends(offered.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.received()
    assert node.pool() == 1
    node.primary.answers(first, 200)
    node.core.gets(200)
    for _ in range(3):
        node.primary.answers(first, 200)
        node.core.sends(offered.raw)
    node.core.gets(200, 200, 200)
    assert node.pool() == 1


def test_a_reinvite_takes_no_slot_and_its_refusal_frees_none(node: Node) -> None:
    call = node.established()
    for status in (200, 488, 503):
        node.core.sends(call.from_caller("INVITE"))
        node.core.gets(100)
        node.primary.answers(node.primary.gets("INVITE"), status)
        node.primary.received()
        node.core.received()
        assert node.pool() == 1


def test_retransmitted_byes_free_nothing_more(node: Node) -> None:
    node.established()
    call = node.established()
    bye = call.from_caller("BYE")
    node.core.sends(bye)
    node.primary.answers(node.primary.gets("BYE"), 200)
    node.core.gets(200)
    for _ in range(3):
        assert node.core.sends(bye) == ("ABSORB", "ABSORBED_RETRANSMISSION")
    node.core.gets(200, 200, 200)
    node.core.sends(call.from_caller("BYE"))                # a new transaction, while the call lingers
    node.primary.answers(node.primary.gets("BYE"), 481)
    node.core.gets(481)
    node.primary.sends(call.from_callee("BYE"))             # both hang up
    node.core.answers(node.core.gets("BYE"), 200)
    node.primary.gets(200)
    assert node.pool() == 1


def test_byes_of_both_sides_that_cross_free_one_slot(node: Node) -> None:
    node.established()
    call = node.established()
    node.core.sends(call.from_caller("BYE"))
    node.primary.sends(call.from_callee("BYE"))
    node.primary.answers(node.primary.gets("BYE"), 200)
    node.core.answers(node.core.received()[0], 200)
    node.primary.gets(200)
    assert node.pool() == 1


def forged(call: Call, **changed: str) -> bytes:
    return in_dialog("BYE", call.caller, call.core.place, **changed)        # type: ignore[arg-type]


@pytest.mark.parametrize("forge", [
    lambda call: forged(call, remote="<sip:x@x>;tag=forged"),
    lambda call: forged(call, local="<sip:x@x>;tag=forged"),
    lambda call: forged(call, remote="<sip:x@x>"),
    lambda call: forged(call).replace(call.offered.call_id.encode(), b"another@cases"),
    lambda call: in_dialog("BYE", call.caller, call.core.place, routes=[], remote="<sip:x@x>;tag=forged"),
], ids=["to-tag", "from-tag", "no-to-tag", "call-id", "no-route"])
def test_a_forged_bye_is_481_and_frees_nothing(node: Node, forge: Callable[[Call], bytes]) -> None:
    call = node.established()
    assert node.core.sends(forge(call)) == ("REPLY", "REFUSED_NO_DIALOG")
    node.core.gets(481)
    node.primary.gets_nothing()
    assert node.pool() == 1


def test_a_token_that_was_changed_names_no_call(node: Node) -> None:
    call = node.established()
    [route] = call.caller.routes
    token = route[route.index(":") + 1:route.index("@")]
    for place in range(len(token)):
        other = route.replace(token, token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1:])
        assert node.core.sends(in_dialog("BYE", call.caller, call.core.place, routes=[other], remote="<sip:x@x>;tag=guess")) == (
            "REPLY", "REFUSED_NO_DIALOG")
        node.core.gets(481)
    assert node.pool() == 1


def test_the_token_of_another_call_frees_neither(node: Node) -> None:
    one, other = node.established(), node.established()
    assert node.core.sends(in_dialog("BYE", one.caller, node.core.place, routes=other.caller.routes)) == ("REPLY", "REFUSED_NO_DIALOG")
    node.core.gets(481)
    assert node.pool() == 2


# ---------------------------------------------------------------------------------------- before the answer

def test_a_bye_before_the_answer_frees_nothing_until_the_invite_is_over(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180, tag="early")
    ringing = node.core.gets(180)
    early = in_dialog("BYE", caller_dialog(offered, ringing), node.core.place)
    node.core.sends(early)
    node.primary.answers(node.primary.gets("BYE"), 200)
    node.core.gets(200)
    assert node.pool() == 1
    node.primary.answers(first, 487, tag="early")
    node.primary.gets("ACK")
    node.core.gets(487)
    assert node.pool() == 0


@pytest.mark.parametrize("status", [200, 481])
def test_a_bye_that_ends_no_dialog_keeps_its_slot_when_the_call_is_answered(node: Node, status: int) -> None:
    offered, first = node.offer()
    node.core.sends(in_dialog("BYE", caller_dialog(offered, offered), node.core.place, remote="<sip:x@x>;tag=made-up", uri="sip:far@203.0.113.1"))
    node.primary.answers(node.primary.gets("BYE"), status)
    node.core.gets(status)
    node.primary.answers(first, 200)
    node.core.gets(200)
    assert node.pool() == 1


def test_an_early_bye_that_crosses_the_answer_ends_the_call(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180, tag="early")
    ringing = node.core.gets(180)
    node.core.sends(in_dialog("BYE", caller_dialog(offered, ringing), node.core.place))
    bye = node.primary.gets("BYE")
    node.primary.answers(first, 200, tag="early")
    node.core.gets(200)
    assert node.pool() == 1
    node.primary.answers(bye, 200)
    node.core.gets(200)
    assert (node.pool(), node.count("ENDED_BY_BYE")) == (0, 1)


def test_a_481_before_the_answer_frees_nothing(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 183, tag="early")
    ringing = node.core.gets(183)
    node.core.sends(in_dialog("PRACK", caller_dialog(offered, ringing), node.core.place))
    node.primary.answers(node.primary.gets("PRACK"), 481)
    node.core.gets(481)
    assert node.pool() == 1
    node.primary.answers(first, 200, tag="early")
    node.core.gets(200)
    assert node.pool() == 1


# ---------------------------------------------------------------------------------------- a full pool

def test_a_full_pool_is_486_with_reason_and_warning(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=2))
    calls = [node.established(), node.established()]
    invite = Message(node.core.invite())
    assert node.core.sends(invite.raw) == ("REPLY", "REFUSED_POOL_FULL")
    refusal = node.core.gets(486)
    assert (refusal.header("Reason"), refusal.header("Warning")) == ("Q.850;cause=34", '399 hasip "concurrent call limit"')
    assert (node.pool(), node.router.trunk(0)["refused"]) == (2, 1)
    assert node.core.sends(invite.raw) == ("ABSORB", "ABSORBED_RETRANSMISSION")         # also when a slot is free by then
    node.core.gets(486)
    node.core.acknowledges(invite, refusal)
    calls[0].hang_up()
    node.established()
    assert node.pool() == 2


def test_the_status_of_a_full_pool_is_the_trunks(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=0, pool_full_status=503))
    node.core.sends(node.core.invite())
    assert node.core.gets(503).header("Retry-After") == ""


def test_other_requests_pass_by_a_full_pool(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=0))
    node.core.sends(node.core.request("MESSAGE"))
    node.primary.answers(node.primary.gets("MESSAGE"), 200)
    node.core.gets(200)


def test_lowering_the_limit_drops_no_call(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=3))
    calls = [node.established() for _ in range(3)]
    node.publish(trunk(calls=1))
    assert node.pool() == 3
    for call in calls:
        assert node.core.sends(node.core.invite()) == ("REPLY", "REFUSED_POOL_FULL")
        node.core.gets(486)
        call.hang_up()
    node.established()
    assert node.pool() == 1


def test_trunks_do_not_share_a_pool(make_node: NodeMaker) -> None:
    node = make_node(trunk(calls=1), trunk(name="other", number="+6561239999", calls=1, primary=("203.0.113.3", 5060), secondary=("203.0.113.4", 5060)))
    node.established()
    other = node.party(("203.0.113.3", 5060))
    node.core.sends(node.core.invite("+6561239999"))
    node.core.gets(100)
    other.answers(other.gets("INVITE"), 200)
    node.core.gets(200)
    assert (node.pool(0), node.pool(1)) == (1, 1)


# ---------------------------------------------------------------------------------------- the session timer

def test_rfc4028_a_refresh_makes_the_session_last(node: Node) -> None:
    call = node.established(answer_headers=[("Session-Expires", "90")])
    for method in ("UPDATE", "INVITE"):
        node.advance(80_000)
        node.core.sends(call.from_caller(method))
        node.primary.answers(node.primary.gets(method), 200, headers=[("x", "90;refresher=uas")])
        node.core.received()
        if method == "INVITE":
            call.caller.cseq -= 1
            node.core.sends(call.from_caller("ACK"))
            node.primary.gets("ACK")
        assert node.pool() == 1
    node.advance(121_000)
    assert node.pool() == 1
    node.advance(2_000)
    assert node.pool() == 0


def test_rfc4028_a_session_timer_may_begin_with_a_refresh(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("UPDATE"))
    node.primary.answers(node.primary.gets("UPDATE"), 200, headers=[("Session-Expires", "90")])
    node.core.gets(200)
    node.advance(123_000)
    assert node.pool() == 0


def test_rfc4028_a_refresh_without_session_expires_ends_the_timer(node: Node) -> None:
    call = node.established(answer_headers=[("Session-Expires", "90")])
    node.core.sends(call.from_caller("UPDATE"))
    node.primary.answers(node.primary.gets("UPDATE"), 200)
    node.core.gets(200)
    node.advance(1_000_000)
    assert node.pool() == 1
    call.hang_up()


def test_rfc4028_a_refused_refresh_changes_nothing(node: Node) -> None:
    call = node.established(answer_headers=[("Session-Expires", "90")])
    node.advance(80_000)
    node.core.sends(call.from_caller("UPDATE"))
    node.primary.answers(node.primary.gets("UPDATE"), 422, headers=[("Session-Expires", "1800")])
    node.core.gets(422)
    node.advance(43_000)
    assert node.pool() == 0


@pytest.mark.parametrize("value", ["0", "nonsense", "", "-1", "99999999999999999999", "4294967295"])
def test_an_odd_session_expires_neither_frees_early_nor_past_max_call_s(make_node: NodeMaker, value: str) -> None:
    node = make_node(trunk(max_call_s=600))
    node.established(answer_headers=[("Session-Expires", value)])
    node.advance(31_000)
    assert node.pool() == 1
    node.advance(600_000)
    assert node.pool() == 0


def test_max_call_s_is_the_trunks_when_the_call_began(make_node: NodeMaker) -> None:
    node = make_node(trunk(max_call_s=60))
    node.established()
    node.publish(trunk(max_call_s=6000))
    node.advance(59_000)
    assert node.pool() == 1
    node.advance(2_000)
    assert node.pool() == 0


def test_a_call_whose_slot_is_freed_is_still_routed_for_a_while(make_node: NodeMaker) -> None:
    node = make_node(trunk(max_call_s=60))
    call = node.established()
    node.advance(61_000)
    call.hang_up()
    node.advance(33_000)
    assert node.core.sends(call.from_caller("BYE")) == ("REPLY", "REFUSED_NO_DIALOG")
    node.core.gets(481)


def test_who_holds_each_slot_can_be_listed(node: Node) -> None:
    call = node.established()
    [listed] = node.router.calls()
    assert (listed["call_id"], listed["trunk"], listed["leg_name"], listed["number"], listed["state"], listed["holds_slot"], listed["since"]) == (
        call.offered.call_id, "acme", "primary", "+6561234567", "established", True, 1_700_000_000)

