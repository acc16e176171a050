"""Make calls over TCP and TLS and measure them, for `hasip bench streams`. Caller and far end are Python: they are what is slow here."""
import contextlib
import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from hasip._load import Histogram
from hasip.cli.bench_run import BadOption, Place, stopwatch
from hasip.cli.processor_time import Stopwatch
from hasip.cli.stalled_peers import NotStalled, stalled_peers
from hasip.transport.contexts import client_context, server_context
from hasip.user_agent.agents import Agent, Call, Caller, many_calls
from hasip.user_agent.certificate import write_certificate
from hasip.user_agent.lines import Line, ListeningLine, StreamLine, UdpLine, host_port

TRANSPORTS = ("udp", "tcp", "tls")
PERCENTILES = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999}


@dataclass(frozen=True, slots=True)
class StreamRun:
    """What to do: by which transports, from where to where, how much of it."""

    caller_transport: str
    far_end_transport: str
    target: Place
    tls_target: Place
    caller: Place
    far_end: Place
    number: str
    rate: float
    calls: int
    hold_s: float
    connections: int
    stalled: int
    pid: int | None

    def __post_init__(self) -> None:
        """Errors: BadOption."""
        for option, transport in (("--caller", self.caller_transport), ("--far-end", self.far_end_transport)):
            if transport not in TRANSPORTS:
                raise BadOption(option, f"{transport!r} is none of {', '.join(TRANSPORTS)}")


def run_streams(run: StreamRun) -> dict[str, Any]:
    """Make the calls, and return the figures. Errors: BadOption."""
    try:
        with stalled_peers(run.stalled, run.caller[0], run.tls_target) as stalled:
            router, ours = stopwatch(run.pid), Stopwatch(os.getpid())
            result = uvloop.run(make_calls(run))
            result["stalled"] = {"peers": run.stalled, "open_at_end": stalled.count_open()}
    except NotStalled as error:
        raise BadOption("--stalled", str(error)) from None
    result["cpu_us_per_call"] = router.read().used / 1000 / run.calls if router else None
    result["own_wait_us_per_call"] = ours.read().waited / 1000 / run.calls
    return result


async def make_calls(run: StreamRun) -> dict[str, Any]:
    """Make the calls with agents of this loop. Errors: BadOption."""
    with tempfile.TemporaryDirectory(prefix="hasip-bench-") as folder:
        async with opened_agents(run, Path(folder)) as (callers, far_end):
            calls = await many_calls(callers, run.number, run.calls, run.rate, run.hold_s)
    return figures_of(run, calls, callers, far_end)


@contextlib.asynccontextmanager
async def opened_agents(run: StreamRun, folder: Path) -> AsyncIterator[tuple[list[Caller], Agent]]:
    """Let callers and far end be there while the block lasts. Errors: BadOption."""
    router = run.tls_target if run.caller_transport == "tls" else run.target
    callers = [Caller("caller", line, router) for line in caller_lines(run)]
    far_end = Agent("far-end", far_end_line(run, folder))
    try:
        await opened(far_end, "--to", f"can't bind {host_port(run.far_end)}")
        for caller in callers:
            await opened(caller, "--from", f"can't bind {host_port(run.caller)}, or connect from there to {host_port(router)}")
        yield callers, far_end
    finally:
        for agent in (far_end, *callers):
            agent.close()


async def opened(agent: Agent, option: str, failure: str) -> None:
    """Open an agent's line. Errors: BadOption."""
    try:
        await agent.open()
    except OSError as error:
        raise BadOption(option, f"{failure}: {error.strerror or error}") from None


def caller_lines(run: StreamRun) -> list[Line]:
    """Return the callers' connections, or their one port."""
    if run.caller_transport == "udp":
        return [UdpLine(*run.caller)]
    if run.caller_transport == "tcp":
        return [StreamLine(run.caller[0], run.target) for _ in range(run.connections)]
    context = client_context(verify=False)
    return [StreamLine(run.caller[0], run.tls_target, context) for _ in range(run.connections)]


def far_end_line(run: StreamRun, folder: Path) -> Line:
    """Return the far end's port; for TLS it shows a certificate made for this run."""
    if run.far_end_transport == "udp":
        return UdpLine(*run.far_end)
    if run.far_end_transport == "tcp":
        return ListeningLine(*run.far_end)
    certificate, key = write_certificate(folder, run.far_end[0])
    return ListeningLine(*run.far_end, server_context(str(certificate), str(key)))


def figures_of(run: StreamRun, calls: list[Call], callers: list[Caller], far_end: Agent) -> dict[str, Any]:
    """Return the figures, named as those of `hasip bench run`."""
    completed = sum(is_completed(call) for call in calls)
    begun = min(call.started for call in calls)
    seconds = max([call.answered for call in calls] + [begun]) - begun
    return {
        "scenario": "streams",
        "caller": run.caller_transport,
        "far_end": run.far_end_transport,
        "rate": run.rate,
        "calls": len(calls),
        "completed": completed,
        "failed": len(calls) - completed,
        "failures": dict(Counter(failure_of(call) for call in calls if not is_completed(call))),
        "retransmissions": sum(caller.sent_again for caller in callers),
        "duplicates": sum(caller.received_again for caller in callers),
        "seconds": seconds,
        "calls_per_second": completed / seconds if seconds else 0.0,
        "legs": {"far end": sum(call.status == 200 for call in calls)},
        "attempts": {"far end": len(far_end.invites)},
        "setup_us": microseconds([call.answered - call.started for call in calls if call.status == 200]),
        "start_lateness_us": microseconds([max(0.0, call.started - begun - index / run.rate) for index, call in enumerate(calls)]),
    }


def is_completed(call: Call) -> bool:
    """True for a call that was answered, and hung up."""
    return call.status == 200 and call.ended


def failure_of(call: Call) -> str:
    """Say what went wrong."""
    if call.status == 200:
        return "BYE refused or not answered"
    return f"final status {call.status}" if call.status else "timed out"


def microseconds(seconds: list[float]) -> dict[str, float] | None:
    """Return percentiles in microseconds; None for no values."""
    if not seconds:
        return None
    histogram = Histogram()
    for each in seconds:
        histogram.add(round(each * 1e9))
    return {name: histogram.percentile(fraction) / 1e3 for name, fraction in PERCENTILES.items()} | {"max": histogram.maximum / 1e3}
