"""How many bindings there may be: of an account, and in the table."""
from random import Random

from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device, digest_trunk
from tests.packet.registrar.bindings import BINDINGS_MAX, DESK, SOFT, listed


def test_an_account_has_so_many_contacts_and_no_more(device: Device) -> None:
    contacts = [f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX)]
    assert len(device.registers(*contacts).all("Contact")) == BINDINGS_MAX
    device.is_refused(403, DESK)
    assert len(device.registers(contacts[0], expires=600).all("Contact")) == BINDINGS_MAX
    assert len(device.registers(f"{contacts[0]};expires=0", DESK).all("Contact")) == BINDINGS_MAX


def test_too_many_contacts_at_once_are_refused_at_once(device: Device) -> None:
    device.is_refused(403, *(f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX + 1)))
    assert device.fetches() == []


def test_the_last_place_may_be_asked_for_twice(device: Device) -> None:
    device.registers(*(f"<sip:{place}@203.0.113.50>" for place in range(BINDINGS_MAX - 1)))
    assert len(device.registers(DESK, DESK).all("Contact")) == BINDINGS_MAX


def test_a_full_table_is_503_and_changes_nothing(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), digest_trunk(name="other", number="+651"), binding_capacity=4)
    device, other = Device(node.party(HOME)), Device(node.party(HOME), username="other-1")
    device.registers(DESK, SOFT, "<sip:3@203.0.113.50>")
    other.is_refused(503, "<sip:1@203.0.113.50>", "<sip:2@203.0.113.50>")
    assert other.fetches() == []
    other.registers("<sip:1@203.0.113.50>")
    other.is_refused(503, "<sip:2@203.0.113.50>")
    other.registers("<sip:2@203.0.113.50>", "<sip:1@203.0.113.50>;expires=0")
    device.registers(f"{DESK};expires=0")
    assert len(other.registers("<sip:1@203.0.113.50>").all("Contact")) == 2


def test_places_are_given_back_however_a_binding_ends(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), binding_capacity=2)
    device = Device(node.party(HOME))
    for turn in range(6):
        device.registers(DESK, SOFT, expires=60)
        if turn % 3 == 0:
            node.advance(60_000)
        elif turn % 3 == 1:
            device.registers("*", expires=0)
        else:
            device.registers(f"{DESK};expires=0", f"{SOFT};expires=0")
        assert device.fetches() == []


def test_a_register_takes_no_room_from_transactions(make_node: NodeMaker) -> None:
    node = make_node(digest_trunk(), transaction_capacity=1)
    device = Device(node.party(HOME))
    device.registers(DESK)
    device.registers(SOFT)
    assert node.transactions == 0


def test_whatever_is_asked_for_the_table_holds_what_the_answers_say(make_node: NodeMaker) -> None:
    """Against a model, three thousand times: nothing leaks, nothing is freed twice."""
    chance = Random(5626)
    node = make_node(digest_trunk(), digest_trunk(name="other", number="+651"), binding_capacity=11, workers=1)
    devices = [Device(node.party(HOME), username=name) for name in ("acme-1", "acme-2", "other-1")]
    uris = [f"<sip:{place}@203.0.113.50>" for place in range(10)]
    expected: dict[str, dict[str, int]] = {device.username: {} for device in devices}
    now = 0
    for _ in range(3000):
        device = chance.choice(devices)
        bindings = expected[device.username]
        asked = [(chance.choice(uris), chance.choice([0, 0, 60, 100, 3600])) for _ in range(chance.randint(1, 4))]
        wanted = {**{uri: at for uri, at in bindings.items() if at > now}, **{uri: now + seconds for uri, seconds in asked}}
        wanted = {uri: at for uri, at in wanted.items() if at > now}
        others = sum(len([at for at in each.values() if at > now]) for name, each in expected.items() if name != device.username)
        outcome = device.sends(*(f"{uri};expires={seconds}" for uri, seconds in asked))[1]
        answer = device.party.received()[0]
        if answer.status == 401:
            device.take(answer)
            continue
        assert outcome == ("REFUSED_TOO_MANY_CONTACTS" if len(wanted) > BINDINGS_MAX else "REFUSED_OVERLOAD" if others + len(wanted) > 11 else "ANSWERED_REGISTER")
        if outcome == "ANSWERED_REGISTER":
            expected[device.username] = wanted
            assert sorted(answer.all("Contact")) == sorted(listed(uri, at - now) for uri, at in wanted.items())
        step = chance.choice([0, 0, 1, 1, 20, 45])
        now += step
        node.advance(1000 * step + (33_000 if node.transactions > 100 else 0))
        now += 33 if node.transactions > 100 else 0
