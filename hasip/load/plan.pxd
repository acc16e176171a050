"""What a run is to do: who calls or registers, who answers and how, which outcome is right. Made once, read by everybody."""
from libc.stdint cimport uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.endpoint cimport Endpoint

cdef enum:
    PHRASE_BYTES = 512

cdef enum:                          # seats: who sits at which socket
    CALLER = 0
    PRIMARY
    SECONDARY
    SEATS

cdef enum Behaviour:                # of a far end that gets an INVITE
    ANSWERS                         # 180, 200
    REFUSES                         # refusal_status
    KEEPS_SILENT
    RINGS                           # 180, and 487 when a CANCEL comes


cdef struct Phrase:
    uint8_t bytes[PHRASE_BYTES]
    uint32_t length


cdef struct Plan:
    uint8_t behaviours[SEATS]
    uint8_t may_answer[SEATS]       # far ends at which a call may end up
    uint8_t cancels
    uint8_t fails_over              # the time until the secondary has the INVITE is of interest
    uint8_t registers               # no calls: users register
    uint8_t reuses_nonces           # each user's nonce, with a growing count (RFC 7616 §3.4)
    uint8_t is_sha256               # digest by SHA-256 instead of MD5
    uint8_t is_user_numbered        # the pattern has a gap for the user's number
    uint32_t users
    uint16_t right_status           # final status that the caller is to get
    uint16_t refusal_status
    Endpoint target                 # the router
    Endpoint seats[SEATS]
    uint32_t calls
    double calls_per_second
    uint32_t timeout_ms             # of a call, from its INVITE to its last ACK or 200
    uint32_t hold_ms                # from ACK to BYE
    uint32_t t1_ms                  # RFC 3261 §17.1.1.1
    Phrase host_ports[SEATS]        # "127.0.0.10:5080"
    Phrase contacts[SEATS]          # "sip:primary@127.0.0.21:5060"
    Phrase request_uri              # "sip:+6561230000@127.0.0.1:5060"
    Phrase from_uri                 # "sip:caller@127.0.0.10:5080"
    Phrase session                  # SDP, offered and answered
    Phrase registrar_uri            # "sip:127.0.0.1:5060"
    Phrase user_prefix              # before the gap
    Phrase user_suffix
    Phrase password
