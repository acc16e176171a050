"""What the control plane is told of trunks: a pool that fills up, calls that move on. Once, until it says that this is over. (spec: the call pool)

Reads, writes: the trunk's row on the board. Writes: the ring of notices. Without tells_trunks: nothing.
"""
from libc.stdint cimport uint16_t, uint32_t, uint64_t
from libc.string cimport memset

from hasip.dataplane.base.atomic cimport exchange_if_u32, load_relaxed_u32, store_relaxed_u32
from hasip.dataplane.routing.board cimport LEGS_MAX, POOL_FULL, POOL_HIGH, POOL_HIGH_PERCENT, POOL_QUIET, TrunkRow, account_number
from hasip.dataplane.stage.notice cimport (
    NOTICE_FAILOVER_BY_CODE, NOTICE_FAILOVER_REFUSED, NOTICE_FAILOVER_SILENT, NOTICE_POOL_FULL, NOTICE_POOL_HIGH, Notice, put_notice)
from hasip.dataplane.stage.workspace cimport Workspace


cdef inline void note_pool(Workspace *workspace, uint32_t slot, uint32_t limit) noexcept nogil:
    """A call took a slot of the pool, or found none: tell if it reached a level that was not told."""
    cdef TrunkRow *row = &workspace.plane.board.rows[slot]
    cdef uint32_t level = pool_level(load_relaxed_u32(&row.calls), limit), told = load_relaxed_u32(&row.pool_told)
    if level <= told or not load_relaxed_u32(&workspace.plane.tells_trunks) or not exchange_if_u32(&row.pool_told, &told, level):
        return
    if not tell(workspace, NOTICE_POOL_FULL if level == POOL_FULL else NOTICE_POOL_HIGH, account_number(slot, 0), 0):
        store_relaxed_u32(&row.pool_told, told)


cdef inline uint32_t pool_level(uint32_t calls, uint32_t limit) noexcept nogil:
    if calls >= limit:
        return POOL_FULL
    return POOL_HIGH if <uint64_t>calls * 100 >= <uint64_t>limit * POOL_HIGH_PERCENT else POOL_QUIET


cdef inline void note_move(Workspace *workspace, uint32_t account, uint16_t status, bint is_transport_error) noexcept nogil:
    """A call moves on from a leg: tell, with why, if that was not told of its trunk."""
    cdef TrunkRow *row = &workspace.plane.board.rows[account // LEGS_MAX]
    cdef uint32_t told = load_relaxed_u32(&row.failover_told)
    if told or not load_relaxed_u32(&workspace.plane.tells_trunks) or not exchange_if_u32(&row.failover_told, &told, 1):
        return
    if not tell(workspace, NOTICE_FAILOVER_REFUSED if is_transport_error else NOTICE_FAILOVER_BY_CODE if status else NOTICE_FAILOVER_SILENT, account, status):
        store_relaxed_u32(&row.failover_told, 0)


cdef inline bint tell(Workspace *workspace, int kind, uint32_t account, uint16_t status) noexcept nogil:
    cdef Notice notice
    memset(&notice, 0, sizeof(notice))
    notice.kind = <unsigned char>kind
    notice.account = account
    notice.status = status
    return put_notice(workspace, &notice)
