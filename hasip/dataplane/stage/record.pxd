"""The record of a call that has ended, put into the worker's journal in one go. The control plane reads it there. (hasip/records/packing.py reads the same)"""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset, strlen

cdef extern from "<string.h>" nogil:
    size_t strnlen(const char *text, size_t length_max) noexcept

from hasip.dataplane.base.endpoint cimport TRANSPORT_TLS, Endpoint
from hasip.dataplane.base.journal cimport Journal, journal_put, journal_room
from hasip.dataplane.routing.call_table cimport ATTEMPTS_KEPT, CALL_ID_BYTES_MAX, ENDED_BY_CALLEE, LEG_NAME_BYTES, AttemptFacts, Call
from hasip.dataplane.routing.numbers cimport NUMBER_BYTES_MAX
from hasip.dataplane.routing.selection cimport MODE_2T4T
from hasip.dataplane.routing.snapshot cimport NAME_BYTES_MAX, Trunk
from hasip.dataplane.stage.dialled cimport calling_number, dialled_number
from hasip.dataplane.stage.facts cimport elapsed_ms
from hasip.dataplane.stage.packet cimport Packet
from hasip.dataplane.stage.reason cimport REASON_DROPPED_RECORD, REASON_RECORDED, REASON_SYMBOLS
from hasip.dataplane.stage.workspace cimport Plane, Workspace, count
from hasip.dataplane.syntax.message cimport METHOD_INVITE, Message

cdef enum:
    RECORD_VERSION = 1
    RECORD_TO_CORE = 1                  # flags
    RECORD_FAILS_OVER = 2
    RECORD_BYTES_MAX = 1024
    ATTEMPT_BYTES = 36                  # of AttemptFacts, what stands before the name: its length is the last octet
    ATTEMPT_TRANSPORT = 32              # …and the transport this one


cdef struct RecordHead:                 # then the attempts, each with its name behind it, then the texts in the order of their lengths
    uint16_t bytes                      # of the whole record
    uint8_t version
    uint8_t flags
    uint32_t key                        # record_key() of the Call-ID
    uint64_t received_unix_ms
    uint32_t ringing_ms                 # since then, plus 1; 0: never
    uint32_t answered_ms
    uint32_t ended_ms
    uint16_t status
    uint8_t mode
    uint8_t ended_by
    uint8_t targets
    uint8_t legs_down
    uint8_t legs_drained
    uint8_t attempt_count
    uint8_t attempts_left_out
    uint8_t source_transport
    uint16_t source_port
    uint8_t source[16]
    uint8_t reason_length
    uint8_t trunk_length
    uint8_t calling_length
    uint8_t number_length
    uint8_t call_id_length
    uint8_t source_name_length
    uint16_t padding


cdef inline uint32_t record_key(const char *call_id, uint32_t length) noexcept nogil:
    """Return what a Call-ID is found by: 32-bit FNV-1a, the same for ever."""
    cdef uint32_t key = 2166136261, i
    for i in range(length):
        key = (key ^ <uint8_t>call_id[i]) * <uint32_t>16777619
    return key


cdef inline bint is_sound_record(const uint8_t *record, uint32_t length) noexcept nogil:
    """True when a record is as long as it says, and so are its parts. It may lie anywhere."""
    cdef RecordHead head
    cdef uint32_t at = sizeof(RecordHead), i
    if length < sizeof(head):
        return False
    memcpy(&head, record, sizeof(head))
    if (head.bytes != length or head.version != RECORD_VERSION or head.mode > MODE_2T4T + 1 or head.ended_by > ENDED_BY_CALLEE
            or head.source_transport > TRANSPORT_TLS):
        return False
    for i in range(head.attempt_count):
        if at + ATTEMPT_BYTES > length or record[at + ATTEMPT_TRANSPORT] > TRANSPORT_TLS:
            return False
        at += ATTEMPT_BYTES + record[at + ATTEMPT_BYTES - 1]
    return length == (at + head.reason_length + head.trunk_length + head.calling_length + head.number_length + head.call_id_length
                      + head.source_name_length)


cdef inline void put_record(Workspace *workspace, const Call *call, uint16_t status, int reason) noexcept nogil:
    """Put the record of a call that ends now."""
    cdef RecordHead *head
    if call.received_unix_ms == 0:
        return                              # it began in a run that kept no records: nothing is known of it
    head = record_room(workspace)
    if head != NULL:
        finish_record(workspace, head, write_record(workspace.plane, head, call, elapsed_ms(workspace, call), status, REASON_SYMBOLS[reason]))


cdef inline uint8_t *write_record(const Plane *plane, RecordHead *head, const Call *call, uint32_t ended_ms, uint16_t status, const char *reason) noexcept nogil:
    """Write what is known of a call into a record that is empty; return where it ends."""
    cdef uint8_t *at = <uint8_t *>head + sizeof(RecordHead)
    cdef uint32_t i
    head.flags = (RECORD_TO_CORE if call.is_to_core else 0) | (RECORD_FAILS_OVER if call.fails_over else 0)
    head.received_unix_ms = call.received_unix_ms
    head.ringing_ms = call.ringing_ms
    head.answered_ms = call.answered_ms
    head.ended_ms = ended_ms
    head.status = status
    head.mode = call.mode
    head.ended_by = call.ended_by
    head.targets = call.targets
    head.legs_down = call.legs_down
    head.legs_drained = call.legs_drained
    head.attempt_count = call.attempt_count
    head.attempts_left_out = call.attempts_left_out
    set_source(plane, head, &call.caller)
    for i in range(call.attempt_count):
        memcpy(at, &call.attempts[i], ATTEMPT_BYTES)
        memcpy(at + ATTEMPT_BYTES, call.attempts[i].name, call.attempts[i].name_length)
        at += ATTEMPT_BYTES + call.attempts[i].name_length
    at += put_text(at, reason, strlen(reason), &head.reason_length)
    at += put_text(at, call.trunk_name, strnlen(call.trunk_name, sizeof(call.trunk_name)), &head.trunk_length)
    at += put_text(at, call.calling, call.calling_length, &head.calling_length)
    at += put_text(at, call.number, call.number_length, &head.number_length)
    at += put_text(at, call.call_id, call.call_id_length, &head.call_id_length)
    at += put_text(at, call.source_name, call.source_name_length, &head.source_name_length)
    head.key = record_key(call.call_id, call.call_id_length)
    return at


cdef inline void put_refusal(Workspace *workspace, const Packet *packet, const Trunk *trunk, uint16_t status, int reason) noexcept nogil:
    """Put the record of a new INVITE that became no call; trunk NULL: none was found. Requests of other kinds leave none."""
    cdef const Message *message = &packet.message
    cdef const char *call_id = <const char *>message.bytes + message.call_id.offset
    cdef uint32_t call_id_length = min(<uint32_t>message.call_id.length, <uint32_t>CALL_ID_BYTES_MAX)
    cdef uint8_t number[NUMBER_BYTES_MAX + 1]
    cdef RecordHead *head
    cdef uint8_t *at
    if message.method != METHOD_INVITE or message.to_tag.length:
        return
    head = record_room(workspace)
    if head == NULL:
        return
    head.received_unix_ms = workspace.now_unix_ms
    head.ended_ms = 1
    head.status = status
    set_source(workspace.plane, head, &packet.source)
    at = <uint8_t *>head + sizeof(RecordHead)
    at += put_text(at, REASON_SYMBOLS[reason], strlen(REASON_SYMBOLS[reason]), &head.reason_length)
    if trunk != NULL:
        at += put_text(at, trunk.name, strlen(trunk.name), &head.trunk_length)
    at += put_text(at, <const char *>number, calling_number(message, number), &head.calling_length)
    at += put_text(at, <const char *>number, dialled_number(message, number), &head.number_length)
    at += put_text(at, call_id, call_id_length, &head.call_id_length)
    head.key = record_key(call_id, call_id_length)
    finish_record(workspace, head, at)


cdef inline RecordHead *record_room(Workspace *workspace) noexcept nogil:
    """Return an empty record in the journal; NULL: there is no journal, or it is full, which is counted."""
    cdef Journal *journal = &workspace.plane.journals[workspace.index]
    cdef RecordHead *head
    if journal.file == NULL:
        return NULL
    head = <RecordHead *>journal_room(journal, RECORD_BYTES_MAX)
    if head == NULL:
        count(workspace, REASON_DROPPED_RECORD)
        return NULL
    begin_record(head)
    return head


cdef inline void begin_record(RecordHead *head) noexcept nogil:
    """Make a record empty."""
    memset(head, 0, sizeof(RecordHead))
    head.version = RECORD_VERSION


cdef inline void finish_record(Workspace *workspace, RecordHead *head, const uint8_t *end) noexcept nogil:
    """Let a record that is written up to `end` be seen."""
    head.bytes = <uint16_t>(end - <const uint8_t *>head)
    journal_put(&workspace.plane.journals[workspace.index], <uint8_t *>head, head.bytes)
    count(workspace, REASON_RECORDED)


cdef inline void set_source(const Plane *plane, RecordHead *head, const Endpoint *source) noexcept nogil:
    memcpy(head.source, source.address, 16)
    head.source_port = source.port
    head.source_transport = plane.listeners[source.listener].transport


cdef inline uint32_t put_text(uint8_t *place, const char *text, uint32_t length, uint8_t *length_kept) noexcept nogil:
    """Write a text and keep its length; return it."""
    length_kept[0] = <uint8_t>length
    memcpy(place, text, length)
    return length
