"""The leaves of hasip/dataplane/transaction, target and edit_list for tests: state tables by name, branches, verdicts on responses, edits."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

cimport hasip.dataplane.syntax.edit_list as edit_lists
cimport hasip.dataplane.target as targets
cimport hasip.dataplane.transaction.branch as branches
cimport hasip.dataplane.transaction.states as states
cimport hasip.dataplane.transaction.timers as timers
cimport hasip.dataplane.transaction.transaction as transactions
from hasip.dataplane.base.hash cimport HashKey
from hasip.dataplane.base.span cimport Span, span_between

BRANCH_BYTES = branches.BRANCH_BYTES
EDITS_MAX = edit_lists.EDITS_MAX
EDIT_TEXT_BYTES = edit_lists.EDIT_TEXT_BYTES
PROGRESS_POLICIES = {"always": targets.PROGRESS_ALWAYS, "no_early_media": targets.PROGRESS_NO_EARLY_MEDIA, "never": targets.PROGRESS_NEVER}
TIMERS_MS = {
    "T1": timers.T1_MS, "T2": timers.T2_MS, "T4": timers.T4_MS, "C": timers.TIMER_C_MS, "I": timers.TIMER_I_MS, "K": timers.TIMER_K_MS,
    **dict.fromkeys("BDFHJLM", timers.TRANSACTION_TIMEOUT_MS)}

CLIENT_STATES = {
    "calling": states.CLIENT_CALLING, "abandoned": states.CLIENT_ABANDONED, "proceeding": states.CLIENT_PROCEEDING,
    "cancelling": states.CLIENT_CANCELLING, "completed": states.CLIENT_COMPLETED, "accepted": states.CLIENT_ACCEPTED,
    "terminated": states.CLIENT_TERMINATED}
CLIENT_EVENTS = {
    "1xx": states.CLIENT_PROVISIONAL, "2xx": states.CLIENT_SUCCESS, "3xx-6xx": states.CLIENT_FAILURE, "resend due": states.CLIENT_RESEND_DUE,
    "give up": states.CLIENT_GIVE_UP, "cancel": states.CLIENT_CANCEL, "transport error": states.CLIENT_TRANSPORT_ERROR,
    "timeout": states.CLIENT_TIMEOUT}
SERVER_STATES = {
    "trying": states.SERVER_TRYING, "proceeding": states.SERVER_PROCEEDING, "completed": states.SERVER_COMPLETED,
    "confirmed": states.SERVER_CONFIRMED, "accepted": states.SERVER_ACCEPTED, "terminated": states.SERVER_TERMINATED}
SERVER_EVENTS = {
    "request": states.SERVER_REQUEST, "ACK": states.SERVER_ACK, "sends 1xx": states.SERVER_SENDS_PROVISIONAL,
    "sends 2xx": states.SERVER_SENDS_SUCCESS, "sends 3xx-6xx": states.SERVER_SENDS_FAILURE, "resend due": states.SERVER_RESEND_DUE,
    "timeout": states.SERVER_TIMEOUT}
ACTIONS = {
    "resend": states.RESEND, "send ACK": states.SEND_ACK, "send CANCEL": states.SEND_CANCEL, "pass": states.PASS, "fail": states.FAIL,
    "send 100": states.SEND_100, "absorb": states.ABSORB}
assert len(CLIENT_STATES) == states.CLIENT_STATES and len(CLIENT_EVENTS) == states.CLIENT_EVENTS
assert len(SERVER_STATES) == states.SERVER_STATES and len(SERVER_EVENTS) == states.SERVER_EVENTS


def named_actions(int actions):
    """Return the set of names of a mask of actions."""
    assert actions & ~sum(ACTIONS.values()) == 0
    return {name for name, bit in ACTIONS.items() if actions & bit}


def client_step(bint is_invite, str state, str event):
    """Return (next state, actions) of a client transaction."""
    cdef transactions.ClientTransaction client
    memset(&client, 0, sizeof(client))
    client.is_invite = is_invite
    client.state = CLIENT_STATES[state]
    actions = named_actions(transactions.client_step(&client, CLIENT_EVENTS[event]))
    return [name for name, number in CLIENT_STATES.items() if number == client.state][0], actions


def server_step(bint is_invite, str state, str event):
    """Return (next state, actions) of a server transaction."""
    cdef transactions.ServerTransaction server
    memset(&server, 0, sizeof(server))
    server.is_invite = is_invite
    server.state = SERVER_STATES[state]
    actions = named_actions(transactions.server_step(&server, SERVER_EVENTS[event]))
    return [name for name, number in SERVER_STATES.items() if number == server.state][0], actions


def is_better(uint16_t candidate, uint16_t best) -> bool:
    return transactions.is_better(candidate, best)


def progress_allows(str policy, bint has_progress, bint has_early_media, uint16_t status) -> bool:
    cdef transactions.ServerTransaction server
    memset(&server, 0, sizeof(server))
    server.rule.after_progress = PROGRESS_POLICIES[policy]
    server.has_progress = has_progress
    server.has_early_media = has_early_media
    return transactions.progress_allows(&server, status)


def moves_on(codes, uint16_t status) -> bool:
    """Return whether a rule with these codes moves on after a status."""
    cdef targets.FailoverRule rule
    memset(&rule, 0, sizeof(rule))
    for code in codes:
        rule.codes[(code - 300) >> 6] |= <uint64_t> 1 << ((code - 300) & 63)
    return targets.moves_on(&rule, status)


cdef HashKey key_of(bytes key):
    cdef HashKey made
    assert len(key) == sizeof(made)
    memcpy(&made, <const char *> key, sizeof(made))
    return made


def write_branch(bytes key, uint32_t worker, uint32_t slot, uint32_t generation, uint32_t loop_hash):
    cdef HashKey made = key_of(key)
    cdef uint8_t[branches.BRANCH_BYTES + 1] text
    text[branches.BRANCH_BYTES] = 0xEE
    branches.write_branch(&made, worker, slot, generation, loop_hash, text)
    assert text[branches.BRANCH_BYTES] == 0xEE
    return (<const char *> text)[:branches.BRANCH_BYTES]


def read_branch(bytes key, bytes branch, int lead=3):
    """Return (worker, slot, generation), or None. The branch lies `lead` bytes into the message."""
    cdef HashKey made = key_of(key)
    cdef bytes message = b"=" * lead + branch
    cdef uint32_t worker, slot, generation
    if not branches.read_branch(&made, message, span_between(lead, <uint16_t> len(message)), &worker, &slot, &generation):
        return None
    return worker, slot, generation


def repeats_loop(bytes branch, uint32_t loop_hash) -> bool:
    return branches.repeats_loop(branch, span_between(0, <uint16_t> len(branch)), loop_hash)


def has_cookie(bytes branch) -> bool:
    return branches.has_cookie(branch, span_between(0, <uint16_t> len(branch)))


cdef class EditList:
    """An edit list; text is put into it byte by byte or by way of room."""
    cdef edit_lists.EditList *edits

    def __cinit__(self):
        self.edits = <edit_lists.EditList *> malloc(sizeof(edit_lists.EditList))
        if self.edits == NULL:
            raise MemoryError
        memset(self.edits, 0xA5, sizeof(edit_lists.EditList))
        edit_lists.edit_begin(self.edits)

    def __dealloc__(self):
        free(self.edits)

    def begin(self):
        edit_lists.edit_begin(self.edits)

    @property
    def has_overflowed(self):
        return bool(self.edits.has_overflowed)

    def put(self, bytes text):
        edit_lists.put_bytes(self.edits, <const char *> text, <uint32_t> len(text))

    def put_into_room(self, bytes text, uint32_t room):
        """Ask for room and write less or all of it, as those do who write numbers and addresses."""
        cdef uint8_t *place = edit_lists.put_room(self.edits, room)
        assert self.edits.text <= place and place + room <= <uint8_t *> self.edits + sizeof(edit_lists.EditList) and len(text) <= room
        memset(place, 0xEE, room)
        memcpy(place, <const char *> text, len(text))
        edit_lists.put_written(self.edits, <uint32_t> len(text))

    def remove(self, uint32_t start, uint32_t end):
        edit_lists.edit_remove(self.edits, start, end)

    def replace(self, uint32_t start, uint32_t end):
        edit_lists.edit_replace(self.edits, start, end)

    def bytes_max(self, uint32_t length):
        return edit_lists.edited_bytes_max(self.edits, length)

    def write(self, bytes message, start=None, end=None):
        """Write a message, or a part of it, into as much room as bytes_max() promises. Errors: AssertionError when it writes more."""
        cdef uint32_t first = 0 if start is None else start, behind = len(message) if end is None else end, room, length
        cdef uint8_t *place
        room = self.bytes_max(behind - first)
        place = <uint8_t *> malloc(room + 65536)
        if place == NULL:
            raise MemoryError
        try:
            memset(place + room, 0xEE, 65536)
            length = edit_lists.write_edited(self.edits, message, first, behind, place)
            assert length <= room, f"{length} bytes where {room} were promised"
            assert (<const char *> place)[room:room + 65536] == b"\xEE" * 65536, "written behind the room"
            return (<const char *> place)[:length]
        finally:
            free(place)
