"""HEP to a capture server that isn't ours: sngrep listens for it, and writes what it decodes as a capture, which scapy reads."""
import os
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from scapy.layers.inet import IP, UDP
from scapy.packet import Raw
from scapy.utils import rdpcap

from .conftest import Node
from .edge import Edge, Trunk
from .sipp import Sipp, is_listening


@dataclass(slots=True)
class Homer:
    """A capture server."""

    port: int
    file: Path

    def messages(self) -> list[tuple[float, str, str, bytes]]:
        """Return what was decoded: time, source, destination, message."""
        if not self.file.exists() or not self.file.stat().st_size:
            return []
        return [(float(each.time), f"{each[IP].src}:{each[UDP].sport}", f"{each[IP].dst}:{each[UDP].dport}", bytes(each[Raw])) for each in rdpcap(str(self.file))]


@pytest.fixture(scope="module")
def homer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homer]:
    program = shutil.which("sngrep")
    assert program, "sngrep is missing: apt-get install sngrep"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        server = Homer(probe.getsockname()[1], tmp_path_factory.mktemp("homer") / "decoded.pcap")
    process = subprocess.Popen([program, "-N", "-q", "-L", f"udp:127.0.0.1:{server.port}", "-O", str(server.file)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"})
    yield server
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def edge(node: Node, homer: Homer) -> Edge:
    edge = node(Trunk("acme"), Trunk("globex"), tables={"hep": {"address": f"127.0.0.1:{homer.port}", "capture_id": 7, "trunks": ["acme"]}})
    edge.wait_until(lambda: is_listening(("127.0.0.1", homer.port), "udp"))
    return edge


def test_every_message_of_the_trunk_is_mirrored_as_it_was_on_the_wire(edge: Edge, homer: Homer, sipp: Sipp) -> None:
    for trunk in ("globex", "acme"):
        runs = [sipp.start("uas_503", edge[trunk].legs[0], calls=5), sipp.start("uas", edge[trunk].legs[1], calls=5),
                sipp.start("uac", (edge.core_address, 5060), "-key", "number", edge[trunk].number, remote=edge.address, calls=5)]
        assert [run.result().failed for run in runs] == [0, 0, 0]
    edge.settle()
    edge.wait_until(lambda: edge.ask("status")["hep"]["sent"] == len(homer.messages()) > 0)
    messages = homer.messages()
    ours, core, primary, secondary = (f"{address}:5060" for address in (edge.address[0], edge.core_address, *(leg[0] for leg in edge["acme"].legs)))
    ways = Counter((source, destination, message.split(b" ", 1)[0]) for _, source, destination, message in messages)
    assert ways[core, ours, b"INVITE"] == ways[ours, primary, b"INVITE"] == ways[ours, secondary, b"INVITE"] == 5
    assert ways[ours, primary, b"ACK"] == ways[ours, secondary, b"BYE"] == ways[core, ours, b"BYE"] == 5
    assert Counter(message[8:11] for *_, source, _, message in messages if source == primary) == {b"503": 5}
    assert all(edge["acme"].number.encode() in message for *_, message in messages if message.startswith(b"INVITE"))
    assert not [each for each in messages if edge["globex"].number.encode() in each[3]]
    assert [each[0] for each in messages] == sorted(each[0] for each in messages)
    assert edge.ask("status")["hep"]["dropped"] == 0
