"""Which responses fail over: the whole table, code by code, and all of 300 to 699."""
from collections import Counter

import pytest

from .agent import Agent, caller_dialog, is_final_of_invite, pump
from .conftest import Node
from .edge import Edge, Trunk
from .message import Message

FAILING_OVER = {408, 480, 500, 501, 502, 503, 504, 505, 513, 580}
CUSTOM = {404, 486, 603}
CODES = range(300, 700)


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(
        Trunk("failing-over"),
        Trunk("custom", settings={"failover_codes": sorted(CUSTOM)}),
        Trunk("primary-only", "only_primary"),
        Trunk("shared", "load_balancing"),
        Trunk("alone", "only_primary", secondary=""),
        Trunk("primary-registers", primary="digest"),
        Trunk("secondary-registers", secondary="digest"),
        Trunk("primary-only-registers", "only_primary", primary="digest"),
        Trunk("shared-registers", "load_balancing", primary="digest"),
    )


class Sweep:
    """Calls in flight at once, one per code: the primary answers with the code that the call asks for, the secondary with 200."""

    def __init__(self, edge: Edge, trunk: str, codes: list[int]) -> None:
        self.edge = edge
        self.number = edge[trunk].number
        self.codes = codes
        self.caller, self.primary, self.secondary = edge.caller(), edge.leg(trunk, 0), edge.leg(trunk, 1)
        self.invites: dict[str, Message] = {}
        self.code_of: dict[str, int] = {}
        self.finals: dict[int, Message] = {}
        self.at_primary: Counter[int] = Counter()
        self.at_secondary: Counter[int] = Counter()
        self.ended: set[str] = set()

    def run(self) -> "Sweep":
        for code in self.codes:
            invite = self.caller.invite(self.number, headers=[("X-Answer", str(code))])
            self.invites[invite.call_id] = invite
            self.code_of[invite.call_id] = code
        pump({self.caller: self.at_caller, self.primary: self.answer_as_asked, self.secondary: self.answer_ok},
             lambda: len(self.ended) == len(self.codes))
        self.edge.settle()
        return self

    def at_caller(self, message: Message) -> None:
        if not message.status >= 200:
            return
        if message.method == "BYE":
            self.ended.add(message.call_id)
            return
        invite, code = self.invites[message.call_id], self.code_of[message.call_id]
        self.caller.ack(invite, message)
        if code in self.finals:
            return
        self.finals[code] = message
        if message.status < 300:
            self.caller.send_in_dialog("BYE", caller_dialog(invite, message, self.edge.address))
        else:
            self.ended.add(message.call_id)

    def answer_as_asked(self, message: Message) -> None:
        if message.method == "INVITE" and not message.status:
            self.at_primary[int(message.header("X-Answer"))] += 1
            self.primary.respond(message, int(message.header("X-Answer")), headers=[("Retry-After", "7")])
        elif message.method == "BYE":
            self.primary.respond(message, 200)

    def answer_ok(self, message: Message) -> None:
        if message.method == "INVITE" and not message.status:
            self.at_secondary[int(message.header("X-Answer"))] += 1
            self.secondary.respond(message, 200)
        elif message.method == "BYE":
            self.secondary.respond(message, 200)


def relayed(code: int) -> int:
    """Return what the caller gets where a code ends the search: 503 is not passed on. (§16.7 step 6)"""
    return 500 if code == 503 else code


def test_the_table_moves_its_ten_codes_and_no_other_of_300_to_699(edge: Edge) -> None:
    sweep = Sweep(edge, "failing-over", list(CODES)).run()
    assert set(sweep.at_primary) == set(CODES)
    assert set(sweep.at_secondary) == FAILING_OVER
    assert {code: final.status for code, final in sweep.finals.items()} == {code: 200 if code in FAILING_OVER else code for code in CODES}


def test_failover_codes_of_a_trunk_replace_the_table(edge: Edge) -> None:
    sweep = Sweep(edge, "custom", list(CODES)).run()
    assert set(sweep.at_secondary) == CUSTOM
    assert {code: final.status for code, final in sweep.finals.items()} == {code: 200 if code in CUSTOM else relayed(code) for code in CODES}


def test_only_primary_moves_no_code_of_300_to_699(edge: Edge) -> None:
    sweep = Sweep(edge, "primary-only", list(CODES)).run()
    assert not sweep.at_secondary
    assert {code: final.status for code, final in sweep.finals.items()} == {code: relayed(code) for code in CODES}


def test_retry_after_is_never_relayed(edge: Edge) -> None:
    sweep = Sweep(edge, "primary-only", [404, 408, 480, 486, 500, 503, 504, 600, 603]).run()
    assert [code for code, final in sweep.finals.items() if final.header("Retry-After")] == []


def test_pool_is_empty_after_the_sweeps(edge: Edge) -> None:
    assert {name: trunk["calls"] for name, trunk in edge.ask("status")["trunks"].items() if trunk["calls"]} == {}


# ---------------------------------------------------------------------------------------- code by code, as the table names them


def call(edge: Edge, trunk: str, status: int) -> tuple[Agent, Agent, Agent, Message]:
    """Place a call that the primary answers with `status`."""
    caller, primary, secondary = edge.caller(), edge.leg(trunk, 0), edge.leg(trunk, 1)
    invite = caller.invite(edge[trunk].number)
    primary.respond(primary.wait("INVITE"), status)
    return caller, primary, secondary, invite


@pytest.mark.parametrize("status", sorted(FAILING_OVER))
def test_far_end_failure_moves_the_call_to_the_secondary(edge: Edge, status: int) -> None:
    caller, primary, secondary, invite = call(edge, "failing-over", status)
    again = secondary.wait("INVITE")
    assert again.call_id == invite.call_id and again.body == invite.body
    assert primary.wait("ACK").branch, "the failed attempt is acknowledged hop by hop"
    secondary.respond(again, 302)
    caller.ack(invite, caller.wait(is_final_of_invite))
    assert caller.count(status) == 0


@pytest.mark.parametrize("status", [401, 407])
def test_challenge_does_not_fail_over(edge: Edge, status: int) -> None:
    caller, _, secondary, invite = call(edge, "failing-over", status)
    caller.ack(invite, caller.wait(status))
    edge.settle()
    assert secondary.count("INVITE") == 0


@pytest.mark.parametrize("status", [300, 302, 400, 403, 404, 481, 486, 487, 488, 499, 506, 555, 599, 600, 603, 604, 606, 699])
def test_every_other_code_does_not_fail_over_nor_does_x99_count_as_x00(edge: Edge, status: int) -> None:
    caller, _, secondary, invite = call(edge, "failing-over", status)
    caller.ack(invite, caller.wait(status))
    edge.settle()
    assert secondary.count("INVITE") == 0


@pytest.mark.parametrize("trunk", ["primary-registers", "primary-only-registers"])
def test_user_not_registered_gets_480_with_warning_and_does_not_fail_over(edge: Edge, trunk: str) -> None:
    caller, secondary = edge.caller(), edge.leg(trunk, 1)
    invite = caller.invite(edge[trunk].number)
    final = caller.wait(is_final_of_invite)
    caller.ack(invite, final)
    edge.settle()
    assert final.status == 480
    assert final.header("Warning").startswith("399 ") and '"user not registered"' in final.header("Warning")
    assert secondary.count("INVITE") == 0
    assert edge.calls(trunk) == 0


def test_load_balancing_gives_an_unregistered_account_its_turn(edge: Edge) -> None:
    caller, secondary = edge.caller(), edge.leg("shared-registers", 1)
    statuses = []
    for _ in range(4):
        invite = caller.invite(edge["shared-registers"].number)
        edge.settle()
        if secondary.count("INVITE"):
            secondary.respond(secondary.wait("INVITE"), 404)
        final = caller.wait(is_final_of_invite, call_id=invite.call_id)
        caller.ack(invite, final)
        statuses.append(final.status)
    assert statuses == [480, 404, 480, 404]


def test_failover_to_an_unregistered_secondary_ends_with_480(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("secondary-registers", 0)
    invite = caller.invite(edge["secondary-registers"].number)
    primary.respond(primary.wait("INVITE"), 500)
    final = caller.wait(is_final_of_invite)
    caller.ack(invite, final)
    assert final.status in (480, 500), "the best of the two by RFC 3261 §16.7"


# ---------------------------------------------------------------------------------------- all attempts failed


def fail_both(edge: Edge, first: int, second: int) -> Message:
    """Place a call that both legs answer with a failure; return what the caller gets."""
    caller, _, secondary, invite = call(edge, "failing-over", first)
    secondary.respond(secondary.wait("INVITE"), second, headers=[("Retry-After", "9")])
    final = caller.wait(is_final_of_invite)
    caller.ack(invite, final)
    return final


@pytest.mark.parametrize("first, second, best", [
    (480, 500, 480),            # the lower class
    (500, 480, 480),
    (503, 404, 404),
    (503, 603, 603),            # 6xx before all
    (500, 302, 302),
    (504, 403, 403),
])
def test_best_response_goes_to_the_caller_rfc3261_16_7(edge: Edge, first: int, second: int, best: int) -> None:
    final = fail_both(edge, first, second)
    assert final.status == best
    assert not final.header("Retry-After")


def test_503_of_both_becomes_500_with_the_code_in_reason(edge: Edge) -> None:
    final = fail_both(edge, 503, 503)
    assert final.status == 500
    assert "SIP" in final.header("Reason") and "cause=503" in final.header("Reason").replace(" ", "")
    assert not final.header("Retry-After")


def test_503_becomes_500_in_a_mode_that_does_not_fail_over(edge: Edge) -> None:
    caller, _, _, invite = call(edge, "primary-only", 503)
    final = caller.wait(is_final_of_invite)
    caller.ack(invite, final)
    assert final.status == 500 and "cause=503" in final.header("Reason").replace(" ", "")


def test_trunk_without_a_secondary_relays_the_failure(edge: Edge) -> None:
    caller, primary = edge.caller(), edge.leg("alone", 0)
    invite = caller.invite(edge["alone"].number)
    primary.respond(primary.wait("INVITE"), 504)
    caller.ack(invite, caller.wait(504))


def test_failed_attempt_is_never_shown_to_the_caller(edge: Edge) -> None:
    caller, _, secondary, invite = call(edge, "failing-over", 503)
    secondary.respond(secondary.wait("INVITE"), 200)
    ok = caller.wait(is_final_of_invite)
    assert ok.status == 200
    caller.ack(invite, ok)
    secondary.wait("ACK")
    dialog = caller_dialog(invite, ok, edge.address)
    caller.send_in_dialog("BYE", dialog)
    secondary.respond(secondary.wait("BYE"), 200)
    caller.wait(200)
    assert [message for message in caller.drain() if message.status >= 300] == []


# ---------------------------------------------------------------------------------------- other requests


@pytest.mark.parametrize("method", ["OPTIONS", "MESSAGE", "SUBSCRIBE", "INFO", "REFER"])
def test_other_requests_fail_over_by_the_same_table_and_take_no_slot(edge: Edge, method: str) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("failing-over", 0), edge.leg("failing-over", 1)
    asked = caller.request(method, edge["failing-over"].number)
    primary.respond(primary.wait(method), 503)
    again = secondary.wait(method)
    assert edge.calls("failing-over") == 0
    secondary.respond(again, 202)
    assert caller.wait(202).call_id == asked.call_id


def test_other_requests_do_not_fail_over_on_486(edge: Edge) -> None:
    caller, primary, secondary = edge.caller(), edge.leg("failing-over", 0), edge.leg("failing-over", 1)
    caller.request("MESSAGE", edge["failing-over"].number)
    primary.respond(primary.wait("MESSAGE"), 486)
    caller.wait(486)
    assert secondary.count("MESSAGE") == 0
