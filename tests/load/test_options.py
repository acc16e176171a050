"""What `hasip bench run` says of options that can't be: one sentence that names the option, and exit code 2."""
import os
import socket

import pytest
from typer.testing import CliRunner

from hasip._load import SCENARIOS
from hasip.cli.bench import bench
from tests.load.conftest import BenchRun, words_of
from tests.scenario.edge import free_network

NETWORK = free_network()
PLACES = {"target": f"{NETWORK}.1:5060", "caller": f"{NETWORK}.2:5060", "primary": f"{NETWORK}.10:5060", "secondary": f"{NETWORK}.11:5060"}


@pytest.mark.parametrize(("options", "option", "sentence"), [
    ({"rate": "0"}, "--rate", "0.0 calls a second; it has to be more than 0 and at most 1000000"),
    ({"rate": "-5"}, "--rate", "it has to be more than 0"),
    ({"rate": "1000001"}, "--rate", "at most 1000000"),
    ({"rate": "nan"}, "--rate", "it has to be more than 0"),
    ({"rate": "inf"}, "--rate", "at most 1000000"),
    ({"rate": "fast"}, "--rate", ""),
    ({"calls": "0"}, "--calls", ""),
    ({"calls": "1.5"}, "--calls", ""),
    ({"timeout": "0"}, "--timeout", ""),
    ({"timeout": "nan"}, "--timeout", ""),
    ({"hold": "-1"}, "--hold", ""),
    ({"hold": "nan"}, "--hold", ""),
    ({"code": "200"}, "--code", ""),
    ({"t1": "0"}, "--t1", ""),
    ({"scenario": "chaos"}, "--scenario", "'chaos' is none of basic, failover-code,"),
    ({"number": "a b"}, "--number", "'a b' can't be the user of a SIP URI"),
    ({"far_number": "a b"}, "--far-number", "'a b' can't be the user of a SIP URI"),
    ({"user": 'a"{}'}, "--user", "can't be the user of a SIP URI"),
    ({"scenario": "register", "users": "2", "user": "alice"}, "--user", "'alice' is the name of one: write {} where a user's number belongs"),
    ({"algorithm": "sha-512"}, "--algorithm", "'sha-512' is none of md5, sha-256"),
    ({"users": "0"}, "--users", ""),
    ({"users_at": "192.0.2.1"}, "--users-at", "is no address with a port"),
    ({"scenario": "register", "users_at": "192.0.2.1:5060"}, "--users-at", "can't bind 192.0.2.1 port 5060"),
    ({"number": ""}, "--number", "'' can't be the user of a SIP URI"),
    ({"number": "1\r\nX: y"}, "--number", "can't be the user of a SIP URI"),
    ({"target": "sip.example.net:5060"}, "--target", "'sip.example.net:5060' is no address with a port"),
    ({"target": "127.0.0.1"}, "--target", "is no address with a port"),
    ({"target": "127.0.0.1:"}, "--target", "has no port from 1 to 65535"),
    ({"target": "127.0.0.1:65536"}, "--target", "has no port from 1 to 65535"),
    ({"caller": "::1:5060"}, "--from", "'::1:5060' is no address with a port, such as 127.0.0.1:5060 or [::1]:5060"),
    ({"primary": "[::1]:5060"}, "--primary", f"::1 and the target {NETWORK}.1 are of different IP versions"),
    ({"caller": "192.0.2.1:5080"}, "--from", "can't bind 192.0.2.1 port 5080: Cannot assign requested address"),
    ({"primary": "192.0.2.1:5080"}, "--primary", "can't bind 192.0.2.1 port 5080"),
    ({"primary": PLACES["caller"]}, "--primary", f"can't bind {NETWORK}.2 port 5060: Address already in use"),
    ({"pid": 2**22 + 1}, "--pid", "there is no process"),
])
def test_an_option_that_cannot_be_is_named_with_the_reason(bench_run: BenchRun, options, option, sentence):
    result = bench_run(**PLACES | options)
    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in words_of(result)
    assert sentence in words_of(result)                 # "": the sentence is Typer's


def test_help_names_every_scenario():
    printed = CliRunner().invoke(bench, ["run", "--help"]).output
    assert all(scenario in printed for scenario in SCENARIOS)


def test_an_address_in_use_is_named(bench_run: BenchRun):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        result = bench_run(**PLACES | {"caller": f"127.0.0.1:{taken.getsockname()[1]}"})
    assert result.exit_code == 2
    assert "Address already in use" in words_of(result)


def test_our_own_process_can_be_measured(bench_run: BenchRun):
    result = bench_run(**PLACES | {"target": PLACES["primary"], "pid": os.getpid(), "calls": 10})
    assert result.exit_code == 0
    assert "router's CPU" in words_of(result)
