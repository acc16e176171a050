"""A carrier's evening, played: a node with four trunks, sites that fail and come back, calls, and people who look at it."""
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.scenario.agent import caller_dialog, is_final_of_invite
from tests.scenario.edge import Trunk

from .node import ConsoleEdge
from .sites import Site, Sites

SWIFT = {"interval_s": 1, "suspect_interval_s": 0.2, "down_interval_s": 1, "timeout_ms": 400, "ramp_s": 120, "hold_s": 1}
FIRST_ZONE = 60                     # last octet of the zones' addresses


@dataclass(slots=True)
class ZonesTrunk(Trunk):
    """A trunk with two regions of two zones each."""

    def toml(self) -> str:
        """Return the trunk as the trunks file writes it."""
        zones = [f'{{ name = "{name}", address = "NETWORK.{FIRST_ZONE + place}:5060" }}' for place, name in enumerate(("sg-a", "sg-b", "fr-a", "fr-b"))]
        regions = "".join(f'[[trunk.region]]\nname = "{name}"\nzone = [{", ".join(zones[at:at + 2])}]\n' for name, at in (("Singapore", 0), ("Frankfurt", 2)))
        return f'[[trunk]]\nname = "{self.name}"\ncalls = 200\nmode = "2t4t"\nnumbers = ["{self.number}"]\nadd_ons = ["high_availability"]\n{regions}'


class Stage:
    """The node and who plays on it."""

    def __init__(self, folder: Path) -> None:
        acme = Trunk("acme", "auto_failover", calls=30, primary_settings={"label": "HQ"}, secondary_settings={"label": "Cellar"})
        initech = Trunk("initech", "only_primary", calls=2, primary_settings={"label": "Office"}, secondary_settings={"label": "Old office"})
        umbrella = Trunk("umbrella", "load_balancing", calls=10, secondary="digest", primary_settings={"label": "Raccoon City"}, secondary_settings={"label": "Home"})
        self.edge = ConsoleEdge(folder, [acme, ZonesTrunk("globex"), initech, umbrella], tables={"health": SWIFT})

    def begin(self) -> None:
        """Start the node, let people in, and put phone systems where it expects them."""
        self.edge.start()
        self.edge.add_user("ada", "--role", "operator")
        self.edge.add_user("carol", "--role", "customer", "--trunk", "acme", "--trunk", "globex")
        self.primary, self.secondary, self.office = (Site(self.edge.leg(trunk, leg)) for trunk, leg in (("acme", 0), ("acme", 1), ("initech", 0)))
        self.zones = [Site(self.edge.agent(f"{self.edge.network}.{FIRST_ZONE + place}", 5060)) for place in range(4)]
        self.caller = self.edge.caller()

    def call(self, trunk: str, *, holds: bool = False) -> int:
        """Place a call, and end it unless it shall go on. Returns what the caller got."""
        invite = self.caller.invite(self.edge[trunk].number)
        final = self.caller.wait(is_final_of_invite, call_id=invite.call_id)
        self.caller.ack(invite, final)
        if final.status < 300 and not holds:
            self.caller.send_in_dialog("BYE", caller_dialog(invite, final, self.edge.address))
            self.caller.wait(200, call_id=invite.call_id)
        return final.status

    def evening(self) -> None:
        """Let happen what a console can tell of."""
        pause = threading.Event()                   # incidents lie apart on a timeline, so they have to be apart
        for _ in range(14):
            self.call("acme")
        self.primary.status = 503
        for _ in range(3):
            self.call("acme")
        self.primary.status = 200
        for trunk in ("acme", "initech", "initech", "globex", "globex", "globex"):
            self.call(trunk, holds=True)
        pause.wait(60)
        self.primary.status = 0
        for place in range(5):
            self.call("acme", holds=place > 3)
        self.zones[2].status = 0
        pause.wait(45)
        self.primary.status = 500
        self.call("acme")
        self.zones[1].status = 0
        pause.wait(8)
        self.zones[1].status = 200
        pause.wait(14)                              # records of what has ended are in the store, and a zone is on its way back


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Play until the block ends."""
    played = Stage(folder)
    try:
        played.begin()
        with Sites(played.primary, played.secondary, played.office, *played.zones):
            played.evening()
            yield played
    finally:
        played.edge.stop()


