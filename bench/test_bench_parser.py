"""The parser over the messages of one call, as a carrier sends them: `pytest bench/test_bench_parser.py`.

One measured call is bench_parse over 64 copies: a loop without the GIL, so that Python's share is small. extra_info has ns per message.
"""
import pytest

from hasip._fastpath import bench_parse, simd

VIAS = (
    "Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKd2c0f1a9e5.0\r\n"
    "Via: SIP/2.0/UDP 203.0.113.40;branch=z9hG4bKq81LmPz;received=203.0.113.40;rport=5060\r\n")
PARTIES = (
    'From: "Carol" <sip:+493012345678@203.0.113.40;user=phone>;tag=gK0c9a71f3\r\n'
    "To: <sip:+498923456789@192.0.2.20;user=phone>{to_tag}\r\n"
    "Call-ID: 3f9a0c55e1b84d17a2@203.0.113.40\r\n")
SDP = (
    "v=0\r\no=- 1720000001 1720000001 IN IP4 203.0.113.41\r\ns=-\r\nc=IN IP4 203.0.113.41\r\nt=0 0\r\n"
    "m=audio 24680 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n")
MESSAGES = {
    "carrier_invite":
        "INVITE sip:+498923456789@192.0.2.20:5060;user=phone SIP/2.0\r\n"
        "Record-Route: <sip:198.51.100.7;lr;ftag=gK0c9a71f3>\r\n" + VIAS + "Max-Forwards: 67\r\n" + PARTIES.format(to_tag="") +
        "CSeq: 101 INVITE\r\nContact: <sip:+493012345678@203.0.113.40:5060;transport=udp>\r\n"
        "P-Asserted-Identity: <sip:+493012345678@203.0.113.40>\r\nDiversion: <sip:+493055555555@203.0.113.40>;reason=unconditional;counter=1\r\n"
        "Supported: 100rel,timer,replaces\r\nAllow: INVITE,ACK,BYE,CANCEL,OPTIONS,PRACK,UPDATE\r\nSession-Expires: 1800;refresher=uac\r\n"
        f"Min-SE: 90\r\nContent-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}",
    "180":
        "SIP/2.0 180 Ringing\r\n" + VIAS + "Record-Route: <sip:198.51.100.7:5060;lr>\r\n" + PARTIES.format(to_tag=";tag=as5e1b84d1") +
        "CSeq: 101 INVITE\r\nContact: <sip:+498923456789@192.0.2.20:5060>\r\nServer: PBX 18.20.1\r\nContent-Length: 0\r\n\r\n",
    "200":
        "SIP/2.0 200 OK\r\n" + VIAS + "Record-Route: <sip:198.51.100.7:5060;lr>\r\n" + PARTIES.format(to_tag=";tag=as5e1b84d1") +
        "CSeq: 101 INVITE\r\nContact: <sip:+498923456789@192.0.2.20:5060>\r\nServer: PBX 18.20.1\r\nSupported: timer,replaces\r\n"
        f"Content-Type: application/sdp\r\nContent-Length: {len(SDP)}\r\n\r\n{SDP}",
    "ack":
        "ACK sip:+498923456789@192.0.2.20:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.40:5060;branch=z9hG4bKx91;rport\r\n"
        "Route: <sip:198.51.100.7:5060;lr>,<sip:198.51.100.8;lr;ftag=gK0c9a71f3>\r\nMax-Forwards: 70\r\n" + PARTIES.format(to_tag=";tag=as5e1b84d1") +
        "CSeq: 101 ACK\r\nContent-Length: 0\r\n\r\n",
    "bye":
        "BYE sip:+498923456789@192.0.2.20:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.40:5060;branch=z9hG4bKx92;rport\r\n"
        "Route: <sip:198.51.100.7:5060;lr>\r\nRoute: <sip:198.51.100.8;lr;ftag=gK0c9a71f3>\r\nMax-Forwards: 70\r\n"
        + PARTIES.format(to_tag=";tag=as5e1b84d1") +
        "CSeq: 102 BYE\r\nUser-Agent: SBC 9.2\r\nReason: Q.850;cause=16;text=\"Normal call clearing\"\r\nContent-Length: 0\r\n\r\n",
}
COPIES = 64


@pytest.mark.parametrize("name", MESSAGES)
def test_parse(benchmark, name):
    messages = [MESSAGES[name].encode()] * COPIES
    ns_per_message = benchmark(bench_parse, messages, 10)
    benchmark.extra_info |= {"ns_per_message": round(ns_per_message, 1), "bytes": len(messages[0]), "simd": simd()}
