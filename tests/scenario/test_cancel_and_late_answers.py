"""CANCEL at every moment of a call, and answers that come after their attempt was given up. (RFC 3261 §9, §16.7, §16.10)"""
import pytest

from .agent import Agent, caller_dialog, is_final_of_invite
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message, tag_of


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(Trunk("quick", settings={"no_response_ms": 400}), Trunk("by-the-book"))


def cancelled(caller: Agent, invite: Message) -> None:
    """Cancel, and see it answered 200 at once."""
    caller.cancel(invite)
    ok = caller.wait(200, call_id=invite.call_id)
    assert ok.method == "CANCEL" and ok.cseq == invite.cseq


def ends_with_487(caller: Agent, invite: Message) -> None:
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    assert final.status == 487


def obey(far_end: Agent, ringing: Message) -> None:
    """Do what a CANCEL asks for: 200 to it, 487 to the INVITE."""
    cancel = far_end.wait("CANCEL")
    assert cancel.branch == ringing.branch
    far_end.respond(cancel, 200)
    far_end.respond(ringing, 487)
    far_end.wait("ACK")


def hang_up(edge: Edge, caller: Agent, far_end: Agent, invite: Message, ok: Message) -> None:
    caller.send_in_dialog("BYE", caller_dialog(invite, ok, edge.address))
    far_end.respond(far_end.wait("BYE"), 200)
    caller.wait(lambda message: message.status == 200 and message.method == "BYE")


# ---------------------------------------------------------------------------------------- CANCEL


def test_cancel_after_180_is_forwarded_and_ends_with_487(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("quick", 0), edge.leg("quick", 1)
    invite = caller.invite(edge["quick"].number)
    ringing = primary.wait("INVITE")
    primary.respond(ringing, 180)
    caller.wait(180)
    cancelled(caller, invite)
    obey(primary, ringing)
    ends_with_487(caller, invite)
    assert secondary.count("INVITE") == 0
    assert edge.calls("quick") == 0


def test_cancel_before_any_response_waits_for_the_first_1xx_rfc3261_9_1(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("by-the-book", 0), edge.leg("by-the-book", 1)
    invite = caller.invite(edge["by-the-book"].number)
    arrived = primary.wait("INVITE")
    cancelled(caller, invite)
    edge.settle()
    assert primary.count("CANCEL") == 0
    primary.respond(arrived, 100)
    obey(primary, arrived)
    ends_with_487(caller, invite)
    assert secondary.count("INVITE") == 0


def test_cancel_during_silence_starts_no_new_attempt_and_ends_with_487(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("quick", 0), edge.leg("quick", 1)
    invite = caller.invite(edge["quick"].number)
    primary.wait("INVITE")
    cancelled(caller, invite)
    ends_with_487(caller, invite)
    assert secondary.count("INVITE") == 0
    assert edge.calls("quick") == 0


@pytest.mark.parametrize("status", [408, 480, 500, 503, 580])
def test_cancel_crossing_a_failure_starts_no_new_attempt(edge: Edge, status: int) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("by-the-book", 0), edge.leg("by-the-book", 1)
    invite = caller.invite(edge["by-the-book"].number)
    arrived = primary.wait("INVITE")
    cancelled(caller, invite)
    primary.respond(arrived, status)
    final = caller.wait(is_final_of_invite)
    caller.ack(invite, final)
    assert final.status >= 400
    edge.settle()
    assert secondary.count("INVITE") == 0
    assert edge.calls("by-the-book") == 0


def test_cancel_just_before_a_closed_port_is_noticed_starts_no_new_attempt(edge: Edge) -> None:
    caller, secondary = edge.caller(), edge.leg("by-the-book", 1)
    invites = []
    for _ in range(20):
        invites.append(caller.invite(edge["by-the-book"].number))
        caller.cancel(invites[-1])
    for invite in invites:
        caller.wait(lambda message: message.status == 200 and message.method == "CANCEL", call_id=invite.call_id)
    edge.settle()
    arrived = {message.call_id: message for message in secondary.drain() if message.method == "INVITE"}
    for invite in invites:
        if invite.call_id in arrived:       # the closed port was noticed before the CANCEL came: the secondary is cancelled
            secondary.respond(arrived[invite.call_id], 180)
            secondary.respond(secondary.wait("CANCEL", call_id=invite.call_id), 200)
            secondary.respond(arrived[invite.call_id], 487)
        final = caller.wait(is_final_of_invite, call_id=invite.call_id)
        caller.ack(invite, final)
        assert final.status in (487, 500)
    assert edge.calls("by-the-book") == 0


def test_cancel_between_attempts_cancels_the_second_one(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("by-the-book", 0), edge.leg("by-the-book", 1)
    invite = caller.invite(edge["by-the-book"].number)
    primary.respond(primary.wait("INVITE"), 503)
    arrived = secondary.wait("INVITE")
    cancelled(caller, invite)
    secondary.respond(arrived, 183)
    obey(secondary, arrived)
    ends_with_487(caller, invite)


def test_cancel_crossing_200_leaves_the_call_up(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("by-the-book", 0)
    invite = caller.invite(edge["by-the-book"].number)
    ringing = primary.wait("INVITE")
    primary.respond(ringing, 180)
    caller.wait(180)
    primary.respond(ringing, 200)
    caller.cancel(invite)
    ok = caller.wait(lambda message: message.status == 200 and message.method == "INVITE")
    caller.wait(lambda message: message.status == 200 and message.method == "CANCEL")
    caller.ack(invite, ok)
    primary.wait("ACK")
    assert edge.calls("by-the-book") == 1
    assert caller.count(487) == 0
    hang_up(edge, caller, primary, invite, ok)
    assert edge.calls("by-the-book") == 0


def test_200_crossing_a_cancel_that_was_forwarded_is_relayed_and_the_call_is_up(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("by-the-book", 0)
    invite = caller.invite(edge["by-the-book"].number)
    ringing = primary.wait("INVITE")
    primary.respond(ringing, 180)
    caller.wait(180)
    cancelled(caller, invite)
    primary.respond(primary.wait("CANCEL"), 481)
    primary.respond(ringing, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    primary.wait("ACK")
    hang_up(edge, caller, primary, invite, ok)
    assert edge.calls("by-the-book") == 0


def test_repeated_cancel_is_answered_again_and_forwarded_once(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("by-the-book", 0)
    invite = caller.invite(edge["by-the-book"].number)
    ringing = primary.wait("INVITE")
    primary.respond(ringing, 180)
    caller.wait(180)
    for _ in range(3):
        cancelled(caller, invite)
    edge.settle()
    assert primary.count("CANCEL") == 1
    obey(primary, ringing)
    ends_with_487(caller, invite)
    cancelled(caller, invite)
    assert edge.calls("by-the-book") == 0


def test_cancel_after_a_final_failure_changes_nothing(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("by-the-book", 0)
    invite = caller.invite(edge["by-the-book"].number)
    primary.respond(primary.wait("INVITE"), 404)
    caller.wait(404)
    cancelled(caller, invite)
    edge.settle()
    assert primary.count("CANCEL") == 0 and caller.count(487) == 0


def test_cancel_for_nothing_is_answered_481(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("by-the-book", 0)
    caller.request("CANCEL", edge["by-the-book"].number)
    caller.wait(481)
    assert primary.count("CANCEL") == 0


# ---------------------------------------------------------------------------------------- late answers


def abandon_primary(edge: Edge) -> tuple[Agent, Agent, Agent, Message, Message, Message]:
    """Place a call whose primary is silent until the secondary is called."""
    caller, primary, secondary = edge.caller(), edge.leg("quick", 0), edge.leg("quick", 1)
    invite = caller.invite(edge["quick"].number)
    at_primary = primary.wait("INVITE")
    at_secondary = secondary.wait("INVITE")
    return caller, primary, secondary, invite, at_primary, at_secondary


@pytest.mark.parametrize("status", [100, 180, 183])
def test_late_provisional_is_answered_with_cancel_and_not_relayed(edge: Edge, status: int) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    primary.respond(at_primary, status)
    obey(primary, at_primary)
    assert caller.count(lambda message: message.status > 100) == 0
    secondary.respond(at_secondary, 404)
    caller.ack(invite, caller.wait(is_final_of_invite))
    assert caller.count(487) == 0


def test_late_2xx_wins_while_the_other_attempt_rings(edge: Edge) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    secondary.respond(at_secondary, 180)
    caller.wait(180)
    primary.respond(at_primary, 200, tag="late")
    ok = caller.wait(200)
    assert tag_of(ok.header("To")) == "late"
    obey(secondary, at_secondary)
    caller.ack(invite, ok)
    primary.wait("ACK")
    assert primary.count("BYE") == 0
    listed = [call for call in edge.ask("calls") if call["call_id"] == invite.call_id]
    assert [call["leg_name"] for call in listed] == ["primary"]
    hang_up(edge, caller, primary, invite, ok)
    assert edge.calls("quick") == 0


def test_late_2xx_after_another_2xx_is_acknowledged_and_ended_with_bye(edge: Edge) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    secondary.respond(at_secondary, 200, tag="first")
    ok = caller.wait(200)
    caller.ack(invite, ok)
    secondary.wait("ACK")
    primary.respond(at_primary, 200, tag="late")
    ack, bye = primary.wait("ACK"), primary.wait("BYE")
    assert ack.cseq == at_primary.cseq and bye.cseq > ack.cseq
    for sent in (ack, bye):
        assert sent.call_id == invite.call_id
        assert tag_of(sent.header("To")) == "late" and tag_of(sent.header("From")) == tag_of(invite.header("From"))
        assert primary.sent_by in sent.request_uri
    primary.respond(bye, 200)
    edge.settle()
    assert caller.count(200) == 0, "the caller hears of one answer only"
    assert edge.calls("quick") == 1
    hang_up(edge, caller, secondary, invite, ok)
    assert edge.calls("quick") == 0


def test_retransmitted_late_2xx_is_acknowledged_again_and_ended_once(edge: Edge) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    secondary.respond(at_secondary, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    for _ in range(3):
        primary.respond(at_primary, 200, tag="late")
        primary.wait("ACK")
    edge.settle()
    byes = [message for message in primary.drain() if message.method == "BYE"]
    assert len({message.raw for message in byes}) == 1
    primary.respond(byes[0], 200)
    secondary.wait("ACK")
    hang_up(edge, caller, secondary, invite, ok)


def test_late_2xx_after_the_call_was_refused_is_ended_with_bye(edge: Edge) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    secondary.respond(at_secondary, 486)
    caller.ack(invite, caller.wait(486))
    assert edge.calls("quick") == 0
    primary.respond(at_primary, 200)
    primary.wait("ACK")
    primary.respond(primary.wait("BYE"), 200)
    edge.settle()
    assert caller.count(200) == 0
    assert edge.calls("quick") == 0


def test_late_2xx_after_cancel_and_487_is_ended_with_bye(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("quick", 0)
    edge.leg("quick", 1)
    invite = caller.invite(edge["quick"].number)
    arrived = primary.wait("INVITE")
    cancelled(caller, invite)
    ends_with_487(caller, invite)
    primary.respond(arrived, 200)
    primary.wait("ACK")
    primary.respond(primary.wait("BYE"), 200)
    edge.settle()
    assert caller.count(200) == 0
    assert edge.calls("quick") == 0


@pytest.mark.parametrize("status", [404, 486, 503])
def test_late_failure_is_acknowledged_and_changes_nothing(edge: Edge, status: int) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    secondary.respond(at_secondary, 180)
    caller.wait(180)
    primary.respond(at_primary, status)
    primary.wait("ACK")
    edge.settle()
    assert caller.count(is_final_of_invite) == 0
    secondary.respond(at_secondary, 200)
    ok = caller.wait(200)
    caller.ack(invite, ok)
    secondary.wait("ACK")
    hang_up(edge, caller, secondary, invite, ok)


def test_late_603_stops_the_search_and_cancels_what_rings(edge: Edge) -> None:
    caller, primary, secondary, invite, at_primary, at_secondary = abandon_primary(edge)
    secondary.respond(at_secondary, 180)
    caller.wait(180)
    primary.respond(at_primary, 603)
    primary.wait("ACK")
    obey(secondary, at_secondary)
    final = caller.wait(is_final_of_invite)
    caller.ack(invite, final)
    assert final.status == 603
