"""A hasip that runs in the laboratory's edge."""
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hasip.control.client import NoNode, ask
from tests.patience import PATIENCE_S
from tests.scenario.edge import SIP_PORT, SIP_TLS_PORT, AnyAgent, Edge, Trunk
from tests.scenario.message import Address

from .far_zone import FarZone
from .lab import FarEnd, Lab
from .zones import ZoneCore

POLL_S = 0.02

Zone = dict[str, Any]


class LabEdge(Edge):
    """It listens where the core is connected; a trunk's primary and secondary are `legs`, with a port for each trunk. `cores` are further cores."""

    def __init__(self, lab: Lab, core: FarEnd, legs: Sequence[FarEnd], folder: Path, trunks: list[Trunk], *, cores: Sequence[ZoneCore] = (),
                 **options: Any) -> None:
        self.lab = lab
        self.core_end = core
        self.legs = legs
        self.cores = cores
        self.far_zones: list[FarZone] = []
        self.entering = lab.edge.entering
        super().__init__(folder, trunks, **options)

    def choose_addresses(self) -> None:
        self.network = self.core_end.network.rpartition(".")[0]
        self.address = (self.core_end.edge_address, SIP_PORT)
        self.tls_address = (self.core_end.edge_address, SIP_TLS_PORT)
        self.core_address = self.core_end.address

    def choose_legs(self, place: int) -> list[Address]:
        return [(leg.address, SIP_PORT + place) for leg in self.legs]

    def cores_toml(self) -> str:
        return "\n".join([super().cores_toml(), *(core.toml() for core in self.cores)])

    def make(self, address: str, make: Callable[[], AnyAgent]) -> AnyAgent:
        """Make an agent on the machine that its address belongs to."""
        return self.lab.at(address).call(make)

    def stop(self) -> None:
        for each in self.far_zones:
            each.close()
        self.far_zones.clear()
        super().stop()

    # ---------------------------------------------------------------------------------------- zones

    def far_zone(self, end: FarEnd, transport: str = "udp", port: int = SIP_PORT) -> FarZone:
        """Let a zone's far end live, until it is killed or the test ends."""
        agent = self.stream_far_end(end.address, port) if transport == "tcp" else self.agent(end.address, port)
        self.agents.remove(agent)
        self.far_zones.append(FarZone(agent))
        return self.far_zones[-1]

    def kill_zone(self, zone: FarZone) -> None:
        """Close a far end's port."""
        self.far_zones.remove(zone)
        zone.close()

    def zones(self) -> dict[str, Zone]:
        """Return what the node thinks of its zones, by name, as `hasip zone list --json` prints it."""
        return {zone["name"]: zone for zone in ask(self.state_dir, "status")["zones"]}

    def wait_zone(self, name: str, *states: str, holds: Callable[[Zone], bool] = lambda zone: True, timeout: float = PATIENCE_S) -> Zone:
        """Return a zone once it is in one of these states, or any if none is given, and meets the claim. Errors: AssertionError after `timeout`."""
        deadline = time.monotonic() + timeout
        while True:
            zone = self.zones()[name]
            if (not states or zone["state"] in states) and holds(zone):
                return zone
            assert time.monotonic() < deadline, f"not {states} in {timeout} s, but {zone}\n{self.log()}"
            time.sleep(POLL_S)

    def history(self, name: str) -> list[tuple[str, str]]:
        """Return the states that a zone has come to, each with its cause's words."""
        return [(event["after"], event["cause"]) for event in ask(self.state_dir, "zone_history") if event["zone"] == name]

    def zone_command(self, *arguments: str) -> str:
        """Return what `hasip zone …` prints. Errors: AssertionError with what it says."""
        done = subprocess.run([sys.executable, "-m", "hasip", "zone", *arguments, "--state-dir", str(self.state_dir)],
                              capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def listed_zones(self) -> dict[str, Zone]:
        """Return what `hasip zone list --json` prints, by name."""
        return {zone["name"]: zone for zone in json.loads(self.zone_command("list", "--json"))}

    def is_answering(self) -> bool:
        """True when the node's control socket answers."""
        try:
            ask(self.state_dir, "status")
        except NoNode:
            return False
        return True
