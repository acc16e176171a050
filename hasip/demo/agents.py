"""The people of the demo: a core that calls, and customer sites that answer. Small user agents over real UDP sockets."""
import asyncio
import itertools
import socket
import time
from dataclasses import dataclass, field

from hasip import Message, parse

ANSWER_TIMEOUT_S = 5.0

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")


def header_values(message: Message, name: str) -> list[str]:
    """Return the values of all headers of a name, in order."""
    return [value for header, value in message.headers if header.lower() == name]


class Endpoint(asyncio.DatagramProtocol):
    """A UDP socket that speaks SIP."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        self.port = port
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self) -> None:
        """Bind the socket."""
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        bound.bind((self.address, self.port))
        bound.setblocking(False)
        self._transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, sock=bound)

    def close(self) -> None:
        """Close the socket: whoever sends here gets an ICMP error from now on."""
        if self._transport:
            self._transport.close()
            self._transport = None

    def send(self, text: str, to: tuple[str, int]) -> None:
        """Send one message."""
        if self._transport:
            self._transport.sendto(text.encode(), to)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hand a message to the agent."""
        self.received(parse(data), addr)

    def received(self, message: Message, source: tuple[str, int]) -> None:
        """What an agent does with a message."""
        raise TypeError(f"{type(self).__name__} must say what it does with messages")


class Site(Endpoint):
    """A customer's PBX: answers every call, or refuses it with a code."""

    def __init__(self, address: str, port: int) -> None:
        super().__init__(address, port)
        self.refuse_with = 0
        self.invites: dict[str, float] = {}         # Call-ID → when its INVITE arrived
        self.refusals: dict[str, float] = {}        # Call-ID → when the refusal left
        self.ended = 0

    def received(self, message: Message, source: tuple[str, int]) -> None:
        """INVITE: ring and answer, or refuse. BYE: 200."""
        if not message.is_request or message.method == "ACK":
            return
        if message.method == "INVITE":
            self.invites.setdefault(message.call_id, time.perf_counter())
            if self.refuse_with:
                self.refusals[message.call_id] = time.perf_counter()
                self.respond(message, source, self.refuse_with, "Service Unavailable")
                return
            self.respond(message, source, 180, "Ringing")
            self.respond(message, source, 200, "OK", SDP)
            return
        self.ended += message.method == "BYE"
        self.respond(message, source, 200, "OK")

    def respond(self, request: Message, to: tuple[str, int], status: int, phrase: str, body: str = "") -> None:
        """Send a response (RFC 3261 §8.2.6)."""
        tag = "" if "tag=" in header_values(request, "to")[0] else f";tag={self.port}"
        lines = [f"SIP/2.0 {status} {phrase}"]
        lines += [f"Via: {value}" for value in header_values(request, "via")]
        lines += [f"Record-Route: {value}" for value in header_values(request, "record-route")]
        lines += [f"From: {header_values(request, 'from')[0]}", f"To: {header_values(request, 'to')[0]}{tag}",
                  f"Call-ID: {request.call_id}", f"CSeq: {request.cseq} {request.cseq_method}",
                  f"Contact: <sip:site@{self.address}:{self.port}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]), to)


@dataclass(slots=True)
class Call:
    """One call as the core sees it."""

    call_id: str
    number: str
    started: float = field(default_factory=time.perf_counter)
    status: int = 0                 # final response to INVITE
    reason: str = ""
    answered_by: str = ""           # host:port of the site's Contact
    ended: bool = False


class Core(Endpoint):
    """The carrier's side: places calls through the router, hangs up, keeps count."""

    def __init__(self, address: str, port: int, router: tuple[str, int]) -> None:
        super().__init__(address, port)
        self._router = router
        self._sequence = itertools.count(1)
        self._calls: dict[str, Call] = {}
        self._routes: dict[str, tuple[str, str, str]] = {}         # Call-ID → Contact, Route, To
        self._waiting: dict[str, asyncio.Future[None]] = {}

    async def call(self, number: str, hold_s: float = 0.0) -> Call:
        """Place one call, hold it, hang up. A call that never ends as it should has status 0, or is not ended."""
        call = Call(f"{next(self._sequence)}-{time.monotonic_ns()}@demo", number)
        self._calls[call.call_id] = call
        await self._ask(call, "INVITE", f"sip:{number}@{self._router[0]}:{self._router[1]}", "", f"<sip:{number}@demo>", SDP)
        if call.status != 200:
            call.ended = True
            return call
        await asyncio.sleep(hold_s)
        await self.hang_up(call)
        return call

    async def hang_up(self, call: Call) -> None:
        """Send BYE along the call's route set."""
        contact, route, to = self._routes[call.call_id]
        await self._ask(call, "BYE", contact, route, to, "")

    async def _ask(self, call: Call, method: str, uri: str, route: str, to: str, body: str) -> None:
        """Send a request, again if need be (RFC 3261 §17.1), until its final response or the time is over."""
        done = self._waiting[call.call_id] = asyncio.get_running_loop().create_future()
        text = self._request(call, method, uri, route, to, body)
        for wait_s in (0.5, 1.0, 2.0, ANSWER_TIMEOUT_S):
            self.send(text, self._router)
            try:
                await asyncio.wait_for(asyncio.shield(done), wait_s)
                return
            except TimeoutError:
                continue

    def _request(self, call: Call, method: str, uri: str, route: str, to: str, body: str = "") -> str:
        number = 2 if method == "BYE" else 1
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {self.address}:{self.port};branch=z9hG4bK{method}{call.call_id};rport",
                 "Max-Forwards: 70", *([f"Route: {route}"] if route else []), f"From: <sip:core@demo>;tag=c{call.call_id.split('-')[0]}", f"To: {to}",
                 f"Call-ID: {call.call_id}", f"CSeq: {number} {method}", f"Contact: <sip:core@{self.address}:{self.port}>"]
        if body:
            lines.append("Content-Type: application/sdp")
        return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body])

    def received(self, message: Message, source: tuple[str, int]) -> None:
        """Final responses move a call on."""
        call = self._calls.get(message.call_id)
        if message.is_request or call is None or message.status < 200:
            return
        if message.method == "INVITE":
            self._note_answer(call, message)
        elif message.method == "BYE":
            call.ended = message.status == 200
        waiting = self._waiting[message.call_id]
        if not waiting.done():
            waiting.set_result(None)

    def _note_answer(self, call: Call, message: Message) -> None:
        """Keep the dialog and acknowledge: along the route set for 2xx, hop by hop for the rest."""
        to = header_values(message, "to")[0]
        call.status = message.status
        if message.status >= 300:
            call.reason = next(iter(header_values(message, "warning")), message.reason_phrase)
            self.send(self._request(call, "ACK", f"sip:{call.number}@{self._router[0]}:{self._router[1]}", "", to).replace("z9hG4bKACK", "z9hG4bKINVITE"), self._router)
            return
        call.answered_by = f"{message.contact_host}:{message.contact_port}"
        route = ", ".join(reversed(header_values(message, "record-route")))
        self._routes[call.call_id] = (message.contact_uri, route, to)
        self.send(self._request(call, "ACK", message.contact_uri, route, to), self._router)
