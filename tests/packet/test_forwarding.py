"""One hop: what a proxy changes in a message, and what it leaves alone. (RFC 3261 §16.6, §16.7, §18.2)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import CORE, CORE_IPV6, PRIMARY, Node, message_of, trunk
from tests.packet.sip import NUMBER, Message, parameter, response, split_values, via_of

EVERY_OCTET = bytes(range(256)) * 3


# ---------------------------------------------------------------------------------------- requests

def test_invite_is_answered_100_at_once_and_sent_to_the_primary(node: Node) -> None:
    sent = Message(node.core.invite())
    assert node.core.sends(sent.raw) == ("FORWARD", "NONE")
    trying = node.core.gets(100)
    assert (trying.at, trying.header("Via").split(";")[0], trying.header("To")) == (node.now_ms, sent.header("Via").split(";")[0], sent.header("To"))
    arrived = node.primary.gets("INVITE")
    assert arrived.request_uri == "sip:+6561234567@203.0.113.1:5060"
    assert [via.split(";")[0] for via in arrived.all("Via")] == ["SIP/2.0/UDP 198.51.100.1:5060", "SIP/2.0/UDP 192.0.2.10:5070"]
    assert arrived.branch.startswith("z9hG4bK")
    assert node.count("FORWARDED_INVITE") == 1


def test_what_the_proxy_does_not_own_keeps_spelling_and_order(node: Node) -> None:
    headers = [("X-Odd_Name!%*'`~+.", "a;b=c, \"d\""), ("x-odd", "1"), ("SUBJECT", "\u00fc\u2603"), ("s", "compact"), ("x-odd", ""), ("Allow", "A,B , C"),
               ("Supported", "timer , 100rel"), ("k", "path"), ("Authorization", "Digest x=\"y\""), ("P-Asserted-Identity", "<tel:+1>"), ("X-Long", "y" * 3000)]
    sent = Message(node.core.invite(headers=headers))
    node.core.sends(sent.raw)
    node.core.gets(100)
    arrived = node.primary.gets("INVITE")
    ours = [("Via", arrived.header("Via")), ("Record-Route", arrived.header("Record-Route"))]
    assert arrived.headers[:2] == ours
    assert arrived.headers[3:] == [(name, "69") if name == "Max-Forwards" else (name, value) for name, value in sent.headers[1:]]


@pytest.mark.parametrize("body", [b"", b"\0", EVERY_OCTET, b"\r\n\r\n", b"INVITE sip:x SIP/2.0\r\nVia: x\r\n\r\n", b"\0" * 5000], ids=range(6))
def test_bodies_pass_byte_for_byte_both_ways(node: Node, body: bytes) -> None:
    _, first = node.offer(body=body)
    assert first.raw.split(b"\r\n\r\n", 1)[1] == body
    node.primary.answers(first, 200, body=body)
    assert node.core.gets(200).raw.split(b"\r\n\r\n", 1)[1] == body


def test_rfc3261_18_3_octets_behind_content_length_are_left_behind(node: Node) -> None:
    node.core.sends(node.core.invite(body=b"body") + b"rubbish")
    node.core.gets(100)
    assert node.primary.gets("INVITE").raw.endswith(b"\r\n\r\nbody")


@pytest.mark.parametrize(("before", "after"), [(70, "69"), (1, "0"), (2, "1"), (255, "254")])
def test_max_forwards_is_lowered_by_one(node: Node, before: int, after: str) -> None:
    _, first = node.offer(max_forwards=before)
    assert first.all("Max-Forwards") == [after]


def test_rfc3261_16_6_3_a_missing_max_forwards_becomes_70(node: Node) -> None:
    _, first = node.offer(max_forwards=None)
    assert first.all("Max-Forwards") == ["70"]


@pytest.mark.parametrize(("uri", "arrives"), [
    (f"sip:{NUMBER}@198.51.100.1", "sip:+6561234567@203.0.113.1:5060"),
    (f"sip:{NUMBER}@198.51.100.1:5060;user=phone", "sip:+6561234567@203.0.113.1:5060;user=phone"),
    (f"sip:{NUMBER}@edge.example;transport=tcp;user=phone", "sip:+6561234567@203.0.113.1:5060;user=phone"),
    (f"sip:{NUMBER}@edge.example;maddr=10.0.0.1", "sip:+6561234567@203.0.113.1:5060"),
    (f"SIP:{NUMBER};npdi;rn=+1555@edge.example", "SIP:+6561234567;npdi;rn=+1555@203.0.113.1:5060"),
    ("sip:%2B6561234567@edge.example", "sip:%2B6561234567@203.0.113.1:5060"),
    ("sip:+6561234567:secret@edge.example", "sip:+6561234567:secret@203.0.113.1:5060"),
    (f"sip:{NUMBER}@[2001:db8::1]:5060", "sip:+6561234567@203.0.113.1:5060"),
    (f"tel:{NUMBER}", "sip:+6561234567@203.0.113.1:5060;user=phone"),
    (f"TEL:{NUMBER};phone-context=+65", "sip:+6561234567@203.0.113.1:5060;user=phone"),
])
def test_the_request_uri_names_the_target_and_keeps_the_number(node: Node, uri: str, arrives: str) -> None:
    _, first = node.offer(uri=uri)
    assert first.request_uri == arrives


def test_headers_that_matter_are_found_in_compact_form_and_in_any_case(node: Node) -> None:
    invite = (b"INVITE sip:+6561234567@198.51.100.1 SIP/2.0\r\nV: SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bKc;rport\r\nmAX-forwards: 9\r\n"
              b"F: <sip:a@b>;tag=1\r\nT: <sip:c@d>\r\nI: compact\r\ncseq: 7 INVITE\r\nM: <sip:a@192.0.2.10:5070>\r\nX: 90\r\nL: 2\r\n\r\nhi")
    assert node.core.sends(invite) == ("FORWARD", "NONE")
    assert node.core.gets(100).raw.startswith(b"SIP/2.0 100 Trying\r\nV: SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bKc;")
    arrived = node.primary.gets("INVITE")
    assert (arrived.header("Max-Forwards"), arrived.body) == ("8", b"hi")
    assert b"\r\nI: compact\r\ncseq: 7 INVITE\r\n" in arrived.raw


def test_folded_headers_are_understood_and_kept(node: Node) -> None:
    folded = node.core.invite(headers=[("X-Folded", "one\r\n  two\r\n\tthree")]).replace(b"Call-ID: ", b"Call-ID:\r\n ").replace(
        b"Max-Forwards: 70", b"Max-Forwards:\r\n\t 70").replace(b";branch=", b"\r\n ;branch=")
    assert node.core.sends(folded) == ("FORWARD", "NONE")
    node.core.gets(100)
    arrived = node.primary.gets("INVITE")
    assert b"X-Folded: one\r\n  two\r\n\tthree\r\n" in arrived.raw
    assert b"Max-Forwards:\r\n\t 69\r\n" in arrived.raw
    node.primary.answers(arrived, 486)


def test_line_ends_of_lf_alone_are_understood(node: Node) -> None:
    assert node.core.sends(node.core.invite(body=b"").replace(b"\r\n", b"\n"))[0] in ("FORWARD", "REPLY")
    node.core.received()
    node.primary.received()


# ---------------------------------------------------------------------------------------- Via

def test_rfc3581_received_and_rport_are_filled_in(node: Node) -> None:
    _, first = node.offer(via=via_of(("10.9.8.7", 5099)))
    behind = first.all("Via")[1]
    assert (parameter(behind, "received"), parameter(behind, "rport")) == ("192.0.2.10", "5070")


def test_rfc3261_18_2_1_received_is_added_where_sent_by_is_a_name(node: Node) -> None:
    node.core.sends(node.core.invite(via="SIP/2.0/UDP core.example;branch=z9hG4bKname"))
    behind = node.primary.gets("INVITE").all("Via")[1]
    assert parameter(behind, "received") == "192.0.2.10"
    node.party((CORE[0], 5060)).gets(100)


def test_a_via_that_tells_the_truth_gets_no_received(node: Node) -> None:
    _, first = node.offer(via=via_of(CORE, rport=False))
    assert "received" not in first.all("Via")[1]


@pytest.mark.parametrize(("via", "port"), [
    ("SIP/2.0/UDP 192.0.2.10:5999;branch=z9hG4bK1", 5999), ("SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1", 5060),
    ("SIP/2.0/UDP 192.0.2.10:5999;branch=z9hG4bK1;rport", 5070), ("SIP/2.0/UDP 10.0.0.1:5999;branch=z9hG4bK1;maddr=10.0.0.2", 5999),
    ("SIP/2.0/UDP 10.0.0.1:5999;rport=1;branch=z9hG4bK1;received=10.0.0.3", 5070)])
def test_rfc3261_18_2_2_responses_go_to_the_source_and_never_where_a_via_points(node: Node, via: str, port: int) -> None:
    node.core.sends(node.core.invite(via=via))
    caller = node.party((CORE[0], port))
    caller.gets(100)
    first = node.primary.gets("INVITE")
    node.primary.answers(first, 180)
    node.primary.answers(first, 200)
    caller.gets(180, 200)
    assert node.stranger.sends(node.stranger.request("OPTIONS", via=via.replace("z9hG4bK1", "z9hG4bK2"))) == ("REPLY", "REFUSED_UNKNOWN_SOURCE")
    node.party((node.stranger.place[0], 5060 if port == 5070 else port)).gets(403)


@pytest.mark.parametrize("below", ["SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKx, SIP/2.0/TCP 10.0.0.3:1;branch=z9hG4bKy", "SIP / 2.0 / UDP 10.0.0.2 : 5061;branch=z9hG4bKx"])
def test_several_vias_in_one_line_come_back_as_they_were(node: Node, below: str) -> None:
    own = via_of(CORE, rport=False)
    sent = Message(node.core.invite(via=f"{own} , {below}"))
    node.core.sends(sent.raw)
    assert node.core.gets(100).all("Via") == sent.all("Via")
    first = node.primary.gets("INVITE")
    one_line = response(first, 200, PRIMARY).replace(f"Via: {first.all('Via')[0]}\r\nVia: ".encode(), f"v:{first.all('Via')[0]} , ".encode())
    assert node.primary.sends(one_line) == ("RELAY", "RELAYED_SUCCESS")
    assert node.core.gets(200).all("Via") == sent.all("Via")


def test_only_our_via_leaves_a_response(node: Node) -> None:
    _, first = node.offer(headers=[("Via", "SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKx"), ("via", "SIP/2.0/UDP 10.0.0.3")])
    answer = Message(response(first, 200, PRIMARY, headers=[("X-Odd", "\u00fc"), ("X-odd", "2")], body=EVERY_OCTET))
    node.primary.sends(answer.raw)
    relayed = node.core.gets(200)
    assert relayed.headers == answer.headers[1:]
    assert relayed.body == EVERY_OCTET


# ---------------------------------------------------------------------------------------- Record-Route and families

def test_a_request_outside_a_call_gets_no_record_route(node: Node) -> None:
    node.core.sends(node.core.request("MESSAGE"))
    assert node.primary.gets("MESSAGE").all("Record-Route") == []


def test_record_routes_of_others_stay_below_ours(node: Node) -> None:
    _, first = node.offer(headers=[("Record-Route", "<sip:10.0.0.1;lr>, <sip:10.0.0.2;lr>")])
    routes = split_values(first.all("Record-Route"))
    assert [route.endswith("@198.51.100.1:5060;lr>") for route in routes] == [True, False, False]
    assert routes[1:] == ["<sip:10.0.0.1;lr>", "<sip:10.0.0.2;lr>"]


def test_rfc5658_record_route_is_doubled_where_the_family_changes(make_node: NodeMaker) -> None:
    node = make_node(trunk(primary=("2001:db8:9::1", 5062)), ipv6=True)
    leg = node.party(("2001:db8:9::1", 5062))
    call = node.call(leg)
    hosts = [route[route.index("@") + 1:] for route in split_values(call.arrived.all("Record-Route"))]
    assert hosts == ["[2001:db8::1]:5060;lr>", "198.51.100.1:5060;lr>"]
    assert call.arrived.request_uri == "sip:+6561234567@[2001:db8:9::1]:5062"
    assert call.arrived.header("Via").startswith("SIP/2.0/UDP [2001:db8::1]:5060;")
    assert call.acknowledge().all("Route") == []
    node_bye = call.from_callee("BYE")
    leg.sends(node_bye)
    assert node.core.gets("BYE").all("Route") == []


def test_calls_over_ipv6_on_both_sides(make_node: NodeMaker) -> None:
    node = make_node(trunk(primary=("2001:db8:9::1", 5060)), ipv6=True)
    node.core = node.party(CORE_IPV6)
    call = node.established(node.party(("2001:db8:9::1", 5060)))
    assert len(call.arrived.all("Record-Route")) == 1
    assert parameter(call.arrived.all("Via")[1], "received") == "2001:db8:c::10"
    call.hang_up()
    assert node.pool() == 0


def test_packets_leave_by_the_listener_of_their_family(make_node: NodeMaker) -> None:
    node = make_node(trunk(primary=("2001:db8:9::1", 5060)), ipv6=True)
    node.core.sends(node.core.invite())
    assert [(packet.getlayer(0).name, packet.getlayer(0).src) for packet in node.wire] == [("IP", "198.51.100.1"), ("IPv6", "2001:db8::1")]
    assert [message_of(packet).status for packet in node.wire] == [100, 0]
    node.core.received()
    node.party(("2001:db8:9::1", 5060)).received()
