"""Far ends that are not there: closed ports, silence, ringing without end, and what the caller gets when nobody is left."""
import pytest

from .agent import SDP, Agent, is_final_of_invite
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(
        Trunk("by-the-book"),
        Trunk("quick", settings={"no_response_ms": 400}),
        Trunk("ring-1s", settings={"ring_timeout_s": 1}),
        Trunk("ring-1s-never", settings={"ring_timeout_s": 1, "failover_after_progress": "never"}),
        Trunk("always", settings={"failover_after_progress": "always"}),
        Trunk("no-early-media", settings={"failover_after_progress": "no_early_media"}),
        Trunk("never", settings={"failover_after_progress": "never"}),
        Trunk("primary-only", "only_primary"),
        Trunk("shared", "load_balancing"),
    )


def refused_finally(caller: Agent, invite: Message, status: int) -> Message:
    final = caller.wait(is_final_of_invite, call_id=invite.call_id)
    caller.ack(invite, final)
    assert final.status == status
    return final


# ---------------------------------------------------------------------------------------- closed ports


def test_closed_port_of_the_primary_moves_the_call_and_is_counted_as_icmp_and_as_a_failover(edge: Edge) -> None:
    before = edge.ask("status")
    caller, secondary = edge.caller(), edge.leg("by-the-book", 1)
    invite = caller.invite(edge["by-the-book"].number)
    secondary.respond(secondary.wait("INVITE", call_id=invite.call_id), 404)
    refused_finally(caller, invite, 404)
    after = edge.ask("status")
    assert after["reasons"]["far_end_error_icmp"] == before["reasons"].get("far_end_error_icmp", 0) + 1
    legs = [state["trunks"]["by-the-book"]["legs"]["primary"]["failovers"] for state in (before, after)]
    assert legs[1] == legs[0] + 1


def test_closed_ports_of_both_legs_become_500_with_warning(edge: Edge) -> None:
    caller = edge.caller()
    invite = caller.invite(edge["by-the-book"].number)
    final = refused_finally(caller, invite, 500)
    assert final.header("Warning").startswith("399 ") and '"all targets failed"' in final.header("Warning")
    assert edge.calls("by-the-book") == 0


@pytest.mark.parametrize("trunk", ["primary-only", "shared"])
def test_closed_port_in_a_mode_that_does_not_fail_over_becomes_500(edge: Edge, trunk: str) -> None:
    caller = edge.caller()
    invite = caller.invite(edge[trunk].number)
    assert '"all targets failed"' in refused_finally(caller, invite, 500).header("Warning")


def test_port_that_closes_during_the_silence_moves_the_call_at_the_next_transmission(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("by-the-book", 0), edge.leg("by-the-book", 1)
    before = edge.reason("far_end_error_icmp")
    invite = caller.invite(edge["by-the-book"].number)
    primary.wait("INVITE")
    primary.close()
    secondary.respond(secondary.wait("INVITE"), 404)
    refused_finally(caller, invite, 404)
    assert edge.reason("far_end_error_icmp") == before + 1


# ---------------------------------------------------------------------------------------- silence


def test_silent_primary_hears_three_transmissions_before_the_secondary_is_called(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("by-the-book", 0), edge.leg("by-the-book", 1)
    invite = caller.invite(edge["by-the-book"].number)
    arrived = secondary.wait("INVITE")
    heard = [message for message in primary.drain() if message.method == "INVITE"]
    assert len(heard) == 3
    assert len({message.raw for message in heard}) == 1, "a retransmission is the same request"
    assert heard[0].branch != arrived.branch
    secondary.respond(arrived, 404)
    refused_finally(caller, invite, 404)
    assert primary.count("CANCEL") == 0, "an attempt that said nothing is not cancelled before its first 1xx"


def test_silence_of_both_becomes_408(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("quick", 0), edge.leg("quick", 1)
    invite = caller.invite(edge["quick"].number)
    refused_finally(caller, invite, 408)
    assert primary.count("INVITE") == secondary.count("INVITE") == 1
    assert edge.calls("quick") == 0


def test_silence_and_a_closed_port_become_408(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("quick", 0)
    invite = caller.invite(edge["quick"].number)
    refused_finally(caller, invite, 408)
    assert primary.count("INVITE") == 1


@pytest.mark.parametrize("status", [100, 180, 183])
def test_any_response_ends_the_silence_timer(edge: Edge, status: int) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("quick", 0), edge.leg("quick", 1)
    invite = caller.invite(edge["quick"].number)
    arrived = primary.wait("INVITE")
    primary.respond(arrived, status)
    later = caller.invite(edge["quick"].number)         # nothing is said of this one: when it moves, the first would have
    secondary.respond(secondary.wait("INVITE", call_id=later.call_id), 404)
    caller.ack(later, caller.wait(404, call_id=later.call_id))
    assert secondary.count("INVITE") == 0
    primary.respond(arrived, 404)
    refused_finally(caller, invite, 404)


def test_other_requests_fail_over_on_silence_and_get_no_408_rfc4320(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("quick", 0), edge.leg("quick", 1)
    caller.request("MESSAGE", edge["quick"].number)
    secondary.respond(secondary.wait("MESSAGE"), 200)
    caller.wait(200)
    assert primary.count("MESSAGE") == 1
    caller.request("MESSAGE", edge["quick"].number)
    refused_finally(caller, caller.invite(edge["quick"].number), 408)       # it came later and took as long
    assert [primary.count("MESSAGE"), secondary.count("MESSAGE")] == [2, 1]
    assert caller.count(408) == 0


# ---------------------------------------------------------------------------------------- after ringing


def after_progress(edge: Edge, trunk: str, progress: int, failure: int, body: bytes = b"") -> tuple[Agent, Agent, Message]:
    """Place a call that rings at the primary, and then fails."""
    caller, primary, secondary = edge.caller(), edge.leg(trunk, 0), edge.leg(trunk, 1)
    invite = caller.invite(edge[trunk].number)
    arrived = primary.wait("INVITE")
    primary.respond(arrived, progress, body=body, headers=[("Content-Type", "application/sdp")] if body else [])
    assert caller.wait(progress).body == body
    primary.respond(arrived, failure)
    return caller, secondary, invite


@pytest.mark.parametrize("failure", [408, 480, 503])
@pytest.mark.parametrize("trunk, progress, body", [
    ("by-the-book", 180, b""), ("by-the-book", 183, SDP), ("always", 183, SDP), ("no-early-media", 180, b"")],
    ids=["default-180", "default-183-sdp", "always-183-sdp", "no-early-media-180"])
def test_failure_after_ringing_moves_the_call(edge: Edge, trunk: str, progress: int, body: bytes, failure: int) -> None:
    caller, secondary, invite = after_progress(edge, trunk, progress, failure, body)
    secondary.respond(secondary.wait("INVITE"), 302)
    refused_finally(caller, invite, 302)


@pytest.mark.parametrize("failure", [408, 480])
@pytest.mark.parametrize("trunk, progress, body", [("never", 180, b""), ("never", 183, SDP), ("no-early-media", 183, SDP)],
                         ids=["never-180", "never-183-sdp", "no-early-media-183-sdp"])
def test_failover_after_progress_keeps_408_and_480_where_they_are(edge: Edge, trunk: str, progress: int, body: bytes, failure: int) -> None:
    caller, secondary, invite = after_progress(edge, trunk, progress, failure, body)
    refused_finally(caller, invite, failure)
    assert secondary.count("INVITE") == 0


def test_failover_after_progress_never_still_moves_a_call_that_did_not_ring(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("never", 0), edge.leg("never", 1)
    invite = caller.invite(edge["never"].number)
    arrived = primary.wait("INVITE")
    primary.respond(arrived, 100)
    primary.respond(arrived, 480)
    secondary.respond(secondary.wait("INVITE"), 302)
    refused_finally(caller, invite, 302)


def test_ring_timeout_counts_as_408_and_cancels_what_rings(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("ring-1s", 0), edge.leg("ring-1s", 1)
    invite = caller.invite(edge["ring-1s"].number)
    ringing = primary.wait("INVITE")
    primary.respond(ringing, 180)
    arrived = secondary.wait("INVITE")
    cancel = primary.wait("CANCEL")
    assert cancel.branch == ringing.branch and cancel.request_uri == ringing.request_uri and cancel.cseq == ringing.cseq
    primary.respond(cancel, 200)
    primary.respond(ringing, 487)
    primary.wait("ACK")
    secondary.respond(arrived, 404)
    refused_finally(caller, invite, 404)
    assert caller.count(487) == 0


def test_ring_timeout_ends_the_call_with_408_where_ringing_forbids_failover(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("ring-1s-never", 0), edge.leg("ring-1s-never", 1)
    invite = caller.invite(edge["ring-1s-never"].number)
    primary.respond(primary.wait("INVITE"), 180)
    refused_finally(caller, invite, 408)
    primary.wait("CANCEL")
    assert secondary.count("INVITE") == 0


def test_ring_timeout_does_not_end_an_answered_call(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("ring-1s", 0), edge.leg("ring-1s", 1)
    invite = caller.invite(edge["ring-1s"].number)
    arrived = primary.wait("INVITE")
    primary.respond(arrived, 180)
    primary.respond(arrived, 200)
    caller.ack(invite, caller.wait(200))
    later = caller.invite(edge["ring-1s"].number)
    primary.respond(primary.wait("INVITE", call_id=later.call_id), 180)
    secondary.respond(secondary.wait("INVITE", call_id=later.call_id), 404)
    caller.ack(later, caller.wait(404, call_id=later.call_id))
    assert primary.count("CANCEL", call_id=invite.call_id) == secondary.count("INVITE") == 0
    assert edge.calls("ring-1s") == 1
