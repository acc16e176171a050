"""Who gets a new call: one test per row and rule of the HA modes table."""
import pytest

from .agent import Agent, caller_dialog, is_final_of_invite
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(
        Trunk("primary-only", "only_primary"),
        Trunk("default", mode=""),
        Trunk("lonely", "only_primary", secondary=""),
        Trunk("shared", "load_balancing"),
        Trunk("shared-silent", "load_balancing"),
        Trunk("shared-small", "load_balancing", calls=2),
        Trunk("shared-challenged", "load_balancing"),
        Trunk("failing-over", "auto_failover"),
    )


def place_call(edge: Edge, caller: Agent, legs: list[Agent], trunk: str, answer: int = 200) -> tuple[int, int]:
    """Place a call that the leg it comes to answers; end it if it was answered. Return (leg, status at the caller)."""
    invite = caller.invite(edge[trunk].number)
    leg, arrived = who_got(edge, legs, invite)
    legs[leg].respond(arrived, answer)
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    if final.status < 300:
        legs[leg].wait("ACK", call_id=invite.call_id)
        caller.send_in_dialog("BYE", caller_dialog(invite, final, edge.address))
        legs[leg].respond(legs[leg].wait("BYE", call_id=invite.call_id), 200)
        caller.wait(200, call_id=invite.call_id)
    return leg, final.status


def who_got(edge: Edge, legs: list[Agent], invite: Message) -> tuple[int, Message]:
    edge.settle()
    got = [leg for leg, agent in enumerate(legs) if agent.count("INVITE", call_id=invite.call_id)]
    assert len(got) == 1, f"the INVITE came to {len(got)} legs"
    return got[0], legs[got[0]].wait("INVITE", call_id=invite.call_id)


def test_only_primary_sends_every_call_to_the_primary(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("primary-only", 0), edge.leg("primary-only", 1)]
    assert [place_call(edge, caller, legs, "primary-only") for _ in range(6)] == [(0, 200)] * 6


@pytest.mark.parametrize("status", [408, 480, 500, 502, 504, 580])
def test_only_primary_gives_the_secondary_no_call_when_the_primary_fails(edge: Edge, status: int) -> None:
    caller, legs = edge.caller(), [edge.leg("primary-only", 0), edge.leg("primary-only", 1)]
    assert place_call(edge, caller, legs, "primary-only", status) == (0, status)


def test_only_primary_works_without_a_secondary(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("lonely", 0)]
    assert place_call(edge, caller, legs, "lonely") == (0, 200)


def test_only_primary_is_the_default_mode(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("default", 0), edge.leg("default", 1)]
    assert [place_call(edge, caller, legs, "default") for _ in range(3)] == [(0, 200)] * 3
    assert edge.trunk_status("default")["mode"] == "only_primary"


def test_load_balancing_alternates_strictly(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("shared", 0), edge.leg("shared", 1)]
    taken = [place_call(edge, caller, legs, "shared")[0] for _ in range(10)]
    assert taken == [0, 1] * 5


@pytest.mark.parametrize("status", [408, 480, 486, 500, 502, 504, 603])
def test_load_balancing_alternates_whatever_became_of_earlier_calls_and_never_retries(edge: Edge, status: int) -> None:
    caller, legs = edge.caller(), [edge.leg("shared", 0), edge.leg("shared", 1)]
    results = [place_call(edge, caller, legs, "shared", status) for _ in range(4)]
    assert results == [(0, status), (1, status)] * 2


def test_modes_that_do_not_fail_over_end_a_silent_call_with_408_after_one_leg(edge: Edge) -> None:
    caller = edge.caller()
    legs = {trunk: [edge.leg(trunk, 0), edge.leg(trunk, 1)] for trunk in ("primary-only", "shared-silent")}
    invites = {trunk: [caller.invite(edge[trunk].number) for _ in range(2)] for trunk in legs}
    for trunk in legs:
        for invite in invites[trunk]:
            final = caller.wait(is_final_of_invite, call_id=invite.call_id)
            caller.ack(invite, final)
            assert final.status == 408
    assert [[bool(leg.count("INVITE", call_id=invite.call_id)) for leg in legs["primary-only"]] for invite in invites["primary-only"]] == [[True, False]] * 2
    assert [[bool(leg.count("INVITE", call_id=invite.call_id)) for leg in legs["shared-silent"]] for invite in invites["shared-silent"]] \
        == [[True, False], [False, True]]


def test_load_balancing_cursor_stays_on_a_retransmission(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("shared", 0), edge.leg("shared", 1)]
    invite = caller.invite(edge["shared"].number)
    first, arrived = who_got(edge, legs, invite)
    for _ in range(5):
        caller.send(invite.raw)
    edge.settle()
    assert [leg.count("INVITE") for leg in legs] == [0, 0]
    legs[first].respond(arrived, 404)
    caller.ack(invite, caller.wait(404))
    assert place_call(edge, caller, legs, "shared")[0] == 1 - first
    assert place_call(edge, caller, legs, "shared")[0] == first


def test_load_balancing_cursor_stays_on_a_pool_refusal(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("shared-small", 0), edge.leg("shared-small", 1)]
    held = [caller.invite(edge["shared-small"].number) for _ in range(2)]
    arrived = [legs[leg].wait("INVITE", call_id=held[leg].call_id) for leg in (0, 1)]
    for _ in range(3):
        refused = caller.invite(edge["shared-small"].number)
        caller.ack(refused, caller.wait(486, call_id=refused.call_id))
    for leg in (0, 1):
        legs[leg].respond(arrived[leg], 404)
        caller.ack(held[leg], caller.wait(404, call_id=held[leg].call_id))
    assert [place_call(edge, caller, legs, "shared-small")[0] for _ in range(2)] == [0, 1]


def test_load_balancing_cursor_stays_on_reinvite(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("shared", 0), edge.leg("shared", 1)]
    invite = caller.invite(edge["shared"].number)
    first, arrived = who_got(edge, legs, invite)
    legs[first].respond(arrived, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    dialog = caller_dialog(invite, ok, edge.address)
    caller.send_in_dialog("INVITE", dialog)
    again = legs[first].wait("INVITE")
    legs[first].respond(again, 488)
    refused = caller.wait(488)
    assert refused.cseq == invite.cseq + 1
    assert place_call(edge, caller, legs, "shared")[0] == 1 - first
    caller.send_in_dialog("BYE", dialog)
    legs[first].respond(legs[first].wait("BYE"), 200)
    caller.wait(lambda message: message.status == 200 and message.method == "BYE")
    assert place_call(edge, caller, legs, "shared")[0] == first


def test_load_balancing_keeps_its_leg_when_a_call_is_sent_again_after_407(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("shared-challenged", 0), edge.leg("shared-challenged", 1)]
    challenged = caller.invite(edge["shared-challenged"].number)
    first, arrived = who_got(edge, legs, challenged)
    legs[first].respond(arrived, 407, headers=[("Proxy-Authenticate", 'Digest realm="far", nonce="1"')])
    final = caller.wait(407)
    assert final.header("Proxy-Authenticate")
    caller.ack(challenged, final)
    again = caller.invite(edge["shared-challenged"].number, call_id=challenged.call_id, cseq=2, from_value=challenged.header("From"),
                          headers=[("Proxy-Authorization", 'Digest username="a", realm="far", nonce="1", response="0"')])
    leg, arrived = who_got(edge, legs, again)
    assert leg == first
    legs[leg].respond(arrived, 404)
    caller.ack(again, caller.wait(404))


def test_auto_failover_takes_the_primary_first_and_the_secondary_for_a_failed_call_only(edge: Edge) -> None:
    caller, legs = edge.caller(), [edge.leg("failing-over", 0), edge.leg("failing-over", 1)]
    assert place_call(edge, caller, legs, "failing-over") == (0, 200)
    invite = caller.invite(edge["failing-over"].number)
    legs[0].respond(legs[0].wait("INVITE"), 503)
    legs[1].respond(legs[1].wait("INVITE"), 404)
    caller.ack(invite, caller.wait(404))
    assert place_call(edge, caller, legs, "failing-over") == (0, 200)


def test_status_counts_attempts_answers_and_failovers_per_leg(edge: Edge) -> None:
    before = edge.trunk_status("failing-over")["legs"]
    caller, legs = edge.caller(), [edge.leg("failing-over", 0), edge.leg("failing-over", 1)]
    place_call(edge, caller, legs, "failing-over")
    invite = caller.invite(edge["failing-over"].number)
    legs[0].respond(legs[0].wait("INVITE"), 503)
    legs[1].respond(legs[1].wait("INVITE"), 404)
    caller.ack(invite, caller.wait(404))
    after = edge.trunk_status("failing-over")["legs"]
    moved = {leg: {name: after[leg][name] - before[leg][name] for name in ("attempts", "answered", "calls")} for leg in after}
    assert moved == {"primary": {"attempts": 2, "answered": 1, "calls": 0}, "secondary": {"attempts": 1, "answered": 0, "calls": 0}}
    assert sum(after[leg]["failovers"] - before[leg]["failovers"] for leg in after) == 1
