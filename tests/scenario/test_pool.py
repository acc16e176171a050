"""The call pool: exact to one call, whatever comes at once. (spec: call pool)"""
import pytest

from .agent import Agent, caller_dialog, is_final_of_invite, pump
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message

LIMIT = 100
ATTEMPTS = 10_000
CALLERS = 20                    # sockets: the kernel spreads them over the workers
FAR_NUMBER = "+4930123456"      # dialled by the customer
AT_ONCE = 25                    # INVITEs between two looks at the answers: no socket buffer has to hold them all


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def edge(node: Node, request: pytest.FixtureRequest) -> Edge:
    return node(Trunk("limited", calls=LIMIT), Trunk("churning", calls=LIMIT), Trunk("both-ways", calls=LIMIT), workers=request.param)


class Crowd:
    """Callers that try all at once, and the far end that they call."""

    def __init__(self, edge: Edge, trunk: str) -> None:
        self.edge = edge
        self.number = edge[trunk].number
        self.callers = [edge.caller() for _ in range(CALLERS)]
        self.far_end = edge.leg(trunk, 0)
        self.invites: dict[str, tuple[Agent, Message]] = {}
        self.arrived: dict[str, Message] = {}           # INVITEs at the far end
        self.finals: dict[str, int] = {}
        self.held: set[str] = set()                     # calls at the far end that are not over yet
        self.most_held = 0

    def handlers(self) -> dict:
        return {self.far_end: self.at_far_end, **{caller: self.at_caller for caller in self.callers}}

    def call(self, count: int) -> None:
        """Place calls, and read what comes back meanwhile."""
        for start in range(0, count, AT_ONCE):
            for i in range(start, min(start + AT_ONCE, count)):
                caller = self.callers[i % CALLERS]
                invite = caller.invite(self.dialled(caller), body=b"")
                self.invites[invite.call_id] = (caller, invite)
            self.look()

    def dialled(self, caller: Agent) -> str:
        return self.number

    def look(self) -> None:
        for agent, handler in self.handlers().items():
            for message in list(agent.drain()):
                handler(message)
            agent.inbox.clear()

    def at_far_end(self, message: Message) -> None:
        if message.method == "INVITE" and not message.status and message.call_id not in self.arrived:
            self.arrived[message.call_id] = message
            self.held.add(message.call_id)
            self.most_held = max(self.most_held, len(self.held))
            self.answer(message)
        elif message.method == "BYE" and not message.status:
            self.held.discard(message.call_id)          # it may come again: the edge retransmits what we were slow to answer
            self.far_end.respond(message, 200)

    def answer(self, invite: Message) -> None:
        """Ring, and go on ringing."""
        self.far_end.respond(invite, 180)

    def at_caller(self, message: Message) -> None:
        if not is_final_of_invite(message):
            return
        caller, invite = self.invites[message.call_id]
        caller.ack(invite, message)
        self.finals.setdefault(message.call_id, message.status)


class BothWays(Crowd):
    """Half of the callers are the customer's own, who call out: the far end of their calls is the core."""

    def __init__(self, edge: Edge, trunk: str) -> None:
        super().__init__(edge, trunk)
        self.core = edge.core()
        address = edge[trunk].legs[0][0]
        self.callers[::2] = [edge.agent(address, 0) for _ in self.callers[::2]]

    def handlers(self) -> dict:
        return {**super().handlers(), self.core: self.at_far_end}

    def dialled(self, caller: Agent) -> str:
        return FAR_NUMBER if self.callers.index(caller) % 2 == 0 else self.number

    def answer(self, invite: Message) -> None:
        self.end_of(invite).respond(invite, 180)

    def end_of(self, invite: Message) -> Agent:
        return self.core if FAR_NUMBER in invite.request_uri else self.far_end


class Churn(Crowd):
    """The far end answers; the caller hangs up as soon as it can."""

    def answer(self, invite: Message) -> None:
        self.far_end.respond(invite, 200)

    def at_caller(self, message: Message) -> None:
        is_news = message.call_id not in self.finals
        super().at_caller(message)
        if is_news and message.status == 200 and message.method == "INVITE":
            caller, invite = self.invites[message.call_id]
            caller.send_in_dialog("BYE", caller_dialog(invite, message, self.edge.address))


def test_ten_thousand_attempts_at_once_get_exactly_the_limit(edge: Edge) -> None:
    crowd = Crowd(edge, "limited")
    crowd.call(ATTEMPTS)
    pump(crowd.handlers(), lambda: len(crowd.finals) == ATTEMPTS - LIMIT)
    edge.settle()
    assert set(crowd.finals.values()) == {486}
    assert len(crowd.arrived) == crowd.most_held == LIMIT
    assert edge.calls("limited") == LIMIT
    for invite in crowd.arrived.values():
        crowd.far_end.respond(invite, 404)
    pump(crowd.handlers(), lambda: len(crowd.finals) == ATTEMPTS)
    edge.settle()
    assert len(crowd.arrived) == LIMIT
    assert edge.calls("limited") == 0
    assert edge.trunk_status("limited")["refused"] == ATTEMPTS - LIMIT


def test_both_directions_share_the_limit_to_one_call(edge: Edge) -> None:
    crowd = BothWays(edge, "both-ways")
    crowd.call(ATTEMPTS)
    pump(crowd.handlers(), lambda: len(crowd.finals) == ATTEMPTS - LIMIT)
    edge.settle()
    out = [invite for invite in crowd.arrived.values() if crowd.end_of(invite) is crowd.core]
    assert set(crowd.finals.values()) == {486, 503}
    assert len(crowd.arrived) == crowd.most_held == edge.calls("both-ways") == LIMIT
    assert 0 < len(out) < LIMIT
    for invite in crowd.arrived.values():
        crowd.end_of(invite).respond(invite, 404)
    pump(crowd.handlers(), lambda: len(crowd.finals) == ATTEMPTS)
    edge.settle()
    assert edge.calls("both-ways") == 0


def test_the_limit_holds_while_calls_come_and_go(edge: Edge) -> None:
    crowd = Churn(edge, "churning")
    crowd.call(ATTEMPTS)
    pump(crowd.handlers(), lambda: len(crowd.finals) == ATTEMPTS and not crowd.held)
    edge.settle()
    assert set(crowd.finals.values()) <= {200, 486}
    assert crowd.most_held <= LIMIT
    assert list(crowd.finals.values()).count(200) == len(crowd.arrived)
    assert edge.calls("churning") == 0


def test_refusal_of_a_full_pool_says_why(edge: Edge) -> None:
    crowd = Crowd(edge, "limited")
    crowd.call(LIMIT)
    pump(crowd.handlers(), lambda: len(crowd.arrived) == LIMIT)
    caller = edge.caller()
    invite = caller.invite(crowd.number)
    refusal = caller.wait(486)
    caller.ack(invite, refusal)
    assert "cause=34" in refusal.header("Reason")
    assert '"concurrent call limit"' in refusal.header("Warning")
    for arrived in crowd.arrived.values():
        crowd.far_end.respond(arrived, 404)
    pump(crowd.handlers(), lambda: len(crowd.finals) == LIMIT)
    edge.settle()
    assert edge.calls("limited") == 0
