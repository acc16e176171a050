"""What the control plane is told of judged legs: what became of probes, and calls that failed there. Of trunks: see trouble.pxd. (spec: health of zones)

Reads: attempts. Writes: the leg's row on the board, the ring of notices; a full ring is a counted drop.
"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from hasip.dataplane.base.atomic cimport fetch_add_u32, load_relaxed_u32, load_relaxed_u64, store_relaxed_u32, store_relaxed_u64
from hasip.dataplane.base.clock cimport monotonic_ns
from hasip.dataplane.base.endpoint cimport Endpoint
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.base.ring cimport ring_put
from hasip.dataplane.routing.board cimport NUMBERS_REMEMBERED, LegRow
from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.stage.reason cimport REASON_DROPPED_NOTICE
from hasip.dataplane.stage.workspace cimport Workspace, call_of, count, leg_row
from hasip.dataplane.syntax.header_value cimport header_value, read_delta_seconds
from hasip.dataplane.syntax.message cimport HEADER_RETRY_AFTER, Message
from hasip.dataplane.target cimport NO_ACCOUNT, moves_on
from hasip.dataplane.transaction.transaction cimport ClientTransaction, ServerTransaction

cdef enum:
    FAILED_IN_ROW_MAX = 5               # calls by codes, on as many different numbers as are remembered


cdef enum NoticeKind:
    NOTICE_PROBE_ANSWERED = 0
    NOTICE_PROBE_SILENT = 1
    NOTICE_PROBE_REFUSED = 2            # unreachable, refused, no connection
    NOTICE_CALL_SILENT = 3              # and nothing at all was heard of the leg since the attempt was sent
    NOTICE_CALL_REFUSED = 4
    NOTICE_CALLS_FAILED_BY_CODES = 5
    NOTICE_POOL_HIGH = 6                # of a trunk, as all that follow
    NOTICE_POOL_FULL = 7
    NOTICE_FAILOVER_BY_CODE = 8         # a call moved on from the leg; why
    NOTICE_FAILOVER_SILENT = 9
    NOTICE_FAILOVER_REFUSED = 10


cdef struct Notice:
    uint8_t kind                        # NoticeKind
    uint8_t was_unheard                 # of a refused call: nothing was heard of the leg since the attempt was sent
    uint16_t status
    uint32_t account                    # account_number()
    uint32_t serial                     # of the probe
    uint32_t retry_after_s              # 0: none
    uint32_t round_trip_us
    uint64_t call_key


cdef inline void note_heard(Workspace *workspace, const ClientTransaction *client) noexcept nogil:
    """Anything that comes from a judged leg is a sign of life."""
    cdef LegRow *leg
    if client.target.account != NO_ACCOUNT:
        leg = leg_row(workspace, client.target.account)
        if load_relaxed_u32(&leg.is_judged):
            store_relaxed_u64(&leg.last_heard_ms, workspace.now_ms)


cdef inline void note_success(Workspace *workspace, const ClientTransaction *client) noexcept nogil:
    """A call was answered: failures are not in a row any more."""
    cdef LegRow *leg
    if client.target.account != NO_ACCOUNT:
        leg = leg_row(workspace, client.target.account)
        if load_relaxed_u32(&leg.failed_in_row):
            store_relaxed_u32(&leg.failed_in_row, 0)


cdef inline void note_failure(Workspace *workspace, const ServerTransaction *server, const ClientTransaction *client, uint16_t status,
                              bint is_transport_error) noexcept nogil:
    """An attempt ended without success: of a probe or of a new call that says something about the leg."""
    cdef Notice notice
    if client.target.account == NO_ACCOUNT or not load_relaxed_u32(&leg_row(workspace, client.target.account).is_judged):
        return
    memset(&notice, 0, sizeof(notice))
    if server.probed:
        notice.kind = NOTICE_PROBE_REFUSED if is_transport_error else NOTICE_PROBE_SILENT
        put_probe_notice(workspace, server, &notice)
    elif server.is_initial and server.is_invite:
        note_call_failure(workspace, server, client, status, is_transport_error, &notice)


cdef inline void note_call_failure(Workspace *workspace, const ServerTransaction *server, const ClientTransaction *client, uint16_t status,
                                   bint is_transport_error, Notice *notice) noexcept nogil:
    """Tell of a call that was refused, or met silence while the whole leg was silent; count those that ended in codes."""
    cdef LegRow *leg = leg_row(workspace, client.target.account)
    notice.account = client.target.account
    if not is_transport_error and status:
        note_code(workspace, server, leg, status, notice)
        return
    notice.was_unheard = load_relaxed_u64(&leg.last_heard_ms) < client.began_ms
    if not is_transport_error and not notice.was_unheard:
        return
    notice.kind = NOTICE_CALL_REFUSED if is_transport_error else NOTICE_CALL_SILENT
    notice.call_key = server.key
    put_notice(workspace, notice)


cdef inline void note_code(Workspace *workspace, const ServerTransaction *server, LegRow *leg, uint16_t status, Notice *notice) noexcept nogil:
    """Count a call that ended in a code of the table; so many in a row, on different numbers, are told."""
    cdef const Call *call = call_of(workspace, server)
    if not moves_on(&server.rule, status) or call == NULL:
        store_relaxed_u32(&leg.failed_in_row, 0)
        return
    if load_relaxed_u32(&leg.failed_in_row) == 0:
        forget_numbers(leg)
    remember_number(leg, <uint32_t>siphash(&workspace.plane.branch_key, <const uint8_t *>call.number, call.number_length) | 1)
    if fetch_add_u32(&leg.failed_in_row, 1) + 1 < FAILED_IN_ROW_MAX or load_relaxed_u32(&leg.failed_numbers[NUMBERS_REMEMBERED - 1]) == 0:
        return
    store_relaxed_u32(&leg.failed_in_row, 0)
    notice.kind = NOTICE_CALLS_FAILED_BY_CODES
    put_notice(workspace, notice)


cdef inline void forget_numbers(LegRow *leg) noexcept nogil:
    cdef uint32_t i
    for i in range(NUMBERS_REMEMBERED):
        store_relaxed_u32(&leg.failed_numbers[i], 0)


cdef inline void remember_number(LegRow *leg, uint32_t number) noexcept nogil:
    """Put a number's hash beside those that are there, once."""
    cdef uint32_t i
    for i in range(NUMBERS_REMEMBERED):
        if load_relaxed_u32(&leg.failed_numbers[i]) == number:
            return
        if load_relaxed_u32(&leg.failed_numbers[i]) == 0:
            store_relaxed_u32(&leg.failed_numbers[i], number)
            return


cdef inline void note_probe_answered(Workspace *workspace, const ServerTransaction *server, const Message *response) noexcept nogil:
    """Tell of a probe's final response."""
    cdef Notice notice
    if not server.probed:
        return
    memset(&notice, 0, sizeof(notice))
    notice.kind = NOTICE_PROBE_ANSWERED
    notice.status = response.status
    notice.round_trip_us = <uint32_t>((monotonic_ns() - server.probed_ns) // 1000)
    if response.first_header[HEADER_RETRY_AFTER]:
        read_delta_seconds(response.bytes, header_value(response, response.first_header[HEADER_RETRY_AFTER] - 1), &notice.retry_after_s)
    put_probe_notice(workspace, server, &notice)


cdef inline void put_probe_notice(Workspace *workspace, const ServerTransaction *server, Notice *notice) noexcept nogil:
    notice.account = server.probed - 1
    notice.serial = server.probe_serial
    put_notice(workspace, notice)


cdef inline bint put_notice(Workspace *workspace, const Notice *notice) noexcept nogil:
    """Leave a notice for the control plane, which is woken once the batch is done. False: there was no room."""
    cdef Endpoint nowhere
    memset(&nowhere, 0, sizeof(nowhere))
    if ring_put(&workspace.plane.notices[workspace.index], &nowhere, 0, <const uint8_t *>notice, sizeof(Notice)):
        workspace.has_noticed = 1
        return True
    count(workspace, REASON_DROPPED_NOTICE)
    return False
