"""The systemd unit: systemd itself reads it without a word, and it allows no more than is needed."""
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hasip.domain.node import Node

UNIT = Path(__file__).parent.parent.parent / "docs" / "systemd" / "hasip.service"
SETTINGS = dict(re.findall(r"^(\w+)=(.*)$", UNIT.read_text(), re.MULTILINE))

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not here")


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze of the unit, with a command that is on this machine."""
    unit = folder / "hasip.service"
    unit.write_text(UNIT.read_text().replace("/opt/hasip/bin/hasip", sys.executable))
    return subprocess.run(["systemd-analyze", *arguments, str(unit)], capture_output=True, text=True, check=False, timeout=60)


@needs_systemd
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    done = analyze(tmp_path, "verify", "--man=no")
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_its_exposure_is_at_most_2_of_10(tmp_path: Path) -> None:
    done = analyze(tmp_path, "security", "--offline=yes", "--threshold=20")
    assert done.returncode == 0, done.stdout


def test_it_has_no_capability_but_the_one_for_interfaces() -> None:
    assert SETTINGS["AmbientCapabilities"] == SETTINGS["CapabilityBoundingSet"] == "CAP_NET_RAW"
    assert SETTINGS["User"] == "hasip" and SETTINGS["ProtectSystem"] == "strict" and SETTINGS["NoNewPrivileges"] == "yes"


def test_what_the_node_needs_is_allowed() -> None:
    assert set(SETTINGS["RestrictAddressFamilies"].split()) == {"AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"}     # netlink: links and addresses
    assert SETTINGS["StateDirectory"] == "hasip"


def test_it_waits_for_the_drain_before_it_kills() -> None:
    assert int(SETTINGS["TimeoutStopSec"]) > Node.__dataclass_fields__["drain_s"].default
