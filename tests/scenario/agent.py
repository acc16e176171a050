"""A SIP agent on a raw UDP socket: says exactly what a test tells it to, and obeys Record-Route. (RFC 3261 §8, §12)

stream_agent.py has its sibling on TCP and TLS.
"""
import itertools
import secrets
import select
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.patience import PATIENCE_S

from .message import Address, Message, host_of, host_text, port_of, split_values, tag_of, uri_of, write

RECEIVE_BUFFER_BYTES = 4 << 20
SDP = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n"
REASON_PHRASES = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 486: "Busy Here", 487: "Request Terminated",
                  503: "Service Unavailable"}

Matcher = str | int | Callable[[Message], bool]

_numbers = itertools.count(1)


@dataclass(slots=True)
class Dialog:
    """One side of a call, as RFC 3261 §12.1 makes it."""

    call_id: str
    local: str
    remote: str
    target: str
    routes: list[str]
    cseq: int
    next_hop: Address


class Agent:
    """A caller or a far end."""

    transport = "UDP"

    def __init__(self, address: str, port: int, edge: Address) -> None:
        self.edge = edge
        self.inbox: list[Message] = []
        self.address: Address = self.open(address, port)

    def open(self, address: str, port: int) -> Address:
        """Bind, and return where we are."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        self.socket.bind((address, port))
        self.socket.setblocking(False)
        bound: Address = self.socket.getsockname()[:2]
        return bound

    def close(self) -> None:
        self.socket.close()

    def sockets(self) -> list[socket.socket]:
        """Return what becomes readable when something arrives."""
        return [self.socket]

    @property
    def sent_by(self) -> str:
        return f"{host_text(self.address[0])}:{self.address[1]}"

    # ---------------------------------------------------------------------------------------- receiving

    def drain(self) -> list[Message]:
        """Take in what has arrived, and return what is there and was not waited for yet."""
        while True:
            try:
                datagram, source = self.socket.recvfrom(65536)
            except (BlockingIOError, ConnectionRefusedError):
                return self.inbox
            self.inbox.append(Message(datagram, source[:2]))

    def wait(self, wanted: Matcher, *, call_id: str = "", timeout: float = PATIENCE_S) -> Message:
        """Return the first message that matches: a method, a status code, or a predicate. Errors: AssertionError after `timeout`."""
        deadline = time.monotonic() + timeout
        while True:
            for message in self.drain():
                if matches(message, wanted, call_id):
                    self.inbox.remove(message)
                    return message
            left = deadline - time.monotonic()
            if left <= 0:
                raise AssertionError(f"{self.sent_by} got no {wanted} in {timeout} s, but {self.inbox}")
            select.select(self.sockets(), [], [], left)

    def count(self, wanted: Matcher, *, call_id: str = "") -> int:
        """Return how many messages that match are there and were not waited for."""
        return sum(matches(message, wanted, call_id) for message in self.drain())

    def forget(self) -> None:
        """Throw away all that has arrived."""
        self.drain().clear()

    # ---------------------------------------------------------------------------------------- sending

    def send(self, message: bytes, to: Address | None = None) -> Message:
        """Send bytes, by default to the edge, and return them as a message."""
        self.socket.sendto(message, to or self.edge)
        return Message(message, self.address)

    def via(self, branch: str = "") -> tuple[str, str]:
        return ("Via", f"SIP/2.0/{self.transport} {self.sent_by};branch={branch or new_branch()};rport")

    def contact(self) -> tuple[str, str]:
        return ("Contact", f"<{self.contact_uri()}>")

    def contact_uri(self, user: str = "agent") -> str:
        """Return the URI that leads here."""
        return f"sip:{user}@{self.sent_by}" + ("" if self.transport == "UDP" else f";transport={self.transport.lower()}")

    def build(self, method: str, request_uri: str, *, call_id: str = "", from_value: str = "", to_value: str = "", cseq: int = 1,
              branch: str = "", max_forwards: int = 70, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> bytes:
        """Return a request outside a dialog."""
        return write(f"{method} {request_uri} SIP/2.0", [
            self.via(branch), ("Max-Forwards", str(max_forwards)),
            ("From", from_value or f"<sip:caller@{self.sent_by}>;tag={new_token()}"), ("To", to_value or f"<{request_uri}>"),
            ("Call-ID", call_id or new_call_id()), ("CSeq", f"{cseq} {method}"), self.contact(), *headers], body)

    def uri(self, number: str) -> str:
        """Return the Request-URI of a number at the edge."""
        return f"sip:{number}@{host_text(self.edge[0])}:{self.edge[1]}"

    def invite(self, number: str, *, body: bytes = SDP, headers: Iterable[tuple[str, str]] = (), **fields: object) -> Message:
        """Call a number."""
        typed = [("Content-Type", "application/sdp")] if body else []
        return self.send(self.build("INVITE", self.uri(number), headers=[*typed, *headers], body=body, **fields))    # type: ignore[arg-type]

    def request(self, method: str, number: str = "", **fields: object) -> Message:
        """Send a request outside a dialog; without a number, to the edge itself."""
        uri = self.uri(number) if number else f"sip:{host_text(self.edge[0])}:{self.edge[1]}"
        return self.send(self.build(method, uri, **fields))     # type: ignore[arg-type]

    def respond(self, request: Message, status: int, *, tag: str = "", headers: Iterable[tuple[str, str]] = (), body: bytes = b"",
                phrase: str = "") -> Message:
        """Answer a request (§8.2.6): Via, From, To, Call-ID, CSeq and Record-Route are its own."""
        to_value = request.header("To")
        if status > 100 and not tag_of(to_value):
            to_value += f";tag={tag or 'far' + request.branch[-12:]}"
        copied = [("Via", value) for value in request.all("Via")]
        if status < 300:
            copied += [("Record-Route", value) for value in request.all("Record-Route")]
        copied += [("From", request.header("From")), ("To", to_value), ("Call-ID", request.call_id), ("CSeq", request.header("CSeq"))]
        if 100 < status < 300:
            copied.append(self.contact())
        response = write(f"SIP/2.0 {status} {phrase or REASON_PHRASES.get(status, 'Because')}", [*copied, *headers], body)
        return self.send(response, request.source)

    def ack(self, invite: Message, response: Message) -> Message:
        """Acknowledge: a 2xx end to end along its Record-Route, anything else hop by hop (§13.2.2.4, §17.1.1.3)."""
        if response.status < 300:
            return self.send_in_dialog("ACK", caller_dialog(invite, response, self.edge))
        return self.send(hop_request("ACK", invite, response.header("To")))

    def cancel(self, invite: Message) -> Message:
        """Cancel an INVITE of ours (§9.1)."""
        return self.send(hop_request("CANCEL", invite, invite.header("To")))

    def in_dialog(self, method: str, dialog: Dialog, *, headers: Iterable[tuple[str, str]] = (), routes: list[str] | None = None,
                  body: bytes = b"") -> bytes:
        """Return a request of a call: Request-URI and Route as §12.2.1.1 wants them. An ACK takes the INVITE's CSeq."""
        if method != "ACK":
            dialog.cseq += 1
        return write(f"{method} {dialog.target} SIP/2.0", [
            self.via(), ("Max-Forwards", "70"), *(("Route", route) for route in (dialog.routes if routes is None else routes)),
            ("From", dialog.local), ("To", dialog.remote), ("Call-ID", dialog.call_id), ("CSeq", f"{dialog.cseq} {method}"), self.contact(),
            *headers], body)

    def send_in_dialog(self, method: str, dialog: Dialog, *, headers: Iterable[tuple[str, str]] = (), body: bytes = b"") -> Message:
        return self.send(self.in_dialog(method, dialog, headers=headers, body=body), dialog.next_hop)


def caller_dialog(invite: Message, response: Message, edge: Address) -> Dialog:
    """Return the caller's side: the route set is the Record-Route reversed (§12.1.2)."""
    routes = split_values(response.all("Record-Route"))[::-1]
    return Dialog(call_id=invite.call_id, local=invite.header("From"), remote=response.header("To"), target=uri_of(response.header("Contact")),
                  routes=routes, cseq=invite.cseq, next_hop=next_hop_of(routes, edge))


def callee_dialog(invite: Message, response: Message, edge: Address) -> Dialog:
    """Return the far end's side: the route set is the Record-Route in order (§12.1.1)."""
    routes = split_values(invite.all("Record-Route"))
    return Dialog(call_id=invite.call_id, local=response.header("To"), remote=invite.header("From"), target=uri_of(invite.header("Contact")),
                  routes=routes, cseq=1000, next_hop=next_hop_of(routes, edge))


def next_hop_of(routes: list[str], otherwise: Address) -> Address:
    if not routes:
        return otherwise
    uri = uri_of(routes[0])
    return host_of(uri), port_of(uri)


def hop_request(method: str, invite: Message, to_value: str) -> bytes:
    """Return the ACK or CANCEL that belongs to an INVITE's transaction."""
    return write(f"{method} {invite.request_uri} SIP/2.0", [
        ("Via", invite.header("Via")), ("Max-Forwards", "70"), ("From", invite.header("From")), ("To", to_value),
        ("Call-ID", invite.call_id), ("CSeq", f"{invite.cseq} {method}")])


def matches(message: Message, wanted: Matcher, call_id: str) -> bool:
    if call_id and message.call_id != call_id:
        return False
    if isinstance(wanted, int):
        return message.status == wanted
    if isinstance(wanted, str):
        return not message.status and message.method == wanted
    return wanted(message)


def is_final(message: Message) -> bool:
    """True for a final response."""
    return message.status >= 200


def is_final_of_invite(message: Message) -> bool:
    return message.status >= 200 and message.method == "INVITE"


def first_to_hear(agents: list[Agent], wanted: Callable[[Message], bool], call_id: str, timeout: float = PATIENCE_S) -> tuple[int, Message]:
    """Return who of several agents first gets a message that matches, and that message. Errors: AssertionError after `timeout`."""
    deadline = time.monotonic() + timeout
    while True:
        for index, agent in enumerate(agents):
            if agent.count(wanted, call_id=call_id):
                return index, agent.wait(wanted, call_id=call_id)
        left = deadline - time.monotonic()
        assert left > 0, f"nobody got what was waited for in {timeout} s, but {[agent.inbox for agent in agents]}"
        select.select([each for agent in agents for each in agent.sockets()], [], [], left)


def pump(handlers: dict[Agent, Callable[[Message], None]], until: Callable[[], bool], timeout: float = PATIENCE_S) -> None:
    """Hand every message to its agent's handler until the claim holds. Errors: AssertionError after `timeout`."""
    deadline = time.monotonic() + timeout
    while not until():
        assert time.monotonic() < deadline, f"not done in {timeout} s"
        by_socket = {each: agent for agent in handlers for each in agent.sockets()}
        for agent in {by_socket[ready] for ready in select.select(list(by_socket), [], [], 0.05)[0]}:
            arrived = agent.drain()[:]
            agent.inbox.clear()
            for message in arrived:
                handlers[agent](message)


def new_token() -> str:
    return secrets.token_hex(6)


def new_branch() -> str:
    return f"z9hG4bK{next(_numbers)}x{new_token()}"


def new_call_id() -> str:
    return f"{next(_numbers)}-{new_token()}@tests"
