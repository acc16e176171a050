"""What the board is told of a world: whose bindings its accounts may use, and what its legs are called."""
from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from hasip.dataplane.base.atomic cimport copy_words_in, store_relaxed_u64
from hasip.dataplane.routing.board cimport LEG_NAME_WORDS, account_number
from hasip.dataplane.routing.call_table cimport LEG_NAME_BYTES
from hasip.dataplane.stage.binding cimport user_key
from hasip.dataplane.stage.workspace cimport Plane, leg_row


cdef int set_user_keys(Plane *plane, dict before, dict current) except -1:
    """Tell the board whose bindings its accounts may use from now on, where that is another than before: account number → username."""
    cdef uint32_t account
    cdef bytes name
    for account in before.keys() - current.keys():
        store_relaxed_u64(&leg_row(plane.workspaces[0], account).user_key, 0)
    for account, name in current.items():
        if before.get(account) != name:
            store_relaxed_u64(&leg_row(plane.workspaces[0], account).user_key, user_key(plane.workspaces[0], name, len(name)))
    return 0


cdef int set_leg_names(Plane *plane, dict before, dict current) except -1:
    """Tell the board what legs are called, for the records of calls."""
    cdef char text[LEG_NAME_WORDS * 8]
    cdef bytes name
    for slot, names in current.items():
        if names == before.get(slot):
            continue
        for leg, each in enumerate(names):
            name = each.encode()[:LEG_NAME_BYTES - 1]
            memset(text, 0, sizeof(text))
            memcpy(text, <const char *>name, len(name))
            copy_words_in(leg_row(plane.workspaces[0], account_number(slot, leg)).name, text, sizeof(text))
    return 0
