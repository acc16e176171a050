"""What can't be published is told in the words of the trunks file."""
from dataclasses import replace

import pytest

from hasip.bridge.offer import Outcome
from hasip.domain.trunk import Account, Core, Fault, Mode, Provisioning, Target, Trunk
from hasip.unpublished import NOTHING, Unpublished, explained, may_stay, unpublished
from tests.store.worlds import PSTN, office, world

ACME = office()
DIGEST = Account("primary", "", "digest", username="acme-user", ha1_md5="none")
AWAY = Account("secondary", "", "ip", target=Target("192.0.2.1", 99_999))


@pytest.mark.parametrize(("peer", "place", "sentence"), [
    (replace(ACME, calls=-1), "calls", "-1: input should be greater than or equal to 0"),
    (replace(ACME, primary=DIGEST), "primary.ha1_md5", "(hidden): string should match pattern '^([0-9a-f]{32})?$'"),
    (replace(ACME, secondary=AWAY), "secondary.address", '"192.0.2.1:99999" is no address and port: write 192.0.2.1:5060 or [2001:db8::1]:5060'),
    (replace(ACME, mode=Mode.TWO_ZONES), "primary", "mode 2t has regions, not accounts: remove it, or set a basic mode"),
    (replace(PSTN, mode=Mode.TWO_ZONES), "target", "mode 2t has regions, not targets: remove them, or remove mode"),
    (ACME, "", "as the data plane says it"),
])
def test_a_fault_is_told_as_the_trunks_file_tells_it(peer: Core | Trunk, place: str, sentence: str) -> None:
    kind = "core" if isinstance(peer, Core) else "trunk"
    assert explained(Fault(kind, peer.name, "", "as the data plane says it"), peer) == Fault(kind, peer.name, place, sentence)


def test_what_was_found_in_a_row_is_told_as_it_is() -> None:
    fault = Fault("trunk", "acme", "mode", "is none")
    assert explained(fault, None) == fault


def test_the_trunks_of_a_core_that_is_not_served_are_counted_there() -> None:
    core, others = Fault("core", "pstn", "allow", "is no network"), [Fault("trunk", name, "core", '"pstn" is none') for name in ("acme", "globex")]
    found = unpublished(Provisioning((), (ACME, office("globex", "+2")), unreadable=(core,)), Outcome(Provisioning(), (core, *others)))
    assert found == [Unpublished(core, False, 2)]
    assert (found[0].subject, found[0].instead) == ("core:pstn", "it is not served, nor are its trunks, 2")


def test_a_trunk_whose_core_there_never_was_is_told_itself() -> None:
    fault = Fault("trunk", "acme", "core", '"nowhere" is none')
    assert unpublished(Provisioning((PSTN,), (replace(ACME, core="nowhere"),)), Outcome(Provisioning((PSTN,)), (fault,))) == [Unpublished(fault, False)]


def test_what_stays_in_force_is_said_to() -> None:
    fault = Fault("trunk", "acme", "mode", "is none")
    found = unpublished(replace(world(), unreadable=(fault,)), Outcome(world(ACME), (fault,)))
    assert found == [Unpublished(fault, True)] and found[0].instead == "its calls go on by what was in force before"


def test_only_what_cannot_be_published_may_stay_beside_another_world() -> None:
    served, fault = world(ACME, office("globex", "+2")), Fault("trunk", "acme", "mode", "is none")
    assert may_stay(served, replace(world(), unreadable=(fault,)), ()) == may_stay(served, world(), [Unpublished(fault, True)]) == Provisioning((), (ACME,))
    assert may_stay(served, world(), ()) is NOTHING
