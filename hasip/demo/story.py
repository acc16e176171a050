"""The story: three modes, a primary that dies and comes back, a full pool, a secondary that registers; and whether all of it came as told."""
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from pathlib import Path

from rich.console import Console

from hasip.control.client import ask
from hasip.demo.router import CALLER_ID, CORE, HOME, PASSWORD, PRIMARY, ROUTER, ROUTER_TLS, SECONDARY, TRUNKS, USERNAME, running_router
from hasip.transport.contexts import client_context
from hasip.user_agent.agents import Agent, Call, Caller, many_calls
from hasip.user_agent.lines import StreamLine, UdpLine

TOLD_WITHIN_S = 60.0
HOLD_S = 0.05
FAR_NUMBER = "+4930123456"                              # nobody's here: it is the core's

console = Console(highlight=False, width=110)


async def tell() -> int:
    """Run the demo; return 0 when everything came as told."""
    with tempfile.TemporaryDirectory(prefix="hasip-demo-") as name:
        folder = Path(name)
        async with asyncio.timeout(TOLD_WITHIN_S), running_router(folder) as pid:
            console.print(f"[bold]hasip[/] runs on {ROUTER[0]}: UDP and TCP 5060, TLS 5061 (pid {pid}). A core calls through it; a primary and a secondary "
                          "site answer. All of it is real SIP over loopback.\n")
            story = Story(folder)
            await story.tell()
            return story.tell_end()


class Story:
    """The chapters, and who takes part in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.core = Caller("core", UdpLine(*CORE), ROUTER)
        self.primary = Agent("primary", UdpLine(*PRIMARY))
        self.secondary = Agent("secondary", UdpLine(*SECONDARY))
        self.registering = Caller(USERNAME, StreamLine(HOME, ROUTER_TLS, client_context(str(folder / "edge.pem"))), ROUTER_TLS, PASSWORD)
        self.lost = 0
        self.untrue: list[str] = []         # what did not come as told

    async def tell(self) -> None:
        """Tell every chapter."""
        agents = (self.primary, self.secondary, self.core)
        for agent in agents:
            await agent.open()
        try:
            await self.show_modes()
            await self.show_refusing_primary()
            await self.show_dying_primary()
            await self.show_pool()
            await self.show_registering_secondary()
            await self.show_calls_to_core()
        finally:
            for agent in (*agents, self.registering):
                agent.close()

    def expect(self, claim: str, is_true: bool) -> None:
        """Note a claim that does not hold."""
        if not is_true:
            self.untrue.append(claim)

    def count_lost(self, calls: list[Call]) -> None:
        """Count calls that found nobody to answer them."""
        self.lost += sum(call.status != 200 for call in calls)

    async def show_modes(self) -> None:
        """Twenty calls in each of the three modes."""
        console.print("[bold]1. Three modes, 20 calls each[/]")
        for (_, _, number, mode, _), split in zip(TRUNKS[:3], ((20, 0), (10, 10), (20, 0)), strict=True):
            calls = [await self.core.call(number) for _ in range(20)]
            console.print(f"   {mode:15}  {self.where_they_went(calls)}")
            self.count_lost(calls)
            self.expect(f"{mode}: {split[0]} calls to the primary, {split[1]} to the secondary", self.answered(calls) == split)
        console.print()

    async def show_refusing_primary(self) -> None:
        """The primary answers 503: each call moves to the secondary at once."""
        console.print("[bold]2. The primary refuses with 503[/] (trunk in auto_failover)")
        calls = await self.calls_while_refused("1003", self.secondary, count=300)
        self.expect("all calls go to the secondary", self.answered(calls) == (0, 300))

    async def calls_while_refused(self, number: str, secondary: Agent, count: int) -> list[Call]:
        """Place calls while the primary refuses; say where they went, and how soon."""
        self.primary.refuse_with = 503
        calls = await many_calls([self.core], number, count, per_second=150, hold_s=HOLD_S)
        self.primary.refuse_with = 0
        gaps = [1000 * (secondary.invites[call.call_id] - self.primary.refusals[call.call_id])
                for call in calls if call.call_id in secondary.invites and call.call_id in self.primary.refusals]
        console.print(f"   {self.where_they_went(calls)}")
        if len(gaps) > 1:
            console.print(f"   from the primary's 503 to the secondary's INVITE: p50 {statistics.median(gaps):.2f} ms, "
                          f"p99 {statistics.quantiles(gaps, n=100)[98]:.2f} ms\n")
        self.count_lost(calls)
        return calls

    async def show_dying_primary(self) -> None:
        """The primary's port closes in mid-traffic, and opens again."""
        console.print("[bold]3. The primary dies in mid-traffic, and comes back[/]")
        traffic = asyncio.create_task(many_calls([self.core], "1003", count=900, per_second=150, hold_s=HOLD_S))
        await asyncio.sleep(2)
        self.primary.close()
        console.print("   2 s: the primary is gone")
        await asyncio.sleep(2)
        await self.primary.open()
        console.print("   4 s: the primary is back")
        calls = await traffic
        lost = sum(call.status != 200 for call in calls)
        cut_off = sum(call.status == 200 and not call.ended for call in calls)
        console.print(f"   6 s: {self.where_they_went(calls)}; calls lost: {lost}")
        console.print(f"   ({cut_off} calls were up at the primary when it died: nobody was there to hang up with)\n")
        self.count_lost(calls)
        self.expect("both sites have calls", min(self.answered(calls)) > 0)

    async def show_pool(self) -> None:
        """Twelve calls at once for a trunk with five slots."""
        console.print("[bold]4. Twelve calls at once for a trunk that may hold five[/]")
        calls = await asyncio.gather(*(self.core.call("1004", hold_s=0.5) for _ in range(12)))
        refused = [call for call in calls if call.status == 486]
        console.print(f"   {len(calls) - len(refused)} answered, {len(refused)} refused by the pool: 486, {refused[0].reason if refused else ''}\n")
        self.count_lost([call for call in calls if call.status != 486])
        self.expect("the pool refuses seven of twelve calls", len(refused) == 7)

    async def show_registering_secondary(self) -> None:
        """A site without an address of its own registers by TLS; the primary refuses, and its calls go there."""
        console.print("[bold]5. A secondary registers over TLS, and the primary refuses again: calls take that connection[/]")
        begun = time.perf_counter()
        await self.registering.open()
        statuses = await self.registering.register()
        console.print(f"   connected, TLS verified, REGISTER answered {', then '.join(map(str, statuses))}: {1000 * (time.perf_counter() - begun):.1f} ms")
        self.expect("REGISTER is answered 401, then 200", statuses == [401, 200])
        calls = await self.calls_while_refused("1005", self.registering, count=150)
        self.expect("all calls arrive on the TLS connection", self.answered(calls) == (0, 150) and len(self.registering.invites) == 150)

    async def show_calls_to_core(self) -> None:
        """The site that registered calls out: it has to prove who it is, and the core is told the trunk's number."""
        console.print("[bold]6. The customer calls out, over the same connection[/]")
        calls = [await self.registering.call(FAR_NUMBER) for _ in range(20)]
        told = f"<sip:{CALLER_ID}@{ROUTER[0]}:{ROUTER[1]}>"
        console.print(f"   {sum(call.was_challenged for call in calls)} calls challenged with 407, {sum(call.status == 200 for call in calls)} answered by the core")
        for identity, count in self.core.identities.items():
            console.print(f"   the core was told, {count} times: P-Asserted-Identity: {identity}\n")
        self.count_lost(calls)
        self.expect("every call is challenged once", all(call.was_challenged and call.cseq == 3 for call in calls))
        self.expect(f"the core is told {told}", self.core.identities == {told: 20})

    def where_they_went(self, calls: list[Call]) -> str:
        """Say how many calls each site answered."""
        primary, secondary = self.answered(calls)
        return f"{primary:4d} calls to the primary, {secondary:4d} to the secondary"

    def answered(self, calls: list[Call]) -> tuple[int, int]:
        """Return how many calls the primary answered, and how many a secondary."""
        by_place = Counter(call.answered_by for call in calls if call.status == 200)
        return by_place[self.primary.sent_by], by_place[self.secondary.sent_by] + by_place[self.registering.sent_by]

    def tell_end(self) -> int:
        """Say how it ended; return the exit code."""
        status = ask(self.folder, "status")
        self.expect("no call is left", status["calls"] == 0)
        moved = sum(leg["failovers"] for trunk in status["trunks"].values() for leg in trunk["legs"].values())
        console.print(f"[bold]In the end[/] the router has {status['calls']} calls in progress; it moved {moved} calls from a primary to a secondary.")
        for claim in self.untrue:
            console.print(f"[bold red]Not as told:[/] {claim}")
        console.print(f"[bold {'red' if self.lost else 'green'}]Calls lost: {self.lost}[/]")
        if self.lost or self.untrue:
            return 1
        console.print("\nNext: README.md says how to write your own edge.toml and trunks.toml; `hasip status` shows what you saw here.")
        return 0
