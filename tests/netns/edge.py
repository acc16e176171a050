"""A hasip that runs in the laboratory's edge."""
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.scenario.edge import SIP_PORT, SIP_TLS_PORT, AnyAgent, Edge, Trunk
from tests.scenario.message import Address

from .lab import FarEnd, Lab


class LabEdge(Edge):
    """It listens where the core is connected; a trunk's primary and secondary are `legs`, with a port for each trunk."""

    def __init__(self, lab: Lab, core: FarEnd, legs: Sequence[FarEnd], folder: Path, trunks: list[Trunk], **options: Any) -> None:
        self.lab = lab
        self.core_end = core
        self.legs = legs
        self.entering = lab.edge.entering
        super().__init__(folder, trunks, **options)

    def choose_addresses(self) -> None:
        self.network = self.core_end.network.rpartition(".")[0]
        self.address = (self.core_end.edge_address, SIP_PORT)
        self.tls_address = (self.core_end.edge_address, SIP_TLS_PORT)
        self.core_address = self.core_end.address

    def choose_legs(self, place: int) -> list[Address]:
        return [(leg.address, SIP_PORT + place) for leg in self.legs]

    def make(self, address: str, make: Callable[[], AnyAgent]) -> AnyAgent:
        """Make an agent on the machine that its address belongs to."""
        return self.lab.at(address).call(make)
