"""A running hasip, and the files it runs by."""
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hasip.control.client import ask
from tests.patience import PATIENCE_S
from tests.transport.certificates import Authority, Files, calling, serving

from .agent import Agent
from .message import Address, host_text
from .stream_agent import StreamAgent
from .user import PASSWORD, User

POLL_S = 0.02
SMALL = {"call_capacity": 32_768, "binding_capacity": 16_384}         # tables lie on disk whole
SIP_PORT = 5060
SIP_TLS_PORT = 5061
METRICS_PORT = 9464
CORE, FIRST_LEG, FIRST_USER, STRANGER = 2, 10, 150, 250     # last octets in a node's own /24

AnyAgent = TypeVar("AnyAgent", bound=Agent)

_blocks = itertools.count()


@dataclass(slots=True)
class Trunk:
    """One [[trunk]] of the trunks file. Addresses and number come from the edge it is put on; NETWORK in a setting is the edge's own /24."""

    name: str
    mode: str = "auto_failover"                                 # "": left out
    calls: int = 1000
    settings: dict[str, Any] = field(default_factory=dict)      # no_response_ms, failover_codes, …
    primary: str = "ip"                                         # or "digest"
    secondary: str = "ip"                                       # or "digest", or "" for none
    primary_settings: dict[str, Any] = field(default_factory=dict)      # transport, allow, address, … of the account
    secondary_settings: dict[str, Any] = field(default_factory=dict)
    number: str = ""
    legs: list[Address] = field(default_factory=list)

    def toml(self) -> str:
        """Return the trunk as the trunks file writes it."""
        lines = ["[[trunk]]", *(f"{name} = {json.dumps(value)}" for name, value in {
            "name": self.name, "mode": self.mode, "calls": self.calls, "caller_id": self.number, "numbers": [self.number],
            "add_ons": ["high_availability", "ip_authentication"], **self.settings}.items() if value != "")]
        accounts = {"primary": (self.primary, self.primary_settings), "secondary": (self.secondary, self.secondary_settings)}
        for (leg, (authentication, settings)), address in zip(accounts.items(), self.legs, strict=True):
            if authentication:
                lines += table_lines(f"[trunk.{leg}]", {**account_table(f"{self.name}-{leg}", authentication, address), **settings})
        return "\n".join(lines) + "\n"


def account_table(label: str, authentication: str, address: Address) -> dict[str, Any]:
    own = {"username": label, "password": PASSWORD} if authentication == "digest" else {
        "address": f"{host_text(address[0])}:{address[1]}", "allow": [address[0]]}
    return {"label": label, "authentication": authentication, "transport": "udp", **own}


def table_lines(head: str, table: dict[str, Any]) -> list[str]:
    """Return a TOML table's lines."""
    return [head, *(f"{name} = {json.dumps(value)}" for name, value in table.items())]


class Edge:
    """A hasip of our own, on loopback addresses of its own: the edge at .1, the core at .2, the legs from .10 on, users from .150 on.

    With `streams` it listens on TCP and TLS too; `tables` are further tables of the node file, `listeners` further listeners; with `metrics`, that
    table's settings, it tells them at its own address.
    """

    entering: Sequence[str] = ()        # stands before the command: where it runs

    def __init__(self, folder: Path, trunks: list[Trunk], *, workers: int = 1, node_settings: dict[str, Any] | None = None, ipv6: bool = False,
                 streams: bool = False, tables: dict[str, dict[str, Any]] | None = None, core_transport: str = "udp",
                 listeners: Sequence[dict[str, Any]] = (), metrics: dict[str, Any] | None = None, webhooks: Sequence[dict[str, Any]] = ()) -> None:
        self.folder = folder
        self.trunks = {trunk.name: trunk for trunk in trunks}
        self.workers = workers
        self.node_settings = node_settings or {}
        self.ipv6 = ipv6
        self.streams = streams
        self.tables = tables or {}
        self.core_transport = core_transport
        self.listeners = listeners
        self.webhooks = webhooks
        self.choose_addresses()
        if metrics is not None:
            self.tables["metrics"] = {"address": f"{host_text(self.address[0])}:{METRICS_PORT}", **metrics}
        self.users_count = 0
        if streams:
            self.authority = Authority(folder)
            self.certificate = self.authority.issue(self.address[0])
            self.tables.setdefault("tls", {"ca": self.authority.file})
        for place, trunk in enumerate(trunks):
            self.place(trunk, place)
        self.agents: list[Agent] = []
        self.process: subprocess.Popen[bytes] | None = None
        self.runs = 0
        self.applies = True                 # the trunks file, at each start

    def choose_addresses(self) -> None:
        """Decide where the edge and its core are."""
        self.network = "::1" if self.ipv6 else free_network()
        self.address: Address = ("::1", free_port("::1")) if self.ipv6 else (f"{self.network}.1", SIP_PORT)
        self.core_address = "::1" if self.ipv6 else f"{self.network}.{CORE}"
        self.tls_address: Address = ("::1", free_port("::1")) if self.ipv6 else (self.address[0], SIP_TLS_PORT)

    def place(self, trunk: Trunk, place: int) -> None:
        """Give a trunk its number and the addresses of its legs."""
        trunk.number = f"+65612{place:04d}"
        trunk.legs = self.choose_legs(place)

    def choose_legs(self, place: int) -> list[Address]:
        """Decide where the legs of a trunk are."""
        if self.ipv6:
            return [("::1", free_port("::1")) for _ in range(2)]
        return [(f"{self.network}.{FIRST_LEG + 2 * place + leg}", SIP_PORT) for leg in range(2)]

    def __getitem__(self, trunk: str) -> Trunk:
        return self.trunks[trunk]

    # ---------------------------------------------------------------------------------------- the process

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    @property
    def log_file(self) -> Path:
        return self.folder / f"hasip-{self.runs}.log"

    def write_files(self) -> None:
        settings = {"name": "edge-test", "workers": self.workers, "state_dir": str(self.state_dir), **SMALL, **self.node_settings}
        listen = f"{host_text(self.address[0])}:{self.address[1]}"
        lines = [*table_lines("[node]", settings), *table_lines("[[listen]]", {"transport": "udp", "address": listen})]
        if self.streams:
            lines += table_lines("[[listen]]", {"transport": "tcp", "address": listen})
            lines += table_lines("[[listen]]", {"transport": "tls", "address": f"{host_text(self.tls_address[0])}:{self.tls_address[1]}",
                                                "certificate": self.certificate.certificate, "key": self.certificate.key})
        for listener in self.listeners:
            lines += table_lines("[[listen]]", listener)
        for webhook in self.webhooks:
            lines += table_lines("[[webhook]]", webhook)
        for name, table in self.tables.items():
            lines += table_lines(f"[{name}]", table)
        (self.folder / "edge.toml").write_text("\n".join(lines) + "\n")
        (self.folder / "trunks.toml").write_text(
            "\n".join([self.cores_toml(), *(trunk.toml() for trunk in self.trunks.values())]).replace("NETWORK", self.network))

    def cores_toml(self) -> str:
        """Return the cores as the trunks file writes them."""
        return f'[[core]]\nname = "pstn"\nallow = ["{self.core_address}"]\n' \
               f'target = [{{ address = "{host_text(self.core_address)}:{SIP_PORT}", transport = "{self.core_transport}" }}]\n'

    def start(self) -> None:
        """Run, and wait until it answers OPTIONS."""
        self.write_files()
        self.runs += 1
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [*self.entering, sys.executable, "-m", "hasip", "run", str(self.folder / "edge.toml"),
                 *(("--apply", str(self.folder / "trunks.toml")) if self.applies else ())],
                stdout=log, stderr=subprocess.STDOUT, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        deadline = time.monotonic() + PATIENCE_S
        while not self.answers():
            assert self.process.poll() is None, f"hasip run ended with {self.process.returncode}:\n{self.log()}"
            assert time.monotonic() < deadline, \
                f"hasip run answered no OPTIONS in {PATIENCE_S} s, its threads wait in {waiting_places(self.process.pid)}:\n{self.log()}"

    def answers(self, timeout: float = 0.2) -> bool:
        """True when OPTIONS to the edge is answered 200."""
        agent = self.make(self.core_address, lambda: Agent(self.core_address, 0, self.address))
        try:
            agent.request("OPTIONS")
            agent.wait(200, timeout=timeout)
        except (AssertionError, ConnectionRefusedError):
            return False
        finally:
            agent.close()
        return True

    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def signal(self, number: signal.Signals) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9: nothing is said, nothing is saved."""
        assert self.process
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> None:
        """Stop at once, calls or not, and look at how it went."""
        for agent in self.agents:
            agent.close()
        self.agents.clear()
        if self.process is None:
            return
        running, self.process = self.process, None
        try:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(0.5)
            except subprocess.TimeoutExpired:       # it waits for calls to end: a second signal ends the waiting
                running.send_signal(signal.SIGTERM)
            try:
                running.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"hasip run did not stop in {PATIENCE_S} s, its threads wait in {waiting_places(running.pid)}:\n{self.log()}") from None
            assert running.returncode == 0, f"hasip run ended with {running.returncode}:\n{self.log()}"
        finally:
            if running.poll() is None:
                running.kill()
                running.wait()
        assert "Traceback" not in self.log(), self.log()

    def reload(self) -> None:
        """Write the files, send SIGHUP, and wait until the log says that it was taken."""
        before = self.ask("status")["config_generation"]
        self.write_files()
        self.signal(signal.SIGHUP)
        self.wait_until(lambda: self.ask("status")["config_generation"] != before)

    def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds. Errors: AssertionError when patience ends."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, self.log()
            time.sleep(POLL_S)

    # ---------------------------------------------------------------------------------------- what it says

    def ask(self, what: str) -> Any:
        """Return what the node says of "status" or "calls", as `hasip status --json` prints it."""
        return ask(self.state_dir, what)

    def reason(self, name: str) -> int:
        """Return how often the node has counted a reason."""
        count: int = self.ask("status")["reasons"].get(name, 0)
        return count

    def trunk_status(self, trunk: str) -> dict[str, Any]:
        status: dict[str, Any] = self.ask("status")["trunks"][trunk]
        return status

    def calls(self, trunk: str) -> int:
        """Return how many slots of a trunk's pool are taken."""
        calls: int = self.trunk_status(trunk)["calls"]
        return calls

    def settle(self) -> None:
        """Wait until all that was sent so far has been dealt with: each worker has answered an OPTIONS sent after it."""
        for _ in range(1 if self.workers == 1 else 12):
            assert self.answers(timeout=PATIENCE_S), "hasip run does not answer"

    # ---------------------------------------------------------------------------------------- who talks to it

    def caller(self) -> Agent:
        """A caller in the core."""
        return self.agent(self.core_address, 0)

    def leg(self, trunk: str, leg: int) -> Agent:
        """The far end of a trunk's primary (0) or secondary (1)."""
        return self.agent(*self.trunks[trunk].legs[leg])

    def stranger(self) -> Agent:
        """An address on no whitelist."""
        return self.agent(f"{self.network}.{STRANGER}", 0)

    def user(self, name: str, transport: str = "udp", **who: Any) -> User:
        """An agent that says it is this user, at an address of its own that is on no whitelist."""
        self.users_count += 1
        address = f"{self.network}.{FIRST_USER + self.users_count % (STRANGER - FIRST_USER)}"
        return User(self.agent(address, 0) if transport == "udp" else self.stream_caller(address, transport), name, **who)

    def stream_caller(self, address: str, transport: str) -> StreamAgent:
        """An agent with a connection to the edge."""
        if transport == "tls":
            return self.keep(self.make(address, lambda: StreamAgent(address, 0, self.tls_address, calling=calling(self.authority.file))))
        return self.keep(self.make(address, lambda: StreamAgent(address, 0, self.address)))

    def stream_leg(self, trunk: str, leg: int, files: Files | None = None) -> StreamAgent:
        """The far end of a trunk's leg, listening on TCP or, with a certificate, on TLS."""
        return self.stream_far_end(*self.trunks[trunk].legs[leg], files)

    def stream_far_end(self, address: str, port: int, files: Files | None = None) -> StreamAgent:
        """A far end that listens on TCP or, with a certificate, on TLS."""
        if files is None:
            return self.keep(self.make(address, lambda: StreamAgent(address, port, self.address, is_listening=True)))
        return self.keep(self.make(address, lambda: StreamAgent(
            address, port, self.tls_address, calling=calling(self.authority.file), serving=serving(files), is_listening=True)))

    def core(self) -> Agent:
        """Where calls to the core arrive."""
        return self.agent(self.core_address, SIP_PORT)

    def agent(self, address: str, port: int) -> Agent:
        return self.keep(self.make(address, lambda: Agent(address, port, self.address)))

    def make(self, address: str, make: Callable[[], AnyAgent]) -> AnyAgent:
        """Make an agent where its address is: on this machine."""
        return make()

    def keep(self, agent: AnyAgent) -> AnyAgent:
        """Close an agent after the test."""
        self.agents.append(agent)
        return agent


def waiting_places(pid: int) -> list[str]:
    """Return where in the kernel each thread of a process waits, 0: it runs; do_signal_stop: somebody stopped the process."""
    return [(thread / "wchan").read_text() for thread in Path(f"/proc/{pid}/task").iterdir()]


def free_network() -> str:
    """Return the first three octets of a /24 in 127.0.0.0/8 that nobody listens in."""
    while True:
        number = next(_blocks)
        network = f"127.{16 + os.getpid() % 200}.{number % 250 + 1}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((f"{network}.1", SIP_PORT))
            except OSError:
                continue
        return network


def free_port(address: str) -> int:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        port: int = probe.getsockname()[1]
        return port
