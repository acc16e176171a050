"""What a router needs to know of one SIP message (RFC 3261 §7), as spans into the bytes it arrived in."""
from libc.stdint cimport int32_t, uint8_t, uint16_t, uint32_t

from hasip.dataplane.base.span cimport Span

cdef enum:
    HEADERS_MAX = 128
    MESSAGE_BYTES_MAX = 65471      # what an IPv4 datagram can carry, less the readable bytes behind it
    READABLE_BEHIND = 64           # bytes behind a message that may be read (never used)

cdef enum MessageKind:
    KIND_REQUEST = 1
    KIND_RESPONSE = 2

cdef enum Method:                  # RFC 3261 and the extensions a proxy meets; compared case-sensitively (§7.1)
    METHOD_OTHER = 0
    METHOD_INVITE
    METHOD_ACK
    METHOD_BYE
    METHOD_CANCEL
    METHOD_OPTIONS
    METHOD_REGISTER
    METHOD_PRACK
    METHOD_UPDATE
    METHOD_INFO
    METHOD_MESSAGE
    METHOD_SUBSCRIBE
    METHOD_NOTIFY
    METHOD_REFER
    METHOD_PUBLISH

cdef enum:                         # HeaderName: the names the router looks at; every other header is HEADER_OTHER
    HEADER_OTHER = 0
    HEADER_VIA
    HEADER_FROM
    HEADER_TO
    HEADER_CALL_ID
    HEADER_CSEQ
    HEADER_CONTACT
    HEADER_ROUTE
    HEADER_RECORD_ROUTE
    HEADER_MAX_FORWARDS
    HEADER_CONTENT_LENGTH
    HEADER_CONTENT_TYPE
    HEADER_EXPIRES
    HEADER_PROXY_REQUIRE
    HEADER_REQUIRE
    HEADER_SUPPORTED
    HEADER_SESSION_EXPIRES
    HEADER_MIN_SE
    HEADER_RETRY_AFTER
    HEADER_REASON
    HEADER_WARNING
    HEADER_AUTHORIZATION
    HEADER_PROXY_AUTHORIZATION
    HEADER_P_ASSERTED_IDENTITY
    HEADER_P_PREFERRED_IDENTITY
    HEADER_REMOTE_PARTY_ID
    HEADER_PRIVACY
    HEADER_PATH
    HEADER_EVENT
    HEADER_USER_AGENT
    HEADER_SERVER
    HEADER_P_CHARGING_VECTOR
    HEADER_P_CHARGING_FUNCTION_ADDRESSES
    HEADER_NAMES                   # how many there are

cdef enum ParseResult:             # PARSE_OK, or what is wrong; one sentence each in parse_result.pxd
    PARSE_OK = 0
    PARSE_EMPTY                    # nothing but CRLF: a keep-alive (RFC 5626 §3.5.1)
    PARSE_START_LINE
    PARSE_VERSION                  # not SIP/2.0: answered 505
    PARSE_TOO_LONG
    PARSE_TOO_MANY_HEADERS
    PARSE_NO_END_OF_HEADERS
    PARSE_HEADER_LINE              # a line without a colon, or an empty or ill-formed name
    PARSE_REQUEST_URI
    PARSE_VIA
    PARSE_FROM
    PARSE_TO
    PARSE_CALL_ID
    PARSE_CSEQ
    PARSE_CONTACT
    PARSE_ROUTE
    PARSE_MAX_FORWARDS
    PARSE_CONTENT_LENGTH           # not a number, or larger than what arrived
    PARSE_EXPIRES
    PARSE_RESULTS

cdef struct Uri:                   # RFC 3261 §19.1; spans are empty when the part is absent or the scheme is not sip/sips
    Span whole
    Span user                      # without password
    Span host                      # an IPv6 reference keeps its brackets
    Span host_port                 # host and ":port", as one piece: what a proxy replaces
    Span parameters                # from the first ';' behind the host, to '?' or the end
    uint16_t port                  # 0: none given
    uint8_t is_sip                 # 1 sip, 2 sips, 0 another scheme

cdef struct Message:
    const uint8_t *bytes           # borrowed; READABLE_BEHIND bytes may be read behind `length`
    uint32_t length                # of the datagram: the body ends here, or where Content-Length says
    uint8_t kind                   # MessageKind
    uint8_t method                 # Method; in a response, the CSeq's
    uint16_t status                # 100 … 699, 0 in a request
    Span method_name               # as written, in the request line
    Span reason_phrase             # responses
    Uri request_uri

    # Headers, in order. A header is the bytes header_start[i] ≤ b < header_start[i + 1], its line ends included.
    uint16_t header_count
    uint16_t body_start            # first byte behind the blank line
    uint16_t header_start[HEADERS_MAX + 1]     # [header_count] is where the blank line starts
    uint16_t value_start[HEADERS_MAX]          # just behind the colon
    uint8_t header_name[HEADERS_MAX]           # HeaderName
    uint8_t first_header[HEADER_NAMES]         # index + 1 of the first header of that name, 0: absent
    uint8_t headers_named[HEADER_NAMES]        # how many headers there are of that name

    # Topmost Via (first value of the first Via header)
    Span via                       # the whole first value, white space trimmed: up to ',' or the end
    Span via_sent_by               # host[:port] as written
    Span via_host
    Span branch
    Span via_received              # received=, empty if absent
    Span via_transport             # "UDP", "TCP", …
    Span rport_parameter           # the parameter with its name and value ("rport" or "rport=5060"), empty if absent
    uint16_t via_port              # 0: none given
    int32_t rport                  # -1 absent, 0 without value, else the value
    uint8_t via_is_last_value      # the header holds no second value after a comma

    Span from_tag
    Span to_tag
    Span call_id
    Span route_uri                 # first Route value's URI
    Span contact_uri               # first Contact value's URI, empty for "*"
    Span contact_host
    uint16_t contact_port
    uint8_t cseq_method            # Method
    Span cseq_method_name
    uint32_t cseq
    int32_t max_forwards           # -1: absent
    int32_t content_length         # -1: absent
    int32_t expires                # -1: absent
