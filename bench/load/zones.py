"""A zone dies under load: real calls by SIPp through a router whose zones lie behind real interfaces, in namespaces that are made for it.

    python bench/load/zones.py death [--how link|blackhole|port] [--rate 1000] [--seconds 60] [--json]
    python bench/load/zones.py failback [--rate 200] [--json]
    python bench/load/zones.py many [--zones 5000] [--seconds 60] [--json]

Needs root, iproute2, nftables and SIPp. The laboratory is that of tests/netns. Calls are held for three seconds, so that some are up when the zone dies; its far end
can be reached by the other zone's interface, and their BYEs go that way. (SIPp answers a request where the call's first one came from, whatever its Via says. So with
`blackhole` its answers vanish; the BYEs arrive.) A call that still waits for its answer when all others have ended is lost; which state the router has it in is told.
"""
import argparse
import contextlib
import csv
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from plot import line_plot

from hasip.control.client import ask
from tests.netns.lab import FarEnd, Lab
from tests.netns.namespace import Namespace, why_forbidden

PLOT = ROOT / "docs" / "images" / "zone-failback.svg"
SCENARIO = Path(__file__).with_name("zones_uac.xml")
SIP_PORT = 5060
NUMBER = "+6560000000"
SLOW_MS = 2500
PACKET_OUTGOING = 4
ETH_P_ALL = 3
HEADERS_BYTES = 42                  # Ethernet, IPv4, UDP
READY_S = 15.0
STOP_S = 20.0
DOWN = '"after": "down"'           # in the log
GRACE_S = 30.0                      # for calls to end, after the last was placed
LOOKS = ("zone list", "top --once")

HOW: dict[str, str] = {"link": "the carrier goes", "blackhole": "all that comes from it or goes to it vanishes", "port": "its process ends, and ICMP says so"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("death", help="a zone dies under load")
    one.add_argument("--how", choices=HOW, default="link")
    one.add_argument("--rate", type=int, default=1000)
    one.add_argument("--seconds", type=int, default=60)
    one.add_argument("--hold-ms", type=int, default=3000)
    one.set_defaults(run=death)
    back = commands.add_parser("failback", help="a region dies and comes back: draws docs/images/zone-failback.svg")
    back.add_argument("--rate", type=int, default=200)
    back.set_defaults(run=failback, how="link", seconds=80, hold_ms=100)
    another = commands.add_parser("many", help="what probing many zones costs")
    another.add_argument("--zones", type=int, default=5000)
    another.add_argument("--seconds", type=int, default=60)
    another.set_defaults(run=many)
    for each in (one, back, another):
        each.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if why_forbidden() or shutil.which("sipp") is None:
        sys.exit(why_forbidden() or "missing: sipp (apt-get install sip-tester)")
    figures = options.run(options)
    print(json.dumps(figures, indent=1) if options.json else "\n".join(f"{name:<44} {figure}" for name, figure in figures.items()))


def death(options: argparse.Namespace) -> dict[str, Any]:
    """Place calls on two zones, let one die after a third of the time, and see what became of each call."""
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        core, dying, staying = lab.add("core0"), lab.add("zone1"), lab.add("zone2")
        dying.connect_behind(staying)
        with running(lab, Path(folder), core, trunk_of_two(dying, staying)) as state_dir, contextlib.ExitStack() as stack:
            agents = {each: stack.enter_context(far_end(each, Path(folder))) for each in (dying, staying)}
            watched = stack.enter_context(Invites(lab.edge, dying.interface))
            caller = stack.enter_context(calls(core, Path(folder), options))
            time.sleep(options.seconds / 3)
            died_s = time.time()
            {"link": dying.carrier_off, "blackhole": dying.blackhole, "port": agents[dying].kill}[options.how]()
            time.sleep(options.seconds / 3)
            looked = {command: seconds_of(state_dir, *command.split()) for command in LOOKS}
            left = finish(caller, state_dir, 2 * options.seconds / 3 + GRACE_S)
            history = ask(state_dir, "zone_history")
            zones = {each["name"]: each for each in ask(state_dir, "status")["zones"]}
            return {
                "how": f"{options.how}: {HOW[options.how]}", **outcome(Path(folder)),
                "last new INVITE left for it after, ms": milliseconds(watched.last_new, died_s),
                "last retransmission left for it after, ms": milliseconds(watched.last_again, died_s),
                "reported down after, ms": milliseconds(next((event["at"] for event in history if event["after"] == "down"), 0.0), died_s),
                "why": next((event["cause"] for event in history if event["after"] == "down"), "never"),
                "attempts at the zone that died": zones["globex/zone1"]["attempts"], "at the other": zones["globex/zone2"]["attempts"],
                "failovers": zones["globex/zone1"]["failovers"],
                "still up at the end": ", ".join(left) or "none",
                **{f"`hasip {command}` meanwhile, ms": round(1000 * seconds) for command, seconds in looked.items()},
            }


def failback(options: argparse.Namespace) -> dict[str, Any]:
    """Place calls on two regions of two zones; let the first die and come back, and draw which zone gets how many."""
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        core, ends = lab.add("core0"), [lab.add(name) for name in ("one-a", "one-b", "two-a", "two-b")]
        with running(lab, Path(folder), core, trunk_of_regions(ends)) as state_dir, contextlib.ExitStack() as stack:
            for each in ends:
                stack.enter_context(far_end(each, Path(folder)))
            caller = stack.enter_context(calls(core, Path(folder), options))
            seen = follow_attempts(state_dir, 10)
            for each in ends[:2]:
                each.carrier_off()
            seen += follow_attempts(state_dir, 15)
            for each in ends[:2]:
                each.carrier_on()
            seen += follow_attempts(state_dir, options.seconds - 25)
            left = finish(caller, state_dir, GRACE_S)
            begun_s = seen[0][0]
            history = [(round(event["at"] - begun_s, 1), event["zone"], event["after"], event["cause"]) for event in ask(state_dir, "zone_history")]
        figures = outcome(Path(folder))
    PLOT.parent.mkdir(exist_ok=True)
    PLOT.write_text(line_plot("A region dies, and comes back", "calls a second", options.seconds, rates(seen),
                              {10.0: "links lost", 25.0: "links back"}))
    return {**{name: figures[name] for name in ("calls", "lost", "slowest set-up, ms")}, "still up at the end": ", ".join(left) or "none", "history": history, "drawn": str(PLOT.relative_to(ROOT))}


def follow_attempts(state_dir: Path, seconds: float) -> list[tuple[float, dict[str, int]]]:
    """Return how many attempts each zone had, every second for so long, with the moment."""
    seen, until_s = [], time.time() + seconds
    while time.time() < until_s:
        seen.append((time.time(), {zone["name"].rpartition("/")[2]: zone["attempts"] for zone in ask(state_dir, "status")["zones"]}))
        time.sleep(min(1.0, max(until_s - time.time(), 0)))
    return seen


def rates(seen: list[tuple[float, dict[str, int]]]) -> dict[str, list[tuple[float, float]]]:
    """Return calls a second for each zone, over time."""
    lines: dict[str, list[tuple[float, float]]] = {name: [] for name in seen[0][1]}
    for (before_s, before), (after_s, after) in itertools.pairwise(seen):
        for name, points in lines.items():
            if after_s - before_s > 0.2:
                points.append((after_s - seen[0][0], (after[name] - before[name]) / (after_s - before_s)))
    return lines


def trunk_of_regions(ends: list[FarEnd]) -> str:
    """Return a 2t4t trunk over four far ends."""
    region = "[[trunk.region]]\n" + trunk_of_two(ends[2], ends[3]).partition("[[trunk.region]]")[2].replace('"one"', '"two"')
    return trunk_of_two(ends[0], ends[1]).replace('"2t"', '"2t4t"') + region


def outcome(folder: Path) -> dict[str, Any]:
    """Return what SIPp says of the calls: all of them, and how long each set-up took."""
    last = list(csv.DictReader(next(folder.glob("caller.csv")).read_text().splitlines(), delimiter=";"))[-1]
    times: dict[str, list[float]] = {"invite": [], "bye": []}
    for file in folder.glob("*_rtt.csv"):
        for row in csv.reader(file.read_text().splitlines(), delimiter=";"):
            if len(row) >= 3 and row[2].strip() in times:
                times[row[2].strip()].append(float(row[1]))
    placed, answered = int(last["TotalCallCreated"]), len(times["invite"])
    return {"calls": placed, "lost": placed - answered, f"set up in more than {SLOW_MS} ms": sum(each > SLOW_MS for each in times["invite"]),
            "slowest set-up, ms": max(times["invite"], default=0), "BYEs without an answer": answered - len(times["bye"]),
            "slowest BYE, ms": max(times["bye"], default=0), "BYEs that took more than 400 ms": sum(each > 400 for each in times["bye"]),
            "retransmissions of the caller": int(last["Retransmissions(C)"])}


def many(options: argparse.Namespace) -> dict[str, Any]:
    """Probe so many zones that all answer, and read the router's processor time."""
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        core, one, other = lab.add("core0"), lab.add("zone1"), lab.add("zone2")
        trunks = []
        for far, network in ((one, "10.91"), (other, "10.92")):
            far.machine.ip("route", "add", "local", f"{network}.0.0/16", "dev", "lo")
            lab.edge.ip("route", "add", f"{network}.0.0/16", "via", far.address, "dev", far.interface)
        for place in range(options.zones // 2):
            host = f"{place // 250}.{place % 250 + 1}"
            trunks.append(trunk(f"t{place}", f"+65{place:08}", [("a", f"10.91.{host}", one.interface), ("b", f"10.92.{host}", other.interface)]))
        with contextlib.ExitStack() as stack:
            for each in (one, other):
                stack.enter_context(answering(each))
            state_dir = stack.enter_context(running(lab, Path(folder), core, "\n".join(trunks)))
            time.sleep(12)                                      # every zone was probed once
            before, before_s = processor_time(state_dir), time.monotonic()
            sent = probes_sent(state_dir)
            time.sleep(options.seconds)
            after, seconds = processor_time(state_dir), time.monotonic() - before_s
            zones, probes = ask(state_dir, "status")["zones"], probes_sent(state_dir) - sent
            lost_s = time.time()
            one.carrier_off()
            wait_until(lambda: DOWN in (Path(folder) / "log").read_text(), lambda: "a lost link is told by nobody")
            return {"zones": len(zones), "up, and the last probe answered": sum(each["state"] == "up" and each["probe"]["status"] == 200 for each in zones),
                    "probes a second": round(probes / seconds, 1),
                    "workers, % of a core": round(100 * (after[0] - before[0]) / seconds, 2),
                    "control plane, % of a core": round(100 * (after[1] - before[1]) / seconds, 2),
                    "half of them behind a lost link: all judged after, ms": milliseconds(first_down((Path(folder) / "log").read_text()), lost_s)}


def first_down(log: str) -> float:
    """Return when the first zone was logged as down: then all verdicts of that turn had been given."""
    line = json.loads(next(line for line in log.splitlines() if DOWN in line))
    return datetime.fromisoformat(line["timestamp"]).timestamp()


# ---------------------------------------------------------------------------------------------------- the router and its far ends

def trunk(name: str, number: str, zones: list[tuple[str, str, str]]) -> str:
    """Return a 2t trunk with zones as (name, address, interface)."""
    lines = ",\n".join(f'  {{ name = "{zone}", address = "{address}:{SIP_PORT}", allow = ["{address}/32"], interface = "{interface}" }}'
                       for zone, address, interface in zones)
    return f"""
[[trunk]]
name = "{name}"
calls = 1000000
add_ons = ["high_availability", "ip_authentication"]
numbers = ["{number}"]
mode = "2t"
[[trunk.region]]
name = "one"
zone = [
{lines},
]
"""


def trunk_of_two(one: FarEnd, other: FarEnd) -> str:
    return trunk("globex", NUMBER, [(each.interface, each.address, each.interface) for each in (one, other)])


@contextlib.contextmanager
def running(lab: Lab, folder: Path, core: FarEnd, trunks: str) -> Iterator[Path]:
    """Run hasip in the edge until the block ends; yield its state directory."""
    state_dir = folder / "state"
    (folder / "edge.toml").write_text(f'[node]\nname = "edge"\nstate_dir = "{state_dir}"\ndrain_s = 0\n'
                                      f'[[listen]]\ntransport = "udp"\naddress = "{core.edge_address}:{SIP_PORT}"\ninterface = "{core.interface}"\n')
    (folder / "trunks.toml").write_text(f'[[core]]\nname = "pstn"\nallow = ["{core.address}/32"]\n{trunks}')
    log = folder / "log"
    with log.open("w") as out:
        process = subprocess.Popen([*lab.edge.entering, sys.executable, "-m", "hasip", "run", str(folder / "edge.toml"), "--apply", str(folder / "trunks.toml")],
                                   stdout=out, stderr=out)
    try:
        wait_until(lambda: '"ready"' in log.read_text(), lambda: f"hasip is not ready:\n{log.read_text()[-2000:]}")
        yield state_dir
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            threads = [(path.name, (path / "wchan").read_text()) for path in Path(f"/proc/{process.pid}/task").iterdir()]
            process.kill()
            process.wait()
            sys.exit(f"hasip did not stop in {STOP_S:g} s; its threads waited in {threads}:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def far_end(far: FarEnd, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Let SIPp answer calls on a far end until the block ends."""
    process = subprocess.Popen([*far.machine.entering, "sipp", "-sn", "uas", "-aa", "-i", far.address, "-p", str(SIP_PORT), "-nostdin", "-buff_size", "8000000"],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder)
    time.sleep(0.5)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def calls(core: FarEnd, folder: Path, options: argparse.Namespace) -> Iterator[subprocess.Popen[bytes]]:
    """Place calls from the core, with a line for each in the log of times; at the end of the block nobody calls any more."""
    process = subprocess.Popen(
        [*core.machine.entering, "sipp", "-sf", str(SCENARIO), f"{core.edge_address}:{SIP_PORT}", "-s", NUMBER, "-i", core.address, "-p", str(SIP_PORT),
         "-r", str(options.rate), "-m", str(options.rate * options.seconds), "-d", str(options.hold_ms if options.how != "port" else 0),
         "-l", str(options.rate * 20), "-nostdin", "-buff_size", "8000000", "-trace_stat", "-stf", str(folder / "caller.csv"), "-fd", "1",
         "-trace_rtt", "-rtt_freq", "1"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, cwd=folder)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def finish(caller: subprocess.Popen[bytes], state_dir: Path, seconds: float) -> list[str]:
    """Wait until all calls have ended, so long at most. Return what the router says of those that have not."""
    try:
        caller.wait(seconds)
    except subprocess.TimeoutExpired:
        return [f"{each['state']} at {each['leg']} since {each['duration_s']} s" for each in ask(state_dir, "calls")]
    return []


def seconds_of(state_dir: Path, *command: str) -> float:
    """Run a command of hasip's that looks at the node; return how long it took. Errors: CalledProcessError when it fails."""
    begun_s = time.monotonic()
    subprocess.run([sys.executable, "-m", "hasip", *command, "--state-dir", str(state_dir)], stdout=subprocess.DEVNULL, check=True, timeout=READY_S)
    return time.monotonic() - begun_s


@contextlib.contextmanager
def answering(far: FarEnd) -> Iterator[None]:
    """Answer OPTIONS on all addresses of a far end, from the address that was asked, until the block ends."""
    program = Path(__file__).with_name("answer_options.py")
    process = subprocess.Popen([*far.machine.entering, sys.executable, str(program)], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


# ---------------------------------------------------------------------------------------------------- what is seen

class Invites:
    """Watches an interface of the edge: when did the last INVITE leave by it, the first time and again?"""

    def __init__(self, edge: Namespace, interface: str) -> None:
        self.last_new = self.last_again = 0.0
        self._branches: set[bytes] = set()
        self._socket = edge.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)         # SO_RCVBUFFORCE
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.settimeout(0.5)
        self._is_over = False
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        self._thread.join()
        self._socket.close()

    def _watch(self) -> None:
        while not self._is_over:
            try:
                frame, (_, _, kind, _, _) = self._socket.recvfrom(2048)
            except (TimeoutError, OSError):         # nothing to see, or the interface is down
                continue
            if kind != PACKET_OUTGOING or not frame.startswith(b"INVITE ", HEADERS_BYTES):
                continue
            at = frame.find(b"branch=")
            branch = frame[at:frame.find(b"\r\n", at)]
            if branch in self._branches:
                self.last_again = time.time()
            else:
                self._branches.add(branch)
                self.last_new = time.time()


def milliseconds(at_s: float, since_s: float) -> float | str:
    """Return how long after something happened, or that it did not."""
    return round(1000 * (at_s - since_s), 1) if at_s > since_s else "none"


def processor_time(state_dir: Path) -> tuple[float, float]:
    """Return the seconds that workers and the rest of the router's threads have used."""
    pid = next(int(path.name) for path in Path("/proc").iterdir()
               if path.name.isdigit() and f"run\0{state_dir.parent}/edge.toml".encode() in (path / "cmdline").read_bytes())
    times = {path.name: int((path / "schedstat").read_text().split()[0]) / 1e9 for path in Path(f"/proc/{pid}/task").iterdir()}
    workers = sum(each["cpu_ns"] for each in ask(state_dir, "status")["workers"]) / 1e9
    return workers, sum(times.values()) - workers


def probes_sent(state_dir: Path) -> int:
    probed: int = ask(state_dir, "status")["reasons"]["probed"]
    return probed


def wait_until(is_so: Callable[[], bool], complaint: Callable[[], str]) -> None:
    deadline = time.monotonic() + READY_S
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit(complaint())
        time.sleep(0.05)


if __name__ == "__main__":
    os.umask(0o022)
    main()
