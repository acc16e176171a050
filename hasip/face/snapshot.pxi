"""A published world, built off-line from what the control plane knows."""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from hasip.dataplane.routing.numbers cimport NO_TRUNK, NUMBER_BYTES_MAX, numbers_add
from hasip.dataplane.routing.board cimport LEGS_MAX, account_number
from hasip.dataplane.routing.selection cimport MODE_AUTO_FAILOVER
from hasip.dataplane.routing.snapshot cimport CALLER_ID_BYTES_MAX, NAME_BYTES_MAX, Destination, Trunk, snapshot_free, snapshot_new
from hasip.dataplane.routing.snapshot cimport Snapshot as SnapshotTables
from hasip.dataplane.routing.users cimport HA1_MD5_BYTES, HA1_SHA256_BYTES, USERNAME_BYTES_MAX, User, users_add
from hasip.dataplane.routing.whitelist cimport NO_LEG, PEER_ACCOUNT, PEER_CORE, whitelist_add
from hasip.dataplane.target cimport TARGETS_MAX, FailoverRule, Target

LEG_LIMIT = LEGS_MAX    # how many legs a trunk or core may have
MODES = ("only_primary", "load_balancing", "auto_failover", "2t", "4t", "2t4t")     # a mode's number is its place


cdef class Snapshot:
    """One published world, built off-line; immutable once published."""
    cdef SnapshotTables *tables
    cdef readonly dict leg_names        # board slot → names of its legs
    cdef readonly dict accounts         # username as bytes → account number, of those that register

    def __cinit__(self, *, uint32_t cores, uint32_t trunks, uint32_t numbers, uint32_t networks, uint32_t users):
        self.leg_names = {}
        self.accounts = {}
        self.tables = snapshot_new(cores, trunks, numbers, networks, users)
        if self.tables == NULL:
            raise MemoryError(f"a world of {trunks} trunks, {numbers} numbers and {networks} networks")

    def __dealloc__(self):
        snapshot_free(self.tables)

    cdef SnapshotTables *open_tables(self) except NULL:
        """Return the tables. Errors: RuntimeError once published."""
        if self.tables == NULL:
            raise RuntimeError("this snapshot is published already: build another")
        return self.tables

    def add_core(self, *, uint32_t slot, str name, networks, int mode, bint is_priority, legs, bytes failover_codes, uint32_t no_response_ms) -> int:
        """Let networks be a core's, and its legs take calls. Returns the core's index. Errors: ValueError for more legs than the data plane carries."""
        cdef uint32_t index = self.open_tables().core_count
        cdef Destination *destination = &self.tables.cores[index].destination
        if index == self.tables.core_capacity:
            raise ValueError(f"core {name!r}: more cores than were announced")
        self.tables.core_count += 1
        self.set_destination(destination, name, slot, mode, is_priority, legs)
        destination.rule.no_response_ms = no_response_ms
        self.leg_names[slot] = tuple(leg[0] for leg in legs)
        set_codes(&destination.rule, failover_codes)
        for address, prefix_length in networks:
            self.allow(address, prefix_length, PEER_CORE, index, NO_LEG)
        for leg_index, leg in enumerate(legs):
            for network, prefix_length in leg[2]:
                self.allow(network, prefix_length, PEER_CORE, index, leg_index)
        return index

    def add_trunk(self, *, uint32_t slot, str name, int mode, bint is_priority, uint32_t calls, numbers, uint32_t core, str caller_id,
                  bint rewrites_from, legs, bytes failover_codes, uint32_t no_response_ms, uint32_t ring_timeout_ms, int failover_after_progress,
                  uint32_t max_call_s, int pool_full_status, int pool_full_status_to_trunk) -> None:
        """Add a trunk on a board slot. Errors: ValueError for a number that is another trunk's, or more legs than the data plane carries."""
        cdef uint32_t index = self.open_tables().trunk_count
        cdef Trunk *trunk = &self.tables.trunks[index]
        cdef FailoverRule *rule = &trunk.destination.rule
        cdef bytes encoded = name.encode()[:NAME_BYTES_MAX]
        if index == self.tables.trunk_capacity:
            raise ValueError(f"trunk {name!r}: more trunks than were announced")
        if core >= self.tables.core_count:
            raise ValueError(f"trunk {name!r}: core {core} is none of {self.tables.core_count}")
        self.tables.trunk_count += 1
        self.set_destination(&trunk.destination, name, slot, mode, is_priority, legs)
        trunk.core = core
        self.set_caller_id(trunk, name, caller_id, rewrites_from)
        trunk.calls = calls
        trunk.pool_full_status = pool_full_status
        trunk.pool_full_status_to_trunk = pool_full_status_to_trunk
        trunk.max_call_s = max_call_s
        rule.no_response_ms = no_response_ms
        rule.ring_timeout_ms = ring_timeout_ms
        rule.after_progress = failover_after_progress
        memcpy(trunk.name, <const char *>encoded, len(encoded))
        set_codes(rule, failover_codes)
        for number in numbers:
            self.add_number(number, index, name)
        for leg_index, leg in enumerate(legs):
            for network, prefix_length in leg[2]:
                self.allow(network, prefix_length, PEER_ACCOUNT, index, leg_index)
        self.leg_names[slot] = tuple(leg[0] for leg in legs)

    def add_user(self, *, str username, int leg, bint has_whitelist, str ha1_md5, str ha1_sha256) -> None:
        """Let a user prove to be an account of the trunk added last. Errors: ValueError for a name that is taken, or no hash at all."""
        cdef bytes name = username.encode(), md5 = ha1_md5.encode(), sha256 = ha1_sha256.encode()
        cdef uint32_t trunk = self.open_tables().trunk_count - 1
        cdef User *user = users_add(&self.tables.users, name, len(name))
        if user == NULL:
            raise ValueError(f"username {username!r}: taken already, longer than {USERNAME_BYTES_MAX} characters, or one too many")
        if len(md5) not in (0, HA1_MD5_BYTES) or len(sha256) not in (0, HA1_SHA256_BYTES) or not md5 + sha256:
            raise ValueError(f"username {username!r}: the hashes of its password are none")
        user.trunk = trunk
        user.leg = leg
        user.has_whitelist = has_whitelist
        user.has_md5 = len(md5) > 0
        user.has_sha256 = len(sha256) > 0
        memcpy(user.ha1_md5, <const char *>md5, len(md5))
        memcpy(user.ha1_sha256, <const char *>sha256, len(sha256))
        self.accounts[name] = account_number(self.tables.trunks[trunk].destination.slot, leg)

    cdef int set_caller_id(self, Trunk *trunk, str name, str caller_id, bint rewrites_from) except -1:
        cdef bytes text = caller_id.encode()
        if len(text) > CALLER_ID_BYTES_MAX:
            raise ValueError(f"trunk {name!r}: caller ID {caller_id!r} is longer than {CALLER_ID_BYTES_MAX} characters")
        memcpy(trunk.caller_id, <const char *>text, len(text))
        trunk.caller_id_length = len(text)
        trunk.rewrites_from = rewrites_from
        return 0

    cdef int add_number(self, str number, uint32_t trunk, str name) except -1:
        cdef bint is_prefix = number.endswith("*")
        cdef bytes text = (number[:len(number) - 1] if is_prefix else number).encode()
        if len(text) > NUMBER_BYTES_MAX:
            raise ValueError(f"trunk {name!r}: number {number!r} is longer than {NUMBER_BYTES_MAX} characters")
        if numbers_add(&self.tables.numbers, text, len(text), is_prefix, trunk) != NO_TRUNK:
            raise ValueError(f"trunk {name!r}: number {number!r} is another trunk's already")
        return 0

    cdef int set_destination(self, Destination *destination, str name, uint32_t slot, int mode, bint is_priority, legs) except -1:
        """Set where calls go, by legs as (name, places, networks, region): a leg's first place, and the others as its spares."""
        if len(legs) > LEGS_MAX:
            raise ValueError(f"{name!r}: {len(legs)} legs, at most {LEGS_MAX} are possible")
        destination.slot = slot
        destination.mode = mode
        destination.is_priority = is_priority
        destination.rule.fails_over = mode >= MODE_AUTO_FAILOVER
        for leg, (_, places, _, region) in enumerate(legs):
            destination.leg_count += 1
            destination.regions[leg] = region
            set_target(&destination.legs[leg], slot, leg, places[0])
            for place in places[1:]:
                if destination.spare_count < TARGETS_MAX:
                    set_target(&destination.spares[destination.spare_count], slot, leg, place)
                    destination.spare_count += 1
        return 0

    cdef int allow(self, bytes address, int prefix_length, uint8_t kind, uint32_t owner, uint8_t leg) except -1:
        if len(address) != 16 or not 0 <= prefix_length <= 128:
            raise ValueError(f"network {address!r}/{prefix_length}: 16 bytes and a prefix length of 0 … 128 are needed")
        if not whitelist_add(&self.tables.whitelist, address, prefix_length, kind, owner, leg):
            raise ValueError("more networks than were announced")
        return 0


cdef int set_target(Target *target, uint32_t slot, uint8_t leg, tuple place) except -1:
    """Fill a target in by (kind, transport, address, port, whether it takes large requests by TCP, seat): address is 16 bytes, or empty where the kind
    needs none; seat is the listener it has to be reached by, or -1.
    """
    cdef bytes address
    target.leg = leg
    target.account = account_number(slot, leg)
    target.kind, target.transport, address, target.endpoint.port, target.takes_large_by_tcp, seat = place
    target.has_seat = seat >= 0
    target.endpoint.listener = max(seat, 0)
    if len(address) == 16:
        memcpy(target.endpoint.address, <const uint8_t *>address, 16)
    return 0


cdef int set_codes(FailoverRule *rule, bytes codes) except -1:
    """Fill the table of codes in: 400 bytes of 0 or 1, for 300 … 699."""
    for code in range(400):
        if codes[code]:
            rule.codes[code >> 6] |= <uint64_t>1 << (code & 63)
    return 0
