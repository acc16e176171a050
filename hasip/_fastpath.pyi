"""The data plane as Python sees it: a parser and selectors for everyone, a router for the control plane (through hasip.bridge)."""
from collections.abc import Iterable, Sequence
from typing import Any, final

@final
class Message:
    """One parsed SIP message (RFC 3261 §7): read-only views of the bytes it came from. Numbers are -1 and text is "" when absent."""
    is_request: bool
    method: str              # in a response: the CSeq's
    status: int              # 0 in a request
    reason_phrase: str
    request_uri: str
    request_uri_user: str
    request_uri_host: str
    request_uri_port: int    # 0: none given
    via_host: str
    via_port: int
    branch: str
    rport: int               # -1 absent, 0 without value
    from_tag: str
    to_tag: str
    call_id: str
    cseq: int
    cseq_method: str
    route_uri: str
    contact_uri: str
    contact_host: str
    contact_port: int
    max_forwards: int
    content_length: int
    expires: int
    headers: list[tuple[str, str]]   # as written, folds unfolded
    body: bytes
    raw: bytes

class SipSyntaxError(ValueError):
    """Raised by parse(): `.header` names what is wrong ("Via", "start line", …)."""
    header: str

def parse(datagram: bytes) -> Message: ...
def classify(status: int) -> str:
    """Return "provisional", "success", "redirection", "far_end_failure" (fails over, spec of HA), "client_error", "server_error" or "global_failure"."""

class OnlyPrimary:
    """Selector: always leg 0."""
    def __init__(self, legs: int = 2) -> None: ...
    def order(self) -> list[int]: ...

class RoundRobin:
    """Selector: strict alternation over the legs, one attempt."""
    def __init__(self, legs: int = 2) -> None: ...
    def order(self) -> list[int]: ...

class Failover:
    """Selector: leg 0, then the others in order while should_fail_over() says so."""
    def __init__(self, legs: int = 2, codes: Sequence[int] = ...) -> None: ...
    def order(self) -> list[int]: ...
    def should_fail_over(self, status: int) -> bool: ...

class Regions:
    """Selector: zones of regions, (0, 0, 1, 1) being two regions of two; in each, turn and turn about over the healthy ones, or strictly in order."""
    def __init__(self, regions: Sequence[int] = (0, 0, 1, 1), *, priority: bool = False) -> None:
        """regions: of each leg, 0 … 3 in order. Errors: ValueError."""
    def order(self, withheld_percent: Sequence[int] = (), drained: Sequence[int] = ()) -> list[int]:
        """Return the legs to try for one call, in order, by what is withheld of each one's turns (100: it is down) and which are drained. Errors: ValueError."""

def bench_parse(messages: Sequence[bytes], rounds: int) -> float:
    """Return nanoseconds per message of the parser alone: a loop without the GIL over `messages`, the best of `rounds` passes."""
def simd() -> str:
    """Return which variant of the parser this machine runs: "avx512", "avx2" or "scalar"; HASIP_SIMD overrides it."""

# ------------------------------------------------------------------------------------------------ for hasip.bridge alone

TRANSPORTS: tuple[str, ...] # "udp", "tcp", "tls": a transport's number is its place here
MODES: tuple[str, ...]      # "only_primary", "load_balancing", "auto_failover", "2t", "4t", "2t4t": a mode's number is its place here

LEG_LIMIT: int              # how many legs a trunk or core may have
CORE_LIMIT: int             # how many rows the board has for cores, behind those of trunks
NOTICES: tuple[str, ...]    # what take_notices() tells of; a kind's number is its place here

def account_of_leg(slot: int, leg: int) -> int:
    """Return the number of a leg, by its board slot and its place there."""

class Snapshot:
    """One published world, built off-line; immutable once published."""
    def __init__(self, *, cores: int, trunks: int, numbers: int, networks: int, users: int) -> None:
        """Reserve room for so many cores, trunks, numbers and whitelist networks (they may be upper bounds)."""
    def add_core(self, *, slot: int, name: str, networks: Sequence[tuple[bytes, int]], mode: int, is_priority: bool,
                 legs: Sequence[tuple[str, Sequence[tuple[int, int, bytes, int, bool, int]], Sequence[tuple[bytes, int]], int]],
                 failover_codes: bytes, no_response_ms: int) -> int:
        """networks: (address as 16 bytes, IPv4 mapped into ::ffff:0:0/96; prefix length 0 … 128). Returns the core's index.

        legs: as those of add_trunk(); their networks are the core's too.
        """
    def add_trunk(self, *, slot: int, name: str, mode: int, is_priority: bool, calls: int, numbers: Sequence[str],
                  core: int, caller_id: str, rewrites_from: bool,
                  legs: Sequence[tuple[str, Sequence[tuple[int, int, bytes, int, bool, int]], Sequence[tuple[bytes, int]], int]],
                  failover_codes: bytes, no_response_ms: int, ring_timeout_ms: int, failover_after_progress: int,
                  max_call_s: int, pool_full_status: int, pool_full_status_to_trunk: int) -> None:
        """Add a trunk on board slot `slot`.

        numbers: exact, or a prefix that ends in "*". legs: (name, places, networks, region); a place is (kind, transport,
        address as 16 bytes, port, takes large requests by TCP, the listener it has to be reached by or -1) with kind 0 = address, 1 = where it registered, 2 = not to be reached. Of several places of a leg
        the first counts, and the others where the mode fails over.
        core: index of the core its calls go to.
        failover_codes: 400 bytes of 0 or 1, for the codes 300 … 699. failover_after_progress: 0 always, 1 no_early_media, 2 never.
        Errors: ValueError when a number is already another trunk's.
        """

    def add_user(self, *, username: str, leg: int, has_whitelist: bool, ha1_md5: str, ha1_sha256: str) -> None:
        """Let a user prove to be an account of the trunk added last. Hashes in hexadecimal; one may be empty.

        Errors: ValueError for a name that is taken, or no hash at all.
        """

class Router:
    """The data plane: a board, a call table, and worker threads that share nothing."""
    def __init__(self, *, state_dir: str, node: str, workers: int, listeners: Sequence[tuple[str, str, int, str, str]],
                 trunk_capacity: int, call_capacity: int, transaction_capacity: int, binding_capacity: int, spin_us: int, drop_unknown: bool,
                 domains: Sequence[str], registrar: dict[str, Any], guard: dict[str, Any], journal_bytes: int = 0) -> None:
        """Bind the listeners (transport "udp", "tcp" or "tls", numeric address, port, interface or "", advertised "host:port" or "") and map the call table.

        Errors: OSError naming the address that can't be bound; ValueError when the call table in state_dir is not ours.
        """
    ports: list[int]                                   # the listeners' bound ports (for port 0)
    def carry_over(self, snapshot: Snapshot, places: bytes) -> None:
        """Let a snapshot that has its cores, and no trunk, begin with some of the published world's.

        places: for each published trunk, in the order they were added, the index it gets (uint32, native), or 0xFFFFFFFF: it is not carried over.
        Their cores keep their indexes. Errors: ValueError when there is no room, or such a core is missing; the snapshot is spoilt then.
        """
    def publish(self, snapshot: Snapshot) -> None:
        """Exchange the world in one store; the old one is freed once every worker has moved on. Never waits."""
    def adopt_calls(self, slots: dict[str, int]) -> int:
        """Before the workers start: give the calls that outlived the last run their pool slots back, by trunk name. Returns how many."""
    def adopt_bindings(self) -> int:
        """Before the workers start, and once a world is published: give the registrations that outlived the last run back. Returns how many."""
    def bindings(self, slot: int, leg: int) -> list[dict[str, Any]]:
        """Return the live bindings of an account: {"contact", "expires_s", "address", "transport", "q", "flow"}."""
    def add_seat(self, transport: str, address: str, port: int, interface: str) -> int:
        """While workers run: bind one more listener, by which legs on an interface are reached. Returns its index. Errors: OSError, ValueError."""
    def keep_seat(self, transport: str, address: str, port: int) -> int:
        """Keep the place of a seat that can't be bound now: nothing leaves by it until renew_seat(). Returns its index. Errors: ValueError."""
    def renew_seat(self, index: int, address: str, port: int, interface: str) -> None:
        """Bind a seat's sockets again, for its interface is another one under the same name. Errors: OSError: it stays as it is."""
    def judge_leg(self, account: int, *, withheld_percent: int, is_drained: bool, is_silent: bool, seat: int) -> None:
        """Say how a leg stands, by account number, and that failures there are to be told. seat: the listener it is reached by, or -1."""
    def forget_leg(self, account: int) -> None:
        """Nobody judges a leg any more: it is as good as any."""
    def move_ringing_calls(self, account: int) -> bool:
        """Let calls that ring at a leg, which went down, go on to another target. False: the ring of a worker is full. Errors: IndexError."""
    def probe(self, account: int, serial: int, listener: int, address: str, port: int, timeout_ms: int) -> bool:
        """Let a worker probe a leg; its result comes as a notice with this serial. False: the worker's ring is full. Errors: IndexError, ValueError."""
    @property
    def notice_doorbell(self) -> int:
        """The descriptor that becomes readable when there are notices."""
    def take_notices(self) -> list[tuple[int, int, int, int, int, int, bool, int]]:
        """Return what became of probes and calls: (kind as in NOTICES, account, serial, status, retry_after_s, round_trip_us, was_unheard, call_key)."""
    def take_records(self, batch: int) -> bytes:
        """Return the records of calls that have ended since the last time, one behind the other. Until free_records(), they are kept under this number."""
    def free_records(self) -> None:
        """What was taken is kept elsewhere now."""
    def journal(self) -> tuple[int, int]:
        """Return how many bytes of records wait in the fullest journal, and how many it holds; 0 where there are none."""
    def watch_trunks(self) -> None:
        """From now on, tell of pools that fill up and of calls that move on."""
    def settle_pool(self, slot: int, level: int) -> None:
        """Say that a trunk's pool is no fuller than this level (0 quiet, 1 high) any more: what comes above it is told again. Errors: IndexError."""
    def settle_failover(self, slot: int) -> None:
        """Say that a trunk's calls do not move on any more: the next that does is told. Errors: IndexError."""
    def tap(self, *, everything: bool, slots: Iterable[int], numbers: Sequence[str], call_ids: Iterable[str]) -> None:
        """Let messages be copied, all or those of these trunks by board slot, numbers and Call-IDs; nothing else any more. Errors: IndexError, ValueError."""
    @property
    def tap_doorbell(self) -> int:
        """The descriptor that becomes readable when messages were copied."""
    def take_tapped(self) -> list[tuple[int, bool, str, str, int, str, int, int, bytes]]:
        """Return copies: (at_us, is_sent, transport, our address, our port, far address, far port, board slot or -1, message).

        A thousand at the most, and the doorbell rings again.
        """
    def failover_gaps(self) -> dict[str, Any]:
        """Return how long it took from failures to the next INVITEs: {"bounds_s", "counts", "sum_s"}."""
    def silences(self) -> dict[str, Any]:
        """Return how long legs were silent whose calls moved on, in the same form."""
    def run_worker(self, index: int) -> None:
        """Run one worker until stop(); without the GIL."""
    @property
    def doorbell(self) -> int:
        """The descriptor that becomes readable when workers have left messages for streams."""
    def take_for_streams(self) -> list[tuple[bytes, int, str, int, int]]:
        """Return what workers have left for streams: (message, listener, address, port, flow); a thousand at the most, and the doorbell rings again."""
    def put_from_stream(self, message: bytes, listener: int, address: str, port: int, flow: int) -> bool:
        """Let a worker carry a message that came by a stream. False: its ring is full, and the message is dropped."""
    def give_back(self, message: bytes) -> bool:
        """Tell the worker that sent a request by a stream that it could not be delivered. False: none of ours, or its ring is full."""
    def stop(self) -> None: ...
    def set_draining(self, draining: bool) -> None:
        """While draining, new calls are refused with 503; everything that belongs to a call is served."""
    @property
    def call_capacity(self) -> int:
        """How many calls the table holds: what its file was made for."""
    def calls_in_progress(self) -> int: ...
    def reasons(self) -> dict[str, int]:
        """Return the counters, symbol → packets or transactions so ended, over all workers."""
    def workers(self) -> list[dict[str, Any]]:
        """Return, per worker: received, sent, loops, transactions (in use), calls, handed_off, cpu_ns."""
    def trunk(self, slot: int) -> dict[str, Any]:
        """Return {"calls": int, "refused": int, "legs": [{"attempts", "calls", "failovers", "answered", "placed"}, …]} of a board slot."""
    def has_calls(self, slot: int) -> bool:
        """Return whether calls hold a board slot: a trunk's pool, or a leg of a core."""
    def calls(self) -> list[dict[str, Any]]:
        """Return who holds each slot: {"call_id", "trunk", "leg", "leg_name", "number", "state": "setup"|"established"|"ended", "since": unix seconds, "worker"}."""
    def moved_calls(self) -> list[bytes]:
        """Return the records, as they are so far (reason in_progress), of calls that went on to another target; ended ones for 5 s."""
    def calls_so_far(self, call_id: bytes) -> list[bytes]:
        """Return the same of calls in progress with a Call-ID; of a long one, the first 127 bytes count."""

def key_of_call_id(call_id: bytes) -> int:
    """Return what the records of a Call-ID are found by; of a long one, the first 127 bytes count."""

def group_records(records: bytes) -> list[tuple[bytes, bytes, bytes, int, int, int, int]]:
    """Sort records that follow each other by trunk: (trunk, keys as uint32, records, count, how many moved on, first and last received as Unix ms).

    What is damaged, or of another version, ends the reading.
    """

def left_records(path: str) -> tuple[int, bytes, bytes]:
    """Return what a journal of an earlier run holds: the number of the batch a store may have already, that batch, and the rest.

    Errors: OSError, ValueError for a file that is no journal of this version.
    """

REASONS: dict[str, str]     # symbol → the sentence that explains it, for status, metrics, logs and console
