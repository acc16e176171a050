"""A user: an agent that registers and calls by Digest. Written apart from hasip's reader on purpose. (RFC 3261 §10, §22; RFC 7616)"""
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from .agent import Agent, is_final, is_final_of_invite, new_call_id, new_token
from .message import Message

PASSWORD = "c0rrect-horse-battery"
HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}

Headers = Iterable[tuple[str, str]]


@dataclass(slots=True)
class User:
    """Who an agent claims to be."""

    agent: Agent
    name: str
    password: str = PASSWORD
    algorithm: str = "SHA-256"

    def register(self, *, expires_s: int = 3600, contact: str = "", call_id: str = "", cseq: int = 1, headers: Headers = ()) -> Message:
        """Register this agent's address, and return the final response."""
        call_id = call_id or new_call_id()
        from_value = f"<sip:{self.name}@hasip>;tag={new_token()}"
        asked = [("Contact", contact or f"<{self.agent.contact_uri(self.name)}>"), ("Expires", str(expires_s)), *headers]

        def send(cseq: int, *more: tuple[str, str]) -> Message:
            self.agent.send(self.build("REGISTER", self.registrar, call_id, from_value, f"<sip:{self.name}@hasip>", cseq, [*asked, *more]))
            return self.agent.wait(is_final, call_id=call_id)

        first = send(cseq)
        return send(cseq + 1, self.answer(first, "REGISTER", self.registrar)) if first.status == 401 else first

    def invite(self, number: str, *, call_id: str = "", headers: Headers = (), from_user: str = "") -> Message:
        """Call a number, answer the challenge, and return the INVITE that has credentials. Errors: AssertionError when it is not challenged."""
        call_id, uri = call_id or new_call_id(), self.agent.uri(number)
        from_value = f"<sip:{from_user or self.name}@hasip>;tag={new_token()}"
        first = self.agent.invite(number, call_id=call_id, from_value=from_value, headers=headers)
        challenge = self.agent.wait(is_final_of_invite, call_id=call_id)
        assert challenge.status == 407, challenge.raw.decode()
        self.agent.ack(first, challenge)
        return self.agent.invite(number, call_id=call_id, from_value=from_value, cseq=2, headers=[*headers, self.answer(challenge, "INVITE", uri)])

    def build(self, method: str, uri: str, call_id: str, from_value: str, to_value: str, cseq: int, headers: Headers) -> bytes:
        """Return a request whose Contact is among the headers."""
        request = self.agent.build(method, uri, call_id=call_id, from_value=from_value, to_value=to_value, cseq=cseq, headers=headers)
        return request.replace(f"Contact: <{self.agent.contact_uri()}>\r\n".encode(), b"", 1)

    @property
    def registrar(self) -> str:
        """The Request-URI of a REGISTER."""
        return f"sip:{self.agent.edge[0]}:{self.agent.edge[1]}"

    def answer(self, challenge: Message, method: str, uri: str, nonce_count: int = 1) -> tuple[str, str]:
        """Return the header that answers a 401 or 407."""
        asked, answered = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}[challenge.status]
        offers = [dict(re.findall(r'(\w+)="?([^",]*)"?', value)) for value in challenge.all(asked)]
        offer = next(each for each in offers if each.get("algorithm", "MD5") == self.algorithm)
        return answered, self.credentials(offer["realm"], offer["nonce"], method, uri, nonce_count)

    def credentials(self, realm: str, nonce: str, method: str, uri: str, nonce_count: int) -> str:
        """Return Digest credentials with qop=auth (RFC 7616 §3.4)."""
        cnonce, count = new_token(), f"{nonce_count:08x}"
        secret = self.digest(self.name, realm, self.password)
        response = self.digest(secret, nonce, count, cnonce, "auth", self.digest(method, uri))
        return (f'Digest username="{self.name}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{response}", '
                f'algorithm={self.algorithm}, qop=auth, nc={count}, cnonce="{cnonce}"')

    def digest(self, *parts: str) -> str:
        return HASHES[self.algorithm](":".join(parts).encode()).hexdigest()
