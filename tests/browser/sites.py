"""Phone systems that answer by themselves, as long as they are told to: what a console needs to have something to show."""
import select
import threading
from dataclasses import dataclass, field
from typing import Self

from tests.scenario.agent import Agent
from tests.scenario.message import Message

LOOK_S = 0.05


@dataclass(slots=True, eq=False)
class Site:
    """One phone system."""

    agent: Agent
    status: int = 200                                       # what it answers INVITEs; 0: nothing at all, to nobody
    heard: list[str] = field(default_factory=list)          # Call-IDs of INVITEs

    def answer(self, request: Message) -> None:
        """Answer a request, unless it is silent."""
        if request.status or request.method == "ACK" or self.status == 0:
            return
        if request.method == "INVITE" and request.call_id not in self.heard:
            self.heard.append(request.call_id)
        self.agent.respond(request, self.status if request.method == "INVITE" else 200)


class Sites:
    """Several phone systems, each answering until the block ends. Threads: one of their own."""

    def __init__(self, *sites: Site) -> None:
        self._sites = {site.agent.socket: site for site in sites}
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.is_set():
            for ready in select.select(list(self._sites), [], [], LOOK_S)[0]:
                site = self._sites[ready]
                arrived = site.agent.drain()[:]
                site.agent.inbox.clear()
                for message in arrived:
                    site.answer(message)
