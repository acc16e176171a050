"""Who may send a new request, and what no proxy lets pass. (spec §5, RFC 3261 §16.3)"""
import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, trunk
from tests.packet.sip import NUMBER, Message, hop_request, tag_of, via_of

REQUESTS = ["INVITE", "OPTIONS", "MESSAGE", "REGISTER", "SUBSCRIBE", "BYE"]


# ---------------------------------------------------------------------------------------- the whitelist

@pytest.mark.parametrize("method", REQUESTS)
def test_an_unknown_source_is_refused_403(node: Node, method: str) -> None:
    assert node.stranger.sends(node.stranger.request(method)) == ("REPLY", "REFUSED_UNKNOWN_SOURCE")
    assert tag_of(node.stranger.gets(403).header("To"))
    assert node.transactions == 0


@pytest.mark.parametrize("method", REQUESTS)
def test_an_unknown_source_meets_silence_where_that_is_configured(make_node: NodeMaker, method: str) -> None:
    node = make_node(drop_unknown=True)
    assert node.stranger.sends(node.stranger.request(method)) == ("DROP", "DROPPED_UNKNOWN_SOURCE")


@pytest.mark.parametrize("payload", ["cancel", "dialog", "malformed", "version", "route"])
@pytest.mark.parametrize("drops", [True, False])
def test_an_unknown_source_learns_no_more_by_requests_that_belong_to_nothing(make_node: NodeMaker, drops: bool, payload: str) -> None:
    node = make_node(drop_unknown=drops)
    invite = node.stranger.invite()
    datagram = {"cancel": hop_request("CANCEL", Message(invite)), "dialog": invite.replace(b"INVITE", b"BYE").replace(b"\r\nCall-ID", b";tag=x\r\nCall-ID"),
                "malformed": invite.replace(b"CSeq: 1", b"CSeq: x"), "version": invite.replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1),
                "route": invite.replace(b"Contact:", b"Route: <sip:198.51.100.1;lr>\r\nContact:")}[payload]
    if drops:
        assert node.stranger.sends(datagram) == ("DROP", "DROPPED_UNKNOWN_SOURCE")
    else:
        assert node.stranger.sends(datagram)[0] == "REPLY"
        expected = {"malformed": 400, "version": 505}.get(payload, 403)
        node.stranger.gets(expected)


def test_an_account_known_by_its_address_does_not_register(node: Node) -> None:
    assert node.primary.sends(node.primary.request("REGISTER")) == ("REPLY", "REFUSED_METHOD")
    node.primary.gets(405)


def test_a_customer_may_ask_whether_we_live(node: Node) -> None:
    assert node.primary.sends(node.primary.request("OPTIONS", uri="sip:198.51.100.1")) == ("REPLY", "ANSWERED_OPTIONS")
    node.primary.gets(200)


def test_an_unknown_sources_ack_meets_silence(node: Node) -> None:
    assert node.stranger.sends(node.stranger.request("ACK")) == ("ABSORB", "ABSORBED_STRAY_ACK")


# ---------------------------------------------------------------------------------------- Max-Forwards (§16.3 step 3)

@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "OPTIONS"])
def test_max_forwards_0_is_483(node: Node, method: str) -> None:
    assert node.core.sends(node.core.request(method, max_forwards=0)) == ("REPLY", "REFUSED_MAX_FORWARDS")
    node.core.gets(483)
    assert (node.pool(), node.transactions) == (0, 0)


def test_rfc3261_11_options_to_us_is_answered_whatever_max_forwards_says(node: Node) -> None:
    assert node.core.sends(node.core.request("OPTIONS", uri="sip:198.51.100.1", max_forwards=0)) == ("REPLY", "ANSWERED_OPTIONS")
    node.core.gets(200)


# ---------------------------------------------------------------------------------------- extensions (§16.3 step 5)

@pytest.mark.parametrize("asked", ["foo", "foo, bar", "sec-agree"])
def test_proxy_require_is_420_with_unsupported(node: Node, asked: str) -> None:
    assert node.core.sends(node.core.invite(headers=[("Proxy-Require", asked)])) == ("REPLY", "REFUSED_PROXY_REQUIRE")
    assert node.core.gets(420).header("Unsupported") == asked


def test_an_endless_proxy_require_is_refused_all_the_same(node: Node) -> None:
    node.core.sends(node.core.invite(headers=[("Proxy-Require", "x" * 20_000)]))
    node.core.gets(420)


def test_require_is_none_of_a_proxys_business(node: Node) -> None:
    _, first = node.offer(headers=[("Require", "100rel, foo")])
    assert first.header("Require") == "100rel, foo"


def test_rfc3261_16_3_cancel_and_ack_are_not_asked_for_extensions(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 180)
    node.core.gets(180)
    assert node.core.sends(hop_request("CANCEL", offered).replace(b"Content-Length", b"Proxy-Require: foo\r\nContent-Length"))[1] == "ANSWERED_CANCEL"
    node.core.gets(200)
    node.primary.gets("CANCEL")


# ---------------------------------------------------------------------------------------- loops and spirals (§16.3 step 4, RFC 5393)

@pytest.mark.parametrize("uri", [f"sip:{NUMBER}@198.51.100.1:5060", f"tel:{NUMBER}"])
def test_a_loop_is_482(node: Node, uri: str) -> None:
    _, first = node.offer(uri=uri)
    looped = first.raw.replace(b"SIP/2.0\r\nVia: ", f"SIP/2.0\r\nVia: {via_of(node.core.place)}\r\nVia: ".encode(), 1)
    assert node.core.sends(looped) == ("REPLY", "REFUSED_LOOP")
    node.core.gets(482)


@pytest.mark.parametrize(("uri", "onward"), [
    (f"sip:{NUMBER}@198.51.100.1:5060", "sip:+6561239999@198.51.100.1"), (f"tel:{NUMBER}", "tel:+6561239999"),
    (f"tel:{NUMBER}", "sip:+6561239999@198.51.100.1")])
def test_a_spiral_is_allowed(make_node: NodeMaker, uri: str, onward: str) -> None:
    other = ("203.0.113.3", 5060)
    node = make_node(trunk(), trunk(name="other", number="+6561239999", primary=other, secondary=("203.0.113.4", 5060)))
    _, first = node.offer(uri=uri)
    forwarded = first.raw.replace(f"INVITE {first.request_uri} SIP/2.0\r\nVia: ".encode(),
                                  f"INVITE {onward} SIP/2.0\r\nVia: {via_of(node.core.place)}\r\nVia: ".encode(), 1)
    assert node.core.sends(forwarded) == ("FORWARD", "NONE")
    node.core.gets(100)
    arrived = node.party(other).gets("INVITE")
    node.party(other).answers(arrived, 200)
    node.core.gets(200)


def test_a_call_sent_again_with_another_cseq_is_no_loop(node: Node) -> None:
    offered, first = node.offer()
    node.primary.answers(first, 407)
    node.primary.gets("ACK")
    node.core.gets(407)
    again = offered.raw.replace(b"CSeq: 1 INVITE", b"CSeq: 2 INVITE").replace(offered.branch.encode(), b"z9hG4bKagain")
    assert node.core.sends(again) == ("FORWARD", "NONE")
    node.core.gets(100)
    node.primary.gets("INVITE")


# ---------------------------------------------------------------------------------------- Route and Request-URI: no open relay

@pytest.mark.parametrize("method", ["INVITE", "MESSAGE"])
def test_a_new_request_may_not_choose_its_way(node: Node, method: str) -> None:
    for route in ("<sip:10.0.0.1;lr>", "<sip:198.51.100.1;lr>, <sip:10.0.0.1;lr>"):
        assert node.core.sends(node.core.request(method, headers=[("Route", route)])) == ("REPLY", "REFUSED_FOREIGN_ROUTE")
        node.core.gets(403)


def test_a_preloaded_route_that_names_us_is_taken_off(node: Node) -> None:
    _, first = node.offer(headers=[("Route", "<sip:198.51.100.1;lr>"), ("Route", "<sip:198.51.100.1:5060;lr;x=y>")])
    assert first.all("Route") == []


def test_a_domain_of_ours_in_a_route_names_us(make_node: NodeMaker) -> None:
    node = make_node(domains=["edge.example"])
    _, first = node.offer(headers=[("Route", "<sip:EDGE.example;lr>")])
    assert first.all("Route") == []


@pytest.mark.parametrize("uri", ["sip:+6500000000@198.51.100.1", "sip:somebody@10.0.0.1", "sip:somebody@10.0.0.1;maddr=10.0.0.2", "tel:+6500000000"])
def test_a_number_of_nobody_is_404_and_goes_nowhere(node: Node, uri: str) -> None:
    assert node.core.sends(node.core.request("INVITE", uri=uri)) == ("REPLY", "REFUSED_UNKNOWN_NUMBER")
    node.core.gets(404)


@pytest.mark.parametrize("uri", ["sips:+6561234567@198.51.100.1", "mailto:a@b", "urn:service:sos", "http://198.51.100.1/"])
def test_other_schemes_are_416(node: Node, uri: str) -> None:
    assert node.core.sends(node.core.request("INVITE", uri=uri)) == ("REPLY", "REFUSED_URI_SCHEME")
    node.core.gets(416)


def test_a_malformed_route_is_400(node: Node) -> None:
    assert node.core.sends(node.core.invite(headers=[("Route", "<sip:198.51.100.1;lr>, <<")])) == ("REPLY", "REFUSED_MALFORMED")
    node.core.gets(400)


# ---------------------------------------------------------------------------------------- what is for us, and what is none

def test_options_to_us_is_200_and_says_what_we_allow(node: Node) -> None:
    assert node.core.sends(node.core.request("OPTIONS", uri="sip:198.51.100.1:5060")) == ("REPLY", "ANSWERED_OPTIONS")
    answer = node.core.gets(200)
    assert "INVITE" in answer.header("Allow")
    assert tag_of(answer.header("To"))
    assert node.transactions == 0


@pytest.mark.parametrize(("method", "status"), [("REGISTER", 405), ("INVITE", 404), ("MESSAGE", 404), ("SUBSCRIBE", 404)])
def test_nothing_else_is_for_us(node: Node, method: str, status: int) -> None:
    node.core.sends(node.core.request(method, uri="sip:198.51.100.1"))
    node.core.gets(status)


def test_rfc3261_8_2_7_stateless_answers_agree_on_the_tag(node: Node) -> None:
    request = node.stranger.invite()
    tags = set()
    for _ in range(3):
        node.stranger.sends(request)
        tags.add(tag_of(node.stranger.gets(403).header("To")))
    assert len(tags) == 1


def test_while_draining_new_calls_are_503_and_calls_in_progress_are_served(node: Node) -> None:
    call = node.established()
    node.router.set_draining(True)
    assert node.core.sends(node.core.invite()) == ("REPLY", "REFUSED_DRAINING")
    assert node.core.gets(503).header("Retry-After") == ""
    call.hang_up()


@pytest.mark.parametrize(("before", "after", "header"), [
    (b"CSeq: 1 INVITE", b"CSeq: one INVITE", "CSeq"), (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", "CSeq"), (b"Max-Forwards: 70", b"Max-Forwards: many", "Max-Forwards"),
    (b"From: <sip:", b"From: <<", "From"), (b"Content-Length: ", b"Content-Length: 9", "Content-Length")])
def test_a_malformed_header_is_400_and_named(node: Node, before: bytes, after: bytes, header: str) -> None:
    assert node.core.sends(node.core.invite().replace(before, after)) == ("REPLY", "REFUSED_MALFORMED")
    assert header in node.core.gets(400).start_line


@pytest.mark.parametrize("payload", [b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"INVITE sip:a@b SIP/2.0\r\n\r\n",
                                     b"\xff" * 1500, b"SIP/2.0 999 No\r\nVia: SIP/2.0/UDP x\r\n\r\n"], ids=range(7))
def test_what_cannot_be_answered_is_dropped(node: Node, payload: bytes) -> None:
    assert node.core.sends(payload) == ("DROP", "DROPPED_MALFORMED")


def test_a_malformed_ack_is_dropped(node: Node) -> None:
    assert node.core.sends(node.core.request("ACK").replace(b"CSeq: 1", b"CSeq: x"))[0] == "DROP"


def test_another_version_is_505(node: Node) -> None:
    assert node.core.sends(node.core.invite().replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1)) == ("REPLY", "REFUSED_VERSION")
    node.core.gets(505)


