"""Caps on connections from outside."""
from hasip.transport.admission import Admission
from hasip.transport.reasons import Reason


def test_the_cap_in_all_holds() -> None:
    admission = Admission(2, 2)
    for address in ("192.0.2.1", "192.0.2.2"):
        assert admission.refusal(address) is None
        admission.enter(address)
    assert admission.refusal("192.0.2.3") is Reason.INBOUND_FULL


def test_the_cap_of_one_source_leaves_others_alone() -> None:
    admission = Admission(10, 1)
    admission.enter("192.0.2.1")
    assert admission.refusal("192.0.2.1") is Reason.INBOUND_SOURCE_FULL
    assert admission.refusal("192.0.2.2") is None


def test_who_leaves_makes_room_and_is_not_remembered() -> None:
    admission = Admission(1, 1)
    admission.enter("192.0.2.1")
    admission.leave("192.0.2.1")
    assert admission.refusal("192.0.2.1") is None
    assert not admission._by_source
