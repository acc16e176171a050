"""Who proves to be a user, and who does not. (RFC 7616, RFC 8760, RFC 3261 §22, spec §5)"""
from dataclasses import replace
from hashlib import sha256

import pytest

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Challenge, Device, challenges_of, credentials, digest_trunk
from tests.packet.node import CORE, PASSWORD, PRIMARY, REALM, Node, account, trunk
from tests.packet.sip import NUMBER

CAFE = ("203.0.113.99", 40000)
NONCE_LIFE_MS = 300_000

AGAIN, STALE, OK = ("REPLY", "CHALLENGED_AGAIN"), ("REPLY", "CHALLENGED_STALE"), ("REPLY", "ANSWERED_REGISTER")


@pytest.fixture
def node(make_node: NodeMaker) -> Node:
    return make_node(digest_trunk())


@pytest.fixture
def device(node: Node) -> Device:
    return Device(node.party(HOME))


def with_header(device: Device, value: str, name: str = "Authorization") -> bytes:
    """Return a REGISTER with these credentials."""
    return device.request(with_credentials=False, headers=[(name, value)])


# ---------------------------------------------------------------------------------------- the challenge

def test_rfc8760_2_both_algorithms_are_offered_with_one_nonce_the_better_first(device: Device) -> None:
    offered = challenges_of(device.ask())
    assert list(offered) == ["SHA-256", "MD5"]
    assert offered["SHA-256"].nonce == offered["MD5"].nonce
    assert {(each.realm, each.qop, each.stale) for each in offered.values()} == {(REALM, "auth", "")}


def test_rfc3261_22_2_a_register_is_challenged_401_and_a_call_407(node: Node, device: Device) -> None:
    device.ask()
    device.party.sends(device.party.invite("+4930123", from_value="<sip:acme-1@edge.test>;tag=1"))
    assert list(challenges_of(device.party.gets(407))) == ["SHA-256", "MD5"]
    assert (node.transactions, node.pool()) == (0, 0)


def test_every_challenge_has_a_nonce_of_its_own(device: Device) -> None:
    assert len({challenges_of(device.ask())["MD5"].nonce for _ in range(50)}) == 50


def test_a_challenge_leaves_no_state(node: Node, device: Device) -> None:
    for _ in range(300):
        device.ask()
    assert node.transactions == 0


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_either_algorithm_lets_a_user_in(device: Device, algorithm: str) -> None:
    device.algorithm = algorithm
    device.registers()


def test_rfc7616_3_3_without_an_algorithm_md5_is_meant(device: Device) -> None:
    device.algorithm = "MD5"
    device.ask()
    assert device.party.sends(with_header(device, device.answer("REGISTER", algorithm=""))) == OK
    device.party.gets(200)


@pytest.mark.parametrize(("known", "offered"), [("ha1_md5", "MD5"), ("ha1_sha256", "SHA-256")])
def test_a_user_with_one_hash_is_offered_that_algorithm_alone(make_node: NodeMaker, known: str, offered: str) -> None:
    primary = account("primary", None, "acme-1")
    missing = {"ha1_md5": "ha1_sha256", "ha1_sha256": "ha1_md5"}[known]
    node = make_node(replace(digest_trunk(), primary=replace(primary, **{missing: ""})))
    device = Device(node.party(HOME), algorithm=offered)
    assert list(challenges_of(device.ask())) == [offered]
    device.registers()
    other = "MD5" if offered == "SHA-256" else "SHA-256"
    assert device.challenge
    forged = credentials(replace(device.challenge, algorithm=other), "REGISTER", "acme-1", PASSWORD, "sip:edge.test", 9)
    assert device.party.sends(with_header(device, forged)) == AGAIN
    assert list(challenges_of(device.party.gets(401))) == [offered]


def test_a_user_with_one_hash_proves_nothing_by_the_empty_one(make_node: NodeMaker) -> None:
    """What is hashed for a user without SHA-256 is a record's zeroes: nobody may make use of that."""
    node = make_node(replace(digest_trunk(), primary=replace(account("primary", None, "acme-1"), ha1_sha256="")))
    device = Device(node.party(HOME), algorithm="MD5")
    device.ask()
    assert device.challenge
    inner = sha256(b"REGISTER:sip:edge.test").hexdigest()
    response = sha256(b"\0" * 64 + f":{device.challenge.nonce}:00000001:c:auth:{inner}".encode()).hexdigest()
    value = credentials(replace(device.challenge, algorithm="SHA-256"), "REGISTER", "acme-1", response=f'"{response}"', cnonce='"c"')
    assert device.party.sends(with_header(device, value)) == AGAIN
    device.party.gets(401)


# ---------------------------------------------------------------------------------------- who is not let in

@pytest.mark.parametrize("changed", [
    {"response": '"' + "0" * 64 + '"'}, {"response": '""'}, {"response": '"' + "0" * 32 + '"'}, {"cnonce": '"other"'}, {"nc": "00000007"},
    {"uri": '"sip:other.test"'}, {"qop": "auth-int"}, {"qop": ""}, {"nc": ""}, {"username": '"acme-2"'}, {"username": '"nobody"'},
    {"username": '""'}, {"username": '"' + "x" * 200 + '"'}, {"username": '"Acme-1"'}, {"algorithm": "MD5"}], ids=str)
def test_what_does_not_fit_the_response_is_challenged_again(node: Node, device: Device, changed: dict[str, str]) -> None:
    device.ask()
    assert device.party.sends(with_header(device, device.answer("REGISTER", **changed))) == AGAIN
    assert challenges_of(device.party.gets(401))["MD5"].stale == ""
    assert (node.transactions, node.count("CHALLENGED_AGAIN")) == (0, 1)


def test_a_wrong_password_is_challenged_again(device: Device) -> None:
    device.password = "guess"
    assert device.sends() == AGAIN
    device.party.gets(401)


def test_an_unknown_user_is_challenged_as_a_known_one_is(device: Device) -> None:
    """With and without credentials: nobody learns who exists."""
    known, unknown = Device(device.party, password="guess"), Device(device.party, username="nobody")
    for each in (known, unknown):
        each.ask()
    outcomes = [(each.sends(), list(challenges_of(each.party.gets(401)))) for each in (known, unknown)]
    assert outcomes[0] == outcomes[1] == (AGAIN, ["SHA-256", "MD5"])


def test_a_password_of_another_account_is_none(node: Node) -> None:
    other = replace(account("primary", None, "other-1"), ha1_md5="0" * 32, ha1_sha256="0" * 64)
    node.publish(digest_trunk(), replace(digest_trunk(name="other", number="+651"), primary=other))
    device = Device(node.party(HOME), username="other-1")
    assert device.sends() == AGAIN
    device.party.gets(401)


def test_rfc3261_22_a_response_is_good_for_its_method_alone(device: Device) -> None:
    device.ask()
    assert device.party.sends(with_header(device, device.answer("INVITE"))) == AGAIN
    device.party.gets(401)


def test_a_register_of_a_user_is_not_a_call(node: Node, device: Device) -> None:
    """Authorization is for REGISTER, Proxy-Authorization for all else."""
    device.ask()
    assert device.party.sends(with_header(device, device.answer("REGISTER"), "Proxy-Authorization")) == ("REPLY", "CHALLENGED")
    device.party.gets(401)
    call = device.party.invite("+4930123", from_value="<sip:acme-1@edge.test>;tag=1", headers=[("Authorization", device.answer("INVITE"))])
    assert device.party.sends(call) == ("REPLY", "CHALLENGED")
    device.party.gets(407)


# ---------------------------------------------------------------------------------------- unknown senders

def test_a_call_of_nobody_is_403(node: Node) -> None:
    assert node.stranger.sends(node.stranger.invite()) == ("REPLY", "REFUSED_UNKNOWN_SOURCE")
    node.stranger.gets(403)


@pytest.mark.parametrize("claimed", ["<sip:acme-1@anywhere>;tag=1", f"<sip:{NUMBER}@pbx>;tag=1", f"<tel:{NUMBER}>;tag=1"])
def test_a_call_of_who_may_be_a_user_is_challenged(node: Node, claimed: str) -> None:
    assert node.stranger.sends(node.stranger.invite("+4930123", from_value=claimed)) == ("REPLY", "CHALLENGED")
    node.stranger.gets(407)


def test_a_number_of_a_trunk_known_by_address_is_no_reason_to_challenge(make_node: NodeMaker) -> None:
    node = make_node(trunk(), digest_trunk(name="other", number="+651"))
    node.stranger.sends(node.stranger.invite("+4930123", from_value=f"<sip:{NUMBER}@pbx>;tag=1"))
    node.stranger.gets(403)


def test_strangers_meet_silence_where_that_is_configured(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), drop_unknown=True)
    unknown = Device(node.stranger, username="nobody")
    assert node.stranger.sends(node.stranger.invite()) == ("DROP", "DROPPED_UNKNOWN_SOURCE")
    assert node.stranger.sends(unknown.request()) == ("DROP", "DROPPED_UNKNOWN_SOURCE")
    Device(node.stranger).registers()


def test_where_nobody_registers_a_register_is_403(make_node: NodeMaker) -> None:
    node = make_node(trunk())
    node.stranger.sends(Device(node.stranger).request())
    node.stranger.gets(403)


# ---------------------------------------------------------------------------------------- the whitelist of a digest account

@pytest.mark.parametrize(("allow", "outcome", "status"), [
    ((), OK, 200), (("203.0.113.0/26",), OK, 200), (("203.0.113.50/32", "10.0.0.0/8"), OK, 200),
    (("10.0.0.0/8",), ("REPLY", "REFUSED_WRONG_ADDRESS"), 403)])
def test_a_digest_account_with_a_whitelist_needs_both(make_node: NodeMaker, allow: tuple[str, ...], outcome: tuple[str, str], status: int) -> None:
    node = make_node(replace(digest_trunk(), primary=account("primary", None, "acme-1", allow)))
    device = Device(node.party(HOME))
    assert device.sends() == outcome
    device.party.gets(status)


def test_the_address_alone_lets_no_digest_account_in(make_node: NodeMaker) -> None:
    node = make_node(replace(digest_trunk(), primary=account("primary", None, "acme-1", ("203.0.113.50/32",))))
    party = node.party(HOME)
    assert party.sends(party.invite("+4930123")) == ("REPLY", "CHALLENGED")
    party.gets(407)
    assert party.sends(party.request("OPTIONS", uri="sip:198.51.100.1")) == ("REPLY", "ANSWERED_OPTIONS")
    party.gets(200)


def test_the_whitelist_of_one_account_is_not_the_others(make_node: NodeMaker) -> None:
    allow = {"primary": ("10.0.0.0/8",), "secondary": ("203.0.113.50/32",)}
    accounts = {name: account(name, None, f"acme-{place + 1}", allow[name]) for place, name in enumerate(allow)}
    node = make_node(replace(digest_trunk(), **accounts))
    device = Device(node.party(HOME))
    assert device.sends() == ("REPLY", "REFUSED_WRONG_ADDRESS")
    device.party.gets(403)
    Device(node.party(HOME), username="acme-2").registers()


@pytest.mark.parametrize("place", [PRIMARY, CORE], ids=["account", "core"])
def test_a_user_registers_from_an_address_that_somebody_is_known_by(make_node: NodeMaker, place: tuple[str, int]) -> None:
    """One PBX, its primary known by address and its secondary registering; or a proxy in front of users."""
    node = make_node(trunk(secondary=None))
    device = Device(node.party(place), username="acme-2")
    device.registers()


# ---------------------------------------------------------------------------------------- nonces

def test_a_replay_is_refused_with_stale(device: Device) -> None:
    device.ask()
    value = device.answer("REGISTER")
    assert device.party.sends(with_header(device, value)) == OK
    device.party.gets(200)
    assert device.party.sends(with_header(device, value)) == STALE
    assert {each.stale for each in challenges_of(device.party.gets(401)).values()} == {"true"}


@pytest.mark.parametrize(("counts", "last"), [
    ((1, 2, 3), OK), ((1, 5), OK), ((5, 4), STALE), ((5, 5), STALE), ((0,), STALE), ((0xFFFFFFFF,), OK), ((0xFFFFFFFF, 1), STALE)])
def test_rfc7616_3_4_the_nonce_count_must_grow(device: Device, counts: tuple[int, ...], last: tuple[str, str]) -> None:
    device.ask()
    for count in counts:
        device.count = count - 1
        outcome = device.party.sends(with_header(device, device.answer("REGISTER")))
        device.party.received()
    assert outcome == last


@pytest.mark.parametrize(("passed_ms", "outcome"), [(NONCE_LIFE_MS, OK), (NONCE_LIFE_MS + 1000, STALE)])
def test_a_nonce_is_good_for_300_s(node: Node, device: Device, passed_ms: int, outcome: tuple[str, str]) -> None:
    device.ask()
    node.advance(passed_ms)
    assert device.sends() == outcome
    answer = device.party.gets(200 if outcome == OK else 401)
    if outcome == STALE:
        device.take(answer)
        device.registers()


def test_a_nonce_in_use_grows_old_as_well(node: Node, device: Device) -> None:
    device.registers()
    node.advance(NONCE_LIFE_MS + 1000)
    assert device.sends() == STALE
    device.party.gets(401)


def test_a_nonce_is_good_for_the_address_it_was_given_to(node: Node, device: Device) -> None:
    device.ask()
    elsewhere = Device(node.party(CAFE), challenge=device.challenge)
    assert elsewhere.sends() == STALE
    elsewhere.take(elsewhere.party.gets(401))
    elsewhere.registers()


def test_a_nonce_is_good_for_every_port_of_its_address(node: Node, device: Device) -> None:
    device.ask()
    moved = Device(node.party((HOME[0], 1024)), challenge=device.challenge)
    moved.registers()


@pytest.mark.parametrize("nonce", ["0" * 22, "z" * 22, "x", "a" * 500])
def test_a_nonce_that_was_never_ours_is_stale(device: Device, nonce: str) -> None:
    device.ask()
    device.challenge = Challenge(REALM, nonce, "SHA-256", "auth")
    assert device.sends() == STALE
    device.party.gets(401)


def test_a_nonce_that_was_changed_anywhere_is_stale(device: Device) -> None:
    """The time of its making, the serial number, the hash: none can be bettered."""
    device.ask()
    assert device.challenge
    nonce = device.challenge.nonce
    for place in range(len(nonce)):
        for letter in "0A":
            device.challenge = replace(device.challenge, nonce=nonce[:place] + letter + nonce[place + 1:])
            if device.challenge.nonce != nonce:
                assert device.sends() == STALE
                device.party.gets(401)


def test_nodes_that_share_a_key_share_their_nonces(make_node: NodeMaker) -> None:
    one, other = (make_node(digest_trunk(), registrar={"nonce_key": bytes(16)}) for _ in range(2))
    device = Device(one.party(HOME))
    device.ask()
    Device(other.party(HOME), challenge=device.challenge).registers()


# ---------------------------------------------------------------------------------------- credentials that are none, and those of others

@pytest.mark.parametrize("value", [
    "Digest", "Digest ", "Digest username", 'Digest username="acme-1"', "Digest =", 'Digest username="acme-1", realm="edge.test"', ";"])
def test_malformed_credentials_are_400(node: Node, device: Device, value: str) -> None:
    assert device.party.sends(with_header(device, value)) == ("REPLY", "REFUSED_MALFORMED")
    device.party.gets(400)
    assert node.transactions == 0


@pytest.mark.parametrize("changed", [{"nc": "1"}, {"nc": "0000000g"}, {"realm": ""}, {"nonce": ""}, {"uri": ""}, {"username": '"a", username="b"'}], ids=str)
def test_credentials_without_what_they_need_are_400(device: Device, changed: dict[str, str]) -> None:
    device.ask()
    assert device.party.sends(with_header(device, device.answer("REGISTER", **changed))) == ("REPLY", "REFUSED_MALFORMED")
    device.party.gets(400)


@pytest.mark.parametrize("other", ["Basic YTpi", "Bearer x.y.z", 'Digest username="a", realm="core.test", nonce="n", uri="sip:x", response="r"',
                                   f'Digest username="acme-1", realm="{REALM}", nonce="n", uri="sip:x", response="r", algorithm=SHA-512-256',
                                   f'Digest username="acme-1", realm="{REALM}", nonce="", uri="sip:x", response=""'])
def test_credentials_for_others_are_passed_over(device: Device, other: str) -> None:
    """Alone they are no credentials; beside ours they do no harm, whichever stands first."""
    assert device.party.sends(with_header(device, other)) == ("REPLY", "CHALLENGED")
    device.take(device.party.gets(401))
    for place in (0, 1):
        both = [("Authorization", device.answer("REGISTER")), ("Authorization", other)]
        assert device.party.sends(device.request(with_credentials=False, headers=both[::-1] if place else both)) == OK
        device.party.gets(200)


def test_a_realm_in_other_letters_is_another_realm(device: Device) -> None:
    device.ask()
    assert device.party.sends(with_header(device, device.answer("REGISTER", realm='"EDGE.test"'))) == ("REPLY", "CHALLENGED")
    device.party.gets(401)


def test_the_uri_of_the_digest_need_not_be_the_request_uri(node: Node, device: Device) -> None:
    """Deviates from RFC 7616 §3.4.6, as authenticate says."""
    device.ask()
    assert device.party.sends(with_header(device, device.answer("REGISTER", "sip:198.51.100.1:5060"))) == OK
    device.party.gets(200)


def test_usernames_are_compared_as_they_are(make_node: NodeMaker) -> None:
    name = "Ann+Öl@pbx.example"
    node = make_node(replace(digest_trunk(), primary=account("primary", None, name)))
    device = Device(node.party(HOME), username=name, to=f"<sip:{NUMBER}@edge.test>")
    device.registers("<sip:x@203.0.113.50>")


def test_the_password_is_nowhere_in_what_we_say(node: Node, device: Device) -> None:
    device.ask()
    device.party.sends(device.request())
    assert PASSWORD.encode() not in b"".join(message.raw for message in device.party.received())
