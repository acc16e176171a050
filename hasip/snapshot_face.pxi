"""A published world, built off-line from what the control plane knows."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from hasip.dataplane.routing.numbers cimport NO_TRUNK, NUMBER_BYTES_MAX, numbers_add
from hasip.dataplane.routing.selection cimport MODE_AUTO_FAILOVER
from hasip.dataplane.routing.snapshot cimport NAME_BYTES_MAX, Trunk, snapshot_free, snapshot_new
from hasip.dataplane.routing.snapshot cimport Snapshot as SnapshotTables
from hasip.dataplane.routing.whitelist cimport PEER_ACCOUNT, PEER_CORE, whitelist_add
from hasip.dataplane.target cimport TARGET_UNREACHABLE, TARGETS_MAX, Target

MODES = ("only_primary", "load_balancing", "auto_failover", "2t", "4t", "2t4t")     # a mode's number is its place


cdef class Snapshot:
    """One published world, built off-line; immutable once published."""
    cdef SnapshotTables *tables
    cdef readonly dict leg_names        # board slot → names of its legs

    def __cinit__(self, *, uint32_t trunks, uint32_t numbers, uint32_t networks):
        self.leg_names = {}
        self.tables = snapshot_new(trunks, numbers, networks)
        if self.tables == NULL:
            raise MemoryError(f"a world of {trunks} trunks, {numbers} numbers and {networks} networks")

    def __dealloc__(self):
        snapshot_free(self.tables)

    cdef SnapshotTables *open_tables(self) except NULL:
        """Return the tables. Errors: RuntimeError once published."""
        if self.tables == NULL:
            raise RuntimeError("this snapshot is published already: build another")
        return self.tables

    def add_core(self, *, str name, networks) -> int:
        """Let networks be a core's. Returns the core's index."""
        cdef uint32_t index = self.open_tables().core_count
        self.tables.core_count += 1
        for address, prefix_length in networks:
            self.allow(address, prefix_length, PEER_CORE, index, 0)
        return index

    def add_trunk(self, *, uint32_t slot, str name, int mode, uint32_t calls, numbers, legs, bytes failover_codes, uint32_t no_response_ms,
                  uint32_t ring_timeout_ms, int failover_after_progress, uint32_t max_call_s, int pool_full_status) -> None:
        """Add a trunk on a board slot. Errors: ValueError for a number that is another trunk's, or more legs than the data plane carries."""
        cdef uint32_t index = self.open_tables().trunk_count
        cdef Trunk *trunk = &self.tables.trunks[index]
        cdef bytes encoded = name.encode()[:NAME_BYTES_MAX]
        if index == self.tables.trunk_capacity:
            raise ValueError(f"trunk {name!r}: more trunks than were announced")
        if len(legs) > TARGETS_MAX:
            raise ValueError(f"trunk {name!r}: {len(legs)} legs, at most {TARGETS_MAX} are possible")
        self.tables.trunk_count += 1
        trunk.slot = slot
        trunk.mode = mode
        trunk.calls = calls
        trunk.pool_full_status = pool_full_status
        trunk.max_call_s = max_call_s
        trunk.rule.no_response_ms = no_response_ms
        trunk.rule.ring_timeout_ms = ring_timeout_ms
        trunk.rule.after_progress = failover_after_progress
        trunk.rule.fails_over = mode >= MODE_AUTO_FAILOVER
        memcpy(trunk.name, <const char *>encoded, len(encoded))
        for code in range(400):
            if failover_codes[code]:
                trunk.rule.codes[code >> 6] |= <uint64_t>1 << (code & 63)
        for number in numbers:
            self.add_number(number, index, name)
        for leg_index, leg in enumerate(legs):
            self.add_leg(trunk, index, leg_index, leg)
        self.leg_names[slot] = tuple(leg[0] for leg in legs)

    cdef int add_number(self, str number, uint32_t trunk, str name) except -1:
        cdef bint is_prefix = number.endswith("*")
        cdef bytes text = (number[:len(number) - 1] if is_prefix else number).encode()
        if len(text) > NUMBER_BYTES_MAX:
            raise ValueError(f"trunk {name!r}: number {number!r} is longer than {NUMBER_BYTES_MAX} characters")
        if numbers_add(&self.tables.numbers, text, len(text), is_prefix, trunk) != NO_TRUNK:
            raise ValueError(f"trunk {name!r}: number {number!r} is another trunk's already")
        return 0

    cdef int add_leg(self, Trunk *trunk, uint32_t trunk_index, int leg_index, tuple leg) except -1:
        cdef Target *target = &trunk.legs[leg_index]
        cdef bytes address = leg[2]
        trunk.leg_count += 1
        target.leg = leg_index
        target.kind = leg[1]
        target.endpoint.port = leg[3]
        if len(address) == 16:
            memcpy(target.endpoint.address, <const uint8_t *>address, 16)
        for network, prefix_length in leg[4]:
            self.allow(network, prefix_length, PEER_ACCOUNT, trunk_index, leg_index)
        return 0

    cdef int allow(self, bytes address, int prefix_length, uint8_t kind, uint32_t owner, uint8_t leg) except -1:
        if len(address) != 16 or not 0 <= prefix_length <= 128:
            raise ValueError(f"network {address!r}/{prefix_length}: 16 bytes and a prefix length of 0 … 128 are needed")
        if not whitelist_add(&self.tables.whitelist, address, prefix_length, kind, owner, leg):
            raise ValueError("more networks than were announced")
        return 0
