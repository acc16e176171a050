"""SIPp: started with bounded calls and time, and read from its statistics file."""
import csv
import shutil
import subprocess
import time
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from tests.patience import PATIENCE_S

from .message import Address, host_text

SCENARIOS = Path(__file__).parent / "sipp"
LISTENING = {"udp": "07", "tcp": "0A"}          # as /proc/net has it


@dataclass(frozen=True, slots=True)
class SippResult:
    """What a run came to."""

    successful: int
    failed: int
    exit_code: int
    errors: str


@dataclass(slots=True)
class SippRun:
    """A SIPp in progress."""

    process: subprocess.Popen[bytes]
    statistics: Path
    error_file: Path
    timeout_s: int

    def result(self) -> SippResult:
        """Wait for its end and read its statistics."""
        try:
            code = self.process.wait(self.timeout_s + 10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        rows = list(csv.DictReader(self.statistics.read_text().splitlines(), delimiter=";")) if self.statistics.exists() else []
        errors = self.error_file.read_text(errors="replace")[:2000] if self.error_file.exists() else ""
        last = rows[-1] if rows else {}
        return SippResult(*(int(last.get(name, 0) or 0) for name in ("SuccessfulCall(C)", "FailedCall(C)")), code, errors)


class Sipp:
    """Starts SIPp in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("sipp")
        assert program, "sipp is missing: apt-get install sip-tester"
        self._program = program
        self._folder = folder
        self._runs: list[SippRun] = []

    def start(self, scenario: str, address: Address, *arguments: str, remote: Address | None = None, calls: int, timeout_s: int = 60) -> SippRun:
        """Start a scenario: NAME.xml of ours, or one that is built in ("-uac", "-uas"). A far end, which has no `remote`, listens on return."""
        name = f"{len(self._runs)}{scenario}"
        what = ["-sn", scenario[1:]] if scenario.startswith("-") else ["-sf", str(SCENARIOS / f"{scenario}.xml")]
        statistics, error_file = self._folder / f"{name}.csv", self._folder / f"{name}.errors"
        command = [self._program, *what, *([f"{host_text(remote[0])}:{remote[1]}"] if remote else []), "-i", address[0], "-p", str(address[1]), "-m", str(calls),
                   "-nostdin", "-timeout", str(timeout_s), "-trace_stat", "-stf", str(statistics), "-fd", "1",
                   "-trace_err", "-error_file", str(error_file), "-buff_size", "4000000", *arguments]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder)
        self._runs.append(SippRun(process, statistics, error_file, timeout_s))
        deadline = time.monotonic() + PATIENCE_S
        while remote is None and not is_listening(address, "tcp" if "t1" in arguments else "udp"):
            assert process.poll() is None and time.monotonic() < deadline, f"SIPp does not listen on {address}"
            time.sleep(0.01)
        return self._runs[-1]

    def has_tls(self) -> bool:
        """True when this build speaks TLS."""
        return b"TLS" in subprocess.run([self._program, "-v"], capture_output=True, timeout=10, check=False).stdout

    def stop(self) -> None:
        for run in self._runs:
            if run.process.poll() is None:
                run.process.kill()
                run.process.wait()


def is_listening(address: Address, transport: str) -> bool:
    """True when somebody listens: read from the kernel's table, for a probe would be a datagram or a connection."""
    packed = ip_address(address[0]).packed
    words = (packed[place:place + 4][::-1].hex().upper() for place in range(0, len(packed), 4))
    wanted = f"{''.join(words)}:{address[1]:04X}"
    table = Path(f"/proc/net/{transport}{'6' if len(packed) == 16 else ''}").read_text().splitlines()[1:]
    return any(fields[1] == wanted and fields[3] == LISTENING[transport] for fields in map(str.split, table))
