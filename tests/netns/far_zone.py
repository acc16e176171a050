"""A zone's far end that lives by itself: it answers probes and calls beside the test, as it is told."""
import contextlib
import heapq
import itertools
import select
import socket
import threading
import time
from collections.abc import Callable, Sequence

from tests.patience import PATIENCE_S
from tests.scenario.agent import Agent, Dialog, Matcher, matches
from tests.scenario.message import Address, Message


class FarZone:
    """What it hears stays in `heard`, probes apart. Owns: the agent, a thread."""

    def __init__(self, agent: Agent) -> None:
        self.agent = agent
        self.probe_status = 200             # 0: silence
        self.retry_after_s = 0
        self.probe_delay_s = 0.0
        self.call_status = 200              # of INVITE; 0: silence
        self.heard: list[Message] = []
        self.probes: list[Message] = []
        self._later: list[tuple[float, int, Message, int]] = []
        self._numbers = itertools.count()
        self._arrived = threading.Condition()
        self._ending, self._end = socket.socketpair()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    @property
    def address(self) -> Address:
        return self.agent.address

    def close(self) -> None:
        """Die: the port is closed."""
        self._end.close()
        self._thread.join()
        self._ending.close()
        self.agent.close()

    def count(self, wanted: Matcher, call_id: str = "") -> int:
        """Return how many messages were heard that match."""
        with self._arrived:
            return sum(matches(each, wanted, call_id) for each in self.heard)

    def wait(self, wanted: Matcher, call_id: str = "", timeout: float = PATIENCE_S) -> Message:
        """Return the first message that matches, and take it out. Errors: AssertionError after `timeout`."""
        message = self._wait(self.heard, lambda each: matches(each, wanted, call_id), timeout, wanted)
        with self._arrived:
            self.heard.remove(message)
        return message

    def wait_probe(self, timeout: float = PATIENCE_S) -> Message:
        """Return the next probe from now on."""
        now = time.monotonic()
        return self._wait(self.probes, lambda each: each.at >= now, timeout, "probe")

    def send_in_dialog(self, method: str, dialog: Dialog) -> Message:
        with self._arrived:
            return self.agent.send_in_dialog(method, dialog)

    def _wait(self, messages: list[Message], holds: Callable[[Message], bool], timeout: float, wanted: object) -> Message:
        with self._arrived:
            found = self._arrived.wait_for(lambda: next((each for each in messages if holds(each)), None), timeout)
            assert found, f"{self.agent.sent_by} heard no {wanted} in {timeout} s, but {self.heard} and {len(self.probes)} probes"
        return found

    def _live(self) -> None:
        while True:
            left = max(0.0, self._later[0][0] - time.monotonic()) if self._later else None
            if self._ending in select.select([*self.agent.sockets(), self._ending], [], [], left)[0]:
                return
            with self._arrived:
                for message in self.agent.drain():
                    self._take(message)
                self.agent.inbox.clear()
                while self._later and self._later[0][0] <= time.monotonic():
                    _, _, probe, status = heapq.heappop(self._later)
                    self._respond(probe, status)
                self._arrived.notify_all()

    def _take(self, message: Message) -> None:
        if message.status or message.method == "ACK":
            self.heard.append(message)
        elif message.method == "OPTIONS":
            self.probes.append(message)
            self._answer_probe(message)
        else:
            self.heard.append(message)
            status = self.call_status if message.method == "INVITE" else 200
            if status:
                self._respond(message, status)

    def _answer_probe(self, probe: Message) -> None:
        if self.probe_status and self.probe_delay_s:
            heapq.heappush(self._later, (time.monotonic() + self.probe_delay_s, next(self._numbers), probe, self.probe_status))
        elif self.probe_status:
            self._respond(probe, self.probe_status, [("Retry-After", str(self.retry_after_s))] if self.retry_after_s else [])

    def _respond(self, request: Message, status: int, headers: Sequence[tuple[str, str]] = ()) -> None:
        """Answer. Over a dead link an answer is lost, as a network loses it."""
        with contextlib.suppress(OSError):
            self.agent.respond(request, status, headers=headers)
