"""Whatever comes in whatever order: the pool's count stays that of the calls that hold a slot, and in the end nothing is left.

Seeded, so that a failure can be repeated; many short runs find more than a long one.
"""
import random
from collections.abc import Callable

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.node import Node, Party, trunk
from tests.packet.sip import Message, callee_dialog, caller_dialog, hop_request, in_dialog, response

LIMIT = 4
STEPS = 200
STATUSES = [100, 180, 183, 200, 200, 200, 202, 302, 401, 407, 408, 480, 481, 486, 487, 491, 500, 503, 503, 580, 599, 600, 603]
INSIDE = ["ACK", "ACK", "BYE", "INFO", "INVITE", "UPDATE", "PRACK", "REFER"]
PAUSES_MS = [0, 10, 300, 500, 2000, 5000, 10_000, 33_000, 200_000]


class Anybody:
    """Parties that do at random what some party might do."""

    def __init__(self, node: Node, seed: int) -> None:
        self.node = node
        self.random = random.Random(seed)
        self.parties = [node.core, node.primary, node.secondary]
        self.said: list[tuple[Party, bytes]] = []
        self.heard: list[tuple[Party, Message]] = []

    def choose(self, claim: Callable[[Party, Message], bool]) -> tuple[Party, Message] | None:
        """Return something a party heard, rather lately."""
        found = [each for each in self.heard[-40:] if claim(*each)]
        return self.random.choice(found) if found else None

    def says(self, party: Party, payload: bytes) -> None:
        worker = self.random.randrange(self.node.workers)
        verdict, reason = party.sends(payload, worker)
        assert verdict != "CONTINUE"
        assert reason != "NONE" or verdict == "FORWARD"
        for _ in range(self.node.workers):
            for each in range(self.node.workers):
                self.node.take_handed_off(each)
        self.said.append((party, payload))

    # ---------------------------------------------------------------------------------------- what they do

    def call(self) -> None:
        self.says(self.node.core, self.node.core.invite())

    def ask(self) -> None:
        self.says(self.node.core, self.node.core.request(self.random.choice(["MESSAGE", "OPTIONS"])))

    def repeat(self) -> None:
        if self.said:
            self.says(*self.random.choice(self.said[-30:]))

    def answer(self) -> None:
        if found := self.choose(lambda _, message: not message.status and message.method != "ACK"):
            party, request = found
            headers = self.random.choice([[], [], [("Session-Expires", "90")], [("Retry-After", "5")]])
            self.says(party, response(request, self.random.choice(STATUSES), party.place, tag=self.random.choice(["far", "far", "fork"]), headers=headers))

    def cancel_or_acknowledge(self) -> None:
        invites = [Message(raw) for _, raw in self.said[-30:] if raw.startswith(b"INVITE")]
        if invites:
            self.says(self.node.core, hop_request(self.random.choice(["CANCEL", "ACK"]), self.random.choice(invites)))

    def go_on_inside(self) -> None:
        """A request in what may be a dialog, by the caller or by the callee."""
        found = self.choose(lambda party, message: message.method == "INVITE" and (message.status > 100) == (party is self.node.core))
        if not found:
            return
        party, message = found
        method = self.random.choice(INSIDE)
        dialog = caller_dialog(message, message) if message.status else callee_dialog(message, Message(response(message, 200, party.place)))
        dialog.target = "sip:far@203.0.113.1:5060" if message.status else dialog.target
        dialog.cseq = self.random.randrange(1, 4) if message.status else dialog.cseq
        self.says(party, in_dialog(method, dialog, party.place, routes=self.random.choice([None, None, []])))

    def icmp(self) -> None:
        if found := self.choose(lambda _, message: not message.status):
            for worker in range(self.node.workers):
                self.node.icmp(found[1], worker)

    def pause(self) -> None:
        self.node.advance(self.random.choice(PAUSES_MS))

    def provision(self) -> None:
        mode = self.random.choice(["only_primary", "load_balancing", "auto_failover", "auto_failover", "2t4t"])
        self.node.publish(trunk(mode, calls=self.random.randrange(LIMIT + 1), ring_timeout_s=self.random.choice([0, 5]), max_call_s=self.random.choice([60, 14_400]),
                                failover_after_progress=self.random.choice(["always", "no_early_media", "never"])))

    # ---------------------------------------------------------------------------------------- what must hold

    def step(self) -> None:
        deeds = [self.call] * 3 + [self.answer] * 10 + [self.repeat] * 3 + [self.go_on_inside] * 5 + [self.pause] * 5
        self.random.choice([*deeds, self.ask, self.cancel_or_acknowledge, self.cancel_or_acknowledge, self.icmp, self.provision])()
        for party in self.parties:
            self.heard += [(party, message) for message in party.received()]
        self.node.wire.clear()
        held = [call for call in self.node.router.calls() if call["holds_slot"]]
        assert self.node.pool() == len(held) <= LIMIT
        assert sum(leg["calls"] for leg in self.node.router.trunk(0)["legs"]) == len(held)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("seed", range(6))
def test_nothing_leaks(make_node: NodeMaker, seed: int, workers: int) -> None:
    anybody = Anybody(make_node(trunk(calls=LIMIT), workers=workers), seed)
    for _ in range(STEPS):
        anybody.step()


@pytest.mark.parametrize("seed", range(6))
def test_nothing_leaks_where_tables_are_tiny(make_node: NodeMaker, seed: int) -> None:
    anybody = Anybody(make_node(trunk(calls=LIMIT), transaction_capacity=6, call_capacity=3), seed)
    for _ in range(STEPS):
        anybody.step()
