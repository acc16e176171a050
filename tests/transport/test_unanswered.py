"""Requests that no response has come for."""
import pytest

from hasip.transport.unanswered import REMEMBERED_S, Unanswered, branch_of
from tests.transport.sip import request, response


def test_a_request_is_kept_until_its_first_response() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(request("a"), 0)
    unanswered.remember(request("b"), 0)
    unanswered.settle(response("a", "100 Trying"))
    assert unanswered.take(1) == [request("b")]


def test_what_is_taken_is_gone() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(request("a"), 0)
    assert unanswered.take(1) == [request("a")] and unanswered.take(1) == []


def test_a_response_to_something_else_settles_nothing() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(request("a"), 0)
    unanswered.settle(response("z9hG4bKbelow"))
    unanswered.settle(b"SIP/2.0 200 OK\r\n\r\n")
    assert len(unanswered) == 1


def test_rfc3261_17_an_ack_is_never_answered() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(request("a", "ACK"), 0)
    assert len(unanswered) == 0


def test_rfc3261_9_1_a_cancel_with_the_branch_of_its_invite_does_not_take_its_place() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(request("a", "INVITE"), 0)
    unanswered.remember(request("a", "CANCEL"), 0)
    assert unanswered.take(1) == [request("a", "INVITE")]


def test_the_oldest_go_when_there_are_too_many() -> None:
    unanswered = Unanswered(2)
    for branch in "abc":
        unanswered.remember(request(branch), 0)
    assert unanswered.take(1) == [request("b"), request("c")]


def test_what_nobody_waits_for_any_longer_is_forgotten() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(request("a"), 0)
    unanswered.remember(request("b"), REMEMBERED_S)
    assert len(unanswered) == 1
    assert unanswered.take(2 * REMEMBERED_S) == []


def test_a_request_without_branch_is_not_kept() -> None:
    unanswered = Unanswered(10)
    unanswered.remember(b"OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TCP a\r\nContent-Length: 0\r\n\r\n", 0)
    assert len(unanswered) == 0


@pytest.mark.parametrize("via", [
    "Via: SIP/2.0/TCP a;branch=b1", "v:SIP/2.0/TCP a;rport ; Branch = b1 ;received=b", "Via: SIP/2.0/TCP a\r\n ;branch=b1, SIP/2.0/UDP c"])
def test_the_branch_is_found_however_it_is_written(via: str) -> None:
    assert branch_of(f"SIP/2.0 200 OK\r\n{via}\r\n\r\n".encode()) == b"b1"


def test_a_parameter_of_the_request_uri_is_no_branch() -> None:
    assert branch_of(request("b1", uri="sip:a;branch=other")) == b"b1"
