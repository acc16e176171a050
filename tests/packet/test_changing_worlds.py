"""Worlds published one after another: what is carried over is the same as what is built anew."""
from collections.abc import Iterator, Sequence
from dataclasses import replace
from ipaddress import ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hasip.bridge.offer import Outcome as Published
from hasip.bridge.publish import any_seat, by_address_alone
from hasip.bridge.publisher import Publisher
from hasip.domain.trunk import Account, Core, Fault, Provisioning, Target, Trunk
from tests._plane import Snapshot
from tests.packet.conftest import NodeMaker
from tests.packet.digest import HOME, Device
from tests.packet.node import CORE, CORE_SLOT, Node, Outcome, pstn, trunk, zoned

NAMES = "abcdef"
OTHER_CORE = Core("other", (ip_network("192.0.2.99"),))
Variant = tuple[str, int]           # a trunk's name, and which of its shapes it has


@pytest.fixture(scope="module", autouse=True)
def sockets_are_left_out() -> Iterator[None]:
    """Snapshots are those of the router without sockets."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hasip.bridge.publish.Snapshot", Snapshot)
        yield


class Blank(Node):
    """A node without a world yet."""

    def publish(self, *_: Trunk) -> None:
        self.publisher = Publisher(self.router, CORE_SLOT)

    def goes_on(self, provisioning: Provisioning) -> Published:
        """Publish another world; return what became of it."""
        return self.publisher.publish(provisioning, by_address_alone, any_seat)


@pytest.fixture
def node() -> Blank:
    return Blank(trunk_capacity=CORE_SLOT)


def number_of(name: str, shape: int = 0) -> str:
    return f"+65{ord(name)}{shape}"


def described(name: str, shape: int) -> Trunk:
    """Return a trunk: by address, registering, both, by a host's name, with zones, with another number, with a prefix."""
    place = (f"203.0.113.{ord(name)}", 5060)
    other = (f"203.0.112.{ord(name)}", 5060)
    number = number_of(name)
    if shape == 4:
        return zoned("2t", (place, other), name=name, number=number)
    made = trunk(name=name, number=number, primary=None if shape in (1, 2) else place, secondary=None if shape == 1 else other)
    if shape == 3:
        named = Account("primary", "", "ip", (ip_network(place[0]),), Target("sip.example.net", 0))
        return replace(made, primary=named)
    if shape == 5:
        return replace(made, numbers=(number_of(name, 5),))
    return replace(made, numbers=(number + "*",)) if shape == 6 else made


def world(variants: Sequence[Variant], made: dict[Variant, Trunk]) -> Provisioning:
    """Return a provisioning; a trunk of the same shape is the same object, as that of a store that is followed is."""
    return Provisioning((pstn(),), tuple(made.setdefault(each, described(*each)) for each in variants))


def seen(node: Node) -> list[object]:
    """Return what a world does with calls to every number, from every address, and with every user."""
    found: list[object] = []
    for name in NAMES:
        for number in (number_of(name), number_of(name, 5), number_of(name) + "77"):
            found.append((number, node.core.sends(node.core.invite(number)), sorted({packet.getlayer(0).dst for packet in node.wire} - {CORE[0]})))
            node.wire.clear()
        for net in (112, 113):
            party = node.party((f"203.0.{net}.{ord(name)}", 5060))
            found.append((net, name, party.sends(party.invite("+4930123", from_value=f"<sip:{number_of(name)}@edge.test>;tag=1"))))
            node.wire.clear()
        for leg in (1, 2):
            found.append((name, leg, registered(Device(node.party(HOME), username=f"{name}-{leg}"))))
    return found


def registered(device: Device) -> Outcome:
    """Return how a REGISTER ends."""
    outcome = device.party.sends(device.request(with_credentials=False))
    if outcome == ("REPLY", "CHALLENGED"):
        device.take(device.party.gets(401))
        outcome = device.sends()
    device.node.wire.clear()
    return outcome


worlds = st.lists(st.dictionaries(st.sampled_from(NAMES), st.integers(0, 6), max_size=6).flatmap(lambda each: st.permutations(sorted(each.items()))), min_size=1, max_size=6)


@settings(max_examples=60)
@given(worlds)
def test_a_world_that_came_by_changes_is_the_one_that_is_built_at_once(history: list[list[Variant]]) -> None:
    made: dict[Variant, Trunk] = {}
    changed, fresh = Blank(trunk_capacity=CORE_SLOT), Blank(trunk_capacity=CORE_SLOT)
    for each in history:
        changed.goes_on(world(each, made))
    fresh.goes_on(world(history[-1], {}))
    assert seen(changed) == seen(fresh)


def test_a_core_before_another_leaves_trunks_their_own(node: Blank) -> None:
    made = described("a", 0)
    node.goes_on(Provisioning((pstn(),), (made,)))
    node.goes_on(Provisioning((OTHER_CORE, pstn(targets=(Target(*CORE),))), (made,)))
    party = node.party(("203.0.113.97", 5060))
    party.sends(party.invite("+4930123", from_value=f"<sip:{number_of('a')}@edge.test>;tag=1"))
    party.gets(100)
    node.core.gets("INVITE")


def reaches(node: Blank, number: str, leg: tuple[str, int]) -> bool:
    """Return whether a call to a number goes to a leg."""
    node.core.sends(node.core.invite(number))
    went = leg[0] in {packet.getlayer(0).dst for packet in node.wire}
    node.wire.clear()
    return went


def unfit(of: Trunk) -> Trunk:
    """Return a trunk as no data plane has room for it, at another address."""
    return replace(of, caller_id="+" * 99, primary=Account("primary", "", "ip", (), Target("203.0.113.200", 5060)))


def leg_of(name: str) -> tuple[str, int]:
    return f"203.0.113.{ord(name)}", 5060


def test_a_trunk_with_a_number_of_another_is_left_out_and_all_others_are_published(node: Blank) -> None:
    made = described("a", 0)
    outcome = node.goes_on(Provisioning((pstn(),), (made, replace(described("b", 0), numbers=made.numbers), described("c", 0))))
    assert [trunk.name for trunk in outcome.served.trunks] == ["a", "c"]
    assert [(fault.table, fault.name) for fault in outcome.faults] == [("trunk", "b")] and "is another trunk's already" in outcome.faults[0].sentence
    assert reaches(node, number_of("a"), leg_of("a")) and reaches(node, number_of("c"), leg_of("c"))


def test_a_trunk_that_becomes_unfit_goes_on_as_it_is_in_force_until_it_is_repaired(node: Blank) -> None:
    good, other = described("a", 0), described("b", 0)
    node.goes_on(Provisioning((pstn(),), (good, other)))
    slot = node.publisher.slots["a"]
    for change in (described("b", 5), described("b", 6)):
        outcome = node.goes_on(Provisioning((pstn(),), (unfit(good), change)))
        assert outcome.served.trunks == (good, change) and [fault.name for fault in outcome.faults] == ["a"]
        assert reaches(node, number_of("a"), leg_of("a")) and reaches(node, change.numbers[0].rstrip("*"), leg_of("b"))
    repaired = described("a", 5)
    assert node.goes_on(Provisioning((pstn(),), (repaired, other))).faults == () and node.publisher.slots["a"] == slot
    assert reaches(node, number_of("a", 5), leg_of("a")) and not reaches(node, number_of("a"), leg_of("a"))


def test_a_trunk_that_nobody_can_read_goes_on_as_it_is_in_force_and_is_gone_when_it_is_removed(node: Blank) -> None:
    good, other, fault = described("a", 0), described("b", 0), Fault("trunk", "a", "mode", "")
    node.goes_on(Provisioning((pstn(),), (good, other)))
    for _ in range(2):
        assert node.goes_on(Provisioning((pstn(),), (other,), unreadable=(fault,))) == (Provisioning((pstn(),), (good, other), unreadable=(fault,)), (fault,))
        assert reaches(node, number_of("a"), leg_of("a"))
    node.goes_on(Provisioning((pstn(),), (other,)))
    assert not reaches(node, number_of("a"), leg_of("a"))


def test_a_number_that_an_unfit_trunk_gave_away_is_the_others(node: Blank) -> None:
    good, other = described("a", 0), described("b", 0)
    node.goes_on(Provisioning((pstn(),), (good, other)))
    heir = replace(other, numbers=good.numbers)
    outcome = node.goes_on(Provisioning((pstn(),), (replace(unfit(good), numbers=("+1",)), heir)))
    assert outcome.served.trunks == (heir,) and [(fault.name, "caller ID" in fault.sentence) for fault in outcome.faults] == [("a", True)]
    assert reaches(node, number_of("a"), leg_of("b"))


def test_an_unfit_trunk_that_was_never_in_force_is_not_served_nor_one_without_its_core(node: Blank) -> None:
    homeless = replace(described("b", 0), core="nowhere")
    outcome = node.goes_on(Provisioning((pstn(),), (unfit(described("a", 0)), homeless, described("c", 0))))
    assert [trunk.name for trunk in outcome.served.trunks] == ["c"]
    assert {(fault.name, fault.place) for fault in outcome.faults} == {("a", ""), ("b", "core")}


def test_a_core_that_becomes_unfit_goes_on_as_it_is_in_force_with_its_trunks(node: Blank) -> None:
    good = described("a", 0)
    node.goes_on(Provisioning((pstn(), OTHER_CORE), (good,)))
    for outcome in (node.goes_on(Provisioning((pstn(no_response_ms=-1), OTHER_CORE), (good, described("b", 0)))),
                    node.goes_on(Provisioning((OTHER_CORE,), (good, described("b", 0)), unreadable=(Fault("core", "pstn", "allow", ""),)))):
        assert {core.name: core.no_response_ms for core in outcome.served.cores} == {"pstn": pstn().no_response_ms, "other": 2000}
        assert [(fault.table, fault.name) for fault in outcome.faults] == [("core", "pstn")] and len(outcome.served.trunks) == 2
        assert reaches(node, number_of("a"), leg_of("a")) and reaches(node, number_of("b"), leg_of("b"))


def test_a_core_that_was_never_in_force_takes_its_trunks_along(node: Blank) -> None:
    outcome = node.goes_on(Provisioning((pstn(no_response_ms=-1), OTHER_CORE), (described("a", 0), replace(described("b", 0), core="other"))))
    assert [trunk.name for trunk in outcome.served.trunks] == ["b"] and [(fault.table, fault.name) for fault in outcome.faults] == [("core", "pstn"), ("trunk", "a")]


def test_a_world_with_more_trunks_than_there_is_room_for_is_refused_and_the_last_one_stays(node: Blank) -> None:
    node.goes_on(Provisioning((pstn(),), (described("a", 0),)))
    with pytest.raises(ValueError, match="trunk_capacity"):
        node.goes_on(Provisioning((pstn(),), tuple(replace(described("b", 0), name=f"b{place}") for place in range(CORE_SLOT))))
    assert reaches(node, number_of("a"), leg_of("a"))


def test_a_snapshot_without_room_or_cores_carries_nothing_over(make_node: NodeMaker) -> None:
    node = make_node(described("a", 0), trunk_capacity=CORE_SLOT)
    with pytest.raises(ValueError, match="no room"):
        node.router.carry_over(Snapshot(cores=0, trunks=1, numbers=1, networks=9, users=9), bytes(4))
    with pytest.raises(ValueError, match="a place for each"):
        node.router.carry_over(Snapshot(cores=1, trunks=1, numbers=1, networks=9, users=9), b"")
