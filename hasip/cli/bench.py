"""`hasip bench`: what this machine can do, measured."""
import json
from pathlib import Path
from typing import Annotated

import typer

bench = typer.Typer(help="Measure: the parser alone, or calls and registrations through a router.", no_args_is_help=True)


@bench.command()
def parse(
    file: Annotated[Path, typer.Argument(metavar="FILE.set", help="Messages: repeated little-endian u32 length and bytes.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    rounds: Annotated[int, typer.Option(min=1, max=10_000, help="Passes over the file; the best counts.")] = 20,
) -> None:
    """Time the parser over a set of messages: nanoseconds a message, without Python's share."""
    from hasip.cli.bench_parse import bench_parse_file

    try:
        figures = bench_parse_file(file, rounds)
    except (OSError, ValueError) as error:
        typer.echo(f"{file}: {error.strerror}" if isinstance(error, OSError) else str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(json.dumps(figures) if as_json else f"{figures['ns_per_message']:.1f} ns a message ({figures['messages']} messages, {figures['simd']})")


@bench.command()
def run(
    target: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="The router.")] = "127.0.0.1:5060",
    caller: Annotated[str, typer.Option("--from", metavar="ADDRESS:PORT", help="Who calls; on the core's whitelist.")] = "127.0.0.10:5080",
    primary: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="The trunk's primary leg.")] = "127.0.0.21:5060",
    secondary: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="The trunk's secondary leg.")] = "127.0.0.22:5060",
    number: Annotated[str, typer.Option(help="The trunk's number.")] = "+6561230000",
    scenario: Annotated[str, typer.Option(help="basic, failover-code, failover-closed-port, failover-silence, load-balancing, cancel, to-core, register or "
                                                "register-refresh.")] = "basic",
    rate: Annotated[float, typer.Option(help="Calls a second, started evenly whatever the router does.")] = 1000.0,
    calls: Annotated[int, typer.Option(min=1, max=100_000_000, help="How many.")] = 10_000,
    timeout: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds after which a call has failed.")] = 40.0,
    hold: Annotated[float, typer.Option(min=0, max=3600, help="Seconds from ACK to BYE.")] = 0.0,
    t1: Annotated[int, typer.Option(min=1, max=60_000, help="Milliseconds to the first retransmission (RFC 3261 §17.1.1.1).")] = 500,
    code: Annotated[int, typer.Option(min=300, max=699, help="What the primary answers in failover-code.")] = 503,
    far_number: Annotated[str, typer.Option(help="to-core: the number that the customer, at --primary, dials.")] = "+4930123456",
    users_at: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="register: where the users are; on no whitelist.")] = "127.0.0.31:5060",
    users: Annotated[int, typer.Option(min=1, max=1_000_000, help="register: how many, in turn.")] = 1,
    user: Annotated[str, typer.Option(help="register: their names, with {} where a user's number, from 0 on, belongs.")] = "user{}",
    password: Annotated[str, typer.Option(help="register: of each of them.")] = "secret",
    algorithm: Annotated[str, typer.Option(help="register: of the digest, md5 or sha-256.")] = "md5",
    pid: Annotated[int | None, typer.Option(min=1, help="The router's process: its CPU time is measured, with threads and children.")] = None,
    spin: Annotated[bool, typer.Option("--spin", help="Never sleep; for a generator with a core to itself.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    no_progress: Annotated[bool, typer.Option("--no-progress", help="Show no progress bar.")] = False,
) -> None:
    """Make calls through a router, or register with it, and measure that: caller and far ends are played here. Exit code 1: some failed."""
    from hasip.cli.bench_report import print_result, watcher_of
    from hasip.cli.bench_run import BadOption, Run, read_place, run_calls

    try:
        what = Run(
            target=read_place("--target", target), caller=read_place("--from", caller), primary=read_place("--primary", primary),
            secondary=read_place("--secondary", secondary), number=number, scenario=scenario, rate=rate, calls=calls, timeout_s=timeout,
            hold_s=hold, t1_ms=t1, code=code, spins=spin, pid=pid, far_number=far_number, users_at=read_place("--users-at", users_at),
            users=users, user=user, password=password, algorithm=algorithm)
        result = run_calls(what, watcher_of(what, wants_bar=not as_json and not no_progress))
    except BadOption as error:
        raise typer.BadParameter(error.sentence, param_hint=f"'{error.option}'") from None
    if as_json:
        typer.echo(json.dumps(result))
    else:
        print_result(result)
    if result["completed"] < calls:
        raise typer.Exit(1)


@bench.command()
def streams(
    caller: Annotated[str, typer.Option(help="How the caller reaches the router: udp, tcp or tls.")] = "tls",
    far_end: Annotated[str, typer.Option(help="How the router reaches the trunk's leg, as the trunks file says: udp, tcp or tls.")] = "tls",
    target: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="The router's UDP and TCP listeners.")] = "127.0.0.1:5060",
    tls_target: Annotated[str, typer.Option(metavar="ADDRESS:PORT", help="The router's TLS listener.")] = "127.0.0.1:5061",
    calls_from: Annotated[str, typer.Option("--from", metavar="ADDRESS:PORT", help="Who calls; on the core's whitelist. The port is for UDP.")] = "127.0.0.10:5080",
    calls_to: Annotated[str, typer.Option("--to", metavar="ADDRESS:PORT", help="The trunk's primary leg; by TLS it needs [tls] verify = false.")] = "127.0.0.21:5060",
    number: Annotated[str, typer.Option(help="The trunk's number.")] = "+6561230000",
    rate: Annotated[float, typer.Option(min=0.01, max=100_000, help="Calls a second, started evenly whatever the router does.")] = 200.0,
    calls: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many.")] = 1000,
    hold: Annotated[float, typer.Option(min=0, max=3600, help="Seconds from ACK to BYE.")] = 0.0,
    connections: Annotated[int, typer.Option(min=1, max=1000, help="Connections of the caller, in turn.")] = 1,
    stalled: Annotated[int, typer.Option(min=0, max=1000, help="So many more TLS peers ask and never read an answer: the calls must not feel them.")] = 0,
    pid: Annotated[int | None, typer.Option(min=1, help="The router's process: its CPU time is measured, with threads and children.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Make calls over TCP or TLS and measure them. Exit code 1: calls failed.

    This measures the router, not the generator: caller and far end are Python here, good for some hundred calls a second, and their share is in every
    time. For how fast UDP is, see `hasip bench run`.
    """
    from hasip.cli.bench_report import print_result
    from hasip.cli.bench_run import BadOption, read_place
    from hasip.cli.bench_streams import StreamRun, run_streams

    try:
        result = run_streams(StreamRun(
            caller_transport=caller, far_end_transport=far_end, target=read_place("--target", target), tls_target=read_place("--tls-target", tls_target),
            caller=read_place("--from", calls_from), far_end=read_place("--to", calls_to), number=number, rate=rate, calls=calls, hold_s=hold,
            connections=connections, stalled=stalled, pid=pid))
    except BadOption as error:
        raise typer.BadParameter(error.sentence, param_hint=f"'{error.option}'") from None
    if as_json:
        typer.echo(json.dumps(result))
    else:
        print_result(result)
    if result["completed"] < calls:
        raise typer.Exit(1)
