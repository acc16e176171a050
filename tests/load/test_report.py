"""What people see of a run: the bar at a terminal, the tables behind it."""
import os
import pty
import subprocess
import sys

import pytest

from hasip.cli.bench_report import print_result
from tests.scenario.edge import free_network

TIMES = {"p50": 1000.0, "p90": 2000.0, "p99": 3000.0, "p99.9": 4000.0, "max": 5500.0}
RESULT = {
    "scenario": "failover-code", "rate": 100.0, "calls": 10, "completed": 8, "failed": 2, "failures": {"timed out": 2}, "retransmissions": 3,
    "duplicates": 4, "seconds": 0.1, "calls_per_second": 80.0, "legs": {"primary": 0, "secondary": 8}, "attempts": {"primary": 10, "secondary": 8},
    "challenged": 0, "challenged_stale": 0, "register_us": None, "setup_us": TIMES, "failover_gap_us": None, "start_lateness_us": TIMES, "cpu_us_per_call": 42.0,
}


def printed(capsys: pytest.CaptureFixture[str], **changes: object) -> str:
    print_result(RESULT | changes)
    return " ".join(capsys.readouterr().out.split())


def test_the_tables_hold_the_figures(capsys):
    words = printed(capsys)
    for figure in ("failover-code, 100 calls/s asked for", "3 sent, 4 seen", "primary 10, secondary 8", "42.0 µs a call", "INVITE to 200", "5.500",
                   "2 failed: timed out"):
        assert figure in words
    assert "failover gap" not in words
    assert "bottleneck" not in words


def test_registrations_are_counted_in_cycles(capsys):
    words = printed(capsys, scenario="register", setup_us=None, register_us=TIMES, challenged=11, challenged_stale=3, legs={}, attempts={})
    for figure in ("register, 100 cycles/s asked for", "cycles 10", "cycles/s 80.0", "challenged 11", "nonces called stale 3", "42.0 µs a cycle", "REGISTER to 200"):
        assert figure in words.replace("│ ", "").replace("│", "")
    assert "INVITEs" not in words


def test_what_was_not_measured_is_not_shown(capsys):
    words = printed(capsys, setup_us=None, start_lateness_us=None, cpu_us_per_call=None, failures={}, failed=0)
    assert "INVITE to 200" not in words
    assert "CPU" not in words


def test_a_generator_that_was_too_slow_says_so(capsys):
    assert "calls started up to 30 ms late: the generator was the bottleneck" in printed(capsys, start_lateness_us=TIMES | {"p99": 20_000.0, "max": 30_000.0})


@pytest.mark.parametrize(("options", "has_bar"), [([], True), (["--no-progress"], False), (["--json"], False)])
def test_a_bar_is_shown_at_a_terminal_alone(options, has_bar):
    network = free_network()
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "hasip", "bench", "run", "--target", f"{network}.10:5060", "--from", f"{network}.2:5060", "--primary",
             f"{network}.10:5060", "--secondary", f"{network}.11:5060", "--calls", "20", "--rate", "200", *options],
            stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False, env={**os.environ, "TERM": "xterm", "COLUMNS": "120"})
        os.write(theirs, b"end")
        shown = os.read(ours, 65536)
    finally:
        os.close(theirs)
        os.close(ours)
    assert done.returncode == 0
    assert (b"20/20" in shown) == has_bar
    assert (shown == b"end") == (not has_bar)
