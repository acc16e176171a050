"""Which failures are enough together. The clock is passed."""
from hasip.health.evidence import Evidence


def test_refused_call_and_failed_probe_are_enough_in_either_order() -> None:
    one, other = Evidence(30), Evidence(30)
    assert (one.note_refused_call(0), one.note_failed_probe(30)) == (False, True)
    assert (other.note_failed_probe(0), other.note_refused_call(30)) == (False, True)


def test_two_of_a_kind_are_not_enough_unless_they_are_different_calls() -> None:
    evidence = Evidence(30)
    assert not any((evidence.note_refused_call(0), evidence.note_refused_call(1)))
    evidence = Evidence(30)
    assert not any((evidence.note_failed_probe(0), evidence.note_failed_probe(1)))
    assert not any((evidence.note_failed_call(2, 7), evidence.note_failed_call(3, 7)))
    assert evidence.note_failed_call(4, 8)


def test_what_lies_too_far_back_does_not_count() -> None:
    evidence = Evidence(30)
    evidence.note_refused_call(0)
    evidence.note_failed_call(0, 7)
    assert not evidence.note_failed_probe(31)
    assert not evidence.note_failed_call(31, 8)


def test_sign_of_life_wipes_all_out() -> None:
    evidence = Evidence(30)
    evidence.note_refused_call(0)
    evidence.note_failed_call(0, 7)
    evidence.wipe_out()
    assert not evidence.note_failed_probe(1)
    assert not evidence.note_failed_call(1, 8)
