"""A node without privileges: zones on interfaces, also on one that is made anew, with CAP_NET_RAW alone, and from Linux 5.7 on without any."""
import os

import pytest

from .conftest import Node
from .edge import LabEdge
from .lab import Lab
from .zones import SWIFT, ZoneTrunk, shares

FRESH_SOCKETS_MAY_BE_BOUND = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (5, 7)


class Bare(LabEdge):
    """A node that has these capabilities and no other. It stays user 0, who has none by itself then, since others may not read where Python lies."""

    capabilities = "-all"

    def write_files(self) -> None:
        self.entering = [*self.lab.edge.entering, "setpriv", f"--bounding-set={self.capabilities}", f"--inh-caps={self.capabilities}", "--no-new-privs"]
        super().write_files()


class Raw(Bare):
    capabilities = "-all,+net_raw"


@pytest.mark.parametrize("kind", [
    Raw, pytest.param(Bare, marks=pytest.mark.skipif(not FRESH_SOCKETS_MAY_BE_BOUND, reason="before Linux 5.7 interfaces take CAP_NET_RAW"))])
def test_zones_on_interfaces_are_probed_and_called(lab: Lab, node: Node, kind: type[Bare]) -> None:
    core, ends = lab.add("core0"), [lab.add("zone0"), lab.add("zone1")]
    lab.add_route(ends[0], by=ends[1])                          # who is not bound to the interface goes wrong
    edge = node(core, ends, ZoneTrunk("lab", regions=[ends]), tables={"health": SWIFT}, kind=kind)
    for end in ends:
        edge.far_zone(end)
    assert capabilities_of(edge) == {"CapPrm": int(kind is Raw) << 13, "CapEff": int(kind is Raw) << 13}
    edge.wait_zone("lab/zone0", "up", holds=lambda zone: zone["probe"]["status"] == 200)
    edge.wait_zone("lab/zone1", "up", holds=lambda zone: zone["probe"]["status"] == 200)
    assert shares(edge.caller(), edge["lab"].number, 4) == {end.address: 2 for end in ends}
    ends[0].disconnect()
    edge.wait_zone("lab/zone0", "down")
    ends[0].connect()
    edge.wait_zone("lab/zone0", "up")
    assert shares(edge.caller(), edge["lab"].number, 4)[ends[0].address] == 2


def capabilities_of(edge: LabEdge) -> dict[str, int]:
    """Return what the kernel lets the node do."""
    assert edge.process
    with open(f"/proc/{edge.process.pid}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return {name: int(lines[name], 16) for name in ("CapPrm", "CapEff")}
