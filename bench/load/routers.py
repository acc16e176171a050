"""The routers that compare.py measures: each started on one CPU with the same trunk, and stopped by its process."""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foremost import start

HERE = Path(__file__).parent
NETWORK = f"127.{64 + os.getpid() % 128}.60"            # two comparisons at once are no good, but they don't collide
ROUTER, CORE, PRIMARY, SECONDARY = f"{NETWORK}.1:5060", f"{NETWORK}.10:5080", f"{NETWORK}.21:5060", f"{NETWORK}.22:5060"
FAILOVER_NUMBER, BALANCED_NUMBER = "+6561230000", "+6561240000"
LIMIT = 100_000
START_S = 20.0
STOP_S = 10.0

TRUNK = """
[[trunk]]
name = "{name}"
calls = {limit}
caller_id = "{number}"
add_ons = ["high_availability", "ip_authentication"]
numbers = ["{number}"]
mode = "{mode}"
primary = {{ label = "{name}-1", authentication = "ip", allow = ["{network}.21/32"], address = "{primary}", transport = "udp" }}
secondary = {{ label = "{name}-2", authentication = "ip", allow = ["{network}.22/32"], address = "{secondary}", transport = "udp" }}
"""


RECORDS_OFF = "[records]\nenabled = false\n"


def write_hasip_files(folder: Path, tables: str = "") -> None:
    """Write edge.toml and trunks.toml."""
    (folder / "state").mkdir()
    (folder / "edge.toml").write_text(
        f'[node]\nname = "load"\nworkers = 1\nstate_dir = "{folder}/state"\n[[listen]]\ntransport = "udp"\naddress = "{ROUTER}"\n{tables}')
    trunks = [("failing-over", FAILOVER_NUMBER, "auto_failover"), ("balanced", BALANCED_NUMBER, "load_balancing")]
    (folder / "trunks.toml").write_text(
        f'[[core]]\nname = "core"\nallow = ["{NETWORK}.10/32"]\ntarget = [{{ address = "{CORE}", transport = "udp" }}]\n' + "".join(
            TRUNK.format(name=name, network=NETWORK, limit=LIMIT, number=number, mode=mode, primary=PRIMARY, secondary=SECONDARY) for name, number, mode in trunks))


def hasip_command(folder: Path, tables: str = "") -> list[str]:
    write_hasip_files(folder, tables)
    return [sys.executable, "-m", "hasip", "run", str(folder / "edge.toml"), "--apply", str(folder / "trunks.toml")]


def hasip_without_records_command(folder: Path) -> list[str]:
    return hasip_command(folder, RECORDS_OFF)


def kamailio_command(folder: Path, *defines: str) -> list[str]:
    given = [f"LISTEN={ROUTER}", f'CORE="{CORE.rpartition(":")[0]}"', f'PRIMARY="sip:{PRIMARY}"', f'SECONDARY="sip:{SECONDARY}"', "CHILDREN=1", *defines]
    return ["kamailio", "-DD", "-f", str(HERE / "kamailio.cfg"), "-Y", str(folder), "-w", str(folder), "-m", "512", "-M", "16", "-x", "tlsf", "-X", "tlsf",
            *(word for define in given for word in ("-A", define))]


def kamailio_limited_command(folder: Path) -> list[str]:
    return kamailio_command(folder, f"LIMIT={LIMIT}")


ROUTERS = {"hasip": hasip_command, "hasip-without-records": hasip_without_records_command, "kamailio": kamailio_limited_command, "kamailio-lean": kamailio_command}


def installed() -> list[str]:
    """Return the routers that are here."""
    return [name for name in ROUTERS if name == "hasip" or (name.startswith("kamailio") and shutil.which("kamailio"))]


@contextmanager
def running(name: str, folder: Path, cpus: set[int]) -> Iterator[int]:
    """Run a router on these CPUs until it answers OPTIONS, yield its process, and stop it. Errors: RuntimeError with the end of its log."""
    folder.mkdir()
    log = folder / "log"
    with log.open("wb") as output:
        process = start(ROUTERS[name](folder), cpus, stdout=output, stderr=output)
    try:
        wait_for_answer(name, process, log)
        yield process.pid
    finally:
        stop(process)


def wait_for_answer(name: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Errors: RuntimeError."""
    deadline = time.monotonic() + START_S
    while not answers_options():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{name} did not start:\n" + log.read_text(errors="replace")[-2000:])


def answers_options() -> bool:
    """True when OPTIONS is answered 200 within 0.2 s."""
    host, _, port = CORE.rpartition(":")
    router, _, router_port = ROUTER.rpartition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
        caller.bind((host, int(port)))
        caller.settimeout(0.2)
        mark = time.monotonic_ns()
        caller.sendto((f"OPTIONS sip:{ROUTER} SIP/2.0\r\nVia: SIP/2.0/UDP {CORE};branch=z9hG4bK{mark}\r\nFrom: <sip:caller@{CORE}>;tag=1\r\n"
                       f"To: <sip:{ROUTER}>\r\nCall-ID: {mark}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n").encode(),
                      (router, int(router_port)))
        try:
            return caller.recv(65536).startswith(b"SIP/2.0 200")
        except OSError:
            return False


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end; a second time when it waits for calls that hang, and by force at last."""
    for ask in (signal.SIGTERM, signal.SIGTERM, signal.SIGKILL):
        process.send_signal(ask)
        try:
            process.wait(STOP_S / 2)
            return
        except subprocess.TimeoutExpired:
            continue
    process.wait()
