"""Make calls through a router, or register with it, and measure that, for `hasip bench run`."""
import math
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any, Self

from hasip._load import SCENARIOS, Load
from hasip.cli.processor_time import Stopwatch

POLL_S = 0.1
SOCKET_BUFFER_BYTES = 8_388_608
CLOSED = -1
REGISTRATIONS = ("register", "register-refresh")
ALGORITHMS = ("md5", "sha-256")
URI_USER_MARKS = "-_.!~*'()&=+$,;?/"

Place = tuple[str, int]


class BadOption(ValueError):
    """An option that can't be: which one, and why."""

    def __init__(self, option: str, sentence: str) -> None:
        super().__init__(f"{option}: {sentence}")
        self.option = option
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a run, and the option that says where it is."""

    option: str
    place: Place
    is_open: bool = True                # False: nobody listens there


@dataclass(frozen=True, slots=True)
class Run:
    """What to do: from where to where, how much of it, how long to wait; who registers."""

    target: Place
    caller: Place
    primary: Place
    secondary: Place
    number: str
    scenario: str
    rate: float
    calls: int
    timeout_s: float
    hold_s: float
    t1_ms: int
    code: int
    spins: bool
    pid: int | None
    far_number: str
    users_at: Place
    users: int
    user: str
    password: str
    algorithm: str

    def __post_init__(self) -> None:
        """Errors: BadOption."""
        if self.scenario not in SCENARIOS:
            raise BadOption("--scenario", f"{self.scenario!r} is none of {', '.join(SCENARIOS)}")
        if not math.isfinite(self.rate) or not 0 < self.rate <= 1_000_000:
            raise BadOption("--rate", f"{self.rate} calls a second; it has to be more than 0 and at most 1000000")
        for option, seconds in (("--timeout", self.timeout_s), ("--hold", self.hold_s)):
            if not math.isfinite(seconds):
                raise BadOption(option, f"{seconds} is no number of seconds")
        for option, name in (("--number", self.number), ("--far-number", self.far_number), ("--user", self.user.replace("{}", "0", 1))):
            if not is_uri_user(name):
                raise BadOption(option, f"{name!r} can't be the user of a SIP URI")
        if self.algorithm not in ALGORITHMS:
            raise BadOption("--algorithm", f"{self.algorithm!r} is none of {', '.join(ALGORITHMS)}")
        if self.users > 1 and "{}" not in self.user and self.scenario in REGISTRATIONS:
            raise BadOption("--user", f"{self.user!r} is the name of one: write {{}} where a user's number belongs")
        for seat in self.seats:
            if (":" in seat.place[0]) != (":" in self.target[0]):
                raise BadOption(seat.option, f"{seat.place[0]} and the target {self.target[0]} are of different IP versions")

    @property
    def seats(self) -> tuple[Seat, Seat, Seat]:
        """Who sits where: the caller, and two far ends."""
        caller, primary, secondary = Seat("--from", self.caller), Seat("--primary", self.primary), Seat("--secondary", self.secondary)
        if self.scenario in REGISTRATIONS:
            users = Seat("--users-at", self.users_at)
            return users, replace(users, is_open=False), replace(users, is_open=False)
        if self.scenario == "to-core":
            return primary, caller, replace(secondary, is_open=False)
        return caller, replace(primary, is_open=self.scenario != "failover-closed-port"), secondary


def is_uri_user(name: str) -> bool:
    """True for what can stand before the @ of a SIP URI as it is (RFC 3261 §25.1)."""
    return bool(name) and all(letter.isalnum() and letter.isascii() or letter in URI_USER_MARKS for letter in name)


def read_place(option: str, text: str) -> Place:
    """Read "192.0.2.1:5060" or "[2001:db8::1]:5060". Errors: BadOption."""
    address, colon, port = text.rpartition(":")
    family = socket.AF_INET
    if address.startswith("[") and address.endswith("]"):
        address, family = address[1:-1], socket.AF_INET6
    try:
        socket.inet_pton(family, address)
    except OSError:
        raise BadOption(option, f"{text!r} is no address with a port, such as 127.0.0.1:5060 or [::1]:5060") from None
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise BadOption(option, f"{text!r} has no port from 1 to 65535, such as 127.0.0.1:5060")
    return address, int(port)


@contextmanager
def bound_sockets(run: Run) -> Iterator[list[int]]:
    """Bind the seats' sockets; a port that is to be closed is none. Errors: BadOption."""
    with ExitStack() as opened:
        yield [opened.enter_context(bound_socket(seat.option, seat.place)).fileno() if seat.is_open else CLOSED for seat in run.seats]


def bound_socket(option: str, place: Place) -> socket.socket:
    """Return a UDP socket with large buffers. Errors: BadOption."""
    bound = socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER_BYTES)
        bound.bind(place)
    except OSError as error:
        bound.close()
        raise BadOption(option, f"can't bind {place[0]} port {place[1]}: {error.strerror}") from None
    return bound


class Watcher:
    """Told how a run goes. This one does nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        pass

    def see(self, started: int, completed: int, failed: int) -> None:
        """Look at how many calls were started, are completed, have failed."""

    def stopping(self) -> None:
        """Somebody pressed Ctrl-C."""


def run_calls(run: Run, watcher: Watcher) -> dict[str, Any]:
    """Make the calls, and return the figures.

    Ctrl-C starts no more calls and waits for those under way; a second one waits no longer. Errors: BadOption.
    """
    with bound_sockets(run) as sockets:
        is_to_core = run.scenario == "to-core"
        load = Load(
            scenario=run.scenario, target=run.target, seats=tuple(seat.place for seat in run.seats), sockets=sockets,
            number=run.far_number if is_to_core else run.number, caller_number=run.number if is_to_core else "caller",
            users=run.users, user=run.user, password=run.password, is_sha256=run.algorithm == "sha-256", calls=run.calls, rate=run.rate, timeout_ms=max(1, round(run.timeout_s * 1000)), hold_ms=round(run.hold_s * 1000), t1_ms=run.t1_ms,
            refusal_status=run.code, spins=run.spins)
        router = stopwatch(run.pid)
        ours = Stopwatch(os.getpid())
        run_in_thread(load, watcher)
    result: dict[str, Any] = load.result()
    calls = max(1, result["calls"])
    result["cpu_us_per_call"] = router.read().used / 1000 / calls if router else None
    result["own_wait_us_per_call"] = ours.read().waited / 1000 / calls
    return result


def stopwatch(pid: int | None) -> Stopwatch | None:
    """Errors: BadOption for a process that is not there."""
    try:
        return None if pid is None else Stopwatch(pid)
    except OSError:
        raise BadOption("--pid", f"there is no process {pid}, or it may not be looked at") from None


def run_in_thread(load: Load, watcher: Watcher) -> None:
    """Let the loop have a thread, and this one the watching and the signals."""
    thread = threading.Thread(target=load.run, name="load")
    with watcher, interrupts_stop(load, watcher):
        thread.start()
        while thread.is_alive():
            thread.join(POLL_S)
            watcher.see(*load.progress())


@contextmanager
def interrupts_stop(load: Load, watcher: Watcher) -> Iterator[None]:
    """Let SIGINT and SIGTERM stop a load, and a second one abandon it. (An exception could come anywhere, also before there is a thread to stop.)"""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: object) -> None:
        if load.is_stopping:
            load.abandon()
        else:
            load.stop()
            watcher.stopping()

    before = [(number, signal.signal(number, interrupt)) for number in (signal.SIGINT, signal.SIGTERM)]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
