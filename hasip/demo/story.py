"""The story: three modes, a primary that dies and comes back, a full pool; and the count of calls lost."""
import asyncio
import contextlib
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from rich.console import Console

from hasip.control.client import NoNode, ask
from hasip.demo.agents import Call, Core, Site

ROUTER = ("127.0.9.1", 5060)
CORE = ("127.0.9.2", 5060)
PRIMARY = ("127.0.9.3", 5060)
SECONDARY = ("127.0.9.4", 5060)

NODE_FILE = f"""
[node]
name = "demo"
state_dir = "{{state_dir}}"

[[listen]]
transport = "udp"
address = "{ROUTER[0]}:{ROUTER[1]}"
"""

CORE_TABLE = f"""
[[core]]
name = "pstn"
allow = ["{CORE[0]}/32"]
target = [{{ address = "{CORE[0]}:{CORE[1]}", transport = "udp" }}]
"""

TRUNK_TABLE = f"""
[[trunk]]
name = "{{name}}"
calls = {{calls}}
caller_id = "+6561230000"
add_ons = ["high_availability", "ip_authentication"]
numbers = ["{{number}}"]
mode = "{{mode}}"
primary = {{{{ label = "HQ", authentication = "ip", allow = ["{PRIMARY[0]}/32"], address = "{PRIMARY[0]}:{PRIMARY[1]}", transport = "udp" }}}}
secondary = {{{{ label = "DR site", authentication = "ip", allow = ["{SECONDARY[0]}/32"], address = "{SECONDARY[0]}:{SECONDARY[1]}", transport = "udp" }}}}
"""

TRUNKS = (("plain", 100, "1001", "only_primary"), ("balanced", 100, "1002", "load_balancing"),
          ("resilient", 1000, "1003", "auto_failover"), ("small", 5, "1004", "auto_failover"))

console = Console(highlight=False, width=110)


async def tell() -> int:
    """Run the demo; return 0 when no call was lost."""
    primary, secondary, core = Site(*PRIMARY), Site(*SECONDARY), Core(*CORE, ROUTER)
    with tempfile.TemporaryDirectory(prefix="hasip-demo-") as folder:
        async with running_router(Path(folder)):
            for agent in (primary, secondary, core):
                await agent.open()
            lost = sum([
                await show_modes(core),
                await show_refusing_primary(core, primary, secondary),
                await show_dying_primary(core, primary),
                await show_pool(core),
            ])
            tell_end(ask(Path(folder), "status"), lost)
            for agent in (primary, secondary, core):
                agent.close()
    return 1 if lost else 0


@contextlib.asynccontextmanager
async def running_router(folder: Path) -> AsyncIterator[None]:
    """Start a hasip of our own; stop it at the end."""
    (folder / "edge.toml").write_text(NODE_FILE.format(state_dir=folder))
    (folder / "trunks.toml").write_text(CORE_TABLE + "".join(
        TRUNK_TABLE.format(name=name, calls=calls, number=number, mode=mode) for name, calls, number, mode in TRUNKS))
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hasip", "run", str(folder / "edge.toml"), "--apply", str(folder / "trunks.toml"), stderr=log)
        try:
            await until_ready(folder, process)
            console.print(f"[bold]hasip[/] runs on {ROUTER[0]}:{ROUTER[1]} (pid {process.pid}). A core calls through it; "
                          "a primary and a secondary site answer. All of it is real SIP over loopback.\n")
            yield
        finally:
            if process.returncode is None:
                process.terminate()
            await process.wait()


async def until_ready(folder: Path, process: asyncio.subprocess.Process) -> None:
    """Wait until the node answers. Errors: SystemExit with its log when it does not."""
    for _ in range(200):
        with contextlib.suppress(NoNode, RuntimeError):
            ask(folder, "status")
            return
        if process.returncode is not None:
            break
        await asyncio.sleep(0.05)
    raise SystemExit("the router did not start:\n" + (folder / "log").read_text())


async def show_modes(core: Core) -> int:
    """Twenty calls in each of the three modes."""
    console.print("[bold]1. Three modes, 20 calls each[/]")
    lost = 0
    for name, _, number, mode in TRUNKS[:3]:
        calls = [await core.call(number) for _ in range(20)]
        console.print(f"   {mode:15}  {where_they_went(calls)}")
        lost += lost_among(calls)
    console.print()
    return lost


async def show_refusing_primary(core: Core, primary: Site, secondary: Site) -> int:
    """The primary answers 503: each call moves to the secondary at once."""
    console.print("[bold]2. The primary refuses with 503[/] (trunk in auto_failover)")
    primary.refuse_with = 503
    calls = await many_calls(core, "1003", count=300, per_second=150)
    primary.refuse_with = 0
    gaps = [1000 * (secondary.invites[call.call_id] - primary.refusals[call.call_id])
            for call in calls if call.call_id in secondary.invites and call.call_id in primary.refusals]
    console.print(f"   {where_they_went(calls)}")
    if gaps:
        console.print(f"   from the primary's 503 to the secondary's INVITE: p50 {statistics.median(gaps):.2f} ms, "
                      f"p99 {statistics.quantiles(gaps, n=100)[98]:.2f} ms\n")
    return lost_among(calls)


async def show_dying_primary(core: Core, primary: Site) -> int:
    """The primary's port closes in mid-traffic, and opens again."""
    console.print("[bold]3. The primary dies in mid-traffic, and comes back[/]")
    traffic = asyncio.create_task(many_calls(core, "1003", count=900, per_second=150))
    await asyncio.sleep(2)
    primary.close()
    console.print("   2 s: the primary is gone")
    await asyncio.sleep(2)
    await primary.open()
    console.print("   4 s: the primary is back")
    calls = await traffic
    cut_off = sum(call.status == 200 and not call.ended for call in calls)
    console.print(f"   6 s: {where_they_went(calls)}; calls lost: {lost_among(calls)}")
    console.print(f"   ({cut_off} calls were up at the primary when it died: nobody was there to hang up with)\n")
    return lost_among(calls)


async def show_pool(core: Core) -> int:
    """Twelve calls at once for a trunk with five slots."""
    console.print("[bold]4. Twelve calls at once for a trunk that may hold five[/]")
    calls = await asyncio.gather(*(core.call("1004", hold_s=0.5) for _ in range(12)))
    refused = [call for call in calls if call.status == 486]
    console.print(f"   {len(calls) - len(refused)} answered, {len(refused)} refused by the pool: 486, {refused[0].reason if refused else ''}\n")
    return lost_among([call for call in calls if call.status != 486])


async def many_calls(core: Core, number: str, count: int, per_second: int) -> list[Call]:
    """Place calls at a steady rate, each held for a moment."""
    loop = asyncio.get_running_loop()
    started = loop.time()
    tasks = []
    for index in range(count):
        await asyncio.sleep(max(0.0, started + index / per_second - loop.time()))
        tasks.append(asyncio.create_task(core.call(number, hold_s=0.05)))
    return list(await asyncio.gather(*tasks))


def where_they_went(calls: list[Call]) -> str:
    """Say how many calls each site answered."""
    answered = Counter(call.answered_by for call in calls if call.status == 200)
    primary, secondary = (answered.get(f"{host}:{port}", 0) for host, port in (PRIMARY, SECONDARY))
    return f"{primary:4d} calls to the primary, {secondary:4d} to the secondary"


def lost_among(calls: list[Call]) -> int:
    """Count calls that found no site to answer them."""
    return sum(call.status != 200 for call in calls)


def tell_end(status: dict[str, Any], lost: int) -> None:
    """Say how it ended."""
    legs = status["trunks"]["resilient"]["legs"]
    console.print(f"[bold]In the end[/] the router has {status['calls']} calls in progress; trunk \"resilient\" moved "
                  f"{legs['primary']['failovers']} calls from its primary to its secondary.")
    console.print(f"[bold {'red' if lost else 'green'}]Calls lost: {lost}[/]")
    if not lost:
        console.print("\nNext: README.md says how to write your own edge.toml and trunks.toml; `hasip status` shows what you saw here.")
