"""What the generator does when the other side loses messages, says wrong things, or nothing at all. The other side is a socket of the test's."""
import itertools
import json
import os
import signal
import subprocess
import sys

import pytest

from hasip import parse
from hasip._load import Load
from tests.load.conftest import BenchRun, figures_of, text_of
from tests.load.other_side import Other, running
from tests.patience import PATIENCE_S


def test_an_invite_without_answer_is_sent_again_unchanged(network: str, other: Other):
    with running(network) as load:
        first, again, third = (other.get("INVITE") for _ in range(3))
        other.answer(third, 486)
        ack = other.get("ACK")
    assert first.raw == again.raw == third.raw
    assert (ack.branch, ack.to_tag, ack.cseq) == (first.branch, "other", first.cseq)
    assert load.result()["retransmissions"] >= 2
    assert load.result()["failures"] == {"final status 486": 1}


def test_an_invite_is_not_sent_again_once_a_provisional_response_came(network: str, other: Other):
    with running(network, t1_ms=5000) as load:
        invite = other.get("INVITE")
        other.answer(invite, 100)
        other.answer(invite, 404)
        other.get("ACK")
    assert load.result()["retransmissions"] == 0


def test_a_repeated_refusal_is_acknowledged_again_even_when_the_call_is_over(network: str, other: Other):
    with running(network, calls=2, rate=1000.0, t1_ms=5000) as load:
        invite, held = other.get("INVITE"), other.get("INVITE")
        for _ in range(2):
            other.answer(invite, 404)
            assert other.get("ACK").call_id == invite.call_id
        other.answer(held, 404)
        other.get("ACK")
    assert load.result()["duplicates"] == 1


def test_a_cancel_without_answer_is_sent_again(network: str, other: Other):
    with running(network, scenario="cancel") as load:
        invite = other.get("INVITE")
        other.answer(invite, 180)
        first, again = other.get("CANCEL"), other.get("CANCEL")
        other.answer(again, 200)
        other.answer(invite, 487)
        assert other.get("ACK").branch == invite.branch
    assert first.raw == again.raw
    assert (first.branch, first.cseq, first.request_uri) == (invite.branch, invite.cseq, invite.request_uri)
    assert load.result()["completed"] == 1
    assert load.result()["retransmissions"] >= 1


def test_a_487_before_the_answer_to_the_cancel_does_not_end_the_call(network: str, other: Other):
    with running(network, scenario="cancel", t1_ms=5000) as load:
        invite = other.get("INVITE")
        other.answer(invite, 180)
        cancel = other.get("CANCEL")
        other.answer(invite, 487)
        other.get("ACK")
        assert load.progress() == (1, 0, 0)
        other.answer(cancel, 200)
    assert load.progress() == (1, 1, 0)


def test_ack_and_bye_follow_the_record_route_in_reverse(network: str, other: Other):
    answered = f"Record-Route: <sip:{network}.1;lr;n=2>, <sip:192.0.2.3;lr>\r\nRecord-Route: <sip:{network}.1:5060;lr;n=1>\r\nContact: <sip:far@192.0.2.9>\r\n"
    with running(network, t1_ms=5000) as load:
        invite = other.get("INVITE")
        other.answer(invite, 200, headers=answered)
        ack, bye = other.get("ACK"), other.get("BYE")
        other.answer(bye, 200)
    for request, cseq in ((ack, 1), (bye, 2)):
        assert [value for name, value in request.headers if name == "Route"] == [
            f"<sip:{network}.1:5060;lr;n=1>", "<sip:192.0.2.3;lr>", f"<sip:{network}.1;lr;n=2>"]
        assert (request.request_uri, request.to_tag, request.cseq) == ("sip:far@192.0.2.9", "other", cseq)
    assert len({invite.branch, ack.branch, bye.branch}) == 3
    assert load.result()["failures"] == {"altered on the way": 1}          # the tag is none of our far ends'


@pytest.mark.parametrize("headers", ["", "Contact: <sip:far@far.example.net>\r\n", "Record-Route: <sip:192.0.2.1>\r\nContact: <sip:far@192.0.2.9>\r\n"])
def test_an_answer_that_leads_nowhere_fails_the_call(network: str, other: Other, headers):
    with running(network) as load:
        invite = other.get("INVITE")
        other.answer(invite, 200, to_tag="p" + invite.from_tag[1:], headers=headers)
    assert load.result()["failures"] == {"wrong route or target": 1}


def test_a_response_with_a_via_too_many_fails_the_call(network: str, other: Other):
    with running(network) as load:
        other.answer(other.get("INVITE"), 487, headers="Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n")
        other.get("ACK")
    assert load.result()["failures"] == {"altered on the way": 1}


def test_noise_is_counted_and_harms_nothing(network: str, other: Other):
    with running(network) as load:
        invite = other.get("INVITE")
        for noise in (b"\r\n\r\n", b"SIP", b"SIP/2.0 200 OK\r\n\r\n", invite.raw.replace(b"@load", b"@else"), invite.raw):
            other.socket.sendto(noise, other.source)
        other.answer(invite, 404)
    assert (load.result()["malformed"], load.result()["foreign"], load.result()["failures"]) == (2, 2, {"final status 404": 1})


@pytest.mark.parametrize("scenario", ["basic", "load-balancing"])
def test_a_far_end_can_be_called_without_a_router(network: str, scenario):
    with running(network, scenario=scenario, target=(f"{network}.10", 5060), calls=100) as load:
        pass
    assert (load.result()["completed"], load.result()["legs"]["primary"]) == (100, 100)


def test_a_call_that_the_wrong_leg_answers_has_failed(network: str):
    with running(network, target=(f"{network}.11", 5060), calls=5) as load:
        pass
    assert load.result()["failures"] == {"answered by the wrong leg": 5}


def test_a_probe_of_a_far_end_is_answered(network: str, other: Other):
    with running(network):
        invite = other.get("INVITE")
        probe = (f"OPTIONS sip:{network}.10 SIP/2.0\r\nVia: SIP/2.0/UDP {network}.1:5060;branch=z9hG4bKprobe;rport\r\nFrom: <sip:a@b>;tag=1\r\n"
                 "To: <sip:c@d>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n")
        other.socket.sendto(probe.encode(), (f"{network}.10", 5060))
        answer = parse(other.socket.recv(65536))
        other.source = (f"{network}.2", 5060)
        other.answer(invite, 404)
        other.get("ACK")
    assert (answer.status, answer.rport, answer.call_id, answer.branch) == (200, 5060, "probe", "z9hG4bKprobe")
    assert ("Via", f"SIP/2.0/UDP {network}.1:5060;branch=z9hG4bKprobe;rport=5060;received={network}.1") in answer.headers


def test_a_dead_target_fails_every_call_and_the_command_ends(network: str, bench_run: BenchRun):
    places = {name: text_of((f"{network}.{place}", 5060)) for name, place in (("target", 1), ("caller", 2), ("primary", 10), ("secondary", 11))}
    result = bench_run(**places, calls=50, rate=1000, timeout=0.5, as_json=True)
    figures = figures_of(result)
    assert (result.exit_code, figures["failed"], figures["completed"], figures["failures"]) == (1, 50, 0, {"timed out": 50})


def test_a_dead_target_ends_by_timer_b_too(network: str):
    with running(network, calls=5, t1_ms=5) as load:
        pass
    assert load.result()["failures"] == {"timed out": 5}


def test_calls_under_way_can_be_abandoned(network: str, other: Other):
    with running(network, calls=1000, rate=10.0) as load:
        other.get("INVITE")
        load.abandon()
    assert load.result()["failures"] == {"abandoned": load.result()["calls"]}
    assert load.result()["calls"] < 1000


def test_ctrl_c_starts_no_more_calls_and_waits_for_those_under_way(network: str, other: Other):
    addresses = itertools.chain.from_iterable((option, text_of((f"{network}.{place}", 5060))) for option, place in (
        ("--target", 1), ("--from", 2), ("--primary", 10), ("--secondary", 11)))
    command = subprocess.Popen([sys.executable, "-m", "hasip", "bench", "run", *addresses, "--rate", "1", "--calls", "1000", "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        invite = other.get("INVITE")
        command.send_signal(signal.SIGINT)
        other.answer(invite, 404)
        other.get("ACK")
        printed, errors = command.communicate(timeout=PATIENCE_S)
    finally:
        command.kill()
        command.wait()
    assert (command.returncode, errors) == (1, "")
    assert json.loads(printed)["failures"] == {"final status 404": json.loads(printed)["calls"]}


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"scenario": "chaos"}, "'chaos' is none of"), ({"rate": 0.0}, "more than 0"), ({"calls": 0}, "more than 0"),
    ({"target": ("localhost", 5060)}, "'localhost' is no IP address"), ({"number": "1" * 600}, "longer than 512 bytes"),
])
def test_a_load_that_cannot_be_is_refused(settings, sentence):
    places = (("127.0.0.2", 1), ("127.0.0.3", 1), ("127.0.0.4", 1))
    with pytest.raises(ValueError, match=sentence):
        Load(**{"scenario": "basic", "target": ("127.0.0.1", 1), "seats": places, "sockets": [-1, -1, -1], "number": "1", "calls": 1, "rate": 1.0,
                "timeout_ms": 1, "hold_ms": 0, "t1_ms": 1, "refusal_status": 503, "spins": False} | settings)
