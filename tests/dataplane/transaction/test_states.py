"""The four state machines, entry by entry, against tables written from the text of RFC 3261 §17 and RFC 6026, not from states.h."""
import pytest

from tests import _transaction
from tests._transaction import client_step, server_step

# (state, event): (next state, what is to be done). A client's "calling" is a non-INVITE's "trying" too.

INVITE_CLIENT = {                                                       # RFC 3261 §17.1.1.2, figure 5, as RFC 6026 §7.2 amends it
    ("calling", "resend due"): ("calling", {"resend"}),                         # timer A
    ("calling", "timeout"): ("terminated", {"fail"}),                           # timer B: informs the TU
    ("calling", "transport error"): ("terminated", {"fail"}),                   # informs the TU
    ("calling", "1xx"): ("proceeding", {"pass"}),
    ("calling", "2xx"): ("accepted", {"pass"}),
    ("calling", "3xx-6xx"): ("completed", {"send ACK", "pass"}),
    ("proceeding", "1xx"): ("proceeding", {"pass"}),
    ("proceeding", "2xx"): ("accepted", {"pass"}),
    ("proceeding", "3xx-6xx"): ("completed", {"send ACK", "pass"}),
    ("proceeding", "resend due"): ("proceeding", set()),                        # "SHOULD NOT retransmit the request any longer"
    ("completed", "3xx-6xx"): ("completed", {"send ACK"}),                      # "MUST NOT be passed up to the TU"
    ("completed", "1xx"): ("completed", set()),
    ("completed", "resend due"): ("completed", set()),
    ("completed", "timeout"): ("terminated", set()),                            # timer D
    ("accepted", "2xx"): ("accepted", {"pass"}),                                # RFC 6026 §7.2: each one goes to the TU
    ("accepted", "1xx"): ("accepted", set()),
    ("accepted", "3xx-6xx"): ("accepted", set()),
    ("accepted", "resend due"): ("accepted", set()),
    ("accepted", "transport error"): ("accepted", set()),
    ("accepted", "timeout"): ("terminated", set()),                             # timer M
}
INVITE_CLIENT_CANCELLED = {                                             # RFC 3261 §9.1 and §16.8, which the machine carries along
    ("calling", "cancel"): ("abandoned", set()),                                # "MUST NOT be sent" before a provisional response
    ("abandoned", "1xx"): ("cancelling", {"send CANCEL"}),
    ("proceeding", "cancel"): ("cancelling", {"send CANCEL"}),
    ("cancelling", "resend due"): ("cancelling", {"send CANCEL"}),              # CANCEL is a request of its own: timer E
    ("cancelling", "1xx"): ("cancelling", set()),
    ("proceeding", "timeout"): ("terminated", {"fail"}),                        # timer C (§16.8)
    ("cancelling", "timeout"): ("terminated", {"fail"}),                        # 64*T1 after CANCEL: "consider it cancelled"
    ("abandoned", "timeout"): ("terminated", {"fail"}),                         # timer B
    ("abandoned", "transport error"): ("terminated", {"fail"}),
    ("abandoned", "resend due"): ("abandoned", set()),                          # who waits for no answer asks no more
    ("abandoned", "2xx"): ("accepted", {"pass"}),                               # a late 2xx is a call, and is never ignored
    ("cancelling", "2xx"): ("accepted", {"pass"}),
    ("completed", "2xx"): ("accepted", {"pass"}),
    ("abandoned", "3xx-6xx"): ("completed", {"send ACK", "pass"}),              # 487 as a rule (§9.1)
    ("cancelling", "3xx-6xx"): ("completed", {"send ACK", "pass"}),
    ("abandoned", "cancel"): ("abandoned", set()),
    ("cancelling", "cancel"): ("cancelling", set()),
    ("completed", "cancel"): ("completed", set()),                              # "no effect" after a final response
    ("accepted", "cancel"): ("accepted", set()),
    ("calling", "give up"): ("abandoned", {"fail"}),                            # failover: the search goes on with the next target
    ("abandoned", "give up"): ("abandoned", {"fail"}),                          # it was cancelled, and had not failed before
    ("proceeding", "give up"): ("cancelling", {"send CANCEL", "fail"}),
    ("cancelling", "give up"): ("cancelling", set()),
    ("completed", "give up"): ("completed", set()),
    ("accepted", "give up"): ("accepted", set()),
}
INVITE_CLIENT_DEVIATING = {                                             # ICMP about an ACK or CANCEL tells nothing about the call
    ("proceeding", "transport error"): ("proceeding", set()),
    ("cancelling", "transport error"): ("cancelling", set()),
    ("completed", "transport error"): ("completed", set()),                     # figure 5: terminated, informs the TU
}
OTHER_CLIENT = {                                                        # RFC 3261 §17.1.2.2, figure 6
    ("calling", "resend due"): ("calling", {"resend"}),                         # timer E
    ("calling", "timeout"): ("terminated", {"fail"}),                           # timer F
    ("calling", "transport error"): ("terminated", {"fail"}),
    ("calling", "1xx"): ("proceeding", {"pass"}),
    ("calling", "2xx"): ("completed", {"pass"}),
    ("calling", "3xx-6xx"): ("completed", {"pass"}),
    ("proceeding", "resend due"): ("proceeding", {"resend"}),                   # timer E, at T2
    ("proceeding", "timeout"): ("terminated", {"fail"}),
    ("proceeding", "transport error"): ("terminated", {"fail"}),
    ("proceeding", "1xx"): ("proceeding", {"pass"}),
    ("proceeding", "2xx"): ("completed", {"pass"}),
    ("proceeding", "3xx-6xx"): ("completed", {"pass"}),
    ("completed", "1xx"): ("completed", set()),                                 # Completed "exists to buffer any additional response retransmissions"
    ("completed", "2xx"): ("completed", set()),
    ("completed", "3xx-6xx"): ("completed", set()),
    ("completed", "resend due"): ("completed", set()),
    ("completed", "transport error"): ("completed", set()),
    ("completed", "timeout"): ("terminated", set()),                            # timer K
}
OTHER_CLIENT_GIVEN_UP = {                                               # failover of an out-of-dialog request; nothing but INVITE is cancelled (§9.1)
    ("calling", "give up"): ("abandoned", {"fail"}),
    ("abandoned", "give up"): ("abandoned", set()),
    ("proceeding", "give up"): ("proceeding", set()),
    ("completed", "give up"): ("completed", set()),
    ("calling", "cancel"): ("calling", set()),
    ("abandoned", "cancel"): ("abandoned", set()),
    ("proceeding", "cancel"): ("proceeding", set()),
    ("completed", "cancel"): ("completed", set()),
    ("abandoned", "resend due"): ("abandoned", set()),
    ("abandoned", "1xx"): ("abandoned", set()),
    ("abandoned", "2xx"): ("completed", {"pass"}),
    ("abandoned", "3xx-6xx"): ("completed", {"pass"}),
    ("abandoned", "transport error"): ("terminated", {"fail"}),
    ("abandoned", "timeout"): ("terminated", {"fail"}),
}
INVITE_SERVER = {                                                       # RFC 3261 §17.2.1, figure 7, as RFC 6026 §7.1 amends it
    ("proceeding", "sends 1xx"): ("proceeding", {"pass"}),
    ("proceeding", "sends 2xx"): ("accepted", {"pass"}),
    ("proceeding", "sends 3xx-6xx"): ("completed", {"pass"}),
    ("proceeding", "ACK"): ("proceeding", set()),
    ("proceeding", "resend due"): ("proceeding", set()),
    ("proceeding", "timeout"): ("proceeding", set()),
    ("completed", "request"): ("completed", {"resend"}),
    ("completed", "resend due"): ("completed", {"resend"}),                     # timer G
    ("completed", "ACK"): ("confirmed", set()),
    ("completed", "timeout"): ("terminated", set()),                            # timer H
    ("completed", "sends 1xx"): ("completed", {"absorb"}),
    ("completed", "sends 2xx"): ("completed", {"absorb"}),
    ("completed", "sends 3xx-6xx"): ("completed", {"absorb"}),
    ("confirmed", "request"): ("confirmed", set()),
    ("confirmed", "ACK"): ("confirmed", set()),                                 # "absorb any additional ACK messages"
    ("confirmed", "resend due"): ("confirmed", set()),
    ("confirmed", "timeout"): ("terminated", set()),                            # timer I
    ("confirmed", "sends 1xx"): ("confirmed", {"absorb"}),
    ("confirmed", "sends 2xx"): ("confirmed", {"absorb"}),
    ("confirmed", "sends 3xx-6xx"): ("confirmed", {"absorb"}),
    ("accepted", "request"): ("accepted", set()),                               # RFC 6026 §7.1: retransmissions are absorbed
    ("accepted", "ACK"): ("accepted", set()),                                   # it has a branch of its own, and is routed as a request
    ("accepted", "sends 2xx"): ("accepted", {"pass"}),                          # RFC 6026 §7.1: each one goes out
    ("accepted", "sends 1xx"): ("accepted", {"absorb"}),
    ("accepted", "sends 3xx-6xx"): ("accepted", {"absorb"}),
    ("accepted", "resend due"): ("accepted", set()),                            # a 2xx is retransmitted end to end
    ("accepted", "timeout"): ("terminated", set()),                             # timer L
}
INVITE_SERVER_DEVIATING = {                                             # §17.2.1: the last provisional response, again
    ("proceeding", "request"): ("proceeding", {"send 100"}),
}
OTHER_SERVER = {                                                        # RFC 3261 §17.2.2, figure 8
    ("trying", "request"): ("trying", set()),                                   # "any further request retransmissions are discarded"
    ("trying", "sends 1xx"): ("proceeding", {"pass"}),
    ("trying", "sends 2xx"): ("completed", {"pass"}),
    ("trying", "sends 3xx-6xx"): ("completed", {"pass"}),
    ("proceeding", "request"): ("proceeding", {"resend"}),
    ("proceeding", "sends 1xx"): ("proceeding", {"pass"}),
    ("proceeding", "sends 2xx"): ("completed", {"pass"}),
    ("proceeding", "sends 3xx-6xx"): ("completed", {"pass"}),
    ("completed", "request"): ("completed", {"resend"}),
    ("completed", "sends 1xx"): ("completed", {"absorb"}),
    ("completed", "sends 2xx"): ("completed", {"absorb"}),                      # "MUST be discarded"
    ("completed", "sends 3xx-6xx"): ("completed", {"absorb"}),
    ("completed", "timeout"): ("terminated", set()),                            # timer J
    **{(state, event): (state, set()) for state in ("trying", "proceeding", "completed") for event in ("ACK", "resend due")},
}
OTHER_SERVER_UNANSWERED = {                                             # ours: nobody answered, and nobody asks any more
    ("trying", "timeout"): ("terminated", set()),
    ("proceeding", "timeout"): ("terminated", set()),
}


def entries(table):
    return [pytest.param(state, event, *following, id=f"{state}-{event}") for (state, event), following in table.items()]


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(INVITE_CLIENT))
def test_invite_client_transaction_rfc3261_17_1_1_2_rfc6026_7_2(state, event, following, actions):
    assert client_step(True, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(INVITE_CLIENT_CANCELLED))
def test_invite_client_transaction_that_is_cancelled_or_given_up_rfc3261_9_1_16_8(state, event, following, actions):
    assert client_step(True, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(INVITE_CLIENT_DEVIATING))
def test_invite_client_transaction_outlives_a_transport_error_once_it_was_answered_unlike_rfc3261_17_1_1_2(state, event, following, actions):
    assert client_step(True, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(OTHER_CLIENT))
def test_other_client_transaction_rfc3261_17_1_2_2(state, event, following, actions):
    assert client_step(False, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(OTHER_CLIENT_GIVEN_UP))
def test_other_client_transaction_that_is_given_up_is_never_cancelled_rfc3261_9_1(state, event, following, actions):
    assert client_step(False, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(INVITE_SERVER))
def test_invite_server_transaction_rfc3261_17_2_1_rfc6026_7_1(state, event, following, actions):
    assert server_step(True, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(INVITE_SERVER_DEVIATING))
def test_retransmitted_invite_is_answered_with_100_while_proceeding_unlike_rfc3261_17_2_1(state, event, following, actions):
    assert server_step(True, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(OTHER_SERVER))
def test_other_server_transaction_rfc3261_17_2_2(state, event, following, actions):
    assert server_step(False, state, event) == (following, actions)


@pytest.mark.parametrize(("state", "event", "following", "actions"), entries(OTHER_SERVER_UNANSWERED))
def test_other_server_transaction_that_nobody_answers_ends(state, event, following, actions):
    assert server_step(False, state, event) == (following, actions)


MACHINES = [
    pytest.param(client_step, True, "calling", [INVITE_CLIENT, INVITE_CLIENT_CANCELLED, INVITE_CLIENT_DEVIATING], _transaction.CLIENT_EVENTS,
                 id="invite_client"),
    pytest.param(client_step, False, "calling", [OTHER_CLIENT, OTHER_CLIENT_GIVEN_UP], _transaction.CLIENT_EVENTS, id="other_client"),
    pytest.param(server_step, True, "proceeding", [INVITE_SERVER, INVITE_SERVER_DEVIATING], _transaction.SERVER_EVENTS, id="invite_server"),
    pytest.param(server_step, False, "trying", [OTHER_SERVER, OTHER_SERVER_UNANSWERED], _transaction.SERVER_EVENTS, id="other_server")]


@pytest.mark.parametrize(("step", "is_invite", "start", "tables", "events"), MACHINES)
def test_the_tables_above_cover_every_event_in_every_state_that_can_be_reached(step, is_invite, start, tables, events):
    reached, waiting = set(), [start]
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [step(is_invite, state, event)[0] for event in events]
    assert sum(len(table) for table in tables) == len(set().union(*tables))
    assert set().union(*tables) == {(state, event) for state in reached - {"terminated"} for event in events}
    assert "terminated" in reached


@pytest.mark.parametrize(("step", "is_invite", "start", "tables", "events"), MACHINES)
def test_what_is_terminated_does_nothing_any_more(step, is_invite, start, tables, events):
    assert all(step(is_invite, "terminated", event) == ("terminated", set()) for event in events)


def test_the_timers_are_those_of_table_4_for_udp_rfc3261_17_rfc6026_7():
    t1, t2, t4 = 500, 4000, 5000
    assert _transaction.TIMERS_MS == {
        "T1": t1, "T2": t2, "T4": t4, "I": t4, "K": t4, "C": 180_000,
        "B": 64 * t1, "D": 32_000, "F": 64 * t1, "H": 64 * t1, "J": 64 * t1, "L": 64 * t1, "M": 64 * t1}
