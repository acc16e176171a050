"""Why a connection ended, was not let in, or a message went nowhere: one row each, with the sentence that status shows."""
from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """A counted reason. As text it is the counter's name."""

    sentence: str

    def __new__(cls, name: str, sentence: str) -> Self:
        """Make a row of the table."""
        reason = str.__new__(cls, name)
        reason._value_ = name
        reason.sentence = sentence
        return reason

    # A connection that did not come about.
    REFUSED = "refused", "the far end refused the connection"
    UNREACHABLE = "unreachable", "there is no way to the far end: no route, no local address or interface, an address that cannot be used"
    CONNECT_TIMEOUT = "connect_timeout", "the far end did not answer the connection request in time"
    HANDSHAKE_TIMEOUT = "handshake_timeout", "the far end connected and did not finish its TLS handshake in time"
    HANDSHAKE_FAILED = "handshake_failed", "the TLS handshake failed, or the far end closed in the middle of it"
    CERTIFICATE_REFUSED = "certificate_refused", "the far end's certificate is not the one of its host name, not valid, or not of a known authority"
    # A connection from outside that was not let in.
    INBOUND_FULL = "inbound_full", "closed at once: connections_max connections from outside are open"
    INBOUND_SOURCE_FULL = "inbound_source_full", "closed at once: connections_per_source_max connections from this address are open"
    INBOUND_OUT_OF_FILES = "inbound_out_of_files", "not accepted for a second: the process or the system is out of files or memory"
    INBOUND_HANDSHAKE_TIMEOUT = "inbound_handshake_timeout", "closed: the far end did not finish the TLS handshake it began"
    INBOUND_HANDSHAKE_FAILED = "inbound_handshake_failed", "closed: the TLS handshake from outside failed, or the client's certificate was not accepted"
    # A connection that ended.
    CLOSED_BY_FAR_END = "closed_by_far_end", "the far end closed the connection"
    RESET = "reset", "the connection broke: reset, or what we sent was not acknowledged in time"
    TLS_BROKEN = "tls_broken", "the far end ended TLS with an alert, or sent what is no TLS"
    IDLE = "idle", "closed: nothing passed for idle_s"
    BACKLOG = "backlog", "aborted: the far end reads too slowly, and more than backlog_max_bytes waited for it"
    MALFORMED = "malformed", "closed: what came in is no SIP on a stream"
    OVERSIZED = "oversized", "closed: a message was over a size limit"
    SLOW_MESSAGE = "slow_message", "closed: a message had begun and did not end within message_timeout_s"
    INTERFACE_REPLACED = "interface_replaced", "aborted: its interface was made anew, and what is bound to the old one leads nowhere"
    STOPPED = "stopped", "closed: we stopped"
    # A message that went nowhere.
    DEAD_FLOW = "dead_flow", "a message was for a connection that is gone"
    WAITING_FULL = "waiting_full", "a message found waiting_max_bytes waiting for the connection to be made"
    GIVEN_BACK = "given_back", "a request could not be delivered, or lost its connection before any response, and was given back"
    REQUEST_DROPPED = "request_dropped", "a request was left when we stopped"
    RESPONSE_DROPPED = "response_dropped", "a response could not be delivered"
    ACK_DROPPED = "ack_dropped", "an ACK could not be delivered"


Counters = dict[str, int]


def fresh_counters() -> Counters:
    """Return a counter for every reason."""
    return dict.fromkeys(map(str, Reason), 0)
