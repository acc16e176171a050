"""Requests inside a call: their route set, the call's token, and far ends that know neither. (RFC 3261 §12.2, §16.4–§16.6, §16.12)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import SECONDARY, Call, Node, trunk
from tests.packet.sip import SDP, Message, caller_dialog, in_dialog, parameter, tag_of

METHODS = ["INFO", "UPDATE", "REFER", "MESSAGE", "NOTIFY", "SUBSCRIBE", "OPTIONS", "PRACK", "FROBNICATE"]
BEYOND = ("10.0.0.77", 5077)


# ---------------------------------------------------------------------------------------- both directions

@pytest.mark.parametrize("method", METHODS)
def test_requests_of_the_caller_reach_the_callee_and_are_answered(node: Node, method: str) -> None:
    call = node.established()
    assert node.core.sends(call.from_caller(method, headers=[("X-Odd", "1")], body=b"\0b")) == ("FORWARD", "FORWARDED_IN_DIALOG")
    arrived = node.primary.gets(method)
    assert (arrived.request_uri, arrived.all("Route"), arrived.header("X-Odd"), arrived.body) == ("sip:far@203.0.113.1:5060", [], "1", b"\0b")
    assert arrived.header("Max-Forwards") == "69"
    assert node.primary.answers(arrived, 202) == ("RELAY", "RELAYED_SUCCESS")
    node.core.gets(202)
    assert node.pool() == 1


@pytest.mark.parametrize("method", METHODS)
def test_requests_of_the_callee_reach_the_caller_and_are_answered(node: Node, method: str) -> None:
    call = node.established()
    assert node.primary.sends(call.from_callee(method)) == ("FORWARD", "FORWARDED_IN_DIALOG")
    arrived = node.core.gets(method)
    assert (arrived.request_uri, arrived.all("Route")) == ("sip:caller@192.0.2.10:5070", [])
    assert node.core.answers(arrived, 200) == ("RELAY", "RELAYED_SUCCESS")
    node.primary.gets(200)
    assert node.pool() == 1


@pytest.mark.parametrize("is_from_caller", [True, False])
@pytest.mark.parametrize("status", [200, 488, 491, 503])
def test_reinvites_pass_both_ways_and_never_fail_over(node: Node, is_from_caller: bool, status: int) -> None:
    call = node.established()
    near, far = (node.core, node.primary) if is_from_caller else (node.primary, node.core)
    invite = Message((call.from_caller if is_from_caller else call.from_callee)("INVITE", body=SDP))
    assert near.sends(invite.raw) == ("FORWARD", "FORWARDED_IN_DIALOG")
    near.gets(100)
    arrived = far.gets("INVITE")
    assert arrived.all("Record-Route") == []
    far.answers(arrived, status)
    node.secondary.gets_nothing()
    final = near.gets(500 if status == 503 else status)
    if status == 200:
        near.sends((call.from_caller if is_from_caller else call.from_callee)("ACK", cseq=invite.cseq))
        far.gets("ACK")
    else:
        far.gets("ACK")
        assert near.acknowledges(invite, final) == ("ABSORB", "ABSORBED_ACK")
    assert node.pool() == 1


@pytest.mark.parametrize("status", [408, 480, 500, 503])
def test_a_failure_inside_a_call_is_relayed_and_the_call_stays(node: Node, status: int) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO"))
    node.primary.answers(node.primary.gets("INFO"), status)
    node.secondary.gets_nothing()
    assert [message.status for message in node.core.received()] == {408: [], 503: [500]}.get(status, [status])
    assert node.pool() == 1


def test_icmp_inside_a_call_is_500_and_the_call_stays(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO"))
    node.icmp(node.primary.gets("INFO"))
    node.core.gets(500)
    assert node.pool() == 1


def test_prack_and_update_before_the_answer(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 183, tag="early", headers=[("Require", "100rel"), ("RSeq", "1")], body=SDP)
    progress = node.core.gets(183)
    assert (progress.header("RSeq"), progress.header("Require"), progress.body) == ("1", "100rel", SDP)
    dialog = caller_dialog(offered, progress)
    for method in ("PRACK", "UPDATE"):
        assert node.core.sends(in_dialog(method, dialog, node.core.place, headers=[("RAck", "1 1 INVITE")])) == ("FORWARD", "FORWARDED_IN_DIALOG")
        arrived = node.primary.gets(method)
        assert arrived.header("RAck") == "1 1 INVITE"
        node.primary.answers(arrived, 200)
        node.core.gets(200)
    node.primary.answers(first, 200, tag="early")
    node.core.gets(200)
    assert node.pool() == 1


def test_after_failover_requests_go_to_the_leg_that_answered(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    second = node.secondary.gets("INVITE")
    node.secondary.answers(second, 200)
    call = Call(node, node.secondary, offered, second, node.core.gets(200))
    call.acknowledge()
    call.hang_up()
    assert node.pool() == 0


# ---------------------------------------------------------------------------------------- the ACK of a 2xx

def test_the_ack_of_a_2xx_is_passed_on_with_the_same_branch_each_time(node: Node) -> None:
    call = node.call()
    ack = call.from_caller("ACK", cseq=1, body=SDP)
    branches = set()
    for _ in range(3):
        assert node.core.sends(ack) == ("FORWARD", "FORWARDED_ACK")
        arrived = node.primary.gets("ACK")
        assert (arrived.request_uri, len(arrived.all("Via")), arrived.body) == ("sip:far@203.0.113.1:5060", 2, SDP)
        branches.add(arrived.branch)
    assert len(branches) == 1
    assert branches != {call.arrived.branch}


def test_an_ack_that_reuses_the_branch_of_its_invite_is_passed_on(node: Node) -> None:
    call = node.call()
    assert node.core.sends(call.from_caller("ACK", cseq=1, via=call.offered.header("Via"))) == ("FORWARD", "FORWARDED_ACK")
    node.primary.gets("ACK")


def test_an_ack_at_max_forwards_0_ends_here_unanswered(node: Node) -> None:
    call = node.call()
    assert node.core.sends(call.from_caller("ACK", cseq=1, max_forwards=0)) == ("ABSORB", "ABSORBED_STRAY_ACK")


def test_max_forwards_0_inside_a_call_is_483(node: Node) -> None:
    call = node.established()
    assert node.core.sends(call.from_caller("INFO", max_forwards=0)) == ("REPLY", "REFUSED_MAX_FORWARDS")
    node.core.gets(483)


# ---------------------------------------------------------------------------------------- routes

def test_rfc3261_16_12_a_loose_router_behind_us_gets_the_request_and_the_route(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO", routes=[*call.caller.routes, "<sip:10.0.0.77:5077;lr>", "<sip:10.0.0.78;lr>"]))
    arrived = node.party(BEYOND).gets("INFO")
    assert (arrived.request_uri, arrived.all("Route")) == ("sip:far@203.0.113.1:5060", ["<sip:10.0.0.77:5077;lr>", "<sip:10.0.0.78;lr>"])


def test_our_route_is_taken_off_a_line_with_others(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO", routes=[f"{call.caller.routes[0]} , \"Bob, the <builder>\" <sip:10.0.0.77:5077;lr>;x=\"a,b\""]))
    assert node.party(BEYOND).gets("INFO").all("Route") == ["\"Bob, the <builder>\" <sip:10.0.0.77:5077;lr>;x=\"a,b\""]


def test_rfc3261_16_6_6_a_strict_router_behind_us_gets_itself_in_the_request_uri(node: Node) -> None:
    call = node.established()
    node.core.sends(call.from_caller("INFO", routes=[*call.caller.routes, "<sip:10.0.0.77:5077>", "<sip:10.0.0.78;lr>"]))
    arrived = node.party(BEYOND).gets("INFO")
    assert arrived.request_uri == "sip:10.0.0.77:5077"
    assert arrived.all("Route")[-1] == "<sip:far@203.0.113.1:5060>"
    assert "<sip:10.0.0.78;lr>" in arrived.all("Route")


def test_rfc3261_16_4_a_strict_router_before_us_put_the_target_behind_the_routes(node: Node) -> None:
    call = node.established()
    token_uri = call.caller.routes[0].strip("<>").replace(";lr", "")
    for lines in ([f"<{call.caller.target}>"], ["<sip:10.0.0.77:5077;lr>", f"<{call.caller.target}>"], [f"<sip:10.0.0.77:5077;lr>, <{call.caller.target}>"]):
        assert node.core.sends(call.from_caller("INFO", uri=token_uri, routes=lines)) == ("FORWARD", "FORWARDED_IN_DIALOG")
        [packet] = node.wire
        arrived = node.party((packet.dst, packet.dport)).gets("INFO")
        assert arrived.request_uri == call.caller.target
        assert arrived.all("Route") == (["<sip:10.0.0.77:5077;lr>"] if "10.0.0.77" in lines[0] else [])


def test_without_a_route_a_request_goes_where_its_request_uri_says(node: Node) -> None:
    call = node.established()
    assert node.core.sends(call.from_caller("BYE", routes=[])) == ("FORWARD", "FORWARDED_IN_DIALOG")
    node.primary.answers(node.primary.gets("BYE"), 200)
    node.core.gets(200)
    assert node.pool() == 0


def test_a_far_end_that_ignores_record_route_and_addresses_us_reaches_the_other_side(node: Node) -> None:
    call = node.established()
    assert node.primary.sends(call.from_callee("INFO", routes=[], uri="sip:caller@198.51.100.1:5060")) == ("FORWARD", "FORWARDED_IN_DIALOG")
    arrived = node.core.gets("INFO")
    assert arrived.request_uri == "sip:caller@192.0.2.10:5070"
    node.core.answers(arrived, 200)
    node.primary.gets(200)


@pytest.mark.parametrize("contact", ["<sip:far@pbx.example>", "<sip:far@pbx.example:5999;transport=udp>", "<tel:+123>"])
def test_a_contact_that_is_a_name_goes_where_the_far_end_was_met(node: Node, contact: str) -> None:
    call = node.established(contact=contact)
    node.core.sends(call.from_caller("INFO"))
    assert node.primary.gets("INFO").request_uri == contact.strip("<>")


@pytest.mark.parametrize("order", [["From", "To"], ["f", "t"]])
def test_a_request_without_our_route_is_found_by_call_id_and_tags_in_any_form(node: Node, order: list[str]) -> None:
    call = node.established()
    raw = call.from_caller("INFO", routes=[]).replace(b"\r\nFrom:", f"\r\n{order[0]}:".encode()).replace(b"\r\nTo:", f"\r\n{order[1]}:".encode())
    assert node.core.sends(raw) == ("FORWARD", "FORWARDED_IN_DIALOG")
    node.primary.gets("INFO")


# ---------------------------------------------------------------------------------------- what belongs to no call

@pytest.mark.parametrize("route", ["", "<sip:198.51.100.1;lr>", "<sip:10.0.0.1;lr>", "<sip:AAAAAAAAAAAAAAAAAAAAAA@198.51.100.1:5060;lr>"])
@pytest.mark.parametrize("method", ["BYE", "INVITE", "INFO", "REFER"])
def test_a_request_of_no_call_is_481_and_goes_nowhere(node: Node, method: str, route: str) -> None:
    request = node.core.request(method, to_value="<sip:far@203.0.113.1>;tag=unknown", uri="sip:far@10.0.0.5", headers=[("Route", route)] if route else [])
    assert node.core.sends(request) == ("REPLY", "REFUSED_NO_DIALOG")
    assert tag_of(node.core.gets(481).header("To")) == "unknown"
    assert node.transactions == 0


def test_an_ack_of_no_call_ends_here(node: Node) -> None:
    assert node.core.sends(node.core.request("ACK", to_value="<sip:far@203.0.113.1>;tag=unknown")) == ("ABSORB", "ABSORBED_STRAY_ACK")


def test_the_token_of_another_node_or_of_a_lost_table_names_no_call(make_node: NodeMaker) -> None:
    one, other = make_node(), make_node()
    call = one.established()
    assert other.core.sends(call.from_caller("BYE")) == ("REPLY", "REFUSED_NO_DIALOG")
    other.core.gets(481)
    assert one.pool() == 1


def test_a_token_without_its_calls_tags_names_no_call(node: Node) -> None:
    call = node.established()
    request = node.core.request("INVITE", uri="sip:somebody@10.0.0.5", headers=[("Route", call.caller.routes[0])])
    assert node.core.sends(request) == ("REPLY", "REFUSED_NO_DIALOG")
    node.core.gets(481)


def test_a_dialogs_request_may_come_from_anywhere(node: Node) -> None:
    call = node.established()
    assert node.stranger.sends(call.from_caller("INFO")) == ("FORWARD", "FORWARDED_IN_DIALOG")
    node.primary.answers(node.primary.gets("INFO"), 200)
    assert node.party((node.stranger.place[0], node.core.place[1])).received() == []
    node.stranger.gets(200)


def test_the_other_leg_has_no_part_in_a_call(node: Node) -> None:
    call = node.established()
    assert node.secondary.sends(call.from_callee("BYE", local=f"<sip:x@{SECONDARY[0]}>;tag=other")) == ("REPLY", "REFUSED_NO_DIALOG")
    node.secondary.gets(481)
    assert node.pool() == 1


def test_a_call_is_found_for_5_s_after_its_end_and_then_forgotten(node: Node) -> None:
    call = node.established()
    call.hang_up()
    node.advance(4_990)
    assert node.core.sends(call.from_caller("INFO"))[0] == "FORWARD"
    node.primary.answers(node.primary.gets("INFO"), 481)
    node.core.gets(481)
    node.advance(10)
    assert node.core.sends(call.from_caller("INFO")) == ("REPLY", "REFUSED_NO_DIALOG")
    node.core.gets(481)


def test_an_answer_inside_a_call_loses_our_via_and_nothing_else(node: Node) -> None:
    call = node.established()
    info = Message(call.from_caller("INFO"))
    node.core.sends(info.raw)
    node.primary.answers(node.primary.gets("INFO"), 200, headers=[("X-Odd", "1")])
    answer = node.core.gets(200)
    assert parameter(answer.header("Via"), "branch") == info.branch
    assert (len(answer.all("Via")), answer.header("X-Odd")) == (1, "1")




def test_a_malformed_route_inside_a_call_is_400(node: Node) -> None:
    call = node.established()
    assert node.core.sends(call.from_caller("INFO", routes=[*call.caller.routes, "<<"])) == ("REPLY", "REFUSED_MALFORMED")
    node.core.gets(400)
    assert node.core.sends(call.from_caller("ACK", cseq=1, routes=[*call.caller.routes, "<<"])) == ("ABSORB", "ABSORBED_STRAY_ACK")


def test_a_next_hop_of_a_family_that_no_listener_has_is_500(node: Node) -> None:
    call = node.call(contact="<sip:far@[2001:db8::77]>")
    assert node.core.sends(call.from_caller("INFO")) == ("REPLY", "REFUSED_UNRESOLVABLE")
    node.core.gets(500)


def test_our_routes_are_taken_off_wherever_they_stand(node: Node) -> None:
    call = node.established()
    raw = call.from_caller("INFO").replace(b"\r\nFrom:", b"\r\nX-Between: 1\r\nRoute: <sip:198.51.100.1;lr>,<sip:10.0.0.77:5077;lr>\r\nFrom:", 1)
    node.core.sends(raw)
    arrived = node.party(BEYOND).gets("INFO")
    assert (arrived.all("Route"), arrived.header("X-Between")) == (["<sip:10.0.0.77:5077;lr>"], "1")


def test_a_strict_router_whose_uri_does_not_fit_is_513_and_nothing_is_cut(node: Node) -> None:
    call = node.established()
    assert node.core.sends(call.from_caller("INFO", routes=[*call.caller.routes, f"<sip:10.0.0.77;x={'y' * 3000}>"])) == ("REPLY", "REFUSED_TOO_LARGE")
    node.core.gets(513)
    assert node.pool() == 1


def test_a_call_ends_under_the_rules_it_began_with(make_node: NodeMaker) -> None:
    node = make_node(trunk())
    _, first = node.offer()
    node.publish(trunk("only_primary", calls=0, secondary=("203.0.113.99", 5060)))
    node.primary.answers(first, 503)
    node.primary.gets("ACK")
    node.secondary.answers(node.secondary.gets("INVITE"), 200)
    node.core.gets(200)
    assert node.pool() == 1


def test_a_call_whose_trunk_is_gone_goes_on(node: Node) -> None:
    call = node.established()
    node.publish(trunk(name="other", number="+6599999999"))
    call.hang_up()
    assert node.core.sends(node.core.invite()) == ("REPLY", "REFUSED_UNKNOWN_NUMBER")
    node.core.gets(404)
