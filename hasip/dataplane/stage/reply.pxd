"""Answers we make ourselves (§8.2.6): with a server transaction, or without one where no state may be held.

Reads: the request. Writes: the outbox, the server transaction.
"""
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, strlen

from hasip.dataplane.base.block cimport store_bytes
from hasip.dataplane.base.endpoint cimport Endpoint, write_number
from hasip.dataplane.base.handle cimport WORD_TEXT_BYTES, write_word
from hasip.dataplane.base.hash cimport siphash
from hasip.dataplane.stage.outbox cimport outbox_put, outbox_room
from hasip.dataplane.stage.reason cimport REASON_DROPPED_UNSENDABLE
from hasip.dataplane.stage.server cimport note_response_sent, response_room
from hasip.dataplane.stage.via cimport note_source, set_response_destination
from hasip.dataplane.stage.workspace cimport Workspace, count
from hasip.dataplane.syntax.edit_list cimport EditList, edit_begin, edit_replace, put_bytes, put_room, put_written, write_edited
from hasip.dataplane.syntax.header_value cimport header_value
from hasip.dataplane.syntax.message cimport HEADER_CALL_ID, HEADER_CSEQ, HEADER_FROM, HEADER_TO, HEADER_VIA, Message
from hasip.dataplane.syntax.status cimport reason_phrase_of
from hasip.dataplane.transaction.states cimport PASS, SERVER_SENDS_FAILURE, SERVER_SENDS_PROVISIONAL, SERVER_SENDS_SUCCESS
from hasip.dataplane.transaction.transaction cimport ServerTransaction, server_step


cdef inline void reply_stateless(Workspace *workspace, const Message *message, const Endpoint *source, uint32_t status,
                                 const char *phrase, const char *headers) noexcept nogil:
    """Answer and forget (§8.2.7). `phrase` NULL: the standard one. `headers`: whole lines to add, or NULL."""
    cdef Endpoint destination
    cdef uint8_t *place = outbox_room(&workspace.outbox, response_bytes_max(message, phrase, headers))
    cdef uint32_t length
    if place == NULL:
        count(workspace, REASON_DROPPED_UNSENDABLE)
        return
    length = write_response(workspace, message, source, status, phrase, headers, place)
    set_response_destination(message, source, &destination)
    outbox_put(&workspace.outbox, length, &destination)


cdef inline void reply(Workspace *workspace, uint32_t server_slot, ServerTransaction *server, const Message *message, uint32_t status,
                       const char *phrase, const char *headers) noexcept nogil:
    """Answer a server transaction's request: its state moves, and a final response is kept for retransmission."""
    cdef uint8_t *place
    cdef uint32_t length
    cdef bint is_lost
    cdef int event = SERVER_SENDS_PROVISIONAL if status < 200 else SERVER_SENDS_SUCCESS if status < 300 else SERVER_SENDS_FAILURE
    if server.is_ours or not server_step(server, event) & PASS:
        return
    place = response_room(workspace, response_bytes_max(message, phrase, headers), &is_lost)
    length = write_response(workspace, message, &server.source, status, phrase, headers, place)
    if not is_lost:
        outbox_put(&workspace.outbox, length, &server.source)
    if status >= 200:
        note_response_sent(workspace, server_slot, server, status, place, length)


cdef inline uint32_t response_bytes_max(const Message *message, const char *phrase, const char *headers) noexcept nogil:
    """Return an upper bound for the response's length."""
    return message.body_start + 512 + (strlen(phrase) if phrase else 0) + (strlen(headers) if headers else 0)


cdef inline uint32_t write_response(Workspace *workspace, const Message *message, const Endpoint *source, uint32_t status,
                                    const char *phrase, const char *headers, uint8_t *place) noexcept nogil:
    """Write a response without a body: every Via, From, To with a tag, Call-ID and CSeq of the request, and `headers`. Return its length."""
    cdef EditList *edits = &workspace.edits
    cdef uint32_t length, i
    cdef uint8_t name
    edit_begin(edits)
    note_source(edits, message, source)
    if status > 100 and message.to_tag.length == 0 and message.first_header[HEADER_TO]:
        put_tag(workspace, message)
    length = write_text(place, b"SIP/2.0 ")
    length += write_number(status, place + length)
    place[length] = c' '
    length += 1
    length += write_text(place + length, phrase if phrase else reason_phrase_of(status))
    length += write_text(place + length, b"\r\n")
    for i in range(message.header_count):
        name = message.header_name[i]
        if name == HEADER_VIA or name == HEADER_FROM or name == HEADER_TO or name == HEADER_CALL_ID or name == HEADER_CSEQ:
            length += write_edited(edits, message.bytes, message.header_start[i], message.header_start[i + 1], place + length)
    if headers:
        length += write_text(place + length, headers)
    return length + write_text(place + length, b"Content-Length: 0\r\n\r\n")


cdef inline void put_tag(Workspace *workspace, const Message *message) noexcept nogil:
    """Give To a tag: the same for every retransmission of the request, so that stateless answers agree (§8.2.7)."""
    cdef uint32_t to_header = message.first_header[HEADER_TO] - 1
    cdef uint32_t end = header_value(message, to_header).offset + header_value(message, to_header).length
    put_bytes(&workspace.edits, b";tag=", 5)
    write_word(siphash(&workspace.plane.branch_key, message.bytes + message.via.offset, message.via.length), put_room(&workspace.edits, WORD_TEXT_BYTES))
    put_written(&workspace.edits, WORD_TEXT_BYTES)
    edit_replace(&workspace.edits, end, end)


cdef inline uint32_t write_text(uint8_t *place, const char *text) noexcept nogil:
    """Copy a C string without its end; return its length."""
    cdef uint32_t length = <uint32_t>strlen(text)
    memcpy(place, text, length)
    return length
