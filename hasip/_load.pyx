"""The load generator as Python sees it: Load, one run of `hasip bench run`, and Histogram. All that runs without the GIL lies in hasip/load."""
import os

cimport cython

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from hasip.dataplane.base.atomic cimport load_relaxed_u32, load_relaxed_u64, store_sequential_u32
from hasip.dataplane.base.clock cimport monotonic_ms
from hasip.dataplane.base.endpoint cimport Endpoint, endpoint_from_host, write_host_port
from hasip.dataplane.base.memory cimport map_zeroed, unmap
from hasip.load cimport histogram as figures
from hasip.load.call cimport FAILURE_NONE, FAILURE_STATUS, FAILURES
from hasip.load.generator cimport STATUSES, Generator, generator_close, generator_open
from hasip.load.loop cimport run_generator
from hasip.load.plan cimport ANSWERS, CALLER, KEEPS_SILENT, PHRASE_BYTES, PRIMARY, REFUSES, RINGS, SEATS, SECONDARY, Phrase

cdef enum:
    CALLS_AT_ONCE_MAX = 1048576

# name: what the primary and the secondary do with an INVITE, the status the caller is to get, who may have the call in the end
SCENARIOS = {
    "basic": (ANSWERS, ANSWERS, 200, (PRIMARY,)),
    "failover-code": (REFUSES, ANSWERS, 200, (SECONDARY,)),
    "failover-closed-port": (KEEPS_SILENT, ANSWERS, 200, (SECONDARY,)),
    "failover-silence": (KEEPS_SILENT, ANSWERS, 200, (SECONDARY,)),
    "load-balancing": (ANSWERS, ANSWERS, 200, (PRIMARY, SECONDARY)),
    "cancel": (RINGS, RINGS, 487, ()),
    "to-core": (ANSWERS, KEEPS_SILENT, 200, (PRIMARY,)),
    "register": (KEEPS_SILENT, KEEPS_SILENT, 200, ()),
    "register-refresh": (KEEPS_SILENT, KEEPS_SILENT, 200, ()),
}
FAR_ENDS = {"to-core": ("core",), "register": (), "register-refresh": ()}       # what the seats behind the caller's are called, where it is not…
LEGS = ("primary", "secondary")
USER_GAP = "{}"                     # where a user's number stands in the pattern of their names

cdef tuple FAILURE_NAMES = (
    "", "timed out", "wrong status", "answered by the wrong leg", "altered on the way", "wrong route or target", "a second INVITE at one leg",
    "BYE refused", "no room for the call", "abandoned")

cdef tuple PERCENTILES = (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999))


@cython.final
cdef class Histogram:
    """Values to within 1/128 of themselves."""
    cdef figures.Histogram *kept

    def __cinit__(self):
        self.kept = <figures.Histogram *>map_zeroed(sizeof(figures.Histogram))
        if self.kept == NULL:
            raise MemoryError("a histogram")

    def __dealloc__(self):
        unmap(self.kept, sizeof(figures.Histogram))

    def add(self, uint64_t value):
        """Count a value."""
        figures.histogram_add(self.kept, value)

    def percentile(self, double fraction):
        """Return the smallest value that `fraction` (0 … 1) of all values do not exceed; 0 when empty."""
        if not 0 <= fraction <= 1:
            raise ValueError(f"fraction: {fraction} is not 0 … 1")
        return figures.histogram_percentile(self.kept, fraction)

    @property
    def count(self):
        return self.kept.count

    @property
    def maximum(self):
        return self.kept.maximum


cdef dict microseconds(const figures.Histogram *kept):
    """Return percentiles of nanoseconds as microseconds; None when nothing was counted."""
    if kept.count == 0:
        return None
    found = {name: figures.histogram_percentile(kept, fraction) / 1e3 for name, fraction in PERCENTILES}
    found["max"] = kept.maximum / 1e3
    return found


@cython.final
cdef class Load:
    """One run. Threads: run() in one, the rest in any."""
    cdef Generator *generator
    cdef readonly str scenario

    def __cinit__(self):
        self.generator = <Generator *>map_zeroed(sizeof(Generator))
        if self.generator == NULL:
            raise MemoryError("a load generator")

    def __init__(self, *, str scenario, target, seats, sockets, str number, uint32_t calls, double rate,
                 uint32_t timeout_ms, uint32_t hold_ms, uint32_t t1_ms, uint16_t refusal_status, bint spins, str caller_number="caller",
                 uint32_t users=1, str user="", str password="", bint is_sha256=False):
        """target, seats: (address, port) of the router, and of caller, primary, secondary; sockets: theirs, -1 for a closed port.

        users, user, password: how many register, in turn; their names, with "{}" where the number from 0 on stands; the password of all.
        """
        if scenario not in SCENARIOS:
            raise ValueError(f"scenario: {scenario!r} is none of {', '.join(SCENARIOS)}")
        if not (calls > 0 and rate > 0 and timeout_ms > 0 and t1_ms > 0 and users > 0):
            raise ValueError("calls, rate, timeout_ms, t1_ms and users have to be more than 0")
        self.scenario = scenario
        self.generator.plan.calls = calls
        self.generator.plan.calls_per_second = rate
        self.generator.plan.timeout_ms = timeout_ms
        self.generator.plan.hold_ms = hold_ms
        self.generator.plan.t1_ms = t1_ms
        self.generator.plan.refusal_status = refusal_status
        self.generator.spins = spins
        self.generator.run = int.from_bytes(os.urandom(4), "little")
        self.plan_scenario()
        self.plan_places(target, seats, number, caller_number)
        self.plan_users(users, user, password, is_sha256)
        for seat in range(SEATS):
            self.generator.sockets[seat] = sockets[seat]
        at_once = min(calls, CALLS_AT_ONCE_MAX, int(rate * (timeout_ms + hold_ms) / 1000) + 1024)
        if not generator_open(self.generator, at_once, monotonic_ms()):
            raise MemoryError(f"{at_once} calls at once")

    def __dealloc__(self):
        if self.generator == NULL:
            return
        generator_close(self.generator)
        unmap(self.generator, sizeof(Generator))

    cdef int plan_scenario(self) except -1:
        primary, secondary, status, seats = SCENARIOS[self.scenario]
        self.generator.plan.behaviours[PRIMARY] = primary
        self.generator.plan.behaviours[SECONDARY] = secondary
        self.generator.plan.right_status = status
        self.generator.plan.cancels = primary == RINGS
        self.generator.plan.fails_over = seats == (SECONDARY,)
        for seat in seats:
            self.generator.plan.may_answer[seat] = True

    cdef int plan_users(self, uint32_t users, str user, str password, bint is_sha256) except -1:
        """Note who registers, if anybody does."""
        before, gap, behind = user.partition(USER_GAP)
        self.generator.plan.registers = self.scenario in ("register", "register-refresh")
        self.generator.plan.reuses_nonces = self.scenario == "register-refresh"
        self.generator.plan.users = users if self.generator.plan.registers else 0
        self.generator.plan.is_sha256 = is_sha256
        self.generator.plan.is_user_numbered = gap == USER_GAP
        set_phrase(&self.generator.plan.user_prefix, before)
        set_phrase(&self.generator.plan.user_suffix, behind)
        set_phrase(&self.generator.plan.password, password)

    cdef int plan_places(self, target, seats, str number, str caller_number) except -1:
        """Note who is where, and the texts made of that."""
        set_endpoint(&self.generator.plan.target, target)
        for seat, name in enumerate(("caller", "primary", "secondary")):
            set_endpoint(&self.generator.plan.seats[seat], seats[seat])
            host_port = host_port_of(&self.generator.plan.seats[seat])
            set_phrase(&self.generator.plan.host_ports[seat], host_port)
            set_phrase(&self.generator.plan.contacts[seat], f"sip:{name}@{host_port}")
        set_phrase(&self.generator.plan.request_uri, f"sip:{number}@{host_port_of(&self.generator.plan.target)}")
        set_phrase(&self.generator.plan.from_uri, f"sip:{caller_number}@{host_port_of(&self.generator.plan.seats[CALLER])}")
        set_phrase(&self.generator.plan.registrar_uri, f"sip:{host_port_of(&self.generator.plan.target)}")
        set_phrase(&self.generator.plan.session, session_of(seats[CALLER][0]))

    def run(self):
        """Run to the end, without the GIL. It ends by itself, after the last call's deadline at the latest."""
        with nogil:
            run_generator(self.generator)

    def stop(self):
        """Start no more calls; run() returns when those under way have ended."""
        store_sequential_u32(&self.generator.is_stopping, 1)

    def abandon(self):
        """Let run() return at once; the calls under way have failed."""
        self.stop()
        store_sequential_u32(&self.generator.is_abandoning, 1)

    @property
    def is_stopping(self):
        return load_relaxed_u32(&self.generator.is_stopping) != 0

    def progress(self):
        """Return how many calls were started, are completed, have failed."""
        return (load_relaxed_u64(&self.generator.counters.started), load_relaxed_u64(&self.generator.counters.completed),
                load_relaxed_u64(&self.generator.counters.failed))

    def result(self):
        """Return the figures of the run, after run()."""
        counters = &self.generator.counters
        seconds = (self.generator.last_ns - self.generator.first_ns) / 1e9
        far_ends = list(enumerate(FAR_ENDS.get(self.scenario, LEGS), PRIMARY))
        answer_us = microseconds(&self.generator.setup)
        return {
            "scenario": self.scenario,
            "rate": self.generator.plan.calls_per_second,
            "calls": counters.started,
            "completed": counters.completed,
            "failed": counters.failed,
            "failures": self.failures(),
            "retransmissions": counters.sent_again,
            "duplicates": counters.received_again,
            "foreign": counters.foreign,
            "malformed": counters.malformed,
            "unsent": counters.unsent,
            "seconds": seconds,
            "calls_per_second": counters.completed / seconds if seconds else 0.0,
            "legs": {name: counters.answered[<int>seat] for seat, name in far_ends},
            "attempts": {name: counters.attempts[<int>seat] for seat, name in far_ends},
            "challenged": counters.challenged,
            "challenged_stale": counters.challenged_stale,
            "setup_us": None if self.generator.plan.registers else answer_us,
            "register_us": answer_us if self.generator.plan.registers else None,
            "failover_gap_us": microseconds(&self.generator.failover),
            "start_lateness_us": microseconds(&self.generator.lateness),
        }

    cdef dict failures(self):
        """Return how many calls failed in which way; a wrong final status is named by its number."""
        counters = &self.generator.counters
        found = {FAILURE_NAMES[i]: counters.failures[i] for i in range(FAILURE_NONE + 1, FAILURES) if i != FAILURE_STATUS and counters.failures[i]}
        for status in range(STATUSES):
            if counters.wrong_statuses[status]:
                found[f"final status {status}" if status else "no final status"] = counters.wrong_statuses[status]
        return found


cdef int set_endpoint(Endpoint *endpoint, place) except -1:
    """Errors: ValueError for what is no address."""
    address, port = place
    host = address.encode()
    if not endpoint_from_host(endpoint, host, <uint32_t>len(host)):
        raise ValueError(f"{address!r} is no IP address")
    endpoint.port = port


cdef str host_port_of(const Endpoint *endpoint):
    cdef uint8_t text[64]
    cdef uint32_t length = write_host_port(endpoint, text)
    return (<char *>text)[:length].decode()


cdef int set_phrase(Phrase *phrase, str words) except -1:
    """Errors: ValueError for one that is too long."""
    coded = words.encode()
    if len(coded) > PHRASE_BYTES:
        raise ValueError(f"{words[:40]}…: longer than {PHRASE_BYTES} bytes")
    memcpy(phrase.bytes, <const char *>coded, len(coded))
    phrase.length = <uint32_t>len(coded)


cdef str session_of(str address):
    """Return an SDP of one PCMA stream."""
    family = "IP6" if ":" in address else "IP4"
    return (f"v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n"
            "m=audio 49170 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\n")
