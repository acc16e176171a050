"""User agents that answer calls and place them, and nothing else. (RFC 3261 §8, §12, §13, §17.1)"""
import asyncio
import contextlib
import itertools
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from hasip import Message, parse
from hasip.user_agent.digest import answer_to
from hasip.user_agent.lines import Address, Line, host_port, host_text

ANSWER_TIMEOUT_S = 5.0
REPEATS_S = (0.5, 1.0, 2.0, ANSWER_TIMEOUT_S)           # how long each copy of a request waits for its answer (RFC 3261 §17.1)

SDP = ("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n")

_numbers = itertools.count(1)
_run = f"{time.time_ns():x}-"                           # a branch is nobody else's, nor one of a run before


def header_values(message: Message, name: str) -> list[str]:
    """Return the values of all headers of a name, in order."""
    return [value for header, value in message.headers if header.lower() == name]


class Agent:
    """Who answers every call, or refuses it with a code."""

    def __init__(self, name: str, line: Line) -> None:
        self.name = name
        self.refuse_with = 0
        self.invites: dict[str, float] = {}         # Call-ID → when its INVITE arrived
        self.refusals: dict[str, float] = {}        # Call-ID → when the refusal left
        self.identities: Counter[str] = Counter()   # who calls were said to come from: P-Asserted-Identity
        self._line = line

    async def open(self) -> None:
        """Be there."""
        await self._line.open(lambda message, source: self.received(parse(message), source))

    def close(self) -> None:
        """Be gone."""
        self._line.close()

    @property
    def sent_by(self) -> str:
        """Where this agent is."""
        return host_port(self._line.address)

    @property
    def contact(self) -> str:
        """The header that says where this agent is."""
        return f"Contact: <sip:{self.name}@{self.sent_by}" + (">" if self._line.transport == "UDP" else f";transport={self._line.transport.lower()}>")

    def received(self, message: Message, source: Address) -> None:
        """INVITE: ring and answer, or refuse. BYE: 200."""
        if not message.is_request or message.method == "ACK":
            return
        if message.method != "INVITE":
            self.respond(message, source, 200, "OK")
            return
        self.invites.setdefault(message.call_id, time.perf_counter())
        self.identities.update(header_values(message, "p-asserted-identity"))
        if self.refuse_with:
            self.refusals[message.call_id] = time.perf_counter()
            self.respond(message, source, self.refuse_with, "Service Unavailable")
            return
        self.respond(message, source, 180, "Ringing")
        self.respond(message, source, 200, "OK", SDP)

    def respond(self, request: Message, to: Address, status: int, phrase: str, body: str = "") -> None:
        """Send a response (RFC 3261 §8.2.6)."""
        tag = "" if "tag=" in header_values(request, "to")[0] else f";tag={self.name}"
        lines = [f"SIP/2.0 {status} {phrase}"]
        lines += [f"Via: {value}" for value in header_values(request, "via")]
        lines += [f"Record-Route: {value}" for value in header_values(request, "record-route")]
        lines += [f"From: {header_values(request, 'from')[0]}", f"To: {header_values(request, 'to')[0]}{tag}",
                  f"Call-ID: {request.call_id}", f"CSeq: {request.cseq} {request.cseq_method}", self.contact]
        self._send(lines, body, to)

    def _send(self, lines: list[str], body: str, to: Address) -> None:
        if body:
            lines = [*lines, "Content-Type: application/sdp"]
        self._line.send("\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode(), to)


@dataclass(slots=True)
class Call:
    """One call as its caller sees it."""

    number: str
    call_id: str = field(default_factory=lambda: f"{next(_numbers)}-{time.monotonic_ns()}@hasip")
    started: float = field(default_factory=time.perf_counter)
    answered: float = 0.0           # when the final response arrived
    was_challenged: bool = False    # 407 came first
    status: int = 0                 # final response to INVITE
    reason: str = ""
    answered_by: str = ""           # host:port of the far end's Contact
    ended: bool = False
    cseq: int = 0
    to: str = ""                    # the rest of the dialog (RFC 3261 §12.1.2)
    target: str = ""
    route: str = ""


class Caller(Agent):
    """Who also places calls through the router, and hangs up; with a password, answers its challenges."""

    def __init__(self, name: str, line: Line, router: Address, password: str = "") -> None:
        super().__init__(name, line)
        self._router = router
        self._password = password
        self.sent_again = 0
        self.received_again = 0
        self._waiting: dict[str, asyncio.Future[tuple[Message, float]]] = {}    # by branch: an answer, and when it arrived
        self._acknowledgements: dict[str, list[str]] = {}           # by branch of the INVITE: an answer that is repeated gets its ACK again

    async def call(self, number: str, hold_s: float = 0.0) -> Call:
        """Place one call, hold it, hang up. A call that never ends as it should has status 0, or is not ended."""
        call = Call(number)
        answer = await self._invite(call)
        if answer and answer.status == 407 and self._password:
            call.was_challenged = True
            answer = await self._invite(call, answer_to(answer, "INVITE", self._uri(number), self.name, self._password))
        if answer is None or answer.status >= 300:
            call.ended = answer is not None
            return call
        await asyncio.sleep(hold_s)
        answer, _ = await self._ask(self._request(call, "BYE", next_branch()))
        call.ended = answer is not None and answer.status == 200
        return call

    async def register(self) -> list[int]:
        """Register where we are; return the status codes that came (RFC 3261 §10.2)."""
        registrar, statuses, credentials, call_id = f"sip:{host_text(self._router)}", [], "", Call("").call_id
        address_of_record = f"<sip:{self.name}@{host_text(self._router)}>"
        for cseq in (1, 2):
            lines = [f"REGISTER {registrar} SIP/2.0", self._via(next_branch()), "Max-Forwards: 70", f"From: {address_of_record};tag=r",
                     f"To: {address_of_record}", f"Call-ID: {call_id}", f"CSeq: {cseq} REGISTER", self.contact, "Expires: 600"]
            answer, _ = await self._ask([*lines, *([credentials] if credentials else [])])
            statuses.append(answer.status if answer else 0)
            if answer is None or answer.status != 401:
                break
            credentials = answer_to(answer, "REGISTER", registrar, self.name, self._password)
        return statuses

    async def _invite(self, call: Call, credentials: str = "") -> Message | None:
        """Send an INVITE, wait for its final response, and acknowledge that."""
        branch = next_branch()
        call.cseq += 1
        call.to, call.target = f"<{self._uri(call.number)}>", self._uri(call.number)
        answer, call.answered = await self._ask(self._request(call, "INVITE", branch, credentials), SDP)
        if answer is None:
            return None
        call.status, call.to = answer.status, header_values(answer, "to")[0]
        if answer.status >= 300:                        # hop by hop: the INVITE's branch
            call.reason = next(iter(header_values(answer, "warning")), answer.reason_phrase)
            self._acknowledge(branch, self._request(call, "ACK", branch))
            return answer
        call.answered_by = f"{answer.contact_host}:{answer.contact_port}"
        call.target, call.route = answer.contact_uri, ", ".join(reversed(header_values(answer, "record-route")))
        self._acknowledge(branch, self._request(call, "ACK", next_branch()))
        return answer

    def _acknowledge(self, branch: str, acknowledgement: list[str]) -> None:
        self._acknowledgements[branch] = acknowledgement
        self._send(acknowledgement, "", self._router)

    async def _ask(self, lines: list[str], body: str = "") -> tuple[Message | None, float]:
        """Send a request, by UDP again if need be, until its final response comes or the time is over; return it, and when it came."""
        branch = lines[1].partition(";branch=")[2].partition(";")[0]
        done = self._waiting[branch] = asyncio.get_running_loop().create_future()
        try:
            for number, wait_s in enumerate(REPEATS_S):
                if number == 0 or self._line.transport == "UDP":
                    self.sent_again += number > 0
                    self._send(lines, body, self._router)
                with contextlib.suppress(TimeoutError):
                    return await asyncio.wait_for(asyncio.shield(done), wait_s)
        finally:
            del self._waiting[branch]
        return None, 0.0

    def _request(self, call: Call, method: str, branch: str, *more: str) -> list[str]:
        """Return a request of a call, in its dialog once there is one. An ACK takes the INVITE's CSeq."""
        call.cseq += method == "BYE"
        return [f"{method} {call.target} SIP/2.0", self._via(branch), "Max-Forwards: 70", *([f"Route: {call.route}"] if call.route else []),
                f"From: <sip:{self.name}@{self.sent_by}>;tag=c{call.call_id.split('-')[0]}", f"To: {call.to}", f"Call-ID: {call.call_id}",
                f"CSeq: {call.cseq} {method}", self.contact, *filter(None, more)]

    def _via(self, branch: str) -> str:
        return f"Via: SIP/2.0/{self._line.transport} {self.sent_by};branch={branch};rport"

    def _uri(self, number: str) -> str:
        return f"sip:{number}@{host_port(self._router)}"

    def received(self, message: Message, source: Address) -> None:
        """A final response goes to whom it is for; requests are answered."""
        if message.is_request:
            super().received(message, source)
        elif message.status >= 200:
            waiting = self._waiting.get(message.branch)
            if waiting and not waiting.done():
                waiting.set_result((message, time.perf_counter()))
                return
            self.received_again += 1
            if message.branch in self._acknowledgements:
                self._send(self._acknowledgements[message.branch], "", self._router)


async def many_calls(callers: Sequence[Caller], number: str, count: int, per_second: float, hold_s: float) -> list[Call]:
    """Let callers in turn place calls, evenly and whatever becomes of them, each held for a while."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    tasks = []
    for index in range(count):
        await asyncio.sleep(max(0.0, started + index / per_second - loop.time()))
        tasks.append(asyncio.create_task(callers[index % len(callers)].call(number, hold_s)))
    return list(await asyncio.gather(*tasks))


def next_branch() -> str:
    """Return a branch that no other request has."""
    return f"z9hG4bK{_run}{next(_numbers)}"
