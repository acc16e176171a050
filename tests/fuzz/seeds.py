"""Write the torture messages as a seed corpus: `python -m tests.fuzz.seeds DIRECTORY`."""
import sys
from pathlib import Path

from tests.rfc.torture import TORTUOUS_INVITE, request

SEEDS = [
    TORTUOUS_INVITE,
    request(),
    request("SIP/2.0 200 OK", To="To: <sip:callee@example.com>;tag=t2", extra=["Contact: <sip:callee@192.0.2.9:5062;transport=udp>"]),
    request(Via="Via: SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255];branch=z9hG4bKas3-111;rport=5060, SIP/2.0/TLS b"),
    request(To='To: "A, B <x@y>;tag=fake" <sips:a:b@[::1]:5061;lr?x=y>;tag=1', extra=["Route: <sip:a;lr>,<sip:b;lr>", "Expires: 3600"]),
    request(extra=["m: *", "x: 1800;refresher=uac", "l: 5"], body="hello"),
    request("REGISTER sip:example.com SIP/2.0", CSeq="CSeq: 8 REGISTER", extra=[
        'Authorization: Digest username="a", realm="b", nonce="c", uri="sip:d",\r\n response="e", algorithm=SHA-256, cnonce="f\\"", qop=auth, nc=0000000a',
        'm: <sip:a@h>;q=0.5;expires=60, "B" <sip:b@h>;+sip.instance="<urn:uuid:1>";reg-id=1', "Contact: sip:c@h;expires=0"]),
    b"\r\n\r\n",
]


def main() -> None:
    directory = Path(sys.argv[1])
    for number, seed in enumerate(SEEDS):
        (directory / f"seed{number}").write_bytes(seed)


if __name__ == "__main__":
    main()
