"""Who may call and who may not, as senders meet it: whitelists, passwords, both, and those who try too often. (spec: getting in)"""
import subprocess
import sys
import time
from pathlib import Path

import pytest

from .agent import Agent, first_to_hear, is_final, is_final_of_invite
from .conftest import Node
from .edge import PATIENCE_S, Edge, Trunk
from .message import Message
from .user import User

ABROAD = "+4930123456"
FAILURES_MAX, BAN_S = 3, 1


@pytest.fixture(scope="module")
def edge(node: Node) -> Edge:
    return node(
        Trunk("office", "only_primary", primary="digest", secondary=""),
        Trunk("guarded", "only_primary", primary="digest", secondary="", primary_settings={"allow": ["NETWORK.100"]}),
        Trunk("by-address"),
        Trunk("nobody", primary_settings={"allow": []}),
        Trunk("first-of-two", "only_primary", secondary="", primary_settings={"allow": ["NETWORK.120"], "address": "NETWORK.120:5060"}),
        Trunk("second-of-two", "only_primary", secondary="", primary_settings={"allow": ["NETWORK.120"], "address": "NETWORK.120:5070"}),
        Trunk("subnet", "only_primary", secondary="", primary_settings={"allow": ["NETWORK.128/30"]}),
        Trunk("one-of-subnet", "only_primary", secondary="", primary_settings={"allow": ["NETWORK.129"]}),
        streams=True)


@pytest.fixture(scope="module")
def silent_edge(node: Node) -> Edge:
    return node(Trunk("office", "only_primary", primary="digest", secondary=""), node_settings={"unknown_source": "drop"}, streams=True)


@pytest.fixture(scope="module", params=[1, 2], ids=["one worker", "two workers"])
def strict_edge(node: Node, request: pytest.FixtureRequest) -> Edge:
    return node(
        Trunk("office", "only_primary", primary="digest", secondary=""), Trunk("second-office", "only_primary", primary="digest", secondary=""),
        tables={"abuse": {"requests_per_s": 1, "burst": 30, "failures_max": FAILURES_MAX, "ban_s": BAN_S, "scanners": ["friendly-scanner"]}}, workers=request.param)


def final_of(agent: Agent, sent: Message) -> Message:
    return agent.wait(is_final, call_id=sent.call_id)


def calls_out(edge: Edge, agent: Agent, **fields: object) -> tuple[int, str]:
    """Call the core, which refuses; return the status the caller gets and the identity the core saw."""
    core = edge.core()
    try:
        sent = agent.invite(ABROAD, **fields)       # type: ignore[arg-type]
        place, message = first_to_hear([core, agent], lambda message: message.status == 0 or message.status >= 200, sent.call_id)
        if place == 0:
            core.respond(message, 603)
        final = agent.wait(603, call_id=sent.call_id) if place == 0 else message
        agent.ack(sent, final)
        return final.status, message.header("P-Asserted-Identity") if place == 0 else ""
    finally:
        core.close()


# ---------------------------------------------------------------------------------------- strangers


@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "OPTIONS", "SUBSCRIBE", "BYE"])
def test_an_unknown_source_is_refused(edge: Edge, method: str) -> None:
    stranger = edge.stranger()
    sent = stranger.request(method, edge["by-address"].number)
    assert final_of(stranger, sent).status == 403


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_an_unknown_source_is_refused_on_streams(edge: Edge, transport: str) -> None:
    stranger = edge.user("nobody-knows-me", transport).agent
    sent = stranger.invite(edge["by-address"].number)
    assert final_of(stranger, sent).status == 403


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("method", ["INVITE", "MESSAGE", "OPTIONS", "REGISTER"])
def test_an_unknown_source_meets_silence_where_that_is_wanted(silent_edge: Edge, transport: str, method: str) -> None:
    stranger = silent_edge.user("nobody-knows-me", transport).agent
    stranger.request(method, silent_edge["office"].number if method != "REGISTER" else "")
    stranger.request(method, "nobody")
    silent_edge.settle()
    core = silent_edge.caller()
    sent = core.request("OPTIONS")
    core.wait(200, call_id=sent.call_id)
    assert stranger.drain() == []
    assert silent_edge.ask("status")["reasons"]["dropped_unknown_source"] >= 2


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_user_is_no_stranger_where_strangers_meet_silence(silent_edge: Edge, transport: str) -> None:
    user, core = silent_edge.user("office-primary", transport), silent_edge.core()
    assert user.register().status == 200
    sent = user.invite(ABROAD)
    core.respond(core.wait("INVITE", call_id=sent.call_id), 603)
    user.agent.ack(sent, user.agent.wait(603, call_id=sent.call_id))
    assert user.register(contact="*", expires_s=0).status == 200


# ---------------------------------------------------------------------------------------- passwords


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_wrong_password_is_asked_for_again_and_registers_nothing(edge: Edge, transport: str, algorithm: str) -> None:
    user = edge.user("office-primary", transport, password="wrong", algorithm=algorithm)
    assert user.register().status == 401
    sent = user.invite(ABROAD)
    challenge = user.agent.wait(is_final_of_invite, call_id=sent.call_id)
    user.agent.ack(sent, challenge)
    assert challenge.status == 407
    assert edge.trunk_status("office")["legs"]["primary"]["bindings"] == []
    assert edge.calls("office") == 0


def test_an_unknown_user_is_told_no_more_than_one_with_a_wrong_password(edge: Edge) -> None:
    answers = []
    for name in ("office-primary", "no-such-user"):
        answer = edge.user(name, password="wrong").register()
        answers.append((answer.status, answer.start_line, len(answer.all("WWW-Authenticate")), sorted(header for header, _ in answer.headers)))
    assert answers[0] == answers[1]


def test_the_right_password_from_a_wrong_address_is_refused(edge: Edge) -> None:
    user = edge.user("guarded-primary")
    assert user.register().status == 403
    sent = user.invite(ABROAD)
    final = user.agent.wait(is_final_of_invite, call_id=sent.call_id)
    user.agent.ack(sent, final)
    assert final.status == 403
    assert edge.ask("status")["reasons"]["refused_wrong_address"] >= 2


def test_the_right_address_without_the_password_is_asked_for_it(edge: Edge) -> None:
    agent = edge.agent(f"{edge.network}.100", 0)
    assert calls_out(edge, agent) == (407, "")
    assert User(agent, "guarded-primary", "wrong").register().status == 401


def test_the_right_address_with_the_right_password_is_let_in(edge: Edge) -> None:
    user = User(edge.agent(f"{edge.network}.100", 0), "guarded-primary")
    assert user.register().status == 200
    assert user.register(contact="*", expires_s=0).status == 200


def test_credentials_for_another_method_prove_nothing(edge: Edge) -> None:
    user = edge.user("office-primary")
    sent = user.agent.request("REGISTER", to_value=f"<sip:{user.name}@hasip>")
    challenge = user.agent.wait(401, call_id=sent.call_id)
    again = user.agent.request("REGISTER", to_value=f"<sip:{user.name}@hasip>", headers=[user.answer(challenge, "INVITE", user.registrar)])
    assert final_of(user.agent, again).status == 401


# ---------------------------------------------------------------------------------------- addresses


def test_a_customer_at_its_own_address_calls_with_its_trunks_caller_id(edge: Edge) -> None:
    for leg in (0, 1):
        status, identity = calls_out(edge, edge.leg("by-address", leg), headers=[("P-Asserted-Identity", "<sip:boss@bank.example>")])
        assert status == 603
        assert edge["by-address"].number in identity


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_a_customer_at_its_own_address_calls_over_streams(edge: Edge, transport: str) -> None:
    status, identity = calls_out(edge, edge.stream_caller(edge["by-address"].legs[0][0], transport))
    assert status == 603
    assert edge["by-address"].number in identity


def test_ip_mode_with_an_empty_whitelist_refuses_all_and_can_still_be_called(edge: Edge) -> None:
    customer = edge.leg("nobody", 0)
    assert calls_out(edge, customer) == (403, "")
    caller = edge.caller()
    sent = caller.invite(edge["nobody"].number)
    customer.respond(customer.wait("INVITE", call_id=sent.call_id), 603)
    caller.ack(sent, caller.wait(603, call_id=sent.call_id))
    edge.wait_until(lambda: "allow is empty, so every call from it is refused" in edge.log())


@pytest.mark.parametrize("port, trunk", [(5060, "first-of-two"), (5070, "second-of-two")])
def test_accounts_at_one_address_are_told_apart_by_port(edge: Edge, port: int, trunk: str) -> None:
    assert edge[trunk].number in calls_out(edge, edge.agent(f"{edge.network}.120", port))[1]


@pytest.mark.parametrize("trunk", ["first-of-two", "second-of-two"])
def test_accounts_at_one_address_are_told_apart_by_number(edge: Edge, trunk: str) -> None:
    agent = edge.agent(f"{edge.network}.120", 0)
    assert edge[trunk].number in calls_out(edge, agent, from_value=f"<sip:{edge[trunk].number}@pbx.example>;tag=1")[1]


@pytest.mark.parametrize("last, trunk", [(128, "subnet"), (129, "one-of-subnet"), (130, "subnet"), (131, "subnet"), (132, "")])
def test_the_longest_prefix_of_the_whitelists_counts(edge: Edge, last: int, trunk: str) -> None:
    status, identity = calls_out(edge, edge.agent(f"{edge.network}.{last}", 0))
    assert status == (603 if trunk else 403)
    assert not trunk or edge[trunk].number in identity


# ---------------------------------------------------------------------------------------- entitlement


@pytest.mark.parametrize("add_ons, mode, secondary, missing", [
    (["ip_authentication"], "auto_failover", "ip", "high_availability"),
    (["ip_authentication"], "load_balancing", "ip", "high_availability"),
    (["ip_authentication"], "only_primary", "ip", "high_availability"),
    (["high_availability"], "auto_failover", "ip", "ip_authentication"),
    ([], "only_primary", "", "ip_authentication"),
])
def test_a_missing_add_on_is_named_by_check_and_run(tmp_path: Path, add_ons: list[str], mode: str, secondary: str, missing: str) -> None:
    edge = Edge(tmp_path, [Trunk("acme", mode, secondary=secondary, settings={"add_ons": add_ons})])
    edge.write_files()
    trunks_file = str(tmp_path / "trunks.toml")
    for arguments in (["check", trunks_file], ["run", str(tmp_path / "edge.toml"), "--apply", trunks_file]):
        done = subprocess.run([sys.executable, "-m", "hasip", *arguments], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert done.returncode == 1
        assert 'trunk "acme": add_ons' in done.stderr and f'add-on "{missing}"' in done.stderr
        assert "Traceback" not in done.stderr


def test_digest_accounts_need_no_ip_authentication(tmp_path: Path) -> None:
    edge = Edge(tmp_path, [Trunk("acme", primary="digest", secondary="digest", settings={"add_ons": ["high_availability"]})])
    edge.write_files()
    done = subprocess.run([sys.executable, "-m", "hasip", "check", str(tmp_path / "trunks.toml")], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr


# ---------------------------------------------------------------------------------------- those who try too often


def registers(user: User) -> bool:
    try:
        return user.register().status == 200
    except AssertionError:          # silence
        return False


def test_guessing_passwords_is_banned_and_counted_while_others_register(strict_edge: Edge) -> None:
    edge = strict_edge
    before = edge.ask("status")["reasons"]
    thief, honest = edge.user("office-primary"), edge.user("second-office-primary")
    for guess in range(FAILURES_MAX):
        thief.password = f"guess-{guess}"
        assert thief.register().status == 401
    thief.password = User(thief.agent, "").password
    thief.agent.request("REGISTER", to_value="<sip:office-primary@hasip>")
    edge.settle()
    assert thief.agent.drain() == [], "a banned source meets silence"
    after = edge.ask("status")["reasons"]
    assert after["banned_source"] == before.get("banned_source", 0) + 1
    assert after["dropped_banned"] > before.get("dropped_banned", 0)
    assert honest.register().status == 200
    same_user_elsewhere = edge.user("office-primary")
    assert same_user_elsewhere.register().status == 200, "the source is banned, not the user"
    deadline = time.monotonic() + PATIENCE_S
    while not thief.agent.drain():
        assert time.monotonic() < deadline, "a ban ends after ban_s"
        thief.agent.request("REGISTER", to_value="<sip:office-primary@hasip>")
        edge.settle()


def test_a_wrong_password_with_a_nonce_given_to_another_bans_nobody(strict_edge: Edge) -> None:
    """A UDP source may be forged: only who has read a nonce sent to an address is held to come from there."""
    edge = strict_edge
    before = edge.ask("status")["reasons"].get("banned_source", 0)
    listener, victim = edge.user("office-primary", password="wrong"), edge.user("office-primary")
    sent = listener.agent.request("REGISTER", to_value="<sip:office-primary@hasip>")
    challenge = listener.agent.wait(401, call_id=sent.call_id)
    for count in range(1, FAILURES_MAX + 3):
        victim.agent.request("REGISTER", to_value="<sip:office-primary@hasip>", headers=[listener.answer(challenge, "REGISTER", victim.registrar, count)])
    edge.settle()
    victim.agent.forget()
    assert victim.register().status == 200
    assert edge.ask("status")["reasons"].get("banned_source", 0) == before


def test_a_flood_of_one_source_is_capped_while_others_register(strict_edge: Edge) -> None:
    edge = strict_edge
    flooder = edge.user("office-primary").agent
    for _ in range(100):
        flooder.request("REGISTER", to_value="<sip:office-primary@hasip>")
    edge.settle()
    assert 30 <= flooder.count(401) < 50, "the burst is 30, and a second adds 1"
    assert edge.ask("status")["reasons"]["dropped_too_many"] >= 50
    assert edge.user("office-primary").register().status == 200


def test_a_scanner_on_the_list_meets_silence(strict_edge: Edge) -> None:
    scanner = strict_edge.stranger()
    scanner.request("OPTIONS", "100", headers=[("User-Agent", "The Friendly-Scanner 1.0")])
    scanner.request("REGISTER", headers=[("User-Agent", "friendly-scanner")])
    strict_edge.settle()
    assert scanner.drain() == []
    assert strict_edge.ask("status")["reasons"]["dropped_scanner"] >= 2
