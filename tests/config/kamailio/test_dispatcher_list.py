"""The dispatcher module's list: what a line says, as the module itself reads it."""
from pathlib import Path

import pytest

from hasip.config.kamailio.dispatcher_list import Destination, attributes_of, read_dispatcher_list, target_of
from hasip.config.kamailio.lines import LineError
from hasip.domain.trunk import Target


def read(tmp_path: Path, text: str) -> tuple[list[Destination], list[str]]:
    file = tmp_path / "dispatcher.list"
    file.write_text(text)
    destinations, remarks = read_dispatcher_list(file)
    return destinations, [str(remark).removeprefix(f"{file}:") for remark in remarks]


@pytest.mark.parametrize(("uri", "target"), [
    ("sip:192.0.2.1:5070", Target("192.0.2.1", 5070)),
    ("sip:192.0.2.1", Target("192.0.2.1", 5060)),
    ("192.0.2.1:5070", Target("192.0.2.1", 5070)),                                  # the module puts sip: in front
    ("SIP:192.0.2.1;Transport=TCP", Target("192.0.2.1", 5060, "tcp")),
    ("sip:192.0.2.1;transport=tls", Target("192.0.2.1", 5061, "tls")),
    ("sips:gw.example.net", Target("gw.example.net", 0, "tls")),
    ("sip:gw.example.net", Target("gw.example.net", 0)),                            # the DNS tells the port
    ("sip:gw.example.net:5080;lr;transport=tcp", Target("gw.example.net", 5080, "tcp")),
    ("sip:[2001:db8::1]:5062", Target("2001:db8::1", 5062)),
    ("sip:[2001:db8::1];transport=tls", Target("2001:db8::1", 5061, "tls")),
    ("sip:user:secret@192.0.2.1?X=1", Target("192.0.2.1", 5060)),
])
def test_a_uri_leads_to_a_target(uri: str, target: Target) -> None:
    assert target_of(uri) == target


@pytest.mark.parametrize(("uri", "why"), [
    ("sip:192.0.2.1;transport=ws", "transport ws is not there"),
    ("sip:192.0.2.1:0", "port 0"),
    ("sip:192.0.2.1:99999", "no address and port"),
    ("sip:[fe80::1%eth0]:5060", "one link only"),
    ("sip:", "no SIP URI"),
    ("tel:+6561230000", "no SIP URI"),
    ("sip:-bad-.example", "no address and port"),
])
def test_a_uri_that_leads_nowhere_says_why(uri: str, why: str) -> None:
    with pytest.raises(LineError, match=why):
        target_of(uri)


@pytest.mark.parametrize(("text", "attributes"), [
    ("duid=a;weight=50", {"duid": "a", "weight": "50"}),
    ("DUID=a;", {"duid": "a"}),
    ('"duid=a;weight=50"', {"duid": "a", "weight": "50"}),
    ('duid="a;b";weight="50"', {"duid": "a;b", "weight": "50"}),
    ("socket=udp:192.0.2.1:5060;ping_from=sip:a@b", {"socket": "udp:192.0.2.1:5060", "ping_from": "sip:a@b"}),
    ("none", {}),
])
def test_attributes_are_read_by_name(text: str, attributes: dict[str, str]) -> None:
    assert attributes_of(text) == attributes


def test_comments_and_blank_lines_are_nobodys(tmp_path: Path) -> None:
    destinations, remarks = read(tmp_path, '# a list\n\n   \t\r\n1 sip:192.0.2.1 8 5 duid="a # b" # the first\r\n')
    assert [(each.line, each.flags, each.priority, each.attributes) for each in destinations] == [(4, 8, 5, {"duid": "a # b"})]
    assert remarks == []


def test_flags_and_priority_may_be_left_out(tmp_path: Path) -> None:
    destinations, _ = read(tmp_path, "1 sip:192.0.2.1\n1 sip:192.0.2.2 8\n1 sip:192.0.2.3 duid=c\n")
    assert [(each.flags, each.priority, dict(each.attributes)) for each in destinations] == [(0, 0, {}), (8, 0, {}), (0, 0, {"duid": "c"})]


def test_lines_that_cannot_be_turned_are_named_and_the_others_taken(tmp_path: Path) -> None:
    destinations, remarks = read(tmp_path, "sip:192.0.2.1\n2\n1 sip:192.0.2.1\n1 sip:192.0.2.1 0 9\n" + "9" * 5000 + " sip:192.0.2.9\n")
    assert [each.line for each in destinations] == [3]
    assert [remark.split(":")[0] for remark in remarks] == ["1", "2", "4", "5"]
    assert remarks[1] == "2: set 2 without a destination" and remarks[2] == "4: is in set 1 already"


def test_destinations_that_are_switched_off_are_left_out(tmp_path: Path) -> None:
    destinations, remarks = read(tmp_path, "1 sip:192.0.2.1 1\n1 sip:192.0.2.2 4\n1 sip:192.0.2.3 12\n1 sip:192.0.2.4 9\n")
    assert [each.line for each in destinations] == [4]              # inactive, but probed: it comes back by itself
    assert len(remarks) == 3 and "switched off by its flags (4)" in remarks[1]


def test_attributes_without_a_place_are_noted(tmp_path: Path) -> None:
    _, remarks = read(tmp_path, "1 sip:192.0.2.1 0 0 weight=70;socket=udp:192.0.2.9:5060;mine=x\n")
    assert [remark.split(" is not")[0] for remark in remarks] == ["1: note: weight=70", "1: note: socket=udp:192.0.2.9:5060"]
