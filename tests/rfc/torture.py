"""Torture messages in the spirit of RFC 4475 and RFC 5118, in our own words: what each of their sections is after."""

VALID_LINES = {
    "Via": "Via: SIP/2.0/UDP host.example.com:5060;branch=z9hG4bKtorture",
    "Max-Forwards": "Max-Forwards: 70",
    "To": "To: <sip:callee@example.com>",
    "From": "From: <sip:caller@example.net>;tag=t1",
    "Call-ID": "Call-ID: torture@example.net",
    "CSeq": "CSeq: 7 INVITE",
}


def request(start="INVITE sip:callee@example.com SIP/2.0", body="", extra=(), **changed):
    """Return a request with some of its lines changed (None: left out) and some more."""
    lines = VALID_LINES | {name.replace("_", "-"): line for name, line in changed.items()}
    text = "\r\n".join([start, *(line for line in lines.values() if line is not None), *extra, "", ""]) + body
    return text.encode("utf-8", "surrogateescape")


TORTUOUS_INVITE = b"""INVITE sip:vinod@example.com;unknownparam SIP/2.0
TO :
 sip:vinod@example.com ;   tag    = 77183n
from   : "J Rosen \\\\\\""       <sip:jd@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: tortuous.1@192.0.2.1
Content-Length   : 6
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \\"\\"" <sip:jd@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

v=0
""".replace(b"\n", b"\r\n").replace(b"v=0\r\n", b"v=0\r\n ")
