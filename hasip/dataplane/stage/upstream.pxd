"""Responses on their way back: our Via off, and what must not travel on. (§16.7 steps 3, 6 and 9)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.routing.call_table cimport Call
from hasip.dataplane.stage.identity cimport remove_identity, tell_core, tell_customer
from hasip.dataplane.stage.outbox cimport outbox_put
from hasip.dataplane.stage.server cimport note_response_sent, response_room
from hasip.dataplane.stage.workspace cimport Workspace, call_of, listener_of
from hasip.dataplane.syntax.edit_list cimport EditList, edit_begin, edit_remove, edit_replace, edited_bytes_max, put_bytes, write_edited
from hasip.dataplane.syntax.message cimport HEADER_FROM, HEADER_RETRY_AFTER, HEADER_TO, HEADER_VIA, Message
from hasip.dataplane.syntax.via cimport Via
from hasip.dataplane.transaction.states cimport PASS, SERVER_SENDS_FAILURE, SERVER_SENDS_PROVISIONAL, SERVER_SENDS_SUCCESS
from hasip.dataplane.transaction.transaction cimport ServerTransaction, server_step


cdef inline bint send_upstream(Workspace *workspace, uint32_t server_slot, ServerTransaction *server, const Message *response) noexcept nogil:
    """Relay a response to the caller. False: the server transaction is past it, or it is ours."""
    cdef EditList *edits = &workspace.edits
    cdef uint8_t *place
    cdef uint32_t length
    cdef bint is_lost
    cdef int event = SERVER_SENDS_PROVISIONAL if response.status < 200 else SERVER_SENDS_SUCCESS if response.status < 300 else SERVER_SENDS_FAILURE
    if server.is_ours or not server_step(server, event) & PASS:
        return False
    edit_begin(edits)
    remove_own_via(edits, response)
    edit_identity_upstream(workspace, server, response)
    if response.status >= 300:
        edit_failure(edits, response)
    place = response_room(workspace, edited_bytes_max(edits, response.length), &is_lost)
    length = write_edited(edits, response.bytes, 0, response.length, place)
    if not is_lost:
        outbox_put(&workspace.outbox, length, &server.source)
    if response.status >= 200:
        note_response_sent(workspace, server_slot, server, response.status, place, length)
    return True


cdef inline void edit_identity_upstream(Workspace *workspace, const ServerTransaction *server, const Message *response) noexcept nogil:
    """A customer's claims stay here; of a call with a rewritten From, each side reads its own address."""
    cdef const Call *call
    if server.is_to_customer:
        remove_identity(&workspace.edits, response)
    call = call_of(workspace, server)
    if call == NULL or call.from_length == 0:
        return
    if server.is_from_customer:
        tell_customer(&workspace.edits, call, response, HEADER_FROM)
    else:
        tell_core(&workspace.edits, workspace.plane, listener_of(workspace, &server.source), call, response, HEADER_TO)


cdef inline bint has_second_via(const Message *response) noexcept nogil:
    """True when a Via stands below ours: the response is for somebody else."""
    cdef uint32_t i
    if not response.via_is_last_value:
        return True
    for i in range(response.first_header[HEADER_VIA], response.header_count):
        if response.header_name[i] == HEADER_VIA:
            return True
    return False


cdef inline void remove_own_via(EditList *edits, const Message *response) noexcept nogil:
    """Remove the topmost Via value, with its header if it stands there alone."""
    cdef uint32_t header = response.first_header[HEADER_VIA] - 1
    cdef uint32_t value_end = response.via.offset + response.via.length
    if response.via_is_last_value:
        edit_remove(edits, response.header_start[header], response.header_start[header + 1])
        return
    while response.bytes[value_end] != c',':
        value_end += 1
    edit_remove(edits, response.via.offset, value_end + 1)


cdef inline uint16_t status_upstream(uint16_t status) noexcept nogil:
    """Return what a target's final response is to the caller."""
    return 500 if status == 503 else status


cdef inline void edit_failure(EditList *edits, const Message *response) noexcept nogil:
    """Retry-After stays here: it speaks of one target. 503 becomes 500, for we are not the one who is unavailable (§16.7 step 6)."""
    cdef uint32_t i
    if response.status == 503:
        put_bytes(edits, b"SIP/2.0 500 Server Internal Error\r\n", 35)
        edit_replace(edits, 0, response.header_start[0])
        put_bytes(edits, b"Reason: SIP;cause=503;text=\"Service Unavailable\"\r\n", 50)
        edit_replace(edits, response.header_start[response.header_count], response.header_start[response.header_count])
    if response.first_header[HEADER_RETRY_AFTER]:
        for i in range(<uint32_t>response.first_header[HEADER_RETRY_AFTER] - 1, response.header_count):
            if response.header_name[i] == HEADER_RETRY_AFTER:
                edit_remove(edits, response.header_start[i], response.header_start[i + 1])
