"""Digest as the other side does it (RFC 7616 §3.4), and a device that registers. Written apart from hasip's code on purpose."""
import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import md5, sha256
from typing import Any

from hasip.domain.trunk import Trunk

from .node import PASSWORD, REALM, Node, Outcome, Party, trunk
from .sip import Message, Place, place_text

HOME, NAT = ("203.0.113.50", 5060), ("203.0.113.99", 40000)       # where devices are: at an address of their own, and behind another
INSTANCE = '+sip.instance="<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>"'      # what a device is called for good (RFC 5626 §4.1)
REGISTRAR = "sip:edge.test"
HASHES = {"MD5": md5, "SHA-256": sha256}
CHALLENGE_HEADERS = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
CREDENTIALS_HEADERS = {401: "Authorization", 407: "Proxy-Authorization"}

_call_ids = itertools.count(1)


def digest_trunk(mode: str = "auto_failover", *, primary: Place | None = None, secondary: Place | None = None, **settings: Any) -> Trunk:
    """Return a trunk whose accounts register, but for those with a place."""
    return trunk(mode, primary=primary, secondary=secondary, **settings)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge of a 401 or 407."""

    realm: str
    nonce: str
    algorithm: str
    qop: str
    stale: str = ""


def challenges_of(answer: Message) -> dict[str, Challenge]:
    """Return the challenges of a 401 or 407 by algorithm, in the order in which they were offered."""
    offered = [{name: quoted or plain for name, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', value)}
               for value in answer.all(CHALLENGE_HEADERS[answer.status])]
    return {each["algorithm"]: Challenge(**each) for each in offered}


def digest(algorithm: str, *parts: str) -> str:
    return HASHES[algorithm](":".join(parts).encode()).hexdigest()


def credentials(challenge: Challenge, method: str, username: str, password: str = PASSWORD, target: str = REGISTRAR, count: int = 1, /,
                **changed: str) -> str:
    """Return the value of an Authorization header. What is `changed` is told otherwise than it was hashed; an empty text leaves it out."""
    secret = digest(challenge.algorithm, username, challenge.realm, password)
    nc, cnonce = f"{count:08x}", "f2/wE4q74E6z"
    response = digest(challenge.algorithm, secret, challenge.nonce, nc, cnonce, "auth", digest(challenge.algorithm, method, target))
    told = {"username": f'"{username}"', "realm": f'"{challenge.realm}"', "nonce": f'"{challenge.nonce}"', "uri": f'"{target}"',
            "response": f'"{response}"', "algorithm": challenge.algorithm, "qop": "auth", "nc": nc, "cnonce": f'"{cnonce}"', **changed}
    return "Digest " + ", ".join(f"{name}={value}" for name, value in told.items() if value)


@dataclass
class Device:
    """A user's device at a place: it registers, and knows the challenge it was given last."""

    party: Party
    username: str = "acme-1"
    password: str = PASSWORD
    algorithm: str = "SHA-256"
    to: str = ""
    call_id: str = field(default_factory=lambda: f"register{next(_call_ids)}@cases")
    cseq: int = 0
    challenge: Challenge | None = None
    count: int = 0

    @property
    def node(self) -> Node:
        return self.party.node

    @property
    def contact(self) -> str:
        return f"<sip:{self.username}@{place_text(self.party.place)}>"

    def request(self, contacts: Sequence[str] | None = None, *, expires: int | str | None = None, headers: Sequence[tuple[str, str]] = (),
                with_credentials: bool = True, **fields: Any) -> bytes:
        """Return a REGISTER of these contacts, or of its own; with credentials once a challenge is known."""
        self.cseq += 1
        more = list(headers) + ([("Expires", str(expires))] if expires is not None else [])
        if self.challenge and with_credentials:
            more.append(("Authorization", self.answer("REGISTER")))
        address = self.to or f"<sip:{self.username}@edge.test>"
        return self.party.request("REGISTER", uri=REGISTRAR, contacts=[self.contact] if contacts is None else contacts, headers=more,
                                  **{"from_value": f"{address};tag=device", "to_value": address, "call_id": self.call_id, "cseq": self.cseq, **fields})

    def answer(self, method: str, target: str = REGISTRAR, /, **changed: str) -> str:
        """Return credentials for the challenge known, one count further."""
        assert self.challenge
        self.count += 1
        return credentials(self.challenge, method, self.username, self.password, target, self.count, **changed)

    def take(self, answer: Message) -> Message:
        """Take the challenge of a 401 or 407."""
        self.challenge, self.count = challenges_of(answer)[self.algorithm], 0
        return answer

    def ask(self, worker: int = 0) -> Message:
        """Register without credentials, and take the challenge."""
        assert self.party.sends(self.request([], with_credentials=False), worker) == ("REPLY", "CHALLENGED")
        return self.take(self.party.gets(401))

    def sends(self, *contacts: str, worker: int = 0, **fields: Any) -> Outcome:
        """Send a REGISTER with credentials: of its own contact, or of these."""
        if not self.challenge:
            self.ask(worker)
        return self.party.sends(self.request(contacts or None, **fields), worker)

    def registers(self, *contacts: str, **fields: Any) -> Message:
        """Register; return the 200."""
        assert self.sends(*contacts, **fields) == ("REPLY", "ANSWERED_REGISTER")
        return self.party.gets(200)

    def fetches(self) -> list[str]:
        """Return the bindings there are: contacts as the registrar lists them (§10.2.3)."""
        if not self.challenge:
            self.ask()
        assert self.party.sends(self.request([])) == ("REPLY", "ANSWERED_REGISTER")
        return self.party.gets(200).all("Contact")

    def is_refused(self, status: int, *contacts: str, **fields: Any) -> Message:
        """Register without success; return the refusal."""
        assert self.sends(*contacts, **fields)[0] == "REPLY"
        return self.party.gets(status)


def calls_with_credentials(device: Device, number: str, **fields: Any) -> tuple[Message, Message]:
    """Place a call: INVITE, 407, and INVITE again with credentials; return the last as it was sent, and the 407."""
    party = device.party
    fields = {"call_id": f"{device.call_id}-{device.cseq}", "from_value": f"<sip:{device.username}@{REALM}>;tag=own", **fields}
    headers = list(fields.pop("headers", ()))
    assert party.sends(party.invite(number, headers=headers, **fields)) == ("REPLY", "CHALLENGED")
    refusal = device.take(party.gets(407))
    uri = f"sip:{number}@{REALM}"
    offered = Message(party.invite(number, cseq=2, headers=[*headers, ("Proxy-Authorization", device.answer("INVITE", uri))], **fields), party.place)
    assert party.sends(offered.raw) == ("FORWARD", "NONE")
    return offered, refusal
