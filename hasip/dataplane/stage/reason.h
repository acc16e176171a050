/* Why a packet, a transaction or a call ended as it did: one row each. Counter, metric, log line and console all read here. */
#ifndef HASIP_REASON_H
#define HASIP_REASON_H

#define REASON_ROWS \
    ROW(NONE, "not decided") \
    ROW(FORWARDED_INVITE, "a new call's INVITE was sent to its first target") \
    ROW(FORWARDED_FAILOVER, "the attempt failed at the far end and the INVITE was sent to the next target") \
    ROW(FORWARDED_REQUEST, "a request outside a dialog was sent to its target") \
    ROW(FORWARDED_IN_DIALOG, "a request of a call was passed on") \
    ROW(FORWARDED_ACK, "the ACK of a 2xx was passed on") \
    ROW(FORWARDED_CANCEL, "a CANCEL was sent to the attempt in progress") \
    ROW(RELAYED_PROVISIONAL, "a provisional response was relayed") \
    ROW(RELAYED_SUCCESS, "a 2xx was relayed") \
    ROW(RELAYED_FAILURE, "a final response of 300 or more was relayed") \
    ROW(ABSORBED_RETRANSMISSION, "a retransmission was absorbed, or answered with the last response") \
    ROW(ABSORBED_ACK, "the ACK of a final response of 300 or more ends here") \
    ROW(ABSORBED_100, "100 Trying is hop by hop") \
    ROW(ABSORBED_RESPONSE, "the response belongs to us or to an attempt that is over") \
    ROW(ABSORBED_STRAY_ACK, "an ACK that belongs to no transaction or call") \
    ROW(ABSORBED_KEEPALIVE, "a keep-alive of nothing but line ends") \
    ROW(RECEIVED_FAILURE, "a final response of 300 or more came from a target and was weighed") \
    ROW(ABSORBED_LATE_PROVISIONAL, "a late 1xx of an abandoned attempt was answered with CANCEL") \
    ROW(ENDED_LATE_ANSWER, "a late 2xx of an abandoned attempt was acknowledged and ended with BYE") \
    ROW(ANSWERED_OPTIONS, "OPTIONS to this node was answered 200") \
    ROW(ANSWERED_CANCEL, "CANCEL was answered 200") \
    ROW(REFUSED_UNKNOWN_SOURCE, "403: the source address is on no whitelist") \
    ROW(REFUSED_WRONG_ADDRESS, "403: the credentials are right, but the source address is not on the account's whitelist") \
    ROW(ANSWERED_REGISTER, "REGISTER was answered 200") \
    ROW(BINDING_EXPIRED, "a registration ended: it was not refreshed in time") \
    ROW(CHALLENGED, "401, 407: the sender was asked for credentials") \
    ROW(CHALLENGED_AGAIN, "401, 407: unknown user or wrong password") \
    ROW(CHALLENGED_STALE, "401, 407: the password is right, but the nonce is old, another's, or used before") \
    ROW(REFUSED_OTHERS_ADDRESS, "403: REGISTER for an address of record that is not the user's") \
    ROW(REFUSED_TOO_MANY_CONTACTS, "403: REGISTER with more contacts than an account may have") \
    ROW(REFUSED_INTERVAL_TOO_BRIEF, "423: REGISTER for a time shorter than allowed") \
    ROW(REFUSED_REQUIRE, "420: REGISTER requires an extension we do not have") \
    ROW(REFUSED_REGISTER_ORDER, "500: REGISTER older than what is known already") \
    ROW(BANNED_SOURCE, "a source was banned for wrong passwords") \
    ROW(REFUSED_UNKNOWN_NUMBER, "404: no trunk has this number") \
    ROW(REFUSED_POOL_FULL, "the trunk's call pool is full") \
    ROW(REFUSED_NOT_REGISTERED, "480: the account has to register and has not") \
    ROW(REFUSED_ALL_TARGETS_FAILED, "500: no target could be reached") \
    ROW(REFUSED_ALL_DRAINED, "480: every zone the call could go to is drained") \
    ROW(REFUSED_NO_ANSWER, "408: no target gave any response in time") \
    ROW(REFUSED_TIMER_C, "408: it rang for too long") \
    ROW(REFUSED_CANCELLED, "487: the caller cancelled") \
    ROW(REFUSED_MAX_FORWARDS, "483: Max-Forwards was 0") \
    ROW(REFUSED_LOOP, "482: the request has been here before, unchanged") \
    ROW(REFUSED_PROXY_REQUIRE, "420: Proxy-Require asks for an extension we do not have") \
    ROW(REFUSED_URI_SCHEME, "416: the Request-URI is neither sip nor tel") \
    ROW(REFUSED_MALFORMED, "400: a header is malformed") \
    ROW(REFUSED_VERSION, "505: not SIP/2.0") \
    ROW(REFUSED_NO_DIALOG, "481: the request belongs to no call of ours") \
    ROW(REFUSED_NO_TRANSACTION, "481: CANCEL for a transaction that does not exist") \
    ROW(REFUSED_FOREIGN_ROUTE, "403: a new request may not choose its way by a Route of others") \
    ROW(REFUSED_UNRESOLVABLE, "500: the next hop of a request in a dialog is a name we cannot resolve") \
    ROW(REFUSED_DRAINING, "503: this node takes no new calls") \
    ROW(REFUSED_OVERLOAD, "503: no room for another transaction or call") \
    ROW(REFUSED_TOO_LARGE, "513: the message would grow past what a datagram carries") \
    ROW(REFUSED_METHOD, "405: this node does not serve that method") \
    ROW(DROPPED_UNKNOWN_SOURCE, "dropped: the source address is on no whitelist") \
    ROW(DROPPED_BANNED, "dropped: the source is banned for wrong passwords") \
    ROW(DROPPED_SCANNER, "dropped: User-Agent is on the list of scanners") \
    ROW(DROPPED_TOO_MANY, "dropped: more requests than a source may send that has proved nothing") \
    ROW(DROPPED_MALFORMED, "dropped: malformed, and no answer is possible") \
    ROW(DROPPED_STRAY_RESPONSE, "dropped: a response that matches no transaction of ours") \
    ROW(DROPPED_RING_FULL, "dropped: the ring to the worker it belongs to is full") \
    ROW(DROPPED_STREAMS_BUSY, "dropped: the ring to the TCP and TLS connections is full") \
    ROW(DROPPED_UNSENDABLE, "dropped: the kernel would not take the datagram") \
    ROW(DROPPED_NOTICE, "dropped: news of a zone, for the ring to the control plane is full") \
    ROW(DROPPED_RECORD, "dropped: a call's record, for the journal was full") \
    ROW(RECORDED, "a call's record was put into the journal") \
    ROW(DROPPED_TAPPED, "dropped: a copy for HEP or a trace, for the ring to the control plane is full") \
    ROW(PROBED, "a probe was sent") \
    ROW(HANDED_OFF, "handed to the worker it belongs to") \
    ROW(FAR_END_ERROR_ICMP, "an attempt failed: its target is unreachable (ICMP)") \
    ROW(FAR_END_ERROR_SEND, "an attempt failed: the kernel knows no way to its target") \
    ROW(FAR_END_ERROR_STREAM, "an attempt failed: no connection to its target, or it broke (TCP, TLS)") \
    ROW(FAR_END_SILENT, "an attempt failed: no response of any kind in time") \
    ROW(FAR_END_RINGS_ON, "an attempt failed: it rang for too long") \
    ROW(FAR_END_OUT, "an attempt failed: it rang at a zone that went down") \
    ROW(ENDED_BY_BYE, "a call ended with BYE") \
    ROW(ENDED_BY_481, "a call ended: the far end does not know it any more") \
    ROW(ENDED_WITHOUT_ACK, "a call ended: no ACK within 32 s of its 2xx") \
    ROW(ENDED_BY_SESSION_TIMER, "a call ended: its session timer expired, or it reached max_call_s") \
    ROW(ENDED_BY_RESTART, "a call ended: the node stopped before it was answered, or came back after its time was over") \
    ROW(ENDED_BEFORE_ANSWER, "a call ended before it was answered") \
    ROW(TIMED_OUT_REQUEST, "a request got no final response in 32 s") \
    ROW(TIMED_OUT_ACK, "a final response was never acknowledged") \
    ROW(RESENT_REQUEST, "a request was retransmitted") \
    ROW(RESENT_RESPONSE, "a final response was retransmitted")

enum Reason {
#define ROW(symbol, sentence) REASON_##symbol,
    REASON_ROWS
#undef ROW
    REASONS
};

static const char *const REASON_SYMBOLS[REASONS] = {
#define ROW(symbol, sentence) #symbol,
    REASON_ROWS
#undef ROW
};

static const char *const REASON_SENTENCES[REASONS] = {
#define ROW(symbol, sentence) sentence,
    REASON_ROWS
#undef ROW
};
#endif
