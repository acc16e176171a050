"""Status codes (RFC 3261 §7.2, §21)."""
import pytest

from hasip._fastpath import classify
from tests import _syntax

FAR_END_FAILURES = {408, 480, 500, 501, 502, 503, 504, 505, 513, 580}


@pytest.mark.parametrize("status", range(100, 700))
def test_every_code_has_one_class(status):
    provisional, success, final, fails_over, _ = _syntax.status_facts(status)
    assert (provisional, success, final) == (status < 200, 200 <= status < 300, status >= 200)
    assert fails_over == (status in FAR_END_FAILURES)
    by_class = ["provisional", "success", "redirection", "client_error", "server_error", "global_failure"][status // 100 - 1]
    assert classify(status) == ("far_end_failure" if status in FAR_END_FAILURES else by_class)


def test_an_unknown_code_is_not_taken_for_its_class():
    assert classify(599) == "server_error" and classify(599) != classify(500)
    assert classify(499) == "client_error"


@pytest.mark.parametrize("status", [-1, 0, 99, 700, 65636, 2**31 - 1])
def test_what_is_no_status_code_is_refused(status):
    with pytest.raises(ValueError, match="is not a SIP status code"):
        classify(status)


def test_the_codes_the_router_sends_have_their_standard_phrase():
    sent = [100, 200, 400, 403, 404, 405, 407, 408, 416, 420, 480, 481, 482, 483, 486, 487, 488, 491, 500, 503, 505, 513]
    phrases = [_syntax.status_facts(status)[4] for status in sent]
    assert all(phrases) and len(set(phrases)) == len(sent)
    assert _syntax.status_facts(483)[4] == "Too Many Hops"
    assert _syntax.status_facts(299)[4] == ""
