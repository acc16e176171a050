"""Calls through a network that loses or repeats messages: all of them come out right, because somebody sends again."""
import socket
import threading
import zlib
from collections import Counter
from collections.abc import Callable

import pytest

from hasip import Message, parse
from hasip._load import Load
from tests.patience import PATIENCE_S
from tests.scenario.edge import free_network

T1_MS = 20
CALLS = 20
KINDS = {                       # by scenario: every message of a call, as (method, status); of requests the status is 0
    "basic": [("INVITE", 0), ("INVITE", 180), ("INVITE", 200), ("ACK", 0), ("BYE", 0), ("BYE", 200)],
    "cancel": [("INVITE", 0), ("INVITE", 180), ("CANCEL", 0), ("CANCEL", 200), ("INVITE", 487), ("ACK", 0)],
}

Copies = Callable[[Message, int], int]                  # of a message, of which so many came before → how often it is passed on


class Network:
    """A stateless loose router between the caller and the primary: it only adds Record-Route, and takes Route off."""

    def __init__(self, copies: Copies) -> None:
        network = free_network()
        self.copies = copies
        self.seen: Counter[tuple[str, str, int]] = Counter()
        self.here, self.caller, self.primary, self.secondary = ((f"{network}.{place}", 5060) for place in (1, 2, 10, 11))

    def carry(self, scenario: str, timeout_ms: int = 10_000) -> Load:
        """Run calls to their end."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller, \
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as primary:
            own.bind(self.here)
            own.settimeout(0.02)
            caller.bind(self.caller)
            primary.bind(self.primary)
            load = Load(scenario=scenario, target=self.here, seats=(self.caller, self.primary, self.secondary), sockets=[caller.fileno(), primary.fileno(), -1],
                        number="1", calls=CALLS, rate=1000.0, timeout_ms=timeout_ms, hold_ms=0, t1_ms=T1_MS, refusal_status=503, spins=False)
            thread = threading.Thread(target=load.run)
            thread.start()
            while thread.is_alive():
                self.pass_on(own)
            thread.join(PATIENCE_S)
        return load

    def pass_on(self, own: socket.socket) -> None:
        """Wait for a message for a moment, and pass it on as often as it should be."""
        try:
            datagram, source = own.recvfrom(65536)
        except TimeoutError:
            return
        message = parse(datagram)
        kind = (message.call_id, message.method, message.status)
        destination = self.caller
        if source == self.caller:
            destination = self.primary
            lines = [line for line in datagram.split(b"\r\n") if not line.startswith(b"Route:")]
            lines[1:1] = [f"Record-Route: <sip:{self.here[0]};lr>".encode()] if message.method == "INVITE" else []
            datagram = b"\r\n".join(lines)
        for _ in range(self.copies(message, self.seen[kind])):
            own.sendto(datagram, destination)
        self.seen[kind] += 1


@pytest.mark.parametrize(("scenario", "method", "status"), [(scenario, *kind) for scenario, kinds in KINDS.items() for kind in kinds if kind[1] != 180])
def test_the_first_copy_of_a_message_may_be_lost(scenario, method, status):
    load = Network(lambda message, before: int((message.method, message.status) != (method, status) or before > 0)).carry(scenario)
    result = load.result()
    assert (result["failures"], result["completed"]) == ({}, CALLS)
    assert result["retransmissions"] >= CALLS


@pytest.mark.parametrize("scenario", KINDS)
def test_every_message_may_come_three_times(scenario):
    result = Network(lambda message, before: 3).carry(scenario).result()
    assert (result["failures"], result["completed"]) == ({}, CALLS)
    assert result["duplicates"] > CALLS


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_a_share_of_all_messages_may_be_lost(share):
    calls: dict[str, int] = {}

    def copies(message: Message, before: int) -> int:
        """Lose the same messages in every run, whatever their order; from the fourth copy on, none: a call may not die of bad luck."""
        if before >= 3:
            return 1
        name = f"{calls.setdefault(message.call_id, len(calls))} {message.method} {message.status} {before}"
        return int(zlib.crc32(name.encode()) / 2**32 >= share)

    result = Network(copies).carry("basic").result()
    assert (result["failures"], result["completed"]) == ({}, CALLS)


@pytest.mark.parametrize(("method", "status", "failure"), [("INVITE", 200, "timed out"), ("ACK", 0, "timed out"), ("BYE", 0, "timed out")])
def test_a_message_that_is_always_lost_fails_the_calls(method, status, failure):
    result = Network(lambda message, before: int((message.method, message.status) != (method, status))).carry("basic", timeout_ms=1500).result()
    assert (result["failures"], result["completed"]) == ({failure: CALLS}, 0)


def test_a_body_that_was_changed_on_the_way_fails_the_calls():
    class Changing(Network):
        def pass_on(self, own: socket.socket) -> None:
            super().pass_on(Renamed(own))

    class Renamed:
        def __init__(self, own: socket.socket) -> None:
            self.recvfrom, self.own = own.recvfrom, own

        def sendto(self, datagram: bytes, destination: tuple[str, int]) -> None:
            self.own.sendto(datagram.replace(b"PCMA", b"PCMU"), destination)

    result = Changing(lambda message, before: 1).carry("basic").result()
    assert result["failures"] == {"altered on the way": CALLS}
