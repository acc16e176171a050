"""What senders may do that have proved nothing: no flood, no guessing, no scanning; and nothing by which one may harm another. (spec §5)"""
from dataclasses import replace
from typing import Any

import pytest

from hasip.domain.trunk import Target
from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, calls_with_credentials, credentials, digest_trunk
from tests.packet.node import CORE, HANDOFF, REALM, Node, account, trunk
from tests.packet.sip import FAR, Message

VICTIM, ATTACKER = ("203.0.113.60", 5060), ("198.18.0.66", 40000)
PER_S, BURST, FAILURES_MAX, BAN_S = 10, 5, 3, 300

TOO_MANY, BANNED, SCANNER = ("DROP", "DROPPED_TOO_MANY"), ("DROP", "DROPPED_BANNED"), ("DROP", "DROPPED_SCANNER")
AGAIN, STALE = ("REPLY", "CHALLENGED_AGAIN"), ("REPLY", "CHALLENGED_STALE")


@pytest.fixture
def guarded(make_node: NodeMaker) -> Any:
    """Make a node with guard rules, for a trunk whose accounts register."""

    def make(*trunks: Any, requests_per_s: int = 0, burst: int = BURST, failures_max: int = 0, scanners: tuple[str, ...] = (), **options: Any) -> Node:
        return make_node(*(trunks or [digest_trunk()]),
                         guard={"requests_per_s": requests_per_s, "burst": burst, "failures_max": failures_max, "ban_s": BAN_S, "scanners": scanners}, **options)

    return make


def guess(device: Device, count: int = FAILURES_MAX) -> list[tuple[str, str]]:
    """Guess a password so many times, each with the nonce of the challenge before; return the outcomes."""
    device.password = "guess"
    outcomes = []
    for _ in range(count):
        outcomes.append(device.sends())
        for answer in device.party.received():
            device.take(answer)
    return outcomes


# ---------------------------------------------------------------------------------------- the bucket

def test_a_bucket_is_emptied_and_fills_again(guarded: Any) -> None:
    node = guarded(requests_per_s=PER_S)
    device = Device(node.party(HOME))

    def burst(count: int) -> list[tuple[str, str]]:
        outcomes = [device.party.sends(device.request(with_credentials=False)) for _ in range(count)]
        device.party.received()
        return outcomes

    assert burst(BURST + 2) == [("REPLY", "CHALLENGED")] * BURST + [TOO_MANY] * 2
    node.advance(1000 // PER_S - 10)
    assert burst(1) == [TOO_MANY]
    node.advance(10 + 1000 // PER_S)
    assert burst(3) == [("REPLY", "CHALLENGED")] * 2 + [TOO_MANY]
    node.advance(3_600_000)
    assert burst(BURST + 1) == [("REPLY", "CHALLENGED")] * BURST + [TOO_MANY]


@pytest.mark.parametrize("payload", ["register", "invite", "unknown", "stale", "guess"])
def test_whatever_proves_nothing_is_taken_from_the_bucket(guarded: Any, payload: str) -> None:
    node = guarded(requests_per_s=PER_S)
    device = Device(node.party(ATTACKER))
    device.ask()
    assert device.challenge
    if payload == "guess":
        device.password = "guess"
    elif payload == "stale":
        device.challenge = replace(device.challenge, nonce="0" * 22)

    def request() -> bytes:
        if payload in ("stale", "guess"):
            return device.request()
        claimed = f"<sip:{'nobody' if payload == 'unknown' else 'acme-1'}@{REALM}>;tag=1"
        return device.request(with_credentials=False) if payload == "register" else device.party.invite(FAR, from_value=claimed)

    outcomes = [device.party.sends(request()) for _ in range(BURST)]
    device.party.received()
    assert outcomes[-1] == TOO_MANY
    assert TOO_MANY not in outcomes[:-1]


def test_a_bucket_is_one_addresss_whatever_its_port(guarded: Any) -> None:
    node = guarded(requests_per_s=PER_S)
    for port in range(BURST):
        Device(node.party((ATTACKER[0], 1000 + port))).ask()
    late = Device(node.party((ATTACKER[0], 2000)))
    assert late.party.sends(late.request()) == TOO_MANY
    Device(node.party(HOME)).registers()


@pytest.mark.parametrize("worker", [0, 1])
@pytest.mark.parametrize("username", ["acme-1", "acme-2"])
def test_users_that_prove_it_are_never_limited(guarded: Any, username: str, worker: int) -> None:
    """Whichever worker hears them, and whichever owns their account."""
    node = guarded(requests_per_s=1, burst=2, workers=2)
    device = Device(node.party(HOME), username=username)
    for _ in range(20):
        device.challenge = None
        outcome = device.sends(worker=worker)
        if outcome == HANDOFF:
            outcome = node.take_handed_off(1 - worker)
        assert outcome == ("REPLY", "ANSWERED_REGISTER")
        device.party.gets(200)


def test_calls_of_users_are_never_limited(guarded: Any) -> None:
    node = guarded(digest_trunk(calls=50), requests_per_s=1, burst=2, core_targets=(Target(*CORE),))
    device = Device(node.party(HOME))
    for turn in range(20):
        device.cseq = turn
        calls_with_credentials(device, FAR)
        device.party.gets(100)
        node.core.answers(node.core.gets("INVITE"), 486)
        node.core.gets("ACK")
        device.party.gets(486)


def test_who_is_known_by_address_is_never_limited(guarded: Any) -> None:
    node = guarded(trunk(secondary=None), requests_per_s=1, burst=1)
    for _ in range(20):
        node.primary.sends(node.primary.request("OPTIONS", uri="sip:198.51.100.1"))
        node.core.sends(node.core.request("OPTIONS", uri="sip:198.51.100.1"))
    assert len(node.primary.received()) == len(node.core.received()) == 20


def test_a_flood_keeps_nobody_else_out(guarded: Any) -> None:
    """Ten thousand addresses, more than are remembered by far."""
    node = guarded(requests_per_s=PER_S, failures_max=FAILURES_MAX)
    flood = Device(node.party(ATTACKER))
    request = flood.request(with_credentials=False)
    for number in range(20_000):
        node.router.receive(0, f"10.{number >> 14 & 255}.{number >> 7 & 127}.{number & 127}", 5060, 0, request)
    node.router.sent(0)
    Device(node.party(HOME)).registers()
    assert node.transactions == 0


# ---------------------------------------------------------------------------------------- bans

def test_wrong_passwords_end_in_a_ban_and_the_ban_ends(guarded: Any) -> None:
    node = guarded(failures_max=FAILURES_MAX)
    device = Device(node.party(ATTACKER))
    assert guess(device) == [AGAIN] * FAILURES_MAX
    assert node.count("BANNED_SOURCE") == 1
    node.advance(BAN_S * 1000 - 1000)
    right = Device(node.party(ATTACKER))
    assert right.party.sends(right.request()) == BANNED
    node.advance(1000)
    right.registers()


def test_a_ban_is_for_all_the_address_sends_that_is_not_proved(guarded: Any) -> None:
    node = guarded(failures_max=FAILURES_MAX)
    guess(Device(node.party(ATTACKER)))
    other = node.party((ATTACKER[0], 7777))
    assert other.sends(other.invite(FAR, from_value="<sip:acme-1@x>;tag=1")) == BANNED
    assert other.sends(other.invite(FAR)) == BANNED


def test_after_a_ban_the_counting_begins_anew(guarded: Any) -> None:
    node = guarded(failures_max=FAILURES_MAX)
    device = Device(node.party(ATTACKER))
    guess(device)
    node.advance(BAN_S * 1000)
    device.challenge = None
    assert guess(device) == [AGAIN] * FAILURES_MAX
    assert guess(device, 1) == [BANNED]


@pytest.mark.parametrize(("pause_s", "banned"), [(600, 1), (601, 0)])
def test_wrong_passwords_are_forgotten_in_time(guarded: Any, pause_s: int, banned: int) -> None:
    node = guarded(failures_max=FAILURES_MAX)
    device = Device(node.party(ATTACKER))
    guess(device, FAILURES_MAX - 1)
    node.advance(pause_s * 1000)
    device.challenge = None
    guess(device, 1)
    assert node.count("BANNED_SOURCE") == banned


def test_unknown_users_count_as_wrong_passwords_do(guarded: Any) -> None:
    node = guarded(failures_max=FAILURES_MAX)
    guess(Device(node.party(ATTACKER), username="nobody"))
    assert node.count("BANNED_SOURCE") == 1


def test_guesses_at_many_accounts_are_one_sources_guesses(guarded: Any) -> None:
    """Whoever owns the accounts, they are counted where they are heard."""
    node = guarded(failures_max=4, workers=2)
    for username in ("acme-1", "acme-2", "nobody", "acme-1"):
        device = Device(node.party(ATTACKER), username=username, password="guess")
        assert device.sends(worker=1) == AGAIN
        device.party.gets(401)
    assert node.count("BANNED_SOURCE") == 1


def test_nobody_is_banned_for_a_mistake_and_a_success(guarded: Any) -> None:
    node = guarded(failures_max=2)
    device = Device(node.party(HOME))
    guess(device, 1)
    device.password = Device(node.party(HOME)).password
    device.registers()


# ---------------------------------------------------------------------------------------- nobody can get another banned

def test_a_spoofed_source_is_not_banned_for_what_it_did_not_read(guarded: Any) -> None:
    """An attacker writes the victim's address on datagrams, with every nonce it can have: none, its own, an invented one."""
    node = guarded(failures_max=FAILURES_MAX)
    attacker, spoofed = Device(node.party(ATTACKER)), node.party(VICTIM)
    attacker.ask()
    assert attacker.challenge
    for challenge in (attacker.challenge, replace(attacker.challenge, nonce="0" * 22), replace(attacker.challenge, nonce="A" * 22)):
        for count in range(FAILURES_MAX * 2):
            forged = credentials(challenge, "REGISTER", "acme-1", "guess", "sip:edge.test", count + 1)
            assert spoofed.sends(attacker.request(with_credentials=False, headers=[("Authorization", forged)])) == AGAIN
            spoofed.gets(401)
    assert node.count("BANNED_SOURCE") == 0
    Device(node.party(VICTIM)).registers()


def test_a_nonce_of_who_had_the_address_before_bans_nobody(guarded: Any) -> None:
    node = guarded(failures_max=FAILURES_MAX)
    before = Device(node.party(VICTIM), password="guess")
    before.ask()
    node.advance(301_000)
    for _ in range(FAILURES_MAX * 2):
        assert node.party(VICTIM).sends(before.request()) == AGAIN
        node.party(VICTIM).gets(401)
    assert node.count("BANNED_SOURCE") == 0


def test_a_replayed_proof_bans_nobody(guarded: Any) -> None:
    """What was overheard can be sent again with the victim's address, and is nothing but stale."""
    node = guarded(failures_max=1)
    victim = Device(node.party(VICTIM))
    victim.ask()
    overheard = victim.answer("REGISTER")
    for turn in range(5):
        outcome = victim.party.sends(victim.request(with_credentials=False, headers=[("Authorization", overheard)]))
        assert outcome == (STALE if turn else ("REPLY", "ANSWERED_REGISTER"))
        victim.party.received()


def test_who_is_known_by_address_is_not_banned(guarded: Any) -> None:
    node = guarded(trunk(secondary=None), failures_max=1)
    guess(Device(node.party(CORE), username="acme-2"), 1)
    assert node.count("BANNED_SOURCE") == 1
    node.core.sends(node.core.request("OPTIONS", uri="sip:198.51.100.1"))
    node.core.gets(200)


# ---------------------------------------------------------------------------------------- scanners

@pytest.mark.parametrize(("agent", "outcome"), [
    ("friendly-scanner", SCANNER), ("xx Friendly-SCANNER/1.0", SCANNER), ("sipvicious", SCANNER), ("friendly", ("REPLY", "CHALLENGED")),
    ("", ("REPLY", "CHALLENGED")), ("friendly-scanne", ("REPLY", "CHALLENGED"))])
def test_scanners_on_the_list_meet_silence(guarded: Any, agent: str, outcome: tuple[str, str]) -> None:
    node = guarded(scanners=("Friendly-Scanner", "sipvicious"))
    device = Device(node.party(ATTACKER))
    assert device.party.sends(device.request(headers=[("User-Agent", agent)])) == outcome
    assert len(device.party.received()) == (outcome != SCANNER)


def test_a_scanners_name_is_no_matter_where_the_address_is_known(guarded: Any) -> None:
    node = guarded(trunk(), scanners=("scanner",))
    node.offer(headers=[("User-Agent", "scanner")])


def test_with_a_whitelist_of_its_own_an_account_is_guarded_all_the_same(guarded: Any) -> None:
    """Its address lets it in nowhere: it has proved nothing yet."""
    node = guarded(replace(digest_trunk(), primary=account("primary", None, "acme-1", (f"{HOME[0]}/32",))), requests_per_s=1, burst=1)
    device = Device(node.party(HOME))
    device.ask()
    assert device.party.sends(device.request(with_credentials=False)) == TOO_MANY


def test_what_is_remembered_of_sources_is_worth_no_message(guarded: Any) -> None:
    node = guarded(requests_per_s=1, burst=1)
    device = Device(node.party(ATTACKER))
    device.ask()
    assert [device.party.sends(Message(device.request()).raw) for _ in range(3)] == [TOO_MANY] * 3
    assert node.transactions == 0
