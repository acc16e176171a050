"""How soon the next call obeys a change made by the API, among many trunks and while calls run; how long a page of the list takes; and how much memory.

    python bench/load/change.py [--trunks 100000] [--changes 5] [--rate 200]
"""
import argparse
import asyncio
import json
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx
from store import write_trunks_file

HOST = "127.0.77"
CONSOLE = f"{HOST}.1:8080"
START_S = 300.0
ANSWER_S = 60.0
NODE = """
[node]
name = "change"
state_dir = "{folder}/state"
trunk_capacity = {capacity}
[console]
address = "{console}"
[[listen]]
transport = "udp"
address = "{host}.1:5060"
"""
CORE = '\n[[core]]\nname = "caller"\nallow = ["{host}.10/31"]\n'
TRUNK = """
[[trunk]]
name = "{name}"
calls = 1000
numbers = ["{number}"]
core = "caller"
mode = "{mode}"
add_ons = ["high_availability", "ip_authentication"]
primary = {{ label = "P", authentication = "ip", allow = ["{host}.{place}/32"], address = "{host}.{place}:5060" }}
secondary = {{ label = "S", authentication = "ip", allow = ["{host}.{other}/32"], address = "{host}.{other}:5060" }}
"""


def main() -> None:
    """Run a node with so many trunks, change one again and again, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trunks", type=int, default=100_000)
    parser.add_argument("--changes", type=int, default=5)
    parser.add_argument("--rate", type=int, default=200, help="calls a second that run meanwhile")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(folder, options.trunks)
        with running(folder) as (process, seconds):
            print(json.dumps({"trunks": options.trunks, "from_file_to_ready_s": round(seconds, 1), "resident_mib": resident_mib(process.pid)}))
            print(json.dumps(asyncio.run(measured(folder, operator_token(folder), options.changes, options.rate)), indent=1))
            print(json.dumps({"resident_mib": resident_mib(process.pid)}))


def write_files(folder: Path, trunks: int) -> None:
    """Write the node file, and a trunks file with one trunk to change and one for the calls that run."""
    (folder / "edge.toml").write_text(NODE.format(folder=folder, capacity=trunks + 100, console=CONSOLE, host=HOST))
    write_trunks_file(folder / "trunks.toml", trunks)
    with (folder / "trunks.toml").open("a") as file:
        file.write(CORE.format(host=HOST))
        file.write(TRUNK.format(name="changed", number="+1000", mode="only_primary", host=HOST, place=21, other=22))
        file.write(TRUNK.format(name="running", number="+2000", mode="only_primary", host=HOST, place=31, other=32))


@contextmanager
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """Run the node; yield its process and how long it took to be ready."""
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", "hasip", "run", str(folder / "edge.toml"), "--apply", str(folder / "trunks.toml")],
                               stdout=(folder / "log").open("wb"), stderr=subprocess.STDOUT)
    try:
        while b"ready" not in (folder / "log").read_bytes():
            if process.poll() is not None or time.monotonic() > begun + START_S:
                raise SystemExit((folder / "log").read_text()[-2000:])
            time.sleep(0.05)
        yield process, time.monotonic() - begun
    finally:
        process.terminate()
        process.wait(60)


def operator_token(folder: Path) -> str:
    """Let an operator in; return a token."""
    node = ["--node", str(folder / "edge.toml")]
    subprocess.run([sys.executable, "-m", "hasip", "user", "add", "bench", "--role", "operator", *node], input=b"correct horse battery staple\n", check=True,
                   capture_output=True)
    made = subprocess.run([sys.executable, "-m", "hasip", "user", "token", "bench", "change", *node], check=True, capture_output=True, text=True)
    found = re.search(r"\S{24,}", made.stdout)
    assert found, made.stdout
    return found[0]


async def measured(folder: Path, token: str, changes: int, rate: int) -> dict[str, object]:
    """Change the mode to and fro while calls run."""
    seconds = 4 * changes + 10
    calls = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hasip", "bench", "run", "--target", f"{HOST}.1:5060", "--from", f"{HOST}.11:5080", "--primary", f"{HOST}.31:5060",
        "--secondary", f"{HOST}.32:5060", "--number", "+2000", "--rate", str(rate), "--calls", str(rate * seconds), "--hold", "1", "--json",
        stdout=subprocess.PIPE)
    answered, obeyed, pages = [], [], []
    loop = asyncio.get_running_loop()
    far_ends = [(await loop.create_datagram_endpoint(FarEnd, (f"{HOST}.{place}", 5060)))[1] for place in (21, 22)]
    async with httpx.AsyncClient(base_url=f"http://{CONSOLE}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=ANSWER_S) as client:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.bind((f"{HOST}.10", 5060))
            ringing = asyncio.create_task(keep_calling(caller))
            await asyncio.sleep(2)
            for turn in range(changes):
                mode, target = (("load_balancing", 1), ("only_primary", 0))[turn % 2]
                before = time.monotonic()
                response = await client.patch("/trunks/changed", json={"mode": mode})
                response.raise_for_status()
                answered.append(time.monotonic() - before)
                await asyncio.sleep(2)
                obeyed.append((far_ends[1].first_after(before) if target else far_ends[1].last) - before)
                begun = time.monotonic()
                (await client.get("/trunks", params={"search": "50000", "limit": 50})).raise_for_status()
                pages.append(time.monotonic() - begun)
            ringing.cancel()
    output, _ = await calls.communicate()
    run = json.loads(output)
    return {"calls": run["calls"], "completed": run["completed"], "setup_us": run["setup_us"], "answered_s": summary(answered), "obeyed_s": summary(obeyed),
            "list_page_s": summary(pages)}


async def keep_calling(caller: socket.socket) -> None:
    """Send a new INVITE each 10 ms."""
    for number in range(1_000_000):
        mark = f"{time.monotonic_ns()}{number}"
        caller.sendto((f"INVITE sip:+1000@{HOST}.1 SIP/2.0\r\nVia: SIP/2.0/UDP {HOST}.10:5060;branch=z9hG4bK{mark}\r\nFrom: <sip:c@{HOST}.10>;tag={mark}\r\n"
                       f"To: <sip:+1000@{HOST}.1>\r\nCall-ID: {mark}\r\nCSeq: 1 INVITE\r\nContact: <sip:c@{HOST}.10:5060>\r\nMax-Forwards: 70\r\n"
                       "Content-Length: 0\r\n\r\n").encode(), (f"{HOST}.1", 5060))
        await asyncio.sleep(0.01)


class FarEnd(asyncio.DatagramProtocol):
    """Refuses calls as busy, and remembers when they came."""

    def __init__(self) -> None:
        self._came: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """Refuse an INVITE."""
        if data.startswith(b"INVITE"):
            self._came.append(time.monotonic())
            kept = [line for line in data.split(b"\r\n") if line.split(b":")[0].lower() in (b"via", b"from", b"call-id", b"cseq")]
            to = next(line for line in data.split(b"\r\n") if line.startswith(b"To:"))
            self._transport.sendto(b"\r\n".join([b"SIP/2.0 486 Busy Here", *kept, to + b";tag=far", b"Content-Length: 0", b"", b""]), address)  # type: ignore[attr-defined]

    def first_after(self, moment: float) -> float:
        """Return when the first call came after a moment."""
        return next(came for came in self._came if came > moment)

    @property
    def last(self) -> float:
        """When the last call came."""
        return self._came[-1]


def summary(seconds: list[float]) -> dict[str, float]:
    """Return median and maximum."""
    return {"median": round(median(seconds), 3), "max": round(max(seconds), 3)}


def resident_mib(pid: int) -> int:
    """Return what a process holds in memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024      # type: ignore[index]


if __name__ == "__main__":
    main()
